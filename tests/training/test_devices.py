"""A batch in parts gives the update of the whole: on one device, and over two processes."""

import json
import multiprocessing
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from workspace import BATCHES, Interrupted, plan, plan_all, workspace

from mtbert.core.errors import InputError
from mtbert.core.processes import FOLDER
from mtbert.training.devices import Devices
from mtbert.training.log import Log
from stages.train import main

SMART = {"name": "smart", "mode": "mtdnn", "bregman": 1.0}
RARE = {"sst": {"name": "cross_entropy", "weights": "balanced"}}
# A rate above 0, without which R-Drop is refused, that drops nothing
BARELY = {task: {"name": "linear", "dropout": 1e-9} for task in BATCHES}
# Batches of 4, 6 and 5 of 20 examples: most do not divide evenly, and some parts are empty.
CASES = {
    "sum": {"averaging": "ema", "conflicts_every": 2},
    "mean": {"balancing": "mean", "sampler": "round_robin"},
    "pcgrad": {"balancing": "pcgrad"},
    "uncertainty": {"balancing": "uncertainty", "averaging": {"name": "swa", "every": 1}},
    "dwa": {"balancing": {"name": "dwa", "window": 1}, "objectives": RARE},
    "fgm": {"regularizers": "fgm", "balancing": "pcgrad"},
    "smart": {"regularizers": {"sst": SMART, "sts": ["smart", "pgd"]}},
    "rdrop": {
        **{"regularizers": "rdrop", "objectives": RARE, "conflicts_every": 1},
        "heads": BARELY,
    },
    "frozen": {"adaptation": "frozen"},
}
NAMES = [*CASES, "uncertainty-parts"]


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


def interrupted(place, name):
    """Run the stage until it is interrupted."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mtbert.experiments.train.Resuming", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(place, name)


def take_part(rank, place, folder, shared):
    """What each of the two processes of a run does: all cases, and what is interrupted."""
    sys.stdout = sys.stderr = (shared / f"printed-{rank}").open("w", buffering=1)
    os.environ |= {FOLDER: str(shared), "RANK": str(rank), "LOCAL_RANK": str(rank)}
    os.environ |= {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "GLOO_SOCKET_IFNAME": "lo"}
    torch.set_num_threads(1)
    Devices.close = lambda self: None  # the next run meets the same process
    with pytest.MonkeyPatch.context() as patched:
        record(patched)
        os.chdir(folder)
        for name in [*NAMES, "drops"]:
            train(place, name)
        os.chdir(folder / "again")
        for name in ("smart", "drops"):
            interrupted(place, name)
        train(place, "drops")


def in_two_processes(place, folder):
    """Run `take_part` twice, side by side; give what each prints.

    They fork from a process that has done nothing: autograd of this one may have threads.
    """
    shared = folder / "shared"
    shared.mkdir()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mtbert.experiments.train", "stages.train"])
    values = (place, folder, shared)
    children = [context.Process(target=take_part, args=(rank, *values)) for rank in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    printed = [(shared / f"printed-{rank}").read_text() for rank in range(2)]
    assert [child.exitcode for child in children] == [0, 0], printed
    return printed


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Here as in the processes: a state goes on with as many threads alone."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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
    (tmp_path / "again").mkdir()
    printed = in_two_processes(place, tmp_path)
    assert "resumes after step 2" in printed[0]
    for name in NAMES:
        agree(whole / name.removesuffix("-parts") / "log", tmp_path / name / "log")
    facts = json.loads(Path("sum/log/run.json").read_text())
    assert (facts["processes"], facts["resumed_after"]) == (2, 2)
    # Dropout is each process's own, and the same once more.
    assert numbers(tmp_path / "again/drops/log") == numbers(tmp_path / "drops/log")
    os.chdir("again")
    train(place, "smart")
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
