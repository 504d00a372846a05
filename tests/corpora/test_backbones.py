"""Encoders: a shape alone, a folder that is checked, a hub name that must be pinned."""

import json

import numpy as np
import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.corpora.backbones import PINS, Encoder, check_folder, fetch_encoder, pinned

BERT = "google-bert/bert-base-uncased"
SHAPE = {"layers": 2, "hidden_size": 8, "heads": 2, "intermediate_size": 16, "vocabulary_size": 100}
SHAPE |= {"dropout": 0.0}
CONFIG = {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": 5, "hidden_size": 4}
EMBEDDINGS = "embeddings.word_embeddings.weight"


def encoder(pretrained="scratch", **scratch):
    row = {"pretrained": str(pretrained), "scratch": SHAPE | scratch}
    return validate(Encoder, row, where="encoder")


def checkpoint(folder, *, shape=(5, 4), name=EMBEDDINGS, **config):
    from safetensors.numpy import save_file

    folder.mkdir(exist_ok=True)
    save_file({name: np.zeros(shape, np.float32)}, folder / "model.safetensors")
    present = {key: value for key, value in (CONFIG | config).items() if value is not None}
    (folder / "config.json").write_text(json.dumps(present))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "README.md").write_text("not wanted")
    return folder


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_scratch_is_a_shape_alone(out):
    fetch_encoder(encoder(), out, where="p")
    config = json.loads((out / "config.json").read_text())
    assert (config["num_hidden_layers"], config["hidden_size"], config["vocab_size"]) == (2, 8, 100)
    assert json.loads((out / "SOURCE.json").read_text()) == {"kind": "scratch"}
    assert len(list(out.iterdir())) == 2


@pytest.mark.parametrize("knob", [{"heads": 3}, {"layers": 0}, {"vocabulary_size": 99}])
def test_a_shape_that_cannot_be_is_refused(knob):
    with pytest.raises(InputError, match=r"encoder\.scratch"):
        encoder(**knob)


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "electra", "hidden_size": 9, "embedding_size": 4},
        {"model_type": "albert", "hidden_size": 9, "embedding_size": 4},
        {"model_type": "distilbert", "hidden_size": None, "dim": 4},
        {"model_type": "rembert", "hidden_size": 9, "input_embedding_size": 4},
        {"model_type": "roberta"},
        {"model_type": "xlm", "hidden_size": None, "name": "embeddings.weight"},
        {"model_type": "canine", "vocab_size": None, "name": "char_table.weight"},
        {"model_type": "of_tomorrow", "name": "words", "shape": (5, 7)},
    ],
)
def test_other_encoders_are_taken(tmp_path, config):
    assert "model.safetensors" in check_folder(checkpoint(tmp_path / "other", **config))


def test_a_folder_is_copied_with_checksums(tmp_path, out):
    fetch_encoder(encoder(checkpoint(tmp_path / "bert")), out, where="p")
    facts = json.loads((out / "SOURCE.json").read_text())
    assert facts["kind"] == "pretrained"
    assert list(facts["files"]) == ["config.json", "model.safetensors", "tokenizer.json"]
    # `printf {} | sha256sum`
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert facts["files"]["tokenizer.json"] == {"bytes": 2, "sha256": digest}
    assert not (out / "README.md").exists()


