"""Make runs of the studies side by side, where one alone leaves most of a machine idle.

Not a stage of the pipeline: a small encoder uses a fraction of a GPU, and `dvc repro` makes one run
after the other. Plans come from DVC; then

    dvc repro studies/wu/dvc.yaml:plan
    python -m stages.missing wu | xargs -r python -m stages.side_by_side --jobs 16

runs the commands of studies/wu/dvc.yaml, and `make pages` and `python -m stages.keep` take it from
there. It needs no DVC itself: the project and its `data/`, copied from where the plans were made,
are enough. Where DVC is to know of what was made, the same targets tell it:

    dvc repro studies/dvc.yaml:train_code studies/dvc.yaml:evaluate_code
    ... | sed 'p; s/:evaluate/:train/' | xargs -r dvc commit -f
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from mtbert.core.commands import run
from mtbert.core.errors import InputError, choices
from mtbert.core.fingerprint import fingerprint
from mtbert.core.outputs import WORK
from mtbert.core.params import read_json, read_yaml
from mtbert.studies.study import read_study
from stages.collect import check_plans
from stages.missing import lacking

TARGET = re.compile(r"(studies/([^/]+)/dvc\.yaml):evaluate(_again)?(?:@(.+)-(0|[1-9]\d*))?")


@dataclass(frozen=True)
class Job:
    """One run of a study: what its stages train and evaluate say of it."""

    study: str
    again: str  # "_again" for further seeds
    name: str  # ROW-SEED
    plan: Path
    commands: tuple[tuple[str, ...], ...]
    outs: tuple[Path, ...]

    @classmethod
    def of(cls, target: str) -> "Job":
        """Read a run, a target of `dvc repro`, and what the study's dvc.yaml says of it.

        Raises:
            InputError: it is none, or there is no such file.
        """
        file, study, again, row, seed = parts(target)
        known = {"item.strategy": row, "item.seed": seed, "key": f"{row}-{seed}"}
        stages = stages_of(Path(file).resolve())
        both = [filled(stages[f"{name}{again}"], known) for name in ("train", "evaluate")]
        outs = [path for one in both for path in (*one["outs"], *one.get("metrics", ()))]
        return cls(
            study,
            again,
            known["key"],
            next(Path(path) for path in both[0]["deps"] if "/plans/" in path),
            tuple((sys.executable, *shlex.split(one["cmd"])[1:]) for one in both),
            tuple(Path(next(iter(path)) if isinstance(path, Mapping) else path) for path in outs),
        )

    def finished(self) -> bool:
        """Whether all of it is there, made by the plan and the code as they are."""
        from mtbert.core.environment import versions

        if not all(path.exists() for path in self.outs):
            return False
        told = read_json(next(path for path in self.outs if path.name == "run.json"))
        same = told.get("versions", {}).get("mtbert") == versions()["mtbert"]
        return same and told.get("plan") == fingerprint(read_yaml(self.plan))


@cache
def stages_of(file: Path) -> Any:
    """What a study's dvc.yaml says of its stages, read once for all of its runs."""
    return read_yaml(file)["stages"]


def parts(target: str) -> tuple[str, ...]:
    """Take a target apart: file, study, "_again" or nothing, row, seed; no row stands for all.

    Raises:
        InputError: it is none.
    """
    if (found := TARGET.fullmatch(target)) is None:
        raise InputError(
            f"{target}: expected a run as `python -m stages.missing` names it, such as "
            f"studies/wu/dvc.yaml:evaluate@model-1, or studies/wu/dvc.yaml:evaluate for all of them"
        )
    return found.groups(default="")


def each(target: str) -> list[str]:
    """The runs that a target stands for."""
    file, _, again, row, _ = parts(target)
    if row:
        return [target]
    return [f"{target}@{name}" for name in asked_for(Path(file).with_name("params.yaml"))[again]]


def asked_for(study: Path) -> dict[str, list[str]]:
    """All runs of a study, of all rows' seeds and "_again"."""
    return dict(zip(("", "_again"), lacking(read_study(study), None), strict=True))


def filled(tree: Any, known: Mapping[str, str]) -> Any:
    """Put values in place of ${...}, as DVC does; what is not known stays."""
    if isinstance(tree, Mapping):
        return {filled(key, known): filled(value, known) for key, value in tree.items()}
    if isinstance(tree, list):
        return [filled(one, known) for one in tree]
    if not isinstance(tree, str):
        return tree
    return re.sub(r"\$\{([^}]+)\}", lambda found: known.get(found[1], found[0]), tree)


