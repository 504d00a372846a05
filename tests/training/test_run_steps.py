"""How long runs are, in epochs, in steps and in examples."""

import numpy as np
import pytest

from mtbert.core.registry import build
from mtbert.training.run_steps import RunSteps
from mtbert.training.samplers import SAMPLERS

SIZES, BATCH_SIZE = {"a": 50, "b": 333, "c": 70}, {"a": 16, "b": 32, "c": 8}


def run_steps(spec, sizes=SIZES, batch_size=BATCH_SIZE, seed=1):
    return RunSteps(build(SAMPLERS, spec, what="sampler"), sizes, batch_size, seed)


def seen(steps, length):
    """Examples that the run sees, drawn as the loop draws them: pass after pass, in batches."""
    total = step = 0
    for epoch in range(1, length.started + 1):
        drawn = dict.fromkeys(steps.sizes, 0)
        for tasks in steps.epoch(epoch, epochs=length.sampler_epochs)[: length.steps - step]:
            step += 1
            for task in tasks:
                starts = range(0, steps.sizes[task], steps.batch_size[task])
                start = starts[drawn[task] % len(starts)]
                total += len(range(steps.sizes[task])[start : start + steps.batch_size[task]])
                drawn[task] += 1
    assert step == length.steps
    return total


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({"epochs": 3}, (100, 300, 3)),
        ({"epochs": 9, "steps": 250}, (100, 250, 3)),
        ({"epochs": 9, "steps": 80}, (100, 80, 1)),
        ({"epochs": 9, "examples_seen": 201}, (100, 201, 3)),
    ],
)
def test_a_sampler_is_given_the_epochs_that_the_run_has(ends, expected):
    sampler = {"name": "uniform", "steps_per_epoch": 100}
    steps = run_steps(sampler, {"a": 6, "b": 8}, {"a": 1, "b": 1})
    assert steps.length(**ends) == expected


@pytest.mark.parametrize("count", [1, 452, 453, 5000])
@pytest.mark.parametrize(
    "spec",
    [
        *sorted(SAMPLERS),
        {"name": "all_tasks", "stop": "shortest"},
        {"name": "anneal", "steps_per_epoch": 3},
    ],
    ids=str,
)
def test_runs_of_all_samplers_see_equally_many_examples_within_a_step(spec, count):
    for seed in range(2):
        steps = run_steps(spec, seed=seed)
        length = steps.length(epochs=9, examples_seen=count)
        before = length._replace(steps=length.steps - 1)
        assert seen(steps, before) < count <= seen(steps, length)
        assert length.sampler_epochs - length.started in (0, 1)


def test_examples_are_counted_by_hand():
    steps = run_steps("round_robin", {"a": 3, "b": 5}, {"a": 2, "b": 2})
    # a 2, b 2, a 1, b 2, b 1, and again
    assert steps.examples(2).tolist() == np.cumsum([2, 2, 1, 2, 1] * 2).tolist()
