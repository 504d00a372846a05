"""Make runs of the studies side by side, where one alone leaves a machine idle.

Not a stage of the pipeline: DVC makes one run after another, and of a GPU a small encoder needs a
fraction. `python -m stages.missing | xargs python -m stages.side_by_side --jobs 12` does what
`| xargs dvc repro` would, with the stages' own commands, but makes no plans (`dvc repro
studies/NAME/dvc.yaml:plan` does) and needs no DVC. `dvc commit` tells DVC what was made.
"""

import io
import multiprocessing
import os
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from mtbert.cli import run
from mtbert.errors import InputError
from mtbert.fingerprint import fingerprint
from mtbert.params import read_json, read_yaml
from stages import evaluate, train


class Made(NamedTuple):
    """One run of a study, and where the study's pipeline has it."""

    study: str
    name: str  # ROW-SEED

    @classmethod
    def of(cls, target: str) -> "Made":
        """Read studies/STUDY/dvc.yaml:STAGE@ROW-SEED.

        Raises:
            InputError: it is no such target.
        """
        file, _, stage = target.partition(":")
        name, path = stage.partition("@")[2], Path(file)
        row, _, seed = name.rpartition("-")
        if path.name != "dvc.yaml" or not row or not seed.isdecimal():
            raise InputError(
                f"{target}: expected a target as `python -m stages.missing` prints it, such as "
                f"studies/wu/dvc.yaml:evaluate@model-1"
            )
        return cls(path.parent.name, name)

    @property
    def seed(self) -> int:
        """Its seed."""
        return int(self.name.rpartition("-")[2])

    @property
    def plan(self) -> Path:
        """Its row's plan."""
        return self.data("plans") / f"{self.name.rpartition('-')[0]}.yaml"

    @property
    def record(self) -> Path:
        """Where its log is kept for git."""
        return self.reports("runs") / self.name

    def data(self, kind: str) -> Path:
        """What DVC keeps of the study, of some kind."""
        return Path("data/studies") / self.study / kind

    def reports(self, kind: str) -> Path:
        """What git keeps of the study, of some kind."""
        return Path("reports/studies") / self.study / kind

    def finished(self) -> bool:
        """Whether it is there, made by the plan as it is."""
        told = self.record / "run.json"
        scored = (self.reports("metrics") / f"{self.name}.json").is_file() and told.is_file()
        return scored and read_json(told).get("plan") == fingerprint(read_yaml(self.plan))


def main(
    targets: Annotated[list[str], typer.Argument(help="runs, as stages.missing prints them")],
    jobs: Annotated[int, typer.Option(help="runs at a time", min=1)] = 2,
) -> None:
    """Train and evaluate runs, those named first first; what is finished is not made again."""
    asked = list(dict.fromkeys(map(Made.of, targets)))
    for one in asked:
        if not one.plan.is_file():
            raise InputError(
                f"{one.plan}: no such file; `dvc repro studies/{one.study}/dvc.yaml:plan` makes "
                f"the plans of that study's rows"
            )
    left = [one for one in asked if not one.finished()]
    print(f"{len(asked)} runs, {len(asked) - len(left)} of them finished before", flush=True)
    if failed := made(left, jobs):
        raise InputError(f"{failed} of {len(left)} runs failed, as told above")


def made(runs: list[Made], jobs: int) -> int:
    """Make runs, some at a time, and tell of each when it is done; give how many failed."""
    # Of a process that is forked CUDA says that there is none, once its parent has asked: the run
    # would be trained on the CPU.
    context, failed = multiprocessing.get_context("spawn"), 0
    threads = max(1, (os.cpu_count() or 1) // jobs)
    with ProcessPoolExecutor(jobs, context, initializer=begin, initargs=(threads,)) as pool:
        submitted = {pool.submit(make, one): one for one in runs}
        for count, future in enumerate(as_completed(submitted), start=1):
            one, error = submitted[future], future.exception()
            failed += error is not None
            told = f"{future.result():.1f} s" if error is None else f"failed: {fault(error)}"
            print(f"{count}/{len(runs)} {one.study} {one.name}: {told}", flush=True)
    return failed


def fault(error: BaseException) -> str:
    """What is wrong with the input, or where the program broke."""
    if isinstance(error, InputError):
        return str(error)
    return "".join(traceback.format_exception(error)).strip()


def begin(threads: int) -> None:
    """Give a process its share of the cores."""
    import torch

    torch.set_num_threads(threads)


def make(one: Made) -> float:
    """Train a run and evaluate it, as the study's stages do; give the seconds it took."""
    started = time.perf_counter()
    trained, logs = one.data("runs") / one.name, one.data("logs") / one.name
    # Lines of many runs at once tell nothing; each run's log has what they say.
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        train.main(one.plan, one.seed, trained, logs, last=False, test=False)
        evaluate.main(
            one.plan,
            trained,
            logs,
            one.data("predictions") / one.name,
            one.reports("metrics") / f"{one.name}.json",
            one.reports("confusion") / one.name,
            one.record,
            test=False,
        )
    return time.perf_counter() - started


if __name__ == "__main__":
    run(main)
