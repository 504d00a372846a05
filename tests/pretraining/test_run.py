"""The model learns to predict a masked word from its sentence."""

import json

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from mtbert.core.params import read_yaml, validate
from mtbert.core.schemas import tokens_schema, write_table
from mtbert.pretraining.run import pretrain
from mtbert.pretraining.settings import PretrainSettings

from tiny import ROOT, tiny_config

WORDS = 30
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
KNOBS = {"epochs": 8, "tasks": ["one"], "held_out": 0.2, "mask_share": 0.3, "batch_size": 16}
KNOBS |= {"learning_rate": 1e-2, "weight_decay": 0.0, "precision": "fp32", "seed": 0}


def write(folder):
    """TOKENS of sentences that repeat one word, 4 to 15 times."""
    tokenizer = Tokenizer(
        WordLevel({w: i for i, w in enumerate([*SPECIAL, *(f"w{i}" for i in range(WORDS))])})
    )
    tokenizer.add_special_tokens(SPECIAL)
    (folder / "one").mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    shape = {"prefix": [2], "middle": [3], "suffix": [3], "types": [0, 1], "pad": 0}
    more = {"max_length": 32, "vocabulary": len(SPECIAL) + WORDS}
    (folder / "sequences.json").write_text(json.dumps({**shape, **more}))
    texts = [[word] * count for word in range(5, 5 + WORDS) for count in range(4, 16)]
    rows = [[str(i) for i in range(len(texts))], texts, [None] * len(texts), [None] * len(texts)]
    write_table(folder / "one" / "train.parquet", pa.table(rows, schema=tokens_schema(100)))


def test_a_masked_word_is_predicted_from_its_sentence(tmp_path):
    tokens, source, out, log = (tmp_path / name for name in ("tokens", "source", "out", "log"))
    write(tokens)
    for folder in (source, out, log / "curves"):
        folder.mkdir(parents=True)
    (source / "config.json").write_text(json.dumps(tiny_config()))
    (source / "SOURCE.json").write_text('{"kind": "scratch"}')
    section = read_yaml(ROOT / "params.yaml")["pretrain"] | KNOBS
    settings = validate(PretrainSettings, section, where="pretrain")
    pretrain(settings, tokens=tokens, source=source, folder=out, log_folder=log)
    metrics = json.loads((log / "metrics.json").read_text())
    assert metrics["before"]["loss"] > 0.9 * np.log(WORDS)
    # The words' frequencies alone give ln 30 = 3.4 and 1 of 30.
    assert metrics["after"]["loss"] < 1
    assert metrics["after"]["accuracy"] > 0.8
