"""Encoders: a shape alone, a folder that is checked, a hub name that must be pinned."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.corpora.backbones import PINS, bring, check_pretrained, pinned
from mtbert.corpora.settings import Encoder

SHAPE = {"layers": 2, "hidden_size": 8, "heads": 2, "intermediate_size": 16, "vocabulary_size": 100}
SHAPE |= {"dropout": 0.0}
CONFIG = {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": 5, "hidden_size": 4}
EMBEDDINGS = "embeddings.word_embeddings.weight"


def encoder(pretrained: object = "scratch", **scratch: int) -> Encoder:
    row = {"pretrained": str(pretrained), "scratch": SHAPE | scratch}
    return validate(Encoder, row, where="encoder")


def checkpoint(
    folder: Path, *, shape: tuple[int, int] = (5, 4), name: str = EMBEDDINGS, **config: Any
) -> Path:
    from safetensors.numpy import save_file

    folder.mkdir(exist_ok=True)
    save_file({name: np.zeros(shape, np.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "README.md").write_text("not wanted")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_scratch_is_a_shape_alone(out: Path) -> None:
    bring(encoder(), out)
    config = json.loads((out / "config.json").read_text())
    assert config["model_type"] == "bert"
    assert (config["num_hidden_layers"], config["hidden_size"], config["vocab_size"]) == (2, 8, 100)
    assert json.loads((out / "SOURCE.json").read_text()) == {"kind": "scratch"}
    assert len(list(out.iterdir())) == 2


@pytest.mark.parametrize("knob", [{"heads": 3}, {"layers": 0}, {"vocabulary_size": 99}])
def test_a_shape_that_cannot_be_is_refused(knob: dict[str, int]) -> None:
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
        {"model_type": "longformer"},
        {"model_type": "deberta-v2"},
        {"model_type": "xlm", "hidden_size": None, "name": "embeddings.weight"},
        {"model_type": "canine", "vocab_size": None, "name": "char_table.weight"},
        {"model_type": "of_tomorrow", "name": "words", "shape": (5, 7)},
    ],
)
def test_other_encoders_are_taken(tmp_path: Path, out: Path, config: dict[str, Any]) -> None:
    folder = checkpoint(tmp_path / "other", **config)
    words = {key: value for key, value in config.items() if key not in ("name", "shape")}
    known = {key: value for key, value in (CONFIG | words).items() if value is not None}
    (folder / "config.json").write_text(json.dumps(known))
    bring(encoder(folder), out)
    assert (out / "model.safetensors").is_file()


def test_a_folder_is_copied_with_checksums(tmp_path: Path, out: Path) -> None:
    bring(encoder(checkpoint(tmp_path / "bert")), out)
    facts = json.loads((out / "SOURCE.json").read_text())
    assert facts["kind"] == "pretrained"
    assert list(facts["files"]) == ["config.json", "model.safetensors", "tokenizer.json"]
    # `printf {} | sha256sum`
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert facts["files"]["tokenizer.json"] == {"bytes": 2, "sha256": digest}
    assert not (out / "README.md").exists()


def test_shards_are_copied_with_their_index(tmp_path: Path, out: Path) -> None:
    folder = checkpoint(tmp_path / "bert")
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    index = {"weight_map": {EMBEDDINGS: "model-1.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    bring(encoder(folder), out)
    assert {"model-1.safetensors", "model.safetensors.index.json"} <= {
        path.name for path in out.iterdir()
    }
    (folder / "model-1.safetensors").unlink()
    with pytest.raises(InputError, match=r"names model-1\.safetensors, and there is no such file"):
        bring(encoder(folder), out)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"model_type": None}, "model_type: expected a word"),
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
def test_what_is_no_encoder_is_refused(
    tmp_path: Path, out: Path, fault: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        bring(encoder(checkpoint(tmp_path / "bert", **fault)), out)
    assert not list(out.iterdir())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", None, r"config\.json: no such file"),
        ("config.json", b"{", r"config\.json: not JSON"),
        ("config.json", b"[]", "expected a mapping of keys, found list"),
        (
            "tokenizer.json",
            None,
            "no tokenizer: expected tokenizer.json or vocab.txt, found neither; .*AutoTokenizer",
        ),
        ("model.safetensors", None, "weights must be safetensors; pytorch_model.bin is not read"),
        ("model.safetensors", b"version https://git-lfs", "not whole or not safetensors"),
    ],
)
def test_a_faulty_file_is_named(
    tmp_path: Path, out: Path, name: str, content: bytes | None, message: str
) -> None:
    folder = checkpoint(tmp_path / "bert")
    (folder / "pytorch_model.bin").touch()
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        bring(encoder(folder), out)


def test_a_slow_tokenizer_alone_is_named(tmp_path: Path, out: Path) -> None:
    folder = checkpoint(tmp_path / "deberta")
    (folder / "tokenizer.json").rename(folder / "spm.model")
    with pytest.raises(InputError, match=r"no tokenizer: .*, found spm.model; .*save_pretrained"):
        bring(encoder(folder), out)


def test_a_truncated_checkpoint_is_refused(tmp_path: Path, out: Path) -> None:
    weights = checkpoint(tmp_path / "bert") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(InputError, match="not whole or not safetensors"):
        bring(encoder(tmp_path / "bert"), out)


def test_hub_names_carry_their_commit() -> None:
    pin = PINS["google-bert/bert-base-uncased"]
    assert pinned("bert-base-uncased", where="p") == ("google-bert/bert-base-uncased", pin)
    assert pinned("google-bert/bert-base-uncased", where="p") == (
        "google-bert/bert-base-uncased",
        pin,
    )
    assert pinned("bert-base-uncased@" + "a" * 40, where="p") == (
        "google-bert/bert-base-uncased",
        "a" * 40,
    )
    assert pinned("me/bert@" + "0" * 40, where="p") == ("me/bert", "0" * 40)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("me/bert", "write me/bert@ and 40 hex digits .* found none"),
        ("me/bert@main", "write me/bert@ and 40 hex digits .* found main"),
        ("scrach", "did you mean 'scratch'"),
        ("./bert", "there is no folder"),
    ],
)
def test_a_name_without_its_commit_is_refused(name: str, message: str) -> None:
    for refuse in (pinned, check_pretrained):
        with pytest.raises(InputError, match=f"^p.yaml: encoder.pretrained: .*{message}"):
            refuse(name, where="p.yaml: encoder.pretrained")


def test_a_name_is_checked_before_anything_is_fetched(tmp_path: Path) -> None:
    for name in ("scratch", "bert-base-cased", str(checkpoint(tmp_path / "bert"))):
        check_pretrained(name, where="p")
    (tmp_path / "bert" / "config.json").unlink()
    with pytest.raises(InputError, match=r"config\.json: no such file"):
        check_pretrained(str(tmp_path / "bert"), where="p")


def test_a_hub_out_of_reach_ends_in_one_line(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def fail(*_: object, **__: object) -> None:
        raise OSError("no\nroute")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", fail)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(InputError) as caught:
        bring(encoder("me/bert@" + "0" * 40), out)
    assert f"cannot fetch me/bert@{'0' * 40} from the hub (OSError: no route)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_hubs_cache_serves_without_a_network(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def snapshot(*_: object, local_files_only: bool = False, **__: object) -> str:
        assert local_files_only
        return str(checkpoint(tmp_path / "cached"))

    def fail(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", fail)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    bring(encoder("me/bert@" + "0" * 40), out)
    facts = json.loads((out / "SOURCE.json").read_text())
    assert (facts["name"], facts["revision"]) == ("me/bert", "0" * 40)
