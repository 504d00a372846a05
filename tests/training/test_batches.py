"""The order of examples: shuffled passes without replacement, decided by the seed."""

from itertools import islice

import numpy as np
import pytest

from mtbert.training.batches import draw


def passes(count, **changes):
    spec = {"seed": 1, "task": "sst", "epoch": 1, **changes}
    return list(islice(draw(10, 4, **spec), count))


def test_a_pass_takes_every_example_once_and_the_next_one_too():
    batches = passes(6)
    assert [len(batch) for batch in batches] == [4, 4, 2, 4, 4, 2]
    first, second = np.concatenate(batches[:3]), np.concatenate(batches[3:])
    assert sorted(first) == sorted(second) == list(range(10))
    assert first.tolist() != second.tolist()


def test_the_order_depends_on_seed_task_and_epoch_alone():
    same = [b.tolist() for b in passes(3)]
    assert [b.tolist() for b in passes(3)] == same
    for change in ({"seed": 2}, {"task": "sts"}, {"epoch": 2}):
        assert [b.tolist() for b in passes(3, **change)] != same


def test_without_resampling_the_order_stays():
    # As it was drawn before there was any.
    assert np.concatenate(passes(3)).tolist() == [1, 8, 4, 3, 6, 7, 0, 9, 2, 5]


def test_balanced_draws_every_class_alike_and_each_of_its_examples():
    labels = np.array([4.0] * 900 + [1.0] * 90 + [0.0] * 10)
    batches = list(islice(passes_of(labels), 200))
    assert [len(batch) for batch in batches[:16]] == [64] * 15 + [40]
    drawn = np.concatenate(batches)
    for label in (0, 1, 4):
        # About 12,500 draws: a share of 1/3 has a standard error of 0.0042; four of them.
        assert np.mean(labels[drawn] == label) == pytest.approx(1 / 3, abs=0.017)
    rare = np.bincount(drawn, minlength=1000)[-10:]
    # Each about 417 times, with a standard deviation of 20.
    assert rare.min() > 330
    assert rare.max() < 500


def test_balanced_depends_on_seed_task_epoch_and_pass():
    labels = np.array([0] * 30 + [1] * 10)

    def three(**changes):
        return [batch.tolist() for batch in islice(passes_of(labels, **changes), 3)]

    assert three() == three()
    assert three()[0] != three()[1]
    for change in ({"seed": 2}, {"task": "sts"}, {"epoch": 2}):
        assert three(**change) != three()


def passes_of(labels, **changes):
    spec = {"seed": 1, "task": "sst", "epoch": 1, **changes}
    return draw(len(labels), 64, balanced=labels, **spec)