def test_shards_are_found_with_their_index(tmp_path):
    folder = checkpoint(tmp_path / "bert")
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    index = {"weight_map": {EMBEDDINGS: "model-1.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert {"model-1.safetensors", "model.safetensors.index.json"} <= {*check_folder(folder)}
    (folder / "model-1.safetensors").unlink()
    with pytest.raises(InputError, match=r"names model-1\.safetensors, and there is no such file"):
        check_folder(folder)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"model_type": None}, "model_type: expected a word"),
        ({"model_type": "mtbert"}, "a run's checkpoint whose adaptation changed the encoder"),
        ({"model_type": "gpt2"}, "expected an encoder.* found .* model_type gpt2"),
        ({"architectures": ["NewForCausalLM"]}, "architectures NewForCausalLM"),
        ({"is_encoder_decoder": True}, "expected an encoder"),
        ({"shape": (5, 3)}, r"another architecture .* \[5, 4\], found .* \[5, 3\]"),
        ({"shape": (6, 4)}, r"another architecture .* \[5, 4\], found .* \[6, 4\]"),
        (
            {"name": "wte.weight", "shape": (6, 4)},
            r"another architecture .* \[5, 4\], found wte.weight \[6, 4\]",
        ),
    ],
)
def test_what_is_no_encoder_is_refused(tmp_path, fault, message):
    with pytest.raises(InputError, match=message):
        check_folder(checkpoint(tmp_path / "bert", **fault))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", None, r"config\.json: no such file"),
        ("config.json", b"[]", "expected a mapping of keys, found list"),
        ("tokenizer.json", None, "no tokenizer: .* vocab.txt, found spm.model; .*AutoTokenizer"),
        ("model.safetensors", None, "weights must be safetensors; pytorch_model.bin is not read"),
        ("model.safetensors", b"version https://git-lfs", "not whole or not safetensors"),
    ],
)
def test_a_faulty_file_is_named(tmp_path, out, name, content, message):
    folder = checkpoint(tmp_path / "bert")
    (folder / "pytorch_model.bin").touch()
    (folder / "spm.model").touch()
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        encoder(folder).check(where="p")
    with pytest.raises(InputError, match=message):
        fetch_encoder(encoder(folder), out, where="p")
    assert not list(out.iterdir())


def test_a_folder_of_sentence_transformers_says_where_its_encoder_is(tmp_path):
    (tmp_path / "st").mkdir()
    inner = checkpoint(tmp_path / "st" / "0_Transformer")
    with pytest.raises(InputError, match=f"config.json: no such file; .* give {inner}$"):
        check_folder(tmp_path / "st")


def test_a_truncated_checkpoint_is_refused(tmp_path):
    weights = checkpoint(tmp_path / "bert") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(InputError, match="not whole or not safetensors"):
        check_folder(tmp_path / "bert")


@pytest.mark.parametrize(
    ("name", "repository", "revision"),
    [
        ("bert-base-uncased", BERT, PINS[BERT]),
        (BERT, BERT, PINS[BERT]),
        ("bert-base-uncased@" + "a" * 40, BERT, "a" * 40),
        ("me/bert@" + "0" * 40, "me/bert", "0" * 40),
    ],
)
def test_hub_names_carry_their_commit(name, repository, revision):
    assert pinned(name, where="p") == (repository, revision)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("me/bert", "write me/bert@ and 40 hex digits .* found none"),
        ("me/bert@main", "write me/bert@ and 40 hex digits .* found main"),
        ("scrach", "did you mean 'scratch'"),
        ("./bert", "there is no folder"),
    ],
)
def test_a_name_without_its_commit_is_refused(out, name, message):
    where = "p.yaml: encoder.pretrained"
    with pytest.raises(InputError, match=f"^{where}: .*{message}"):
        encoder(name).check(where=where)
    with pytest.raises(InputError, match=f"^{where}: .*{message}"):
        fetch_encoder(encoder(name), out, where=where)


def test_a_config_is_known_without_a_connection_but_for_the_hub_s(tmp_path):
    folder = checkpoint(tmp_path / "bert")
    assert encoder(folder).check(where="p") == CONFIG
    assert encoder("scratch").check(where="p") == encoder().scratch.config()
    assert encoder("bert-base-cased").check(where="p") is None


@pytest.mark.parametrize("cached", [True, False])
def test_the_hub_s_cache_serves_without_a_network(out, tmp_path, monkeypatch, cached):
    import huggingface_hub

    def snapshot(*_, local_files_only=False, **__):
        assert local_files_only
        if not cached:
            raise OSError("nothing cached")
        return str(checkpoint(tmp_path / "cached"))

    def fail(*_, **__):
        raise OSError("no\nroute")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", fail)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    name, commit = "me/bert", "0" * 40
    if cached:
        fetch_encoder(encoder(f"{name}@{commit}"), out, where="p")
        facts = json.loads((out / "SOURCE.json").read_text())
        assert (facts["name"], facts["revision"]) == (name, commit)
    else:
        message = rf"cannot fetch {name}@{commit} from the hub \(OSError: no route\)[^\n]+$"
        with pytest.raises(InputError, match=message):
            fetch_encoder(encoder(f"{name}@{commit}"), out, where="p")
