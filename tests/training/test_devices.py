"""A batch in parts gives the update of the whole: on one device, and over two processes."""

import json
import os
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest
import torch
from workspace import BATCHES, plan, plan_all, workspace

from mtbert.core.errors import InputError
from mtbert.core.processes import FOLDER
from mtbert.training.devices import Devices
from mtbert.training.log import Log
from mtbert.training.resuming import Resuming
from stages.train import main

SMART = {"name": "smart", "mode": "mtdnn", "bregman": 1.0}
RARE = {"sst": {"name": "cross_entropy", "weights": "balanced"}}
# Batches of 4, 6 and 5 of 20 examples: most do not divide evenly, and some parts are empty.
CASES = {
    "sum": {"averaging": "ema", "conflicts_every": 2},
    "mean": {"balancing": "mean", "sampler": "round_robin"},
    "pcgrad": {"balancing": "pcgrad"},
    "uncertainty": {"balancing": "uncertainty", "averaging": {"name": "swa", "every": 1}},
    "dwa": {"balancing": {"name": "dwa", "window": 1}, "objectives": RARE},
    "fgm": {"regularizers": "fgm", "balancing": "pcgrad"},
    "smart": {"regularizers": {"sst": SMART, "sts": ["smart", "pgd"]}},
    "rdrop": {"regularizers": "rdrop", "objectives": RARE, "conflicts_every": 1},
    "frozen": {"adaptation": "frozen"},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Without dropout, which no two numbers of parts draw alike."""
    folder = workspace(tmp_path_factory.mktemp("still"), dropout=0.0)
    heads = {task: {"name": "linear", "dropout": 0.0} for task in BATCHES}
    still = {"heads": heads, "conflicts_every": 0, "steps": 4}
    strategies = {name: {**still, **changes} for name, changes in CASES.items()}
    parts = {f"{name}-parts": {**item, "accumulate": 3} for name, item in strategies.items()}
    plan_all(folder, {**strategies, **parts, "drops": {"steps": 4}})  # in its heads
    return folder


def record(patched):
    """Let every run write its losses unrounded."""
    step = Log.step

    def exactly(self, **row):
        step(self, **row)
        terms = {**row["losses"], **row["added"], "norm": row["gradient_norm"]}
        line = json.dumps([row["step"], row["task_losses"].tokens, terms, row["weights"]])
        with (self._folder / "exact").open("a") as file:
            file.write(line + "\n")

    patched.setattr(Log, "step", exactly)


@pytest.fixture(autouse=True)
def recorded(tmp_path, monkeypatch):
    """Every test works in a folder of its own, and has exact losses."""
    record(monkeypatch)
    monkeypatch.chdir(tmp_path)


def train(place, name):
    """Run the stage; what it writes lies in NAME/log."""
    folders = Path(name, "out"), Path(name, "log")
    main(place / "plans" / f"{name}.yaml", 1, *folders, last=False, test=False)


def numbers(log):
    """Every step's tokens, and losses, terms, norm and weights; of a step made again the last."""
    lines = (log / "exact").read_text().splitlines()
    rows = {row[0]: row for row in map(json.loads, lines)}.values()
    return [row[:2] for row in rows], [v for row in rows for part in row[2:] for v in part.values()]


def agree(one, other):
    tokens, losses = numbers(one)
    assert len(tokens) == 4
    assert numbers(other)[0] == tokens
    np.testing.assert_allclose(numbers(other)[1], losses, rtol=1e-5, atol=1e-5)
    scores = [np.loadtxt(log / "epochs.csv", delimiter=",", skiprows=1) for log in (one, other)]
    np.testing.assert_allclose(*scores, atol=1e-4)


class Interrupted(Resuming):
    """Saves after the second step, and is interrupted after the third."""

    steps = 0

    def due(self):
        self.steps += 1
        if self.steps == 3:
            raise KeyboardInterrupt
        return self.steps == 2


def interrupted(place, name):
    """Run the stage until it is interrupted."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mtbert.experiments.runs.Resuming", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(place, name)


def in_two_processes(work, shared):
    """Fork the two processes of a run, which do `work(rank)`; give what each prints."""
    shared.mkdir()
    children = []
    for rank in range(2):
        if (child := os.fork()) == 0:
            sys.stdout = sys.stderr = (shared / f"printed-{rank}").open("w", buffering=1)
            os.environ |= {FOLDER: str(shared), "RANK": str(rank), "LOCAL_RANK": str(rank)}
            os.environ |= {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "GLOO_SOCKET_IFNAME": "lo"}
            torch.set_num_threads(1)  # the parent's other threads are not here
            Devices.close = lambda self: None  # the next run meets the same process
            try:
                work(rank)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    printed = [(shared / f"printed-{rank}").read_text() for rank in range(2)]
    assert codes == [0, 0], printed
    return printed


@pytest.fixture(scope="module")
def whole(place, tmp_path_factory):
    """Each case's run on one device, with whole batches."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patched:
        record(patched)
        patched.chdir(folder)
        for name in CASES:
            train(place, name)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_parts_one_after_the_other_give_the_update_of_the_whole(place, whole, tmp_path, name):
    train(place, f"{name}-parts")
    agree(whole / name / "log", tmp_path / f"{name}-parts/log")


@pytest.mark.skipif(torch.cuda.is_available(), reason="two processes would need two GPUs")
def test_two_processes_give_the_update_of_one(place, whole, tmp_path, capsys):
    """One launch for all: the cases, runs that resume on another number, and the same dropout."""
    interrupted(place, "sum")
    names = [*CASES, "uncertainty-parts"]

    def work(rank):
        for name in [*names, "drops"]:
            train(place, name)
        for name in ("smart", "drops"):
            os.chdir(tmp_path / "again")
            interrupted(place, name)
        train(place, "drops")

    (tmp_path / "again").mkdir()
    printed = in_two_processes(work, tmp_path / "shared")
    assert "resumes after step 2" in printed[0]
    for name in names:
        agree(whole / name.removesuffix("-parts") / "log", tmp_path / name / "log")
    facts = json.loads(Path("sum/log/run.json").read_text())
    # A state goes on with as many threads alone; the processes have one.
    assert facts["processes"] == 2
    assert facts["resumed_after"] == (2 if torch.get_num_threads() == 1 else None)
    # Dropout is each process's own, and the same once more.
    assert numbers(tmp_path / "again/drops/log") == numbers(tmp_path / "drops/log")
    os.chdir("again")
    train(place, "smart")
    if torch.get_num_threads() == 1:
        assert "smart-1: resumes after step 2" in capsys.readouterr().out
    agree(whole / "smart/log", Path("smart/log"))


@pytest.mark.parametrize(
    "changes",
    [
        {"auxiliaries": {"para": "simcse"}},
        {"regularizers": {"para": {"name": "fgm", "target": "table"}}},
    ],
)
def test_what_needs_whole_batches_is_refused(tmp_path, monkeypatch, changes):
    folder = workspace(tmp_path / "own")
    with pytest.raises(InputError, match=r"para: .*: needs whole batches; expected accumulate: 1,"):
        plan(folder, {**changes, "accumulate": 2})
    plan(folder, changes)
    several = Devices(torch.device("cpu"), threads=1, count=2)
    monkeypatch.setattr(Devices, "find", lambda: several)
    with pytest.raises(InputError, match=r"MTBERT_PROCESSES: \w+ of para needs whole .* found 2"):
        train(folder, "drawn")


def test_each_process_needs_a_gpu_where_there_are_any(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    for key, value in {FOLDER: str(tmp_path), "RANK": "0", "WORLD_SIZE": "4"}.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(InputError, match="expected at most 2, a GPU for each process, found 4"):
        Devices.find()


def test_plans_without_parts_are_those_of_older_versions(place):
    assert "accumulate" not in (place / "plans/sum.yaml").read_text()
    assert "accumulate: 3" in (place / "plans/sum-parts.yaml").read_text()
