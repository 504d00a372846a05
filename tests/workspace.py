"""A folder with all that plan and train read: random tokens of the four tasks, a tiny encoder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mtbert.core.params import read_yaml, write_yaml
from mtbert.core.schemas import tokens_schema, write_table
from mtbert.core.tasks import read_tasks
from mtbert.training.resuming import Resuming

from tiny import ROOT, tiny_config, tiny_tokenizer

if TYPE_CHECKING:
    pass

VOCABULARY = 100
SIZES = {"train": 20, "dev": 8, "test": 4}
BATCHES = {"sst": 4, "para": 6, "sts": 5, "cfimdb": 4}


class Interrupted(Resuming):
    """Saves after the second step, and is interrupted after the third."""

    steps = 0

    def due(self):
        self.steps += 1
        if self.steps == 3:
            raise KeyboardInterrupt
        return self.steps == 2


def workspace(folder, *, dropout=0.1):
    """Write tokens and an encoder, with some dropout in it."""
    tokens, encoder = folder / "tokens", folder / "encoder"
    folder.mkdir(exist_ok=True)
    for task, row in read_tasks(ROOT / "params.yaml").items():
        for number, (split, size) in enumerate(SIZES.items()):
            generator = np.random.default_rng([number, len(task)])
            rows = {
                "id": [f"{task}-{split}-{i}" for i in range(size)],
                "ids_a": _lists(generator, size),
                "ids_b": _lists(generator, size) if row.paired else [None] * size,
                "label": _labels(generator, size, row.labels.bounds, row.labels.kind),
            }
            table = pa.table(rows, schema=tokens_schema(VOCABULARY))
            write_table(tokens / task / f"{split}.parquet", table)
    tiny_tokenizer(tokens)
    encoder.mkdir()
    config = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    (encoder / "config.json").write_text(json.dumps(tiny_config(**config)))
    (encoder / "SOURCE.json").write_text(json.dumps({"kind": "scratch"}))
    return folder


def plan(folder, changes, *, name="drawn"):
    """Plan one strategy as the plan stage does; raises what it raises."""
    from mtbert.experiments.plans import read_plan

    plan_all(folder, {name: changes})
    return read_plan(folder / "plans" / f"{name}.yaml")


def plan_all(folder, strategies):
    """Plan some strategies, by name, instead of all planned before."""
    from stages.plan import main

    params = read_yaml(ROOT / "params.yaml")
    params["train"] |= {"batch_size": BATCHES, "row_length": 48, "steps": 3}
    params["strategies"], params["seeds"] = strategies, [1]
    write_yaml(folder / "params.yaml", params)
    main(*(folder / name for name in ("tokens", "encoder", "plans", "tasks.yaml", "params.yaml")))


def _lists(generator, size):
    return [generator.integers(10, VOCABULARY, n).tolist() for n in generator.integers(2, 9, size)]


def _labels(generator, size, bounds, kind):
    drawn = generator.uniform(*bounds, size)
    if kind != "similarity":
        drawn = drawn.round()
        drawn[:2] = bounds  # of every split of two classes both
    return drawn.tolist()
