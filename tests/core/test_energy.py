"""Joules from counters made up in a folder, and from a made-up NVML."""

import ctypes
from types import SimpleNamespace

import pytest

from mtbert.core import energy


@pytest.fixture
def counters(tmp_path, monkeypatch):
    monkeypatch.setattr(energy, "POWERCAP", tmp_path)
    zones = {"intel-rapl:0": "package-0", "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram"}
    for zone, name in zones.items():
        (tmp_path / zone).mkdir()
        (tmp_path / zone / "name").write_text(f"{name}\n")
        (tmp_path / zone / "energy_uj").write_text("9000000\n")
        (tmp_path / zone / "max_energy_range_uj").write_text("9999999\n")
    return tmp_path


def test_packages_and_memory_are_added_up_and_counters_start_over(counters):
    meter = energy.EnergyMeter()
    (counters / "intel-rapl:0" / "energy_uj").write_text("500000")  # 1.5 J on, over its end
    (counters / "intel-rapl:0:0" / "energy_uj").write_text("9900000")  # part of the package
    (counters / "intel-rapl:0:1" / "energy_uj").write_text("9300000")
    assert meter.stop() == {"processor": 1.8, "gpu": None}
    (counters / "intel-rapl:0" / "energy_uj").write_text("3500000")
    assert meter.stop()["processor"] == 4.8


def test_what_cannot_be_read_is_not_claimed(counters, monkeypatch):
    for path in counters.glob("*/energy_uj"):
        path.unlink()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: (_ for _ in ()).throw(OSError(name)))
    assert energy.EnergyMeter(gpu="GPU-0").stop() == {"processor": None, "gpu": None}


def test_a_gpu_s_joules_are_those_since_the_start(tmp_path, monkeypatch):
    now = [5_000_000]

    def total(_, target):
        target._obj.value = now[0]
        return 0

    nvml = SimpleNamespace(
        nvmlInit_v2=lambda: 0,
        nvmlDeviceGetHandleByUUID=lambda uuid, _: int(uuid != b"GPU-7"),
        nvmlDeviceGetTotalEnergyConsumption=total,
    )
    monkeypatch.setattr(energy, "POWERCAP", tmp_path)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: nvml)
    meter, other = energy.EnergyMeter(gpu="GPU-7"), energy.EnergyMeter(gpu="GPU-8")
    now[0] += 12_345
    assert meter.stop() == {"processor": None, "gpu": 12.3}
    assert other.stop()["gpu"] is None
