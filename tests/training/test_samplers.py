"""Which tasks each step trains on."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbert.errors import InputError
from mtbert.registry import build
from mtbert.training.samplers import SAMPLERS

BATCHES = {"sst": 2, "para": 3, "sts": 1}


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
    assert build(SAMPLERS, spec, what="sampler").epoch(BATCHES) == expected


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 20), min_size=1, max_size=5))
def test_one_at_a_time_samplers_take_every_batch_once(batches):
    for name in ("round_robin", "sequential"):
        drawn = Counter(task for (task,) in SAMPLERS[name]().epoch(batches))
        assert drawn == batches


@pytest.mark.parametrize("spec", [{"stop": "steps"}, {"steps": 3}, {"stop": "steps", "steps": 0}])
def test_steps_and_stop_go_together(spec):
    with pytest.raises(InputError, match="steps"):
        build(SAMPLERS, {"name": "all_tasks", **spec}, what="sampler")
