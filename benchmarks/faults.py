"""Kill stages, DVC and both, or let a stage's writes fail, at random moments; then run again.

In a tiny copy of the project every trial breaks one run of one stage; what the next run writes must
equal what an undisturbed one wrote. Needs Linux and a C compiler. Adds its trials to faults.json
and writes docs/reliability.md; a trial takes half a minute.
"""

import csv
import filecmp
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from ruamel.yaml import YAML

from mtbert.core.commands import run

ROOT = Path(__file__).parent.parent
RECORD, PAGE = Path(__file__).with_name("faults.json"), ROOT / "docs" / "reliability.md"
GRACE = 10.0  # seconds that a stage may outlive what was killed
FAULTS = {"full disk": 28, "I/O error": 5, "read-only": 30, "short write": 0}  # errno
MESSAGE = re.compile(r"^error: \S+: (No space left|Input/output|Read-only)", re.M)
TIMED_FILES = {"run.json", "pretrain.json", "index.html"}
TIMED_COLUMNS = {"tokens_per_second", "seconds"}
TEXT = """# Reliability

Written by `benchmarks.faults`; do not edit.

Each of {trials} trials broke a run of a stage in a tiny copy of the project, {kills} by a signal at
a random moment, the others by a write that failed and all after it (a short write: that one). Then
`dvc repro` ran the stage again, without the run cache. It went wrong where that was refused, where
a file differed from an undisturbed run's (times aside), where a stage outlived what was killed by
{grace:.0f} s (the longest: {longest} s), or where a failed write ended in a traceback, in another
exit code than 1, or without a file's name.

**Went wrong: {wrong} of {trials}.**

{tables}

```sh
{command}
```

## The same run, the same bits

Training asks torch for kernels that repeat their results. On a CPU that costs nothing measurable:
ten steps of an encoder of MiniLM's shape took 9.36 and 9.39 s of CPU time with such kernels, 9.55
and 9.53 s without (in turns, one thread). So no option turns it off. `mtbert verify` scores a run
again.
"""


