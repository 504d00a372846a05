"""What a run stands on: seeds, versions, hardware."""

import ctypes
import hashlib
import importlib.metadata
import platform
import random
import sys
from functools import cache
from pathlib import Path

import numpy as np
import torch

# ctypes does not read malloc.h, which has these.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def seed_everything(seed: int) -> None:
    """Seed every generator; choose kernels that repeat their bits, where there are such."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Filling fresh memory costs time, and no result depends on it.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def hold_memory() -> None:
    """Let glibc keep freed memory for the next allocation.

    It returns large blocks at once, so that every step's tensors get new pages, which the kernel
    has to clear. Other C libraries keep their settings.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def versions() -> dict[str, str]:
    """Versions of Python and of what else decides a result; ours with a digest of the code."""
    names = ("mtbert", "torch", "transformers", "peft", "torchjd", "tokenizers", "numpy", "pyarrow")
    numbers = {name: importlib.metadata.version(name) for name in names}
    numbers["mtbert"] += f"+{code()[:8]}"
    return {"python": platform.python_version(), **numbers}


@cache
def code() -> str:
    """Digest of all our code, which changes more often than its version."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def hardware(device: torch.device) -> str:
    """Name of the processor that did the work."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
