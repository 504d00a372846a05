"""The order of examples, and which of them take part: decided by the seed."""

from itertools import islice

import numpy as np
import pytest
import torch

from mtbert.core.errors import InputError
from mtbert.core.params import Settings, validate
from mtbert.training.batches import Subset, stream
from mtbert.training.losses import TaskData
from mtbert.training.objectives import OBJECTIVES


class Holder(Settings):
    examples: dict[str, Subset]


def subset(spec):
    return validate(Holder, {"examples": {"sst": spec}}, where="train").examples["sst"]


def data(labels, batch_size=64, **changes):
    return TaskData(
        labels=torch.tensor(labels, dtype=torch.float32),
        bounds=(0.0, 4.0),
        ids=[],
        objective=OBJECTIVES["cross_entropy"](),
        batch_size=batch_size,
        **changes,
    )


def drawn(task_data, count, *, seed=1, task="sst", epoch=1):
    return list(islice(task_data.batches(task, seed=seed, epoch=epoch), count))


def test_a_pass_takes_every_example_once_and_the_next_one_too():
    batches = drawn(data([0] * 10, 4), 6)
    assert [len(batch) for batch in batches] == [4, 4, 2, 4, 4, 2]
    first, second = np.concatenate(batches[:3]), np.concatenate(batches[3:])
    assert sorted(first) == sorted(second) == list(range(10))
    assert first.tolist() != second.tolist()
    # As it was drawn in every study: another purpose of the stream gives another order.
    assert first.tolist() == [1, 8, 4, 3, 6, 7, 0, 9, 2, 5]


@pytest.mark.parametrize("balanced", [False, True])
def test_the_order_depends_on_seed_task_and_epoch_alone(balanced):
    def order(**changes):
        task_data = data([0] * 30 + [1] * 10, balanced=balanced)
        return [batch.tolist() for batch in drawn(task_data, 3, **changes)]

    assert order() == order()
    assert order()[0] != order()[1]
    for change in ({"seed": 2}, {"task": "sts"}, {"epoch": 2}):
        assert order(**change) != order()


def test_balanced_draws_every_class_alike_and_each_of_its_examples():
    labels = np.array([4.0] * 900 + [1.0] * 90 + [0.0] * 10)
    batches = drawn(data(labels, balanced=True), 200)
    assert [len(batch) for batch in batches[:16]] == [64] * 15 + [40]
    rows = np.concatenate(batches)
    for label in (0, 1, 4):
        # About 12,500 draws: a share of 1/3 has a standard error of 0.0042; four of them.
        assert np.mean(labels[rows] == label) == pytest.approx(1 / 3, abs=0.017)
    rare = np.bincount(rows, minlength=1000)[-10:]
    # Each about 417 times, with a standard deviation of 20.
    assert rare.min() > 330
    assert rare.max() < 500


def rows(spec, size=500, **changes):
    return subset(spec).rows(size, **{"seed": 1, "task": "sst", "epoch": 1, **changes}).tolist()


def test_a_subset_depends_on_seed_and_task_and_if_redrawn_on_the_epoch():
    first = rows(100)
    assert first == sorted(set(first)) == rows(100, epoch=2)
    assert first != rows(100, seed=2)
    assert first != rows(100, task="sts")
    anew = {"count": 100, "redraw": "epoch"}
    assert rows(anew, epoch=2) == rows(anew, epoch=2) != rows(anew, epoch=1)
    # As they were drawn in every study: another purpose of the stream gives others.
    assert rows(5) == [6, 158, 167, 258, 321]
    assert set(rows(20)) < set(first) < set(rows(500)) == set(range(500))


def test_passes_take_the_subset_s_examples_alone():
    batches = drawn(data([0] * 500, 4, subset=subset(10)), 6)
    assert [len(batch) for batch in batches] == [4, 4, 2, 4, 4, 2]
    for half in (batches[:3], batches[3:]):
        assert np.sort(np.concatenate(half)).tolist() == rows(10)
    whole, same = (drawn(data([0] * 100, subset=it), 4) for it in (None, subset(100)))
    assert [batch.tolist() for batch in whole] == [batch.tolist() for batch in same]


def test_balanced_within_a_subset():
    labels = np.array([0] * 450 + [1] * 50)
    batch_rows = np.concatenate(drawn(data(labels, subset=subset(200), balanced=True), 100))
    assert set(batch_rows.tolist()) == set(rows(200))
    # 5,000 draws: a share of 1/2 has a standard error of 0.007; four of them.
    assert np.mean(labels[batch_rows]) == pytest.approx(0.5, abs=0.028)


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (0, r"sst\.count"),
        ({"count": 5, "redraw": "step"}, "redraw"),
        ({"count": 5, "fresh": True}, "fresh"),
        (True, r"examples\.sst"),
        (2.5, r"examples\.sst"),
        (501, r"count.*500.*501"),
    ],
)
def test_bad_subsets(spec, key):
    with pytest.raises(InputError, match=key):
        subset(spec).check(500)


def test_streams_of_different_purposes_differ():
    keys = [("sst",), ("sts",), ("subset of sst",), ("sst", 1), ("sst", 2)]
    assert len({stream(1, *key).integers(2**60) for key in keys}) == len(keys)
