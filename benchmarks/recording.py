"""CPU time in which `mtbert run` finds runs and records them, in a copy of the project.

Nothing is trained: files of a run's size stand where its results would.
"""

import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from benchmarks.reliability import ROOT
from mtbert.cluster.jobs import (
    RunJob,
    find_work,
    read_digests,
    record,
    stages_by_address,
    unfinished,
)

if TYPE_CHECKING:
    from dvc.repo import Repo

COUNTS = (10, 100, 400)  # runs in dvc.lock
BATCH = 10  # runs recorded together
TURNS = 3  # of which the median counts
BYTES = {"tiny": 400_000, "MiniLM": 92_000_000}  # of a run's outputs
FILES = {"runs": 26, "logs": 4, "predictions": 15}  # of a run, by folder of data/


def measure_recording() -> dict[str, Any]:
    """CPU seconds before the first run starts, and of recording one run or a batch of them."""
    counts: dict[str, dict[str, float]] = {}
    sizes: dict[str, dict[str, float]] = {}
    for count in COUNTS:
        with project(count) as repo:
            began = time.process_time()
            jobs = unfinished(repo, find_work(repo, ["evaluate"]).jobs)
            read_inputs(repo, jobs)
            start = time.process_time() - began
            assert len(jobs) == count
            record_runs(repo, jobs, BYTES["tiny"])
            counts[str(count)] = {"start": start, **one_and_batch(repo, jobs, BYTES["tiny"])}
            print(f"{count} runs: {counts[str(count)]}", flush=True)
            if count == COUNTS[0]:
                for name, size in BYTES.items():
                    sizes[name] = {"bytes": size, **one_and_batch(repo, jobs, size)}
                    print(f"{name}: {sizes[name]}", flush=True)
    return {"batch": BATCH, "turns": TURNS, "counts": counts, "sizes": sizes}


def one_and_batch(repo: "Repo", jobs: Sequence[RunJob], size: int) -> dict[str, float]:
    """Seconds of recording one run and a batch, in turns."""
    turns = [[record_runs(repo, jobs[:n], size) for n in (1, BATCH)] for _ in range(TURNS)]
    single, batch = map(median, zip(*turns, strict=True))
    return {"single": single, "batch": batch}


@contextmanager
def project(seeds: int) -> Iterator["Repo"]:
    """A copy of the project, in which one strategy is to run with so many seeds."""
    sys.path.insert(0, str(ROOT / "tests"))
    from checkout import build
    from dvc.repo import Repo

    logging.getLogger("dvc").setLevel(logging.CRITICAL)
    with TemporaryDirectory() as place:
        folder, yaml = build(Path(place), Path(sys.executable).parent, stub=False).folder, YAML()
        params = yaml.load(folder / "params.yaml")
        params["strategies"], params["ensembles"] = {"main": {}}, {}
        params["seeds"] = list(range(1, seeds + 1))
        yaml.dump(params, folder / "params.yaml")
        plan = folder / "data" / "plans" / "main.yaml"
        plan.parent.mkdir()
        plan.write_text("{}")
        with chdir(folder), Repo() as repo:
            yield repo


def read_inputs(repo: "Repo", jobs: Sequence[RunJob]) -> dict[str, Any]:
    """Read the digests of what jobs read, as `mtbert run` does before and after; give stages."""
    from dvc.repo import lock_repo

    with lock_repo(repo):
        stages = stages_by_address(repo)
        for job in jobs:
            read_digests(stages, job)
    return stages


def record_runs(repo: "Repo", jobs: Sequence[RunJob], size: int) -> float:
    """Write new results of runs; CPU seconds of recording them."""
    from dvc.repo import lock_repo

    for out in (Path(out) for job in jobs for step in job.steps for out in step.outputs):
        write_output(out, size)
    began = time.process_time()
    with lock_repo(repo):
        stages = read_inputs(repo, jobs)
        record(stages[step.stage] for job in jobs for step in job.steps)
    return time.process_time() - began


def write_output(path: Path, size: int) -> None:
    """Write random files; all of a checkpoint's bytes but a few are in its first."""
    if path.suffix == ".json":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"{os.urandom(8).hex()}"')
        return
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    for number in range(FILES[path.parent.name]):
        big = path.parent.name == "runs" and number == 0
        (path / str(number)).write_bytes(os.urandom(size if big else 1000))
