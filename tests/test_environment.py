"""What a run stands on."""

import platform
import subprocess
import sys

import pytest

# Pages that the kernel has to give to twenty rounds of a tensor that comes and goes
FAULTS = """
import resource, sys
import torch
from mtbert.environment import hold_memory
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
