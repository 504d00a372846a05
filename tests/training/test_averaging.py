"""Averages of weights against values worked out by hand."""

from contextlib import suppress

import pytest
import torch
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.registry import build
from mtbert.training.averaging import AVERAGINGS
from mtbert.training.averaging.ema import EMA
from mtbert.training.averaging.swa import SWA

SPECS = {
    **{name: name for name in AVERAGINGS},
    "ema": {"name": "ema", "decay": 0.5},
    "swa": {"name": "swa", "start": 0.2, "every": 2},
}


def method(spec):
    return build(AVERAGINGS, spec, what="averaging")


def weights(*values):
    """One trainable parameter, and one that is not."""
    return {
        "trained": nn.Parameter(torch.tensor(values)),
        "fixed": nn.Parameter(torch.ones(2), requires_grad=False),
    }


def put(parameters, *values):
    """Update the trainable one, in place as an optimizer does."""
    parameters["trained"].data.copy_(torch.tensor(values))


def shown(average, parameters):
    """What evaluation sees."""
    with average.applied():
        return parameters["trained"].detach().clone()


def test_ema_of_two_updates():
    parameters = weights(8.0, 0.0)
    average = EMA(decay=0.75, warmup=False).begin(parameters)
    assert shown(average, parameters).tolist() == [8, 0]
    put(parameters, 4.0, 16.0)
    average.follow(1, 9, epoch_ends=False)
    assert shown(average, parameters).tolist() == [7, 4]
    put(parameters, 11.0, 0.0)
    average.follow(2, 9, epoch_ends=False)
    assert shown(average, parameters).tolist() == [8, 3]


def test_ema_s_decay_rises_to_its_option():
    # (1 + t) / (10 + t) is 2/11, 3/12, and .9 at 80.
    actual = [EMA(decay=0.9).beta(step, 99) for step in (1, 2, 80, 81)]
    assert actual == pytest.approx([2 / 11, 0.25, 0.9, 0.9])
    assert EMA().beta(8990, 9999) == pytest.approx(0.999)
    assert EMA().beta(8989, 9999) < 0.999
    parameters = weights(11.0)
    average = EMA(decay=0.9).begin(parameters)
    put(parameters, 22.0)
    average.follow(1, 9, epoch_ends=False)
    assert shown(average, parameters).tolist() == pytest.approx([2 + 18])


def test_swa_is_the_mean_of_its_three_samples():
    # Ten updates, from half of the run, every second back from the last: 6, 8 and 10.
    parameters = weights(0.0, 0.0)
    average = SWA(start=0.5, every=2).begin(parameters)
    for step in range(1, 11):
        put(parameters, float(step), float(step**2))
        average.follow(step, 10, epoch_ends=step == 10)
        if step <= 6:  # the first sample is the weights, bit for bit
            assert shown(average, parameters).tolist() == [step, step**2]
    assert average.samples == 3
    # (36 + 64 + 100) / 3
    assert shown(average, parameters).tolist() == pytest.approx([8, 200 / 3])


@pytest.mark.parametrize(
    ("options", "total", "epoch", "expected"),
    [
        ({}, 40, 10, [30, 40]),
        ({}, 10, 10, [10]),
        ({}, 45, 10, [40, 45]),  # the last epoch is cut
        ({"start": 0.0}, 30, 10, [10, 20, 30]),
        ({"start": 0.55}, 100, 55, [55, 100]),  # .55 * 100 > 55 in floats
        ({"start": 0.5, "every": 3}, 10, 10, [7, 10]),
        ({"every": 100}, 10, 5, [10]),
    ],
)
def test_the_last_weights_are_always_a_sample(options, total, epoch, expected):
    swa, steps = SWA(**options), range(1, total + 1)
    assert [s for s in steps if swa.due(s, total, epoch_ends=s % epoch == 0)] == expected
    assert bool(swa.idle(total, epoch)) == (len(expected) == 1)
    assert not EMA().idle(total, epoch)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_the_trained_weights_come_back_bit_for_bit(spec):
    parameters = weights(0.1, 0.2)
    average = method(spec).begin(parameters)
    for step in range(1, 6):
        put(parameters, 0.1 * step, -0.3 * step)
        before = parameters["trained"].detach().clone()
        average.follow(step, 5, epoch_ends=step == 5)
        assert torch.equal(parameters["trained"], before)
    seen = shown(average, parameters)
    assert torch.equal(seen, before) == (spec == "none")
    with suppress(KeyboardInterrupt), average.applied():
        assert torch.equal(parameters["fixed"], torch.ones(2))
        raise KeyboardInterrupt
    assert torch.equal(parameters["trained"], before)
    # Nor is the average touched by what is trained afterwards.
    put(parameters, 5.0, 5.0)
    assert torch.equal(shown(average, parameters), seen) == (spec != "none")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("emma", "ema"),
        ({"name": "ema", "decay": 1.0}, "decay"),
        ({"name": "swa", "start": 1.0}, "start"),
        ({"name": "swa", "every": 0}, "every"),
        ({"name": "none", "decay": 0.9}, "decay"),
    ],
)
def test_what_does_not_fit_is_refused(spec, message):
    with pytest.raises(InputError, match=message):
        method(spec)
