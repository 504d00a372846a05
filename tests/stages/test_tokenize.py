"""TEXT to TOKENS, through the stage."""

import json

import numpy as np
import pyarrow as pa
import pytest
from safetensors.numpy import save_file
from tokenization.test_agreement import SIZE, encoder

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, validate
from mtbert.core.schemas import read_tokens, text_schema, write_table
from mtbert.corpora.backbones import Encoder, fetch_encoder
from stages.tokenize import main

from tiny import ROOT

TEXTS = ["the cat sat on the mat", "a dog ran", "the cat ran", "the dog sat on a cat"]


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pairs = pa.table(
        [["3", "1", "2"], TEXTS[:3], [TEXTS[3], TEXTS[0], TEXTS[1]], [1.0, 0.0, 1.0]],
        schema=text_schema(),
    )
    single = pa.table(
        [["b", "a"], TEXTS[2:], pa.nulls(2, pa.string()), pa.nulls(2, pa.float64())],
        schema=text_schema(),
    )
    write_table(tmp_path / "text" / "para" / "train.parquet", pairs)
    write_table(tmp_path / "text" / "sst" / "test.parquet", single)
    write_table(tmp_path / "text" / "sst" / "train.parquet", single)
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    (encoder / "config.json").write_text('{"vocab_size": 60}')
    settings(tmp_path, 8)
    return tmp_path


def settings(folder, max_length):
    (folder / "params.yaml").write_text(f"tokenize: {{max_length: {max_length}}}\n")


def run(folder):
    names = ("text", "encoder", "tokens", "report.json", "params.yaml")
    main(*(folder / name for name in names))
    return json.loads((folder / "report.json").read_text())


def test_order_ids_labels_and_tokens_are_kept(inputs):
    from tokenizers import Tokenizer

    run(inputs)
    pairs = read_tokens(inputs / "tokens" / "para" / "train.parquet", paired=True)
    assert pairs.example_ids == ["3", "1", "2"]
    assert pairs.labels.tolist() == [1, 0, 1]
    single = read_tokens(inputs / "tokens" / "sst" / "test.parquet", paired=False)
    assert single.example_ids == ["b", "a"]
    assert np.isnan(single.labels).all()
    tokenizer = Tokenizer.from_file(str(inputs / "tokens" / "tokenizer.json"))
    for side, texts in ((pairs.a, TEXTS[:3]), (pairs.b, [TEXTS[3], TEXTS[0], TEXTS[1]])):
        lists = np.split(side.ids, side.offsets[1:-1])
        expected = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        assert [item.tolist() for item in lists] == expected
    sequences = json.loads((inputs / "tokens" / "sequences.json").read_text())
    special = {"prefix": [2], "middle": [3], "suffix": [3], "types": [0, 1], "pad": 0}
    size = {"max_length": 8, "vocabulary": tokenizer.get_vocab_size()}
    assert sequences == special | size


def test_what_a_length_cuts_is_counted(inputs):
    counts = run(inputs)["tasks"]["para"]["train"]
    tokens = read_tokens(inputs / "tokens" / "para" / "train.parquet", paired=True)
    a, b = tokens.a.lengths, tokens.b.lengths
    assert counts["tokens"] == (a + 2).sum() + (b + 2).sum()
    assert counts["truncated_texts"] == (a + 2 > 8).sum() + (b + 2 > 8).sum()
    assert counts["truncated_pairs"] == (a + b + 3 > 8).sum() == 3
    settings(inputs, 64)
    assert run(inputs)["tasks"]["para"]["train"]["truncated_pairs"] == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", None, r"config\.json: no such file"),
        ("config.json", "{", r"config\.json: not valid JSON"),
        ("config.json", "{}", r"vocab_size: expected a whole number above 0, found None"),
        ("config.json", '{"vocab_size": "60"}', "expected a whole number above 0, found '60'"),
        ("config.json", '{"max_position_embeddings": 0}', "embeddings: expected .*, found 0"),
        (
            "config.json",
            '{"max_position_embeddings": 4}',
            r"params\.yaml: tokenize\.max_length: the encoder has 4 positions, found 8",
        ),
        ("tokenizer.json", "{}", "the tokenizer cannot be read"),
    ],
)
def test_a_faulty_encoder_is_refused(inputs, name, content, message):
    if content is None:
        (inputs / "encoder" / name).unlink()
    else:
        (inputs / "encoder" / name).write_text(content)
    with pytest.raises(InputError, match=message):
        run(inputs)
    assert not (inputs / "tokens").exists()


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("sst/train.parquet", r"sst: no train\.parquet"),
        ("*/*", r"text: no tables \{task\}/\{split\}\.parquet"),
    ],
)
def test_missing_tables_are_named(inputs, missing, message):
    for path in inputs.glob(f"text/{missing}"):
        path.unlink()
    with pytest.raises(InputError, match=message):
        run(inputs)


def test_a_tokenizer_that_is_not_transformers_own_is_refused(inputs):
    """What is downloaded of an encoder is enough to tell."""
    source = encoder(inputs / "bert", change={"post_processor": None})
    embeddings = {"embeddings.word_embeddings.weight": np.zeros((SIZE, 8), np.float32)}
    save_file(embeddings, source / "model.safetensors")
    own = read_yaml(ROOT / "params.yaml")["encoder"] | {"pretrained": str(source)}
    fetch_encoder(validate(Encoder, own, where="encoder"), inputs / "encoder", where="encoder")
    with pytest.raises(InputError, match=f"^{inputs / 'encoder'}: for '' its tokenizer gives"):
        run(inputs)
    assert not (inputs / "tokens").exists()
