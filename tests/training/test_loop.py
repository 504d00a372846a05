"""The loop on a model small enough to follow by hand."""

from collections import Counter
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.training.balancing import Setup
from mtbert.training.log import Log
from mtbert.training.loop import run_length, train
from mtbert.training.losses import TaskData, TaskLosses
from mtbert.training.optimizers import parameter_groups
from mtbert.training.settings import TrainingSettings

FIELDS = {
    "sampler": "all_tasks",
    "balancing": "sum",
    "conflicts_every": 0,
    "regularizers": {},
    "auxiliaries": {},
    "averaging": "none",
    "optimizer": "adamw",
    "extra_data": "none",
    "examples": {},
    "objectives": {"a": "squared_error", "b": "squared_error"},
    "batch_size": {"a": 2, "b": 4},
    "epochs": 2,
    "steps": None,
    "evaluate_every": 1,
    "learning_rate": 0.05,
    "head_learning_rate": 0.05,
    "adapter_learning_rate": 0.05,
    "layer_decay": 1.0,
    "resampling": {},
    "precision": "fp32",
    "weight_decay": 0.0,
    "schedule": "constant",
    "warmup": 0.0,
    "clip": 1.0,
}
LABELS = {"a": torch.arange(6.0), "b": torch.arange(8.0) / 2}


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


def groups_of(model, **changes):
    rates = {"encoder": 0.05, "adapter": 0.05, "heads": 0.05} | changes.pop("peaks", {})
    return parameter_groups(
        model, **{"peaks": rates, "layer_decay": 1.0, "weight_decay": 0.0, **changes}
    )


def data_of(spec, labels=LABELS):
    return {
        task: TaskData(
            labels=values,
            bounds=(0.0, 1.0),
            ids=[f"{task}{i}" for i in range(len(values))],
            objective=spec.objectives[task],
            batch_size=spec.batch_size[task],
            balanced=spec.resampling.get(task) == "balanced",
        )
        for task, values in labels.items()
    }


def run(tmp_path, model=None, labels=LABELS, end_epoch=None, resuming=None, **changes):
    model, spec, ended = model or Lines(), settings(**changes), []
    (tmp_path / "steps.csv").unlink(missing_ok=resuming is None)
    log = Log(tmp_path, list(labels), name="test")
    losses = TaskLosses(model, data_of(spec, labels), collate=collate, autocast=nullcontext, seed=3)
    shared = model.shared_parameters()
    balancer = spec.balancing.begin(Setup(tasks=list(labels), shared=shared, seed=3))
    peaks = {"encoder": spec.learning_rate, "heads": spec.head_learning_rate}
    groups = groups_of(model, peaks=peaks)
    train(
        model,
        losses=losses,
        balancer=balancer,
        optimizer=spec.optimizer.build([*groups, *balancer.groups()]),
        average=spec.averaging.begin(losses.parameters),
        seed=3,
        end_epoch=end_epoch or (lambda epoch, step, last: ended.append((epoch, step))),
        log=log,
        resuming=resuming,
        **picked(spec, "sampler epochs steps schedule warmup clip conflicts_every evaluate_every"),
    )
    log.close()
    return model, ended, (tmp_path / "steps.csv").read_text().splitlines()


def picked(spec, names):
    return {name: getattr(spec, name) for name in names.split()}


def test_it_learns_and_ends_every_epoch(tmp_path):
    model, ended, rows = run(tmp_path, epochs=150)
    assert model.slope.item() == pytest.approx(0.75, abs=0.3)
    assert ended[:2] == [(1, 3), (2, 6)]
    assert float(rows[-1].split(",")[4]) < float(rows[1].split(",")[4]) / 10


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({"epochs": 5, "evaluate_every": 2}, [(2, 6), (4, 12), (5, 15)]),
        ({"epochs": 4, "evaluate_every": 2}, [(2, 6), (4, 12)]),
        ({"epochs": 2, "evaluate_every": 9}, [(2, 6)]),
        ({"epochs": 9, "steps": 4, "evaluate_every": 9}, [(2, 4)]),
    ],
)
def test_dev_is_scored_every_so_many_epochs_and_at_the_end(tmp_path, changes, ends):
    assert run(tmp_path, **changes)[1] == ends


def test_the_log_has_a_row_for_each_step(tmp_path):
    _, _, rows = run(tmp_path, sampler="round_robin", epochs=1)
    assert rows[0] == (
        "step,epoch,tasks,learning_rate,loss,loss_a,loss_b,weight_a,weight_b,gradient_norm,tokens,"
        "tokens_per_second,examples_a,examples_b"
    )
    cells = [row.split(",") for row in rows[1:]]
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


