"""The loop on a model small enough to follow by hand."""

import math
from contextlib import closing, nullcontext
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, validate
from mtbert.experiments.run import LOOP
from mtbert.training.balancing import Setup
from mtbert.training.log import Log
from mtbert.training.loop import Training
from mtbert.training.losses import TaskData, TaskLosses, read_scalars
from mtbert.training.optimizers import parameter_groups
from mtbert.training.settings import TrainingSettings

from tiny import ROOT

LABELS = {"a": torch.arange(6.0), "b": torch.arange(8.0) / 2}
DEFAULTS = read_yaml(ROOT / "params.yaml")["train"]
FIELDS = {key: DEFAULTS[key] for key in TrainingSettings.model_fields} | {
    "conflicts_every": 0,
    "regularizers": {},
    "auxiliaries": {},
    "objectives": {"a": "squared_error", "b": "squared_error"},
    "batch_size": {"a": 2, "b": 4},
    "epochs": 2,
    "learning_rate": 0.05,
    "head_learning_rate": 0.05,
    "adapter_learning_rate": 0.05,
    "resampling": {},
    "precision": "fp32",
    "weight_decay": 0.0,
    "schedule": "constant",
    "warmup": 0.0,
}


def settings(**changes):
    return validate(TrainingSettings, {**FIELDS, **changes}, where="train")


class Lines(nn.Module):
    """Each task's output is a line through its rows' numbers; the slope is shared."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(1, 1))
        self.offsets = nn.ParameterDict({task: torch.zeros(1) for task in LABELS})

    def groups(self):
        """The slope as an encoder's only layer, the offsets as heads."""
        return [
            SimpleNamespace(part="encoder", below_top=0, parameters=[self.slope]),
            SimpleNamespace(part="heads", below_top=0, parameters=list(self.offsets.values())),
        ]

    def shared_parameters(self):
        return [self.slope] if self.slope.requires_grad else []

    def forward(self, batch):
        return {
            task: rows[:, None].float() @ self.slope + self.offsets[task]
            for task, rows in batch.rows.items()
        }


def collate(rows):
    rows = {task: torch.from_numpy(item) for task, item in rows.items()}
    count = sum(map(len, rows.values()))
    return SimpleNamespace(rows=rows, tokens=count, slots=count + 1)


def run(tmp_path, model=None, labels=LABELS, autocast=nullcontext, **changes):
    """Train; give the model, the ends of the epochs, and the cells of steps.csv."""
    model, spec, ends = model or Lines(), settings(**changes), []
    (tmp_path / "steps.csv").unlink(missing_ok=True)
    data = {
        task: TaskData(
            labels=values,
            bounds=(0.0, 1.0),
            ids=[f"{task}{i}" for i in range(len(values))],
            objective=spec.objectives[task],
            batch_size=spec.batch_size[task],
        )
        for task, values in labels.items()
    }
    losses = TaskLosses(model, data, collate=collate, autocast=autocast, seed=3)
    setup = Setup(tasks=list(labels), shared=model.shared_parameters(), seed=3)
    peaks = {"encoder": spec.learning_rate, "heads": spec.head_learning_rate}
    training = Training(
        model=model,
        **{key: getattr(spec, key) for key in LOOP},
        losses=losses,
        balancer=spec.balancing.begin(setup),
        optimizer=spec.optimizer.build(
            parameter_groups(model, peaks=peaks, layer_decay=1.0, weight_decay=0.0)
        ),
        average=spec.averaging.begin(losses.parameters),
        log=Log(tmp_path, list(labels), name="test"),
        seed=3,
    )
    with closing(training.log):
        training.run(lambda epoch, step, last: ends.append((epoch, step)))
    rows = (tmp_path / "steps.csv").read_text().splitlines()
    return model, ends, [row.split(",") for row in rows]


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({}, [(1, 3), (2, 6)]),
        ({"epochs": 5, "evaluate_every": 2}, [(2, 6), (4, 12), (5, 15)]),
        ({"epochs": 4, "evaluate_every": 2}, [(2, 6), (4, 12)]),
        ({"evaluate_every": 9}, [(2, 6)]),
        ({"steps": 2}, [(1, 2)]),
        ({"steps": 7}, [(1, 3), (2, 6), (3, 7)]),
        ({"epochs": 9, "steps": 4, "evaluate_every": 9}, [(2, 4)]),
        ({"examples_seen": 19}, [(1, 3), (2, 4)]),
    ],
)
def test_dev_is_scored_every_so_many_epochs_and_at_the_end(tmp_path, changes, ends):
    _, actual, rows = run(tmp_path, **changes)
    assert actual == ends
    assert len(rows) == 1 + ends[-1][1]


