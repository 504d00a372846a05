"""The order of examples: shuffled passes without replacement, decided by the seed."""

from itertools import islice

import numpy as np

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
