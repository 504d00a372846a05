"""Energy that a machine used during a run, where it has a counter that may be read."""

import ctypes
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
# Seconds between two readings: a processor's counter starts over after some minutes at full load.
PAUSE = 20.0


class EnergyMeter:
    """Counts joules of the whole processor and GPU, other processes' included.

    The processor's are those of RAPL by Linux's powercap, all packages and their memory (often
    readable by root alone); the GPU's those of NVML. A counter that cannot be read gives None.
    """

    def __init__(self, *, gpu: str | None = None) -> None:
        """Start to count; `gpu` is the UUID of the GPU in use, as NVML writes it."""
        self._zones = list(filter(None, map(_zone, sorted(POWERCAP.glob("intel-rapl:*")))))
        self._gpu = None if gpu is None else _nvml_counter(gpu)
        self._gpu_before = self._gpu() if self._gpu else None
        self._last = [_number(zone / "energy_uj") for zone, _ in self._zones]
        self._processor = 0  # in microjoules
        self._lock, self._closed = threading.Lock(), threading.Event()
        if self._zones:
            threading.Thread(target=self._follow, daemon=True).start()

    def stop(self) -> dict[str, float | None]:
        """Stop to count; give the joules of `processor` and of `gpu`."""
        self._closed.set()
        self._read()
        gpu = self._gpu() if self._gpu else None
        measured = gpu is not None and self._gpu_before is not None
        return {
            "processor": round(self._processor / 1e6, 1) if self._zones else None,
            "gpu": round((gpu - self._gpu_before) / 1e3, 1) if measured else None,  # type: ignore[operator]
        }

    def _follow(self) -> None:
        while not self._closed.wait(PAUSE):
            self._read()

    def _read(self) -> None:
        with self._lock, suppress(OSError):
            now = [_number(zone / "energy_uj") for zone, _ in self._zones]
            for value, last, (_, size) in zip(now, self._last, self._zones, strict=True):
                self._processor += (value - last) % size
            self._last = now


def _zone(folder: Path) -> tuple[Path, int] | None:
    """A readable counter of RAPL and where it starts over, in microjoules; of no part of another.

    A package contains its core and uncore, but not its memory.
    """
    try:
        if folder.name.count(":") > 1 and (folder / "name").read_text().strip() != "dram":
            return None
        _number(folder / "energy_uj")
        return folder, _number(folder / "max_energy_range_uj") + 1
    except (OSError, ValueError):
        return None


def _number(path: Path) -> int:
    return int(path.read_text())


def _nvml_counter(uuid: str) -> Callable[[], int | None] | None:
    """Reads a GPU's millijoules since its driver was loaded; None without NVML or such a GPU."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
    device, energy = ctypes.c_void_p(), ctypes.c_ulonglong()
    if nvml.nvmlInit_v2() or nvml.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(device)):
        return None

    def read() -> int | None:
        failed = nvml.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(energy))
        return None if failed else energy.value

    return read
