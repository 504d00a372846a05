"""Which tasks each step trains on."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.training.samplers import SAMPLERS
from mtbert.training.samplers.rates import Rates

BATCHES = {"sst": 2, "para": 3, "sts": 1}
CS224N = {"sst": 8544, "para": 141498, "sts": 6040}
SAMPLING = sorted(name for name, kind in SAMPLERS.items() if issubclass(kind, Rates))
COUNTS = st.dictionaries(st.text(min_size=1), st.integers(1, 20), min_size=1, max_size=5)


def sampler(spec):
    return build(SAMPLERS, spec, what="sampler")


def steps(spec, batches=BATCHES, *, sizes=CS224N, epoch=1, epochs=3, seed=0):
    generator = np.random.default_rng([seed, epoch])
    return sampler(spec).epoch_steps(
        epoch=epoch, epochs=epochs, sizes=sizes, batches=batches, generator=generator
    )


def rates(spec, *, epoch=1, epochs=10, sizes=CS224N):
    return [*sampler(spec).rates(sizes, epoch=epoch, epochs=epochs).values()]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("all_tasks", [("sst", "para", "sts")] * 3),
        ({"name": "all_tasks", "stop": "shortest"}, [("sst", "para", "sts")]),
        ({"name": "all_tasks", "stop": "steps", "steps": 5}, [("sst", "para", "sts")] * 5),
        ("round_robin", [("sst",), ("para",), ("sts",), ("sst",), ("para",), ("para",)]),
        ("sequential", [("sst",), ("sst",), ("para",), ("para",), ("para",), ("sts",)]),
    ],
)
def test_by_hand(spec, expected):
    assert steps(spec) == expected


@given(COUNTS)
def test_one_at_a_time_samplers_take_every_batch_once(batches):
    for name in ("round_robin", "sequential"):
        assert Counter(task for (task,) in steps(name, batches)) == batches


@pytest.mark.parametrize(
    ("spec", "epoch", "expected"),
    [
        ("proportional", 1, [0.055, 0.907, 0.039]),
        # √N is 92.43, 376.16, 77.72, together 546.31.
        ("sqrt", 1, [0.169, 0.689, 0.142]),
        ("uniform", 1, [1 / 3] * 3),
        ("temperature", 1, [0.271, 0.476, 0.253]),
        ("anneal", 1, [0.055, 0.907, 0.039]),
        # N^(1 - .8 · 4/9) is 341.8, 2086 and 273.3, together 2701.
        ("anneal", 5, [0.1265, 0.7724, 0.1012]),
        ("anneal", 10, [0.271, 0.476, 0.253]),
        ({"name": "anneal", "fall": 1.0}, 10, [1 / 3] * 3),
        ({"name": "anneal", "fall": 0.0}, 10, [0.055, 0.907, 0.039]),
    ],
)
def test_rates_at_the_course_s_sizes(spec, epoch, expected):
    assert rates(spec, epoch=epoch) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize(
    ("spec", "same"),
    [
        ("anneal", "proportional"),
        ({"name": "temperature", "temperature": 1}, "proportional"),
        ({"name": "temperature", "temperature": 2}, "sqrt"),
        ({"name": "temperature", "temperature": 1e12}, "uniform"),
    ],
)
def test_rates_with_another_name_in_a_single_epoch(spec, same):
    assert rates(spec, epochs=1) == pytest.approx(rates(same))


@given(
    st.dictionaries(st.text(min_size=1), st.integers(1, 10**9), min_size=1, max_size=6),
    st.sampled_from(SAMPLING),
    st.integers(1, 9),
    st.floats(1e-300, 1e300),
)
def test_rates_sum_to_one_and_favour_the_larger(sizes, name, epoch, temperature):
    spec = {"name": name, **({"temperature": temperature} if name == "temperature" else {})}
    actual = rates(spec, epoch=epoch, epochs=9, sizes=sizes)
    assert sum(actual) == pytest.approx(1, abs=1e-12)
    by_size = [rate for _, rate in sorted(zip(sizes.values(), actual, strict=True))]
    assert by_size == sorted(by_size)


@pytest.mark.parametrize("name", SAMPLING)
def test_tasks_are_drawn_at_their_rates(name):
    count = 20_000
    assert len(steps(name)) == 6, "one pass over every task"
    drawn = Counter(steps({"name": name, "steps_per_epoch": count}, epoch=2))
    assert drawn.total() == count
    for task, rate in zip(CS224N, rates(name, epoch=2, epochs=3), strict=True):
        # Four standard errors of a share.
        assert drawn[(task,)] / count == pytest.approx(rate, abs=4 * (rate / count) ** 0.5)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_same_seed_gives_the_same_steps(name):
    long = {"sst": 20, "para": 30, "sts": 10}
    assert steps(name, long, epoch=2) == steps(name, long, epoch=2)
    if name in SAMPLING:
        assert steps(name, long) != steps(name, long, seed=1)
        assert steps(name, long) != steps(name, long, epoch=2)


@given(COUNTS, st.sampled_from(list(SAMPLERS)))
def test_all_epochs_have_equally_many_steps(batches, name):
    epochs = [(epoch, epochs) for epochs in (1, 3) for epoch in range(1, epochs + 1)]
    drawn = [steps(name, batches, sizes=batches, epoch=e, epochs=es) for e, es in epochs]
    assert len({len(epoch) for epoch in drawn}) == 1
    if len(batches) > 1:
        assert SAMPLERS[name].one_task == all(len(step) == 1 for step in drawn[0])


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ({"name": "all_tasks", "stop": "steps"}, "steps"),
        ({"name": "all_tasks", "steps": 3}, "steps"),
        ({"name": "all_tasks", "stop": "steps", "steps": 0}, "steps"),
        ({"name": "anneal", "fall": 1.2}, "fall"),
        ({"name": "temperature", "temperature": 0}, "temperature"),
        ({"name": "uniform", "steps_per_epoch": 0}, "steps_per_epoch"),
        ({"name": "sequential", "steps_per_epoch": 3}, "steps_per_epoch"),
        ("anealed", "anneal"),
    ],
)
def test_bad_options(spec, key):
    with pytest.raises(InputError, match=key):
        sampler(spec)