def test_same_seed_same_bits(tmp_path):
    this, other = (run(tmp_path)[0].state_dict() for _ in range(2))
    assert all(torch.equal(this[key], other[key]) for key in this)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, [3, 3]), ({"steps": 2}, [2]), ({"steps": 7}, [3, 3, 1]), ({"steps": 6}, [3, 3])],
)
def test_steps_end_the_run_whatever_the_epochs(tmp_path, changes, expected):
    rows = [row.split(",") for row in run(tmp_path, **changes)[2][1:]]
    assert [count for _, count in sorted(Counter(row[1] for row in rows).items())] == expected


@pytest.mark.parametrize(
    ("changes", "length", "epochs"),
    [({"epochs": 3}, 300, 3), ({"epochs": 9, "steps": 250}, 250, 3), ({"steps": 80}, 80, 1)],
)
def test_a_sampler_is_given_the_epochs_that_the_run_has(changes, length, epochs):
    spec = settings(sampler={"name": "uniform", "steps_per_epoch": 100}, **changes)
    sizes = {"a": 6, "b": 8}
    given = run_length(spec.sampler, sizes, sizes, epochs=spec.epochs, steps=spec.steps)
    assert given == (100, epochs, length)


def test_an_epoch_s_tasks_depend_on_the_seed_and_its_number_alone(tmp_path):
    def tasks(**changes):
        rows = [row.split(",") for row in run(tmp_path, sampler="uniform", **changes)[2][1:]]
        return [[row[2] for row in rows if row[1] == str(epoch)] for epoch in (1, 2)]

    first, second = tasks(epochs=2, batch_size={"a": 1, "b": 1})
    assert tasks(epochs=4, batch_size={"a": 1, "b": 1}) == [first, second]
    assert len(first) == len(second) == 14
    assert first != second


def test_biases_do_not_decay():
    groups = groups_of(Lines(), weight_decay=0.1)
    decays = {g["weight_decay"]: [tuple(p.shape) for p in g["params"]] for g in groups}
    assert decays == {0.1: [(1, 1)], 0.0: [(1,), (1,)]}


def test_each_part_and_layer_has_its_own_rate():
    class Deep(Lines):
        def groups(self):
            slope, offsets = super().groups()
            below = SimpleNamespace(part="encoder", below_top=3, parameters=[torch.zeros(2, 2)])
            added = SimpleNamespace(part="adapter", below_top=0, parameters=[torch.zeros(3, 3)])
            return [slope, below, added, offsets]

    rates = {"encoder": 0.1, "heads": 0.2, "adapter": 0.3}
    groups = groups_of(Deep(), layer_decay=0.5, peaks=rates)
    peaks = {tuple(g["params"][0].shape): g["peak"] for g in groups}
    assert peaks == {(1, 1): 0.1, (2, 2): 0.1 / 8, (3, 3): 0.3, (1,): 0.2}


def test_rare_classes_are_drawn_as_often_where_asked(tmp_path):
    drawn = []

    class Watch(Lines):
        def forward(self, batch):
            drawn.append(batch.rows["a"])
            return super().forward(batch)

    labels = {"a": torch.tensor([0.0] * 9 + [1.0]), "b": LABELS["b"]}
    run(tmp_path, Watch(), labels, resampling={"a": "balanced"}, epochs=60)
    assert labels["a"][torch.cat(drawn)].mean().item() == pytest.approx(0.5, abs=0.08)


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
    assert {row.split(",")[3] for row in rows[1:]} == {"0.5"}, "the rate of what is trained"


def test_a_loss_that_is_no_number_stops_before_the_update(tmp_path):
    model = Lines()
    labels = {"a": LABELS["a"], "b": torch.full((8,), float("nan"))}
    with pytest.raises(InputError, match=r"step 1: loss of b is nan.*by id: b b\d, b\d, b\d, b\d$"):
        run(tmp_path, model, labels)
    assert model.slope.item() == 0


def test_a_gradient_that_is_no_number_stops_before_the_update(tmp_path):
    class Broken(Lines):
        def forward(self, batch):
            # The square root's slope at 0 is infinite, though its value is not.
            return {
                task: out + (self.slope * 0).sqrt() for task, out in super().forward(batch).items()
            }

    model = Broken()
    with pytest.raises(InputError, match=r"step 1: gradient norm is nan.*: a a\d, a\d; b b\d, "):
        run(tmp_path, model)
    assert model.slope.item() == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": {"a": -2}}, "batch_size.a: input should be greater than 0, found -2"),
        ({"sampler": "al_tasks"}, "did you mean 'all_tasks'?"),
        ({"schedule": "linaer"}, "schedule: unknown schedule 'linaer'; did you mean 'linear'?"),
        ({"warmup": 1.0}, "warmup: input should be less than 1"),
        ({"epochs": 1.5}, "epochs"),
        ({"learning_rate": "1e-5"}, "learning_rate: input should be a valid number"),
    ],
)
def test_bad_settings(changes, message):
    with pytest.raises(InputError) as error:
        settings(**changes)
    assert message in str(error.value)
