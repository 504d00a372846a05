"""What decides a run beside its settings and data."""

import platform
import subprocess
import sys

import pytest

from mtbert.core import environment

# Page faults of twenty rounds of allocating and freeing a tensor
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc's malloc")
def test_held_memory_needs_few_new_pages():
    """A tensor has 48 MB, 11,718 pages: more than glibc ever holds by itself."""
    default, held = (
        int(subprocess.check_output([sys.executable, "-c", FAULTS, how]))
        for how in ("default", "held")
    )
    assert default > 15 * 11_718
    assert held < default / 4


def test_our_version_changes_with_every_module(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "core" / "environment.py"))
    versions = []
    for name, text in (("a.py", "1"), ("a.py", "2"), ("package/b.py", "1"), ("notes.txt", "1")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        versions.append(environment.versions.__wrapped__()["mtbert"])
    assert len(set(versions[:3])) == 3
    assert versions[3] == versions[2]
    assert len(versions[3].partition("+")[2]) == 8
