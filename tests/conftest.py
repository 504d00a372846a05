"""Set up before any test imports torch."""

import os

# Tests share their cores with other tests: threads must not spin while they wait.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Files of few tests that run whole pipelines; the longest first
LONG = ["test_dag", "test_side_by_side", "test_tutorials", "test_end_to_end", "test_how_to"]
LONG += ["test_run_of_a_plan", "test_all", "test_in_memory"]


def pytest_collection_modifyitems(items):
    """Start the longest files first: one that starts last leaves a core idle."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))
