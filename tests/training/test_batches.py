"""The order of examples, and which of them take part: decided by the seed."""

from itertools import islice

import numpy as np
import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import Settings, validate
from mtbert.training.batches import Subset, draw, stream


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


class Holder(Settings):
    examples: dict[str, Subset]


def subset(spec):
    return validate(Holder, {"examples": {"sst": spec}}, where="train").examples["sst"]


def rows(spec, size=500, **changes):
    where = {"seed": 1, "task": "sst", "epoch": 1, **changes}
    return subset(spec).rows(size, **where).tolist()


def test_a_subset_is_the_same_in_every_epoch_unless_drawn_anew():
    first = rows(100)
    assert len(set(first)) == 100
    assert first == sorted(first)
    assert set(first) < set(range(500))
    assert rows(100, epoch=2) == first
    anew = {"count": 100, "redraw": "epoch"}
    assert rows(anew, epoch=2) == rows(anew, epoch=2) != rows(anew, epoch=1)


def test_a_subset_depends_on_seed_and_task():
    assert rows(100) == rows(100)
    assert rows(100) != rows(100, seed=2)
    assert rows(100) != rows(100, task="sts")


def test_smaller_subsets_lie_within_larger_ones():
    assert set(rows(20)) < set(rows(100)) < set(rows(500)) == set(range(500))


def test_every_example_is_as_likely_to_take_part():
    drawn = np.concatenate([rows(10, size=20, seed=seed) for seed in range(400)])
    # Each about 200 times, with a standard deviation of 10.
    assert np.abs(np.bincount(drawn, minlength=20) - 200).max() < 40


def test_passes_take_the_subset_s_examples_alone():
    chosen = rows(10)
    batches = list(islice(draw(500, 4, seed=1, task="sst", epoch=1, subset=subset(10)), 6))
    assert [len(batch) for batch in batches] == [4, 4, 2, 4, 4, 2]
    assert np.sort(np.concatenate(batches[:3])).tolist() == chosen
    assert np.sort(np.concatenate(batches[3:])).tolist() == chosen


def test_a_subset_of_all_examples_changes_nothing():
    whole = [batch.tolist() for batch in islice(passes_of(np.zeros(100)), 4)]
    assert [b.tolist() for b in islice(passes_of(np.zeros(100), subset=subset(100)), 4)] == whole


def test_balanced_within_a_subset():
    labels = np.array([0] * 450 + [1] * 50)
    batches = list(islice(passes_of(labels, subset=subset(200)), 100))
    drawn = np.concatenate(batches)
    assert set(drawn.tolist()) == set(rows(200))
    # 5,000 draws: a share of 1/2 has a standard error of 0.007; four of them.
    assert np.mean(labels[drawn]) == pytest.approx(0.5, abs=0.028)


def test_a_number_is_short_for_a_count():
    assert subset(100) == subset({"count": 100}) == Subset(count=100, redraw="never")
    assert subset(100).model_dump(mode="json") == {"count": 100, "redraw": "never"}


def test_more_examples_than_there_are():
    subset(500).check(500)
    with pytest.raises(InputError, match="at most the 500 train examples there are, found 501"):
        subset(501).check(500)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (0, "train.examples.sst.count: input should be greater than 0, found 0"),
        ({"count": 5, "redraw": "step"}, "unknown redraw 'step'"),
        ({"count": 5, "fresh": True}, "unknown key 'fresh'"),
        (True, "train.examples.sst"),
        (2.5, "train.examples.sst"),
    ],
)
def test_bad_subsets(spec, message):
    with pytest.raises(InputError) as error:
        subset(spec)
    assert message in str(error.value)


def test_streams_of_different_purposes_differ():
    def first(*key):
        return stream(1, *key).integers(2**60)

    drawn = [first("sst"), first("sts"), first("subset of sst"), first("sst", 1), first("sst", 2)]
    assert len(set(drawn)) == len(drawn)
    assert first("sst", 1) == first("sst", 1)
