"""What a run stands on."""

import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtbert.core import environment

# Pages that the kernel has to give to twenty rounds of a tensor that comes and goes
FAULTS = """
import resource, sys
import torch
from mtbert.core.environment import hold_memory
if sys.argv[1] == "held":
    hold_memory()
def round():
    torch.ones(12_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = [round() for _ in range(10)][-1]
print([round() for _ in range(20)][-1] - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's malloc alone is told so")
def test_memory_that_is_held_needs_few_new_pages() -> None:
    """A round has 48 MB, 11,718 pages: more than glibc holds by itself, whatever it has learned."""
    found = {
        how: int(subprocess.check_output([sys.executable, "-c", FAULTS, how]))
        for how in ("given back", "held")
    }
    assert found["given back"] > 15 * 11_718
    assert found["held"] < found["given back"] / 4


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What the digest was is not known before, nor after."""
    environment.code.cache_clear()
    yield
    environment.code.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_our_version_tells_of_every_change_of_our_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "core" / "environment.py"))
    found = []
    for change in ({"a.py": "1"}, {"a.py": "2"}, {"room/b.py": "1"}, {"notes.txt": "1"}):
        for name, text in change.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        environment.code.cache_clear()
        found.append(environment.versions()["mtbert"])
    assert len(set(found[:3])) == 3
    assert found[3] == found[2]
    assert len(found[3].partition("+")[2]) == 8
