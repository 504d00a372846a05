"""Train one strategy with one seed."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run, set_environment

if TYPE_CHECKING:
    from mtbert.core.tasks import Task

set_environment()

# Seconds between two states that an interrupted run can resume from. No stage depends on a variable
# of the environment: to save more often need not train anew.
SAVE_EVERY = "MTBERT_SAVE_EVERY"


def main(
    plan: Annotated[Path, typer.Argument(help="The strategy's plan")],
    seed: Annotated[int, typer.Argument(help="Decides weights, order and dropout", min=0)],
    out: Annotated[Path, typer.Argument(help="Output folder of checkpoints and predictions")],
    logs: Annotated[Path, typer.Argument(help="Output folder of the log and run.json")],
    last: Annotated[
        bool, typer.Option("--last/--no-last", help="Keep the last epoch's weights too")
    ] = True,
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Predict the test split too")
    ] = True,
    params: Annotated[
        Path, typer.Option(help="Params file: titles and columns, for the checkpoints")
    ] = Path("params.yaml"),
) -> None:
    """Train, scoring dev every `evaluate_every` epochs; predict with the best checkpoint."""
    from mtbert.core.processes import take_part
    from mtbert.experiments.plans import read_plan, verify

    take_part()
    save_every = seconds_between_states()
    planned = read_plan(plan)
    verify(planned)
    with run_folders(out, logs) as (folder, log_folder):
        from mtbert.core.environment import hold_memory
        from mtbert.experiments.train import train_run

        hold_memory()
        train_run(
            planned,
            seed=seed,
            folder=folder,
            log_folder=log_folder,
            last=last,
            test=test,
            tasks=task_texts(params),
            save_every=save_every,
        )


@contextmanager
def run_folders(out: Path, logs: Path) -> Iterator[tuple[Path, Path]]:
    """Give the folders to write to; what an interrupted run left there is resumed.

    The first of several processes writes the outputs; each other one reads the same state.
    """
    from mtbert.core.outputs import new_folder, work_path
    from mtbert.core.processes import process_rank, shared_folder

    if process_rank() == 0:
        with (
            new_folder(out, unfinished=True) as folder,
            new_folder(logs, unfinished=True) as log_folder,
        ):
            yield folder, log_folder
        return
    with TemporaryDirectory(dir=shared_folder()) as place:
        folder, log_folder = Path(place, "out"), Path(place, "logs")
        folder.mkdir()
        log_folder.mkdir()
        (folder / "state.pt").symlink_to((work_path(out) / "state.pt").absolute())
        yield folder, log_folder


def seconds_between_states() -> float | None:
    """Read `SAVE_EVERY`; None where it is not set, and inf where another process saves."""
    from mtbert.core.errors import InputError
    from mtbert.core.processes import process_rank

    if process_rank() > 0:
        return float("inf")
    if (value := os.environ.get(SAVE_EVERY)) is None:
        return None
    with suppress(ValueError):
        if (seconds := float(value)) >= 0:
            return seconds
    raise InputError(f"{SAVE_EVERY}: expected seconds, 0 for every step, found {value!r}")


def task_texts(params: Path) -> "Mapping[str, Task]":
    """Read the tasks for their titles and columns; none where the file does not have them.

    DVC does not watch them here: no result depends on them, and a new title need not train anew.
    """
    from mtbert.core.errors import InputError
    from mtbert.core.tasks import read_tasks

    try:
        return read_tasks(params)
    except InputError:
        return {}


if __name__ == "__main__":
    run(main)
