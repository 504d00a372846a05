"""Which number format the hardware can compute in."""

import platform
import time
from collections.abc import Mapping
from typing import Any

import torch

from mtbert.modeling.architectures import takes_bf16


def choose_precision(
    precision: str, device: torch.device, config: Mapping[str, Any]
) -> tuple[str, str]:
    """Choose the requested precision, or fp32 where device or encoder (its config) lacks bf16.

    Returns:
        The precision and, where it is not the requested one, the reason.
    """
    if precision != "bf16":
        return precision, ""
    reason = _why_no_bf16(device)
    if not reason and not takes_bf16(config):
        reason = f"model_type {config['model_type']} does not run in bf16"
    return ("fp32", reason) if reason else ("bf16", "")


def _why_no_bf16(device: torch.device) -> str:
    """Why a device should not compute in bf16; empty if it may.

    bf16 on a CPU without instructions for it is tens of times slower than fp32. x86 reports whether
    it has them; elsewhere a matrix product is timed, with a wide margin, so that a busy machine
    does not change a run's results.
    """
    if device.type == "cuda":
        supported = torch.cuda.is_bf16_supported(including_emulation=False)
        return "" if supported else "this GPU has no bf16"
    if platform.machine() in ("x86_64", "AMD64"):
        flags = (torch.cpu._is_avx512_bf16_supported, torch.cpu._is_amx_tile_supported)
        return "" if any(flag() for flag in flags) else "this processor has no bf16 instructions"
    ratio = _seconds(torch.bfloat16, device) / _seconds(torch.float32, device)
    return (
        ""
        if ratio <= 4.0
        else f"a bf16 matrix product takes {ratio:.1f} times as long as fp32 here"
    )


def _seconds(dtype: torch.dtype, device: torch.device) -> float:
    a = torch.ones(512, 512, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        torch.mm(a, a)
        best = min(best, time.perf_counter() - start)
    return best
