"""The learning rate's course."""

import pytest
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from mtbert.training.schedule import SCHEDULES, factor


def test_by_hand():
    course = [factor(step, total=10, warmup=0.2, schedule="linear") for step in range(10)]
    assert course == pytest.approx(
        [1 / 3, 2 / 3, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]
    )
    assert factor(9, total=10, warmup=0.2, schedule="constant") == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_it_stays_between_0_and_1_and_never_starts_at_0(name):
    course = [factor(step, total=50, warmup=0.1, schedule=name) for step in range(50)]
    assert all(0 < value <= 1 for value in course)
    assert factor(0, total=1, warmup=0.5, schedule=name) > 0


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("linear", get_linear_schedule_with_warmup), ("cosine", get_cosine_schedule_with_warmup)],
)
def test_decay_is_transformers_own(name, theirs):
    """Transformers' first step has rate 0; ours does not waste it, and decays alike."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = theirs(optimizer, num_warmup_steps=0, num_training_steps=20)
    for step in range(20):
        assert factor(step, total=20, warmup=0.0, schedule=name) == pytest.approx(
            schedule.get_last_lr()[0]
        )
        optimizer.step()
        schedule.step()
