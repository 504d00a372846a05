"""What decides a run beside its settings and data: seeds, versions, hardware."""

import ctypes
import hashlib
import importlib.metadata
import platform
import random
import re
import sys
from functools import cache
from pathlib import Path

import numpy as np
import torch

# ctypes does not read malloc.h, which has these.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def seed_everything(seed: int) -> None:
    """Seed every generator, and prefer kernels that repeat their results bit for bit."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Filling fresh memory costs time, and no result depends on it.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def hold_memory() -> None:
    """Let glibc keep freed memory for the next allocation; other C libraries stay as they are.

    By default it returns large blocks at once: every step's tensors then get new pages, which the
    kernel has to clear.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of what else decides a result; mtbert's with a digest of its code."""
    names = ("mtbert", "torch", "transformers", "peft", "torchjd", "tokenizers", "numpy", "pyarrow")
    numbers = {name: importlib.metadata.version(name) for name in names}
    folder, digest = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    numbers["mtbert"] += f"+{digest.hexdigest()[:8]}"
    return {"python": platform.python_version(), **numbers}


def hardware(device: torch.device) -> str:
    """Name of the GPU, or of the processor with its vector instructions: AMD EPYC (AVX512)."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    name = re.search(r"^model name\s*: *(.*)", info.read_text() if info.is_file() else "", re.M)
    processor = name[1].strip() if name else platform.processor() or platform.machine()
    return f"{processor} ({torch.backends.cpu.get_cpu_capability()})"
