"""Which number format the hardware can compute in."""

import platform
import time

import torch


def usable(precision: str, device: torch.device) -> tuple[str, str]:
    """Choose the precision to run in: the requested one, or fp32 where the hardware lacks it.

    bf16 on a CPU without instructions for it is tens of times slower than fp32. x86 reports whether
    it has them; elsewhere a matrix product is timed, with a wide margin, so that a busy machine
    does not change a run's results.

    Returns:
        The precision and, where it is not the requested one, the reason.
    """
    if precision != "bf16":
        return precision, ""
    if device.type == "cuda":
        supported = torch.cuda.is_bf16_supported(including_emulation=False)
        return ("bf16", "") if supported else ("fp32", "this GPU has no bf16")
    if platform.machine() in ("x86_64", "AMD64"):
        flags = (torch.cpu._is_avx512_bf16_supported, torch.cpu._is_amx_tile_supported)
        supported = any(flag() for flag in flags)
        return ("bf16", "") if supported else ("fp32", "this processor has no bf16 instructions")
    ratio = _seconds(torch.bfloat16, device) / _seconds(torch.float32, device)
    if ratio <= 4.0:
        return "bf16", ""
    return "fp32", f"a bf16 matrix product takes {ratio:.1f} times as long as fp32 here"


def _seconds(dtype: torch.dtype, device: torch.device) -> float:
    a = torch.ones(512, 512, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        torch.mm(a, a)
        best = min(best, time.perf_counter() - start)
    return best
