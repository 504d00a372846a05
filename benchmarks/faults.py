"""Kill stages, DVC and both, or let a stage's writes fail, at random moments; then run again.

In a tiny copy of the project every trial breaks one run of one stage; what the next run writes must
equal what an undisturbed one wrote. Needs Linux and a C compiler. Adds its trials to faults.json
and writes docs/reliability.md; a trial takes two seconds. Several may run at once, each its seed.
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
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import psutil
import typer
from ruamel.yaml import YAML

from benchmarks.reliability import CUT, FAULTS, GRACE, ROOT, append, commit
from mtbert.core.commands import run
from mtbert.core.environment import versions

if TYPE_CHECKING:
    from benchmarks.forks import Fork

ERRNO = {"full disk": 28, "I/O error": 5, "read-only": 30, "short write": 0}
# Files that DVC writes in place, and what it says of one that was cut off
CUT_FILES = {"dvc.lock": "'./dvc.lock' ", ".dvc/tmp/rwlock": "read RWLock-file"}
MESSAGE = re.compile(r"^error: \S+: (No space left|Input/output|Read-only)", re.M)
TIMED_FILES = {"run.json", "pretrain.json", "index.html"}
TIMED_COLUMNS = {"tokens_per_second", "seconds"}


def faults(
    minutes: Annotated[float, typer.Option(help="When to begin no further trial")] = 60,
    seed: Annotated[int, typer.Option(help="Decides stages, moments and faults")] = 1,
) -> None:
    """Kill, or let writes fail, by chance; record every trial."""
    shim = Path(tempfile.gettempdir(), f"faults-{seed}.so")
    if os.environ.get("LD_PRELOAD") != str(shim):  # all forks have it; it waits for FAULT_BELOW
        source = Path(__file__).with_name("faults.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
        os.environ["LD_PRELOAD"] = str(shim)
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.faults", *sys.argv[1:]])
    began, draw = time.monotonic(), random.Random(seed)
    command = shlex.join(["python", "-m", "benchmarks.faults", *sys.argv[1:]])
    origin = {"commit": commit(), "versions": versions(), "command": command}
    with tempfile.TemporaryDirectory() as place:
        lab = Lab(Path(place), draw)
        while time.monotonic() - began < 60 * minutes:
            stage = draw.choice(list(lab.stages))
            trial = {"stage": stage.split("@")[0], **lab.trial(stage)}
            print(json.dumps(trial), flush=True)
            append(FAULTS, origin, trial)


class Lab:
    """A copy of the project, and what an undisturbed run of it wrote."""

    def __init__(self, place: Path, draw: random.Random) -> None:
        sys.path.insert(0, str(ROOT / "tests"))
        from checkout import build

        from benchmarks.forks import fork_stages

        project, yaml = build(place, Path(sys.executable).parent, stub=False), YAML()
        self.folder, self.whole = project.folder, place / "whole"
        # Of each stage: how long it takes, how many writes it has, at most
        self.draw, self.seconds, self.writes = draw, dict[str, float](), dict[str, int]()
        params = yaml.load(self.folder / "params.yaml")
        params["strategies"] = {"main": {}}
        params["train"]["steps"], params["pretrain"]["epochs"] = 40, 1
        params["augment"]["sets"] = dict(list(params["augment"]["sets"].items())[:1])
        yaml.dump(params, self.folder / "params.yaml")
        self.environment = project.environment | {"MTBERT_SAVE_EVERY": "0"}
        fork_stages()
        code, printed = self.finish(self.start("dvc", "repro"))
        assert code == 0, printed
        shutil.copytree(self.folder, self.whole, ignore=shutil.ignore_patterns(".dvc", ".git"))
        self.stages = yaml.load(self.folder / "dvc.lock")["stages"]

    def start(self, *words: str, **variables: str) -> "Fork":
        from benchmarks.forks import Fork

        self.output = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - till the next
        environment = self.environment | variables
        return Fork(words, cwd=self.folder, env=environment, session=True, output=self.output)

    def finish(self, process: "Fork") -> tuple[int, str]:
        process.communicate()
        self.output.seek(0)
        return process.returncode, self.output.read()

    def trial(self, stage: str) -> dict[str, Any]:
        """Break a run of a stage; say what was wrong then or after the next run, if anything."""
        kind = self.draw.choices(["kill", "write"], [2, 3])[0]
        trial = (self.kill if kind == "kill" else self.write)(stage)
        if trial["ran"] or self.changed(stage):
            # Unforced, DVC takes the outputs that its lock file names out of its cache
            repro = ("dvc", "repro", "-s", "--force", "--no-run-cache", stage)
            code, printed = self.finish(self.start(*repro))
            for name, message in CUT_FILES.items():
                if code and message in printed:
                    trial["wrong"] = CUT
                    (self.folder / name).unlink()  # as docs/troubleshooting.md says
                    code, printed = self.finish(self.start(*repro))
            if code:
                trial["wrong"] += f"the next run: {code}: {printed[-600:]}"
            elif changed := self.changed(stage):
                trial["wrong"] += f"differs: {', '.join(changed)}"
        if trial["wrong"]:  # what follows shall not suffer from it
            shutil.copytree(self.whole, self.folder, dirs_exist_ok=True)
        return {"kind": kind, **trial}

    def kill(self, stage: str) -> dict[str, Any]:
        target = self.draw.choice(["stage", "DVC", "process group"])
        number, everyone = self.draw.choice([signal.SIGKILL, signal.SIGTERM]), []
        process = self.start("dvc", "repro", "-s", "--force", "--no-run-cache", stage)
        began, moment = time.monotonic(), self.draw.uniform(0, self.seconds.get(stage, 8.0))
        while process.poll() is None and time.monotonic() < began + moment:
            time.sleep(0.01)
        if process.poll() is None:
            self.seconds[stage] = max(self.seconds.get(stage, 8.0), 1.3 * moment)
        else:
            self.seconds[stage] = 1.1 * (time.monotonic() - began)
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
        case, entry = self.draw.choice(list(ERRNO)), self.stages[stage]
        for out in entry["outs"]:  # as DVC does
            path = self.folder / out["path"]
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        at = int(self.writes.get(stage, 128) ** self.draw.random())
        shim = {"FAULT_BELOW": str(self.folder), "FAULT_AT": str(at)}
        shim["FAULT_ERRNO"] = str(ERRNO[case])
        code, printed = self.finish(self.start(*shlex.split(entry["cmd"]), **shim))
        if code == 0 and ERRNO[case]:
            self.writes[stage] = at  # it has fewer
        wrong = ""
        if code == 0 and (changed := self.changed(stage)):
            wrong = f"ended well, but differs: {', '.join(changed)}"
        elif code and ("Traceback" in printed or code != 1 or not MESSAGE.search(printed)):
            wrong = f"{code}: {printed[-900:]}"
        return {"case": case, "at": at, "ran": code != 0 or not ERRNO[case], "wrong": wrong}

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
        return name.suffix in (".csv", ".yaml") and untimed(paths[0]) == untimed(paths[1])


def untimed(path: Path) -> list[Any]:
    """Rows of a log without its times, or what names logs without their digests."""
    if path.suffix == ".yaml":
        return [line for line in path.read_text().splitlines() if "logs_md5: " not in line]
    with path.open() as file:
        rows = csv.DictReader(file)
        return [{k: v for k, v in row.items() if k not in TIMED_COLUMNS} for row in rows]


if __name__ == "__main__":
    run(faults)