def test_the_log_has_a_row_for_each_step(tmp_path):
    _, _, (header, *cells) = run(tmp_path, sampler="round_robin", epochs=1)
    assert ",".join(header) == (
        "step,epoch,tasks,learning_rate,loss,loss_a,loss_b,weight_a,weight_b,gradient_norm,tokens,"
        "tokens_per_second,examples_a,examples_b"
    )
    assert [cell[2] for cell in cells] == ["a", "b", "a", "b", "a"]
    assert [cell[5] == "" for cell in cells] == [False, True, False, True, False]
    assert [cell[7:9] for cell in cells] == [["1", ""], ["", "1"]] * 2 + [["1", ""]]
    assert [cell[10] for cell in cells] == ["2", "4", "2", "4", "2"]
    assert [cell[12:] for cell in cells] == [["2", ""], ["", "4"]] * 2 + [["2", ""]]


def test_the_first_update_is_adamw_s_on_the_summed_loss(tmp_path):
    model, _, _ = run(tmp_path, steps=1, learning_rate=0.01, head_learning_rate=0.02, clip=1e9)
    # AdamW's first step moves each weight by the learning rate against its gradient's sign.
    assert model.slope.item() == pytest.approx(0.01, rel=1e-4)
    assert model.offsets["a"].item() == pytest.approx(0.02, rel=1e-4)


def test_an_epoch_s_tasks_depend_on_the_seed_and_its_number_alone(tmp_path):
    def tasks(epochs):
        batch_size = {"a": 1, "b": 1}
        rows = run(tmp_path, sampler="uniform", epochs=epochs, batch_size=batch_size)[2]
        return ["".join(row[2] for row in rows if row[1] == epoch) for epoch in "12"]

    first, second = tasks(2)
    assert tasks(4) == [first, second]
    assert first != second
    # As they were drawn in every study: another purpose of the stream gives others.
    assert first == "baababaabbabaa"


def test_a_step_of_which_nothing_is_trained_changes_nothing(tmp_path):
    class Half(Lines):
        def __init__(self):
            super().__init__()
            self.slope.requires_grad_(False)
            self.offsets["a"].requires_grad_(False)

        def groups(self):
            return [SimpleNamespace(part="heads", below_top=0, parameters=[self.offsets["b"]])]

    model, _, rows = run(tmp_path, Half(), sampler="round_robin", head_learning_rate=0.5)
    assert model.offsets["a"].item() == 0
    assert model.offsets["b"].item() > 0
    assert {row[3] for row in rows[1:]} == {"0.5"}, "the rate of what is trained"


class Broken(Lines):
    def forward(self, batch):
        # The square root's slope at 0 is infinite, though its value is not.
        return {task: out + (self.slope * 0).sqrt() for task, out in super().forward(batch).items()}


@pytest.mark.parametrize(
    ("model", "b", "message"),
    [
        (Lines, torch.full((8,), float("nan")), r"loss of b is nan.*by id: b b\d, b\d, b\d, b\d$"),
        (Broken, LABELS["b"], r"gradient norm is nan.*: a a\d, a\d; b b\d, "),
    ],
)
def test_nan_stops_before_the_update(tmp_path, model, b, message):
    model = model()
    with pytest.raises(InputError, match=f"step 1: {message}"):
        run(tmp_path, model, {"a": LABELS["a"], "b": b})
    assert model.slope.item() == 0


class SingleReads(TorchDispatchMode):
    """Counts scalars that are read alone, by float() or item()."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function is torch.ops.aten._local_scalar_dense.default
        return function(*args, **(kwargs or {}))


def test_a_step_reads_its_losses_and_norm_together(tmp_path):
    with SingleReads() as reads:
        float(torch.ones(()))
        _, _, rows = run(tmp_path, steps=3)
    assert len(rows) == 1 + 3
    assert reads.count == 1


def test_scalars_are_read_as_they_are():
    losses = {"a": torch.tensor(0.1), "b": torch.tensor(float("nan"))}
    first, none, last = read_scalars(losses, {}, {"norm": torch.tensor(float("inf"))})
    assert first["a"] == torch.tensor(0.1).item()
    assert math.isnan(first["b"])
    assert (none, last) == ({}, {"norm": float("inf")})


class Casts(TorchDispatchMode):
    """Counts casts of the slope to bf16."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        cast = function is torch.ops.aten._to_copy.default and args[0].shape == (1, 1)
        self.count += cast and kwargs["dtype"] is torch.bfloat16
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("balancing", ["sum", "pcgrad"])
def test_the_passes_of_a_step_share_each_weight_s_cast_to_bf16(tmp_path, monkeypatch, balancing):
    bf16 = partial(torch.autocast, "cpu", torch.bfloat16)
    how = {"autocast": bf16, "balancing": balancing, "conflicts_every": 1}
    with Casts() as kept:
        shared, _, rows = run(tmp_path, **how)
    assert kept.count == len(rows) - 1 == 6
    monkeypatch.setattr(TaskLosses, "casts_kept", lambda _: nullcontext())
    with Casts() as anew:
        alone, _, others = run(tmp_path, **how)
    assert anew.count == 2 * kept.count
    assert [row[:-6] for row in rows] == [row[:-6] for row in others]
    assert shared.slope.item() == alone.slope.item() != 0