def main(
    targets: Annotated[list[str], typer.Argument(help="runs, as `dvc repro` would take them")],
    jobs: Annotated[int, typer.Option(help="runs at a time", min=1)] = 2,
) -> None:
    """Train and evaluate runs, those named first first; what is finished is not made again.

    Unless OMP_NUM_THREADS says otherwise the cores are shared out, and on a CPU the number of
    threads decides the last bits of a run.
    """
    asked = [Job.of(one) for one in dict.fromkeys(chain.from_iterable(map(each, targets)))]
    check(asked)
    left = [one for one in asked if not one.finished()]
    print(f"{len(asked)} runs, {len(asked) - len(left)} of them finished before", flush=True)
    if faults := Pool(jobs).make(left):
        told = f"{len(faults)} of {len(left)} runs failed, as told above"
        if set(faults) == {2}:
            raise InputError(told)
        print(f"error: {told}", file=sys.stderr)
        raise typer.Exit(1)


def check(asked: Sequence[Job]) -> None:
    """Refuse, before time is spent, what no study asks for, and plans that there are not.

    Raises:
        InputError: there is no such row or seed, or no such plan, or not as it would be now.
    """
    studies = {one.study: Path("studies") / one.study / "params.yaml" for one in asked}
    for name, file in studies.items():
        known = asked_for(file)
        for one in asked:
            if one.study == name and one.name not in known[one.again]:
                raise InputError(f"{file}: {choices('run', one.name, known[one.again])}")
    if lost := {one.study: one.plan for one in reversed(asked) if not one.plan.is_file()}:
        plans = " ".join(f"studies/{name}/dvc.yaml:plan" for name in sorted(lost))
        raise InputError(f"{next(iter(lost.values()))}: no such file; `dvc repro {plans}` makes it")
    for name, file in studies.items():
        check_plans(file, Path("params.yaml"), Path("data/studies") / name / "plans")


@dataclass
class Pool:
    """Processes at work, so many at a time."""

    jobs: int
    running: set["subprocess.Popen[bytes]"] = field(default_factory=set)

    def make(self, left: Sequence[Job]) -> list[int]:
        """Make runs, and tell of each when it is done; give the exit codes of those that failed."""
        before = signal.signal(signal.SIGTERM, interrupt)
        faults = []
        with ThreadPoolExecutor(self.jobs) as threads:
            submitted = {threads.submit(self.make_one, one): one for one in left}
            try:
                for count, future in enumerate(as_completed(submitted), start=1):
                    one, (code, log, seconds) = submitted[future], future.result()
                    told = f"{count}/{len(left)} {one.study} {one.name}: "
                    if code:
                        faults.append(code)
                        print(f"{told}failed, {reason(code, log)}", file=sys.stderr, flush=True)
                    else:
                        print(f"{told}{seconds:.1f} s", flush=True)
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                for process in [*self.running]:
                    process.terminate()
                raise
            finally:
                signal.signal(signal.SIGTERM, before)
        return faults

    def make_one(self, one: Job) -> tuple[int, Path, float]:
        """Train and evaluate; give the exit code, the file of what was printed, and the seconds."""
        started, code = time.perf_counter(), 0
        log = WORK / "side_by_side" / f"{one.study}-{one.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        env = {"OMP_NUM_THREADS": str(max(1, cores() // self.jobs)), **os.environ}
        # As DVC does: what an earlier run left must not stand beside what this one makes.
        for path in one.outs:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        with log.open("wb") as file:
            for command in one.commands:
                process = subprocess.Popen(command, stdout=file, stderr=file, env=env)
                self.running.add(process)
                code = process.wait()
                self.running.discard(process)
                if code:
                    break
        return code, log, time.perf_counter() - started


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def reason(code: int, log: Path) -> str:
    """Why a run failed, and where all that it printed is."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    killed = f"killed by signal {-code} (short of memory?)"
    last = killed if code < 0 else (lines or [f"exit code {code}"])[-1]
    return f"{last}; all that it printed: {log}"


def interrupt(*_: object) -> NoReturn:
    """End as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    run(main)
