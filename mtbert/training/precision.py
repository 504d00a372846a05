"""Which number format the hardware can compute in."""

import time

import torch


def usable(precision: str, device: torch.device) -> tuple[str, str]:
    """Choose the precision to run in: the one asked for, or fp32 where it does not pay.

    bf16 on a CPU without instructions for it is tens of times slower than fp32, so a matrix product
    is timed rather than a list of processors kept.

    Returns:
        The precision and, where it is not the one asked for, the reason.
    """
    if precision != "bf16":
        return precision, ""
    if device.type == "cuda":
        supported = torch.cuda.is_bf16_supported(including_emulation=False)
        return ("bf16", "") if supported else ("fp32", "this GPU has no bf16")
    ratio = _seconds(torch.bfloat16, device) / _seconds(torch.float32, device)
    if ratio <= 1.0:
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
