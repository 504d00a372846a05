"""Every reader of the pipeline's files reads what is written, and refuses what is not."""

import random

import pytest

from benchmarks.fuzz import attempt, mutated
from benchmarks.readers import readers


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return readers(tmp_path_factory.mktemp("whole"))


def test_mutations_are_refused_or_read_and_nothing_under_a_checksum_changes(cases, tmp_path):
    """A few of each; `python -m benchmarks.fuzz` tries more."""
    chance = random.Random(7)
    for name, (source, reader, sealed) in cases.items():
        result, whole = attempt(reader, source)
        assert result == "read", (name, whole)
        for _ in range(2 if name in ("plan", "params") else 12):
            path = tmp_path / source.name
            path.write_bytes(mutated(source.read_bytes(), chance))
            result, shown = attempt(reader, path)
            assert result in ("read", "refused"), (name, shown)
            assert not (sealed and result == "read") or shown in (whole, repr("none")), name