def faults(
    minutes: Annotated[float, typer.Option(help="When to begin no further trial")] = 60,
    seed: Annotated[int, typer.Option(help="Decides stages, moments and faults")] = 1,
) -> None:
    """Kill, or let writes fail, by chance; record every trial."""
    began, draw = time.monotonic(), random.Random(seed)
    trials = json.loads(RECORD.read_text())["trials"] if RECORD.is_file() else []
    command = shlex.join(["python", "-m", "benchmarks.faults", *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as place:
        lab = Lab(Path(place), draw)
        while time.monotonic() - began < 60 * minutes:
            stage = draw.choice(list(lab.stages))
            trials.append({"stage": stage.split("@")[0], **lab.trial(stage)})
            print(json.dumps(trials[-1]), flush=True)
            RECORD.write_text(json.dumps({"trials": trials, "command": command}, indent=1) + "\n")
            PAGE.write_text(page(trials, command))


class Lab:
    """A copy of the project, what an undisturbed run of it wrote, and the shim of writes."""

    def __init__(self, place: Path, draw: random.Random) -> None:
        sys.path.insert(0, str(ROOT / "tests"))
        from checkout import build

        project, yaml = build(place, Path(sys.executable).parent, stub=False), YAML()
        self.folder, self.whole, self.shim = project.folder, place / "whole", place / "shim.so"
        # Of each stage: how long `dvc repro` takes, how many writes it has at most
        self.draw, self.seconds, self.writes = draw, dict[str, float](), dict[str, int]()
        params = yaml.load(self.folder / "params.yaml")
        params["strategies"] = {"main": {}}
        params["train"]["steps"], params["pretrain"]["epochs"] = 40, 1
        params["augment"]["sets"] = dict(list(params["augment"]["sets"].items())[:1])
        yaml.dump(params, self.folder / "params.yaml")
        source = Path(__file__).with_name("faults.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.shim, source, "-ldl"], check=True)
        self.environment = project.environment | {"MTBERT_SAVE_EVERY": "0"}
        code, printed = self.finish(self.start("dvc", "repro"))
        assert code == 0, printed
        shutil.copytree(self.folder, self.whole, ignore=shutil.ignore_patterns(".dvc", ".git"))
        self.stages = yaml.load(self.folder / "dvc.lock")["stages"]

    def start(self, *words: str, **variables: str) -> "subprocess.Popen[str]":
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        place = {"cwd": self.folder, "env": self.environment | variables}
        return subprocess.Popen(words, start_new_session=True, **place, **output)

    def finish(self, process: "subprocess.Popen[str]") -> tuple[int, str]:
        printed = process.communicate(timeout=300)[0]
        return process.returncode, printed

    def trial(self, stage: str) -> dict[str, Any]:
        """Break a run of a stage; say what was wrong then or after the next run, if anything."""
        kind = self.draw.choice(["kill", "write"])
        trial = (self.kill if kind == "kill" else self.write)(stage)
        began = time.monotonic()
        code, printed = self.finish(self.start("dvc", "repro", "--no-run-cache", stage))
        self.seconds[stage] = time.monotonic() - began
        if code:
            trial["wrong"] = trial["wrong"] or f"the next run: {code}: {printed[-600:]}"
        elif changed := self.changed(stage):
            trial["wrong"] = trial["wrong"] or f"differs: {', '.join(changed)}"
        return {"kind": kind, **trial, "again": round(self.seconds[stage], 1)}

    def kill(self, stage: str) -> dict[str, Any]:
        target = self.draw.choice(["stage", "DVC", "process group"])
        number, everyone = self.draw.choice([signal.SIGKILL, signal.SIGTERM]), []
        process = self.start("dvc", "repro", "-s", "--force", "--no-run-cache", stage)
        moment = self.draw.uniform(0, self.seconds.get(stage, 8.0))
        time.sleep(moment)
        with suppress(psutil.NoSuchProcess, ProcessLookupError, IndexError):  # it has ended
            dvc = psutil.Process(process.pid)
            while target == "stage" and not dvc.children() and process.poll() is None:
                time.sleep(0.05)
            everyone = [dvc, *dvc.children(recursive=True)] if process.poll() is None else []
            if target == "process group":
                os.killpg(process.pid, number)
            else:
                os.kill(everyone[target == "stage"].pid, number)
        killed = time.monotonic()
        _, alive = psutil.wait_procs(everyone[1:], timeout=GRACE)
        orphan = round(time.monotonic() - killed, 1)
        wrong = f"{len(alive)} processes still run after {GRACE:.0f} s" if alive else ""
        for process_left in alive:
            process_left.kill()
        self.finish(process)
        case = {"case": f"{number.name} of the {target}", "moment": round(moment, 2)}
        return {**case, "ran": bool(everyone), "orphan": orphan, "wrong": wrong}

    def write(self, stage: str) -> dict[str, Any]:
        """Let the n-th write below the project fail, and all after it."""
        case, entry = self.draw.choice(list(FAULTS)), self.stages[stage]
        for out in entry["outs"]:  # as DVC does
            path = self.folder / out["path"]
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        at = int(self.writes.get(stage, 128) ** self.draw.random())
        shim = {"LD_PRELOAD": str(self.shim), "FAULT_BELOW": str(self.folder)}
        shim |= {"FAULT_AT": str(at), "FAULT_ERRNO": str(FAULTS[case])}
        code, printed = self.finish(self.start(*shlex.split(entry["cmd"]), **shim))
        if code == 0 and FAULTS[case]:
            self.writes[stage] = at  # it has fewer
        wrong = ""
        if code == 0 and (changed := self.changed(stage)):
            wrong = f"ended well, but differs: {', '.join(changed)}"
        elif code and ("Traceback" in printed or code != 1 or not MESSAGE.search(printed)):
            wrong = f"{code}: {printed[-900:]}"
        return {"case": case, "at": at, "ran": code != 0 or not FAULTS[case], "wrong": wrong}

    def changed(self, stage: str) -> list[str]:
        """Files of a stage that are missing, new or other than in the undisturbed run."""
        names = set()
        for out in (out["path"] for out in self.stages[stage]["outs"]):
            for top in (self.folder, self.whole):
                inside = [top / out] if (top / out).is_file() else (top / out).rglob("*")
                names |= {path.relative_to(top) for path in inside if not path.is_dir()}
        return sorted(str(name) for name in names if not self.same(name))

    def same(self, name: Path) -> bool:
        paths = (self.folder / name, self.whole / name)
        if not all(path.is_file() for path in paths):
            return False
        if name.name in TIMED_FILES or filecmp.cmp(*paths, shallow=False):
            return True
        return name.suffix == ".csv" and untimed(paths[0]) == untimed(paths[1])


def untimed(path: Path) -> list[dict[str, str]]:
    """Rows of a log without its times."""
    with path.open() as file:
        rows = csv.DictReader(file)
        return [{k: v for k, v in row.items() if k not in TIMED_COLUMNS} for row in rows]


def page(trials: Sequence[Mapping[str, Any]], command: str) -> str:
    """The page, of the trials that broke a run."""
    trials, tables = [trial for trial in trials if trial["ran"]], []
    for key in ("case", "stage"):
        counts = Counter(trial[key] for trial in trials)
        wrong = Counter(trial[key] for trial in trials if trial["wrong"])
        rows = [f"| {key} | trials | went wrong |", "| :-- | --: | --: |"]
        rows += [f"| {name} | {count} | {wrong[name]} |" for name, count in sorted(counts.items())]
        tables.append("\n".join(rows))
    kills = [trial["orphan"] for trial in trials if trial["kind"] == "kill"]
    return TEXT.format(
        **{"trials": len(trials), "kills": len(kills), "longest": max(kills, default=0)},
        **{"wrong": sum(bool(trial["wrong"]) for trial in trials), "grace": GRACE},
        **{"tables": "\n\n".join(tables), "command": command},
    )


if __name__ == "__main__":
    run(faults)
