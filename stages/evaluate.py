"""Score one run on the dev split and write what it predicts, for people and for graders."""

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from mtbert.core.tasks import Task
    from mtbert.evaluation.predictions import Predictions


def main(
    plan: Annotated[Path, typer.Argument(help="the strategy's plan")],
    trained: Annotated[Path, typer.Argument(metavar="RUN", help="what training left behind")],
    logs: Annotated[Path, typer.Argument(help="what training logged")],
    predictions: Annotated[Path, typer.Argument(help="folder to write: predictions, submission")],
    metrics: Annotated[Path, typer.Argument(help="JSON file to write: metrics on dev")],
    confusion: Annotated[Path, typer.Argument(help="folder to write: actual and predicted")],
    record: Annotated[Path, typer.Argument(help="folder to write: the logs, for git to keep")],
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="write what test is predicted to be, too")
    ] = True,
    params: Annotated[Path, typer.Option(help="the params file")] = Path("params.yaml"),
) -> None:
    """Evaluate one strategy with one seed."""
    from mtbert.core.errors import InputError
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.evaluation.metrics import Scores, overall, score, undefined
    from mtbert.evaluation.submission import confusion as confusion_csv

    scores: dict[str, Scores] = {}
    splits = ("dev", "test") if test else ("dev",)
    if not logs.is_dir():
        raise InputError(f"{logs}: no such folder; `dvc repro` makes it")
    # Training's own outputs stay in the cache, all of them: DVC restores no other stage from it.
    with new_folder(record) as kept:
        shutil.copytree(logs, kept, dirs_exist_ok=True)
        write_text(kept / "run.json", json.dumps(facts(plan, logs), indent=1) + "\n")
    with new_folder(predictions) as tables, new_folder(confusion) as pairs:
        for name, task in planned_tasks(plan, params).items():
            for split in (split for split in splits if split in task.files):
                predicted = write_predictions(name, task, split, trained / "predictions", tables)
                if split == "dev":
                    scores[name] = score(task.labels, predicted.labels, predicted.values)
                    write_text(pairs / f"{name}.csv", confusion_csv(predicted, task.labels))
    for name, metric in undefined(scores):
        print(
            f"warning: {name} dev: {metric} has no value (a constant prediction?), null is written",
            file=sys.stderr,
        )
    combined = {} if (both := overall(scores)) is None else {"overall": both}
    write_text(metrics, json.dumps({**scores, **combined}, indent=2, allow_nan=False) + "\n")


def facts(plan: Path, logs: Path) -> dict[str, Any]:
    """What a run says of itself, and the fingerprint of its plan.

    Raises:
        InputError: it was trained with other settings than the plan has.
    """
    from mtbert.core.errors import InputError
    from mtbert.core.fingerprint import fingerprint
    from mtbert.core.params import read_json, read_yaml

    told, planned = read_json(logs / "run.json"), read_yaml(plan)
    if told.get("settings", planned.get("train")) != planned.get("train"):
        raise InputError(
            f"{logs / 'run.json'}: settings: not those of {plan}; `dvc repro` trains anew"
        )
    return {**told, "plan": fingerprint(planned)}


def write_predictions(
    name: str, task: "Task", split: str, outputs: Path, folder: Path
) -> "Predictions":
    """Write what a task's split is predicted to be, as a table and as its submission file.

    Args:
        name: The task's name.
        task: Its row.
        split: dev or test.
        outputs: Folder of what the model put out, {task}-{split}.parquet.
        folder: Where to write, an existing folder.

    Raises:
        InputError: the model's file is missing or does not fit, or the submission file's name.
    """
    from mtbert.core.outputs import write_text
    from mtbert.core.schemas import read_table, write_table
    from mtbert.evaluation.predictions import decode
    from mtbert.evaluation.submission import submission, submission_path

    source = outputs / f"{name}-{split}.parquet"
    labelled = split == "dev"
    predicted = decode(read_table(source), task.labels, labelled=labelled, where=str(source))
    write_table(folder / source.name, predicted.table())
    hand = submission_path(folder, task.predictions, split, task=name)
    write_text(hand, submission(predicted, task.labels, task.predictions.column))
    return predicted


def planned_tasks(plan: Path, params: Path) -> "dict[str, Task]":
    """Read the tasks that a strategy trains on, as the params file has them.

    Raises:
        InputError: a file does not fit, or the params file has lost a task of the plan.
    """
    from mtbert.core.errors import InputError
    from mtbert.core.params import read_yaml
    from mtbert.core.tasks import read_tasks, still_there

    planned = read_yaml(plan).get("tasks")
    if not isinstance(planned, dict):
        raise InputError(f"{plan}: tasks: expected those of the strategy, found {planned!r}")
    return still_there(read_tasks(params), planned, plan=plan)


if __name__ == "__main__":
    run(main)
