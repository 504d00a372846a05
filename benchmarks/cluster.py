"""Runs side by side: runs an hour against workers, nodes killed at random, an unreachable remote.

A tiny copy of the project; nodes of a Ray cluster are processes of this machine, with clones and
caches of their own. Writes cluster.json, docs/scale.md and its figure.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from ruamel.yaml import YAML

from benchmarks.recording import measure_recording
from benchmarks.reliability import ROOT, commit
from benchmarks.scale import RECORD, write_page
from mtbert.core.commands import run
from mtbert.core.environment import hardware

SEEDS = [1, 2, 3, 4]  # of two strategies
STEPS = 60  # of a run


def cluster(
    kills: Annotated[int, typer.Option(help="Nodes to kill")] = 10,
    seed: Annotated[int, typer.Option(help="Decides which and when")] = 1,
    parts: Annotated[str, typer.Option(help="Some of them")] = "rate,recording,kills,remote",
) -> None:
    """Measure and break `mtbert run`."""
    record = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    origin = {"commit": commit(), "processor": hardware(torch.device("cpu"))}
    if "recording" in parts:
        record["recording"] = measure_recording() | origin
    if parts != "recording":
        with tempfile.TemporaryDirectory() as place:
            lab = Lab(Path(place), random.Random(seed))
            if "rate" in parts:
                record["rate"] = lab.rate() | origin
            if "kills" in parts:
                record["kills"] = lab.kills(kills) | origin
            if "remote" in parts:
                record["remote"] = lab.remote_gone() | origin
    write_page(record)


class Lab:
    """A project with eight runs, all before them made, and what a serial `dvc repro` makes."""

    def __init__(self, place: Path, draw: random.Random) -> None:
        sys.path.insert(0, str(ROOT / "tests"))
        from checkout import build

        project, yaml = build(place, Path(sys.executable).parent, stub=False), YAML()
        self.place, self.draw, self.whole = place, draw, project.folder
        params = yaml.load(self.whole / "params.yaml")
        params["strategies"] = {"main": {}, "other": {"sampler": "round_robin"}}
        params["seeds"], params["train"]["steps"], params["ensembles"] = SEEDS, STEPS, {}
        yaml.dump(params, self.whole / "params.yaml")
        self.environment = project.environment
        self.call(self.whole, "dvc", "remote", "add", "--default", "store", str(place / "store"))
        self.call(self.whole, "dvc", "repro", "plan", "neighbours")
        self.start = self.copy("start")
        self.serial = self.timed(self.whole, "dvc", "repro", "evaluate", "--no-run-cache")
        self.digests = self.results(self.whole)

    def copy(self, name: str) -> Path:
        """A copy of the project in which no run was made."""
        target = self.place / name / "mtbert"
        source = self.start if hasattr(self, "start") else self.whole
        shutil.copytree(source, target, symlinks=True)
        return target

    def call(self, folder: Path, *words: str, ok: bool = True) -> str:
        options: dict[str, Any] = {"cwd": folder, "env": self.variables(folder), "text": True}
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run(words, **options, check=False)
        assert not ok or done.returncode == 0, done.stdout
        return done.stdout

    def variables(self, folder: Path) -> dict[str, str]:
        return self.environment | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}

    def timed(self, folder: Path, *words: str) -> float:
        began = time.monotonic()
        self.call(folder, *words)
        return time.monotonic() - began

    def results(self, folder: Path) -> dict[str, str]:
        """Digests of checkpoints and predictions, which hold no times."""
        stages = YAML(typ="safe").load(folder / "dvc.lock")["stages"]
        outs = [out for stage in stages.values() for out in stage["outs"]]
        kept = ("data/runs/", "data/predictions/")
        return {out["path"]: out["md5"] for out in outs if out["path"].startswith(kept)}

    def rate(self) -> dict[str, Any]:
        """Seconds of eight runs, one after the other by DVC and side by side."""
        seconds = {}
        for jobs in (1, 2, 4, 8):
            folder = self.copy(f"rate-{jobs}")
            words = ("mtbert", "run", "evaluate", "--jobs", str(jobs), "--cpus-per-run", "1")
            seconds[jobs] = self.timed(folder, *words)
            assert self.results(folder) == self.digests
            print(f"{jobs} at once: {seconds[jobs]:.1f} s, serial {self.serial:.1f} s", flush=True)
        return {"serial": self.serial, "jobs": seconds, "cores": os.cpu_count(), "steps": STEPS}

    @contextmanager
    def nodes(self, count: int) -> Iterator[Any]:
        """A Ray cluster on this machine: a head that makes no runs, and `count` nodes."""
        from ray.cluster_utils import Cluster

        cluster = Cluster()
        cluster.add_node(num_cpus=0, include_dashboard=False)
        for _ in range(count):
            self.add_node(cluster)
        try:
            yield cluster
        finally:
            cluster.shutdown()

    def add_node(self, cluster: Any) -> Any:
        folder = tempfile.mkdtemp(dir=self.place, prefix="node-")
        return cluster.add_node(num_cpus=1, env_vars={"MTBERT_NODE_FOLDER": folder})

    @contextmanager
    def running(self, folder: Path, cluster: Any, *words: str) -> Iterator["subprocess.Popen[str]"]:
        """`mtbert run` on a cluster; its output is added to run.txt beside the folder."""
        command = ["mtbert", "run", "evaluate", "--address", cluster.address, "--clones", *words]
        with (folder.parent / "run.txt").open("a") as file:
            variables = self.variables(folder) | {"MTBERT_SAVE_EVERY": "0"}
            options: dict[str, Any] = {"cwd": folder, "env": variables, "text": True}
            yield subprocess.Popen(command, **options, stdout=file, stderr=subprocess.STDOUT)

    def kills(self, count: int) -> dict[str, Any]:
        """Kill nodes at random while runs are made; check that each run is made, once, the same."""
        killed, sessions, again = 0, 0, 0
        while killed < count:
            folder = self.copy(f"kills-{sessions}")
            with (
                self.nodes(2) as cluster,
                self.running(folder, cluster, "--push-states", "1") as it,
            ):
                printed = folder.parent / "run.txt"
                while it.poll() is None and "started" not in printed.read_text():
                    time.sleep(0.2)
                while it.poll() is None and killed < count:
                    time.sleep(self.draw.uniform(2, 12))
                    if it.poll() is None:
                        victim = self.draw.choice(list(cluster.worker_nodes))
                        cluster.remove_node(victim, allow_graceful=False)
                        self.add_node(cluster)
                        killed += 1
                it.wait(timeout=600)
            text = printed.read_text()
            assert it.returncode == 0, text
            done = re.findall(r"^(\S+): done", text, re.M)
            assert sorted(done) == sorted(set(done)), text
            assert self.results(folder) == self.digests
            assert "up to date" in self.call(folder, "dvc", "status", "evaluate")
            again += text.count("started again")
            sessions += 1
            print(f"{killed} nodes killed, {again} runs begun again", flush=True)
        return {"killed": killed, "sessions": sessions, "runs": sessions * 8, "again": again}

    def remote_gone(self) -> dict[str, Any]:
        """For 30 s put a file in place of the remote, so that pushes fail; every run is kept."""
        folder, store, seconds = self.copy("gone"), self.place / "store", 30
        with self.nodes(2) as cluster, self.running(folder, cluster) as it:
            printed = folder.parent / "run.txt"
            while "done" not in printed.read_text():
                time.sleep(0.2)
            store.rename(store.with_name("away"))
            store.write_text("not a folder")
            time.sleep(seconds)
            store.unlink()
            store.with_name("away").rename(store)
            it.wait(timeout=600)
        assert it.returncode == 0, printed.read_text()
        assert self.results(folder) == self.digests
        return {"seconds": seconds, "runs": 8}


if __name__ == "__main__":
    run(cluster)
