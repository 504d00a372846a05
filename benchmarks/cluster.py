"""Runs side by side: runs an hour against workers, nodes killed at random, a remote that goes away.

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

import typer
from ruamel.yaml import YAML

from mtbert.core.commands import run

ROOT = Path(__file__).parent.parent
RECORD, PAGE = Path(__file__).with_name("cluster.json"), ROOT / "docs" / "scale.md"
SEEDS = [1, 2, 3, 4]  # of two strategies
STEPS = 60  # of a run
RECORDED = re.compile(r"DVC took ([0-9.]+) s to record them")
# Hidden size and layers of the checkpoints that are recorded: tiny, and all of MiniLM but its words
SIZES = {
    "tiny": {},
    "MiniLM": {"hidden_size": 384, "heads": 12, "intermediate_size": 1536, "layers": 6},
}
WORKERS = (1, 2, 4, 8, 16, 64, 256, 1000)
MINUTES = (1, 10, 60)  # of a run
TEXT = """# Cost and scale of runs side by side

Written by `benchmarks.cluster`; do not edit.

![Runs an hour against workers](scale.svg)

What breaks first is the machine on which `mtbert run` was called: it records every run in dvc.lock.
Recorded one by one, runs of ten minutes and MiniLM's layers keep it busy from {limit:.0f} workers
on; up to there, runs an hour grow with the workers. Runs that end together are recorded together,
so that this is the lower bound. Lines are computed; nothing beyond 8 workers was run.

| workers | {heads} |
| --: | {rule} |
{rows}

## Measured, {cores} cores

Eight tiny runs, {steps} steps each, trained and evaluated; the same bits in every case.

| how | seconds | times the serial speed |
| :-- | --: | --: |
| `dvc repro`, one after the other | {serial:.0f} | 1 |
{measured}

Importing torch is most of a tiny run: workers do it once. Real runs gain as much as there are
cores or GPUs for.

| recording a run | s | MB of outputs |
| :-- | --: | --: |
{recording}

## Nodes that die

While two nodes made 8 runs ({sessions} ×), {killed} times one of them was killed (SIGKILL) at a
random moment, and another one joined. Every run was finished once, with the bits of a serial
`dvc repro`; {again} runs were begun again.

## A remote that goes away

For {seconds} s the remote was a file, in which nothing can be stored: all {runs} runs were
finished and recorded by the same command.

```sh
python -m benchmarks.cluster
```
"""


def cluster(
    kills: Annotated[int, typer.Option(help="Nodes to kill")] = 10,
    seed: Annotated[int, typer.Option(help="Decides which and when")] = 1,
    parts: Annotated[str, typer.Option(help="Some of them")] = "rate,recording,kills,remote",
) -> None:
    """Measure and break `mtbert run`."""
    record = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    with tempfile.TemporaryDirectory() as place:
        lab = Lab(Path(place), random.Random(seed))
        if "rate" in parts:
            record["rate"] = lab.rate()
        if "kills" in parts:
            record["kills"] = lab.kills(kills)
        if "remote" in parts:
            record["remote"] = lab.remote_gone()
        if "recording" in parts:
            record["recording"] = lab.recording()
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    PAGE.write_text(page(record))
    draw_figure(record, PAGE.with_name("scale.svg"))


def page(record: dict[str, Any]) -> str:
    """The page, of the record alone."""
    seconds = record["recording"]["MiniLM"]["seconds"]
    rates = {m: [runs_an_hour(n, m, seconds) for n in WORKERS] for m in MINUTES}
    rows = [
        f"| {n:,} | {' | '.join(f'{rates[m][i]:,.0f}' for m in MINUTES)} |"
        for i, n in enumerate(WORKERS)
    ]
    rate = record["rate"]
    measured = [
        f"| `mtbert run --jobs {jobs}` | {took:.0f} | {rate['serial'] / took:.2f} |"
        for jobs, took in rate["jobs"].items()
    ]
    recording = [
        f"| {name} | {own['seconds']:.2f} | {own['bytes'] / 1e6:.0f} |"
        for name, own in record["recording"].items()
    ]
    return TEXT.format(
        **{"limit": 600 / seconds, "heads": " | ".join(f"{m} min a run" for m in MINUTES)},
        **{"rule": " | ".join("--:" for _ in MINUTES), "rows": "\n".join(rows)},
        **{"cores": rate["cores"], "steps": STEPS, "serial": rate["serial"]},
        **{"measured": "\n".join(measured), "recording": "\n".join(recording)},
        **record["kills"] | record["remote"],
    )


def runs_an_hour(workers: int, minutes: float, recording: float) -> float:
    """Runs an hour where each takes some minutes, and one after the other is recorded."""
    return 3600 / max(60 * minutes / workers, recording)


def draw_figure(record: dict[str, Any], path: Path) -> None:
    """Runs an hour against workers: points measured, lines computed."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "mtbert"
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes, workers = figure.add_subplot(), [2**i for i in range(11)]
    for minutes in MINUTES:
        seconds = record["recording"]["MiniLM"]["seconds"]
        rates = [runs_an_hour(n, minutes, seconds) for n in workers]
        axes.plot(workers, rates, label=f"MiniLM, {minutes} min a run (computed)")
    jobs = record["rate"]["jobs"]
    points = [3600 * 8 / took for took in jobs.values()]
    label = f"tiny runs, {record['rate']['cores']} cores (measured)"
    axes.plot([int(n) for n in jobs], points, "ko", label=label)
    axes.set(xscale="log", yscale="log", xlabel="workers", ylabel="runs an hour")
    axes.legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})


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
        return {"serial": self.serial, "jobs": seconds, "cores": os.cpu_count()}

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

    def recording(self) -> dict[str, Any]:
        """Seconds that DVC takes to record a run of some sizes, by a remote, and its bytes."""
        recording = {}
        for name, size in SIZES.items():
            folder, yaml = self.copy(f"recording-{name}"), YAML()
            params = yaml.load(folder / "params.yaml")
            params["encoder"]["scratch"].update(size)
            params["train"]["steps"] = 2
            yaml.dump(params, folder / "params.yaml")
            with self.nodes(2) as cluster, self.running(folder, cluster) as it:
                it.wait(timeout=600)
            text = (folder.parent / "run.txt").read_text()
            stages = YAML(typ="safe").load(folder / "dvc.lock")["stages"]
            outs = [
                out for key, stage in stages.items() if "main-1" in key for out in stage["outs"]
            ]
            seconds = float(RECORDED.findall(text)[-1]) / 8
            recording[name] = {"seconds": seconds, "bytes": sum(out["size"] for out in outs)}
            print(name, recording[name], flush=True)
        return recording

    def remote_gone(self) -> dict[str, Any]:
        """Take the remote away for 30 s, for good, and make it refuse; see what is kept."""
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
