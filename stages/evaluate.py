"""Score one run on the dev split and write what it predicts, for people and for graders."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from mtbert.core.tasks import Task
    from mtbert.evaluation.predictions import Predictions

DECIMALS = 4  # a dev set of 100,000 examples leaves the third one open


def main(
    plan: Annotated[Path, typer.Argument(help="the strategy's plan")],
    trained: Annotated[Path, typer.Argument(metavar="RUN", help="outputs of training")],
    logs: Annotated[Path, typer.Argument(help="logs of training")],
    predictions: Annotated[Path, typer.Argument(help="folder to write: tables, submissions")],
    metrics: Annotated[Path, typer.Argument(help="JSON file to write: metrics on dev")],
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="write predictions for test, too")
    ] = True,
    params: Annotated[Path, typer.Option(help="the params file")] = Path("params.yaml"),
) -> None:
    """Evaluate one strategy with one seed.

    METRICS holds {"dev": {task: {metric: value}}, "updates": n, "examples": {task: n seen}};
    PREDICTIONS, for each task and split, TASK-SPLIT.parquet and the submission file, and
    TASK-confusion.csv.
    """
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.tasks import LEADERBOARD, OVERALL
    from mtbert.evaluation.metrics import score
    from mtbert.evaluation.overall import overall
    from mtbert.evaluation.submission import confusion

    training = count_training(plan, logs)
    scores: dict[str, dict[str, float | None]] = {}
    splits = ("dev", "test") if test else ("dev",)
    with new_folder(predictions) as folder:
        for name, task in planned_tasks(plan, params).items():
            for split in (split for split in splits if split in task.files):
                predicted = write_split(name, task, split, trained / "predictions", folder)
                if split == "dev":
                    scores[name] = score(task.labels, predicted)
                    write_text(folder / f"{name}-confusion.csv", confusion(predicted, task.labels))
    warn_of_undefined(scores)
    parts = {t: scores[t].get(metric) for t, metric in LEADERBOARD.items() if t in scores}
    if combined := overall(parts):
        scores[OVERALL] = combined
    rounded = {
        task: {name: None if it is None else round(it, DECIMALS) for name, it in values.items()}
        for task, values in scores.items()
    }
    text = json.dumps({"dev": rounded, **training}, indent=1, allow_nan=False)
    write_text(metrics, text + "\n")


def warn_of_undefined(scores: "dict[str, dict[str, float | None]]") -> None:
    """Name each metric that has no value on stderr."""
    for name, values in scores.items():
        for metric in (metric for metric, value in values.items() if value is None):
            text = f"{name} dev: {metric} is undefined (constant predictions?), written as null"
            print(f"warning: {text}", file=sys.stderr)


def count_training(plan: Path, logs: Path) -> dict[str, Any]:
    """Read how many updates a run made, and how many examples of each task they drew.

    Raises:
        InputError: a log is missing or broken, or its settings are not the plan's.
    """
    import pandas as pd

    from mtbert.core.errors import InputError
    from mtbert.core.params import read_json, read_yaml

    facts, train = read_json(logs / "run.json"), read_yaml(plan).get("train")
    if facts.get("settings", train) != train:
        raise InputError(
            f"{logs / 'run.json'}: settings: differ from train in {plan}; `dvc repro` trains anew"
        )
    path = logs / "steps.csv"
    try:
        drawn = pd.read_csv(path).filter(regex="^examples_")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a table of steps ({error}); `dvc repro -f`") from None
    counts = drawn.sum().astype(int).to_dict()
    examples = {str(name).removeprefix("examples_"): count for name, count in counts.items()}
    return {"updates": len(drawn), "examples": examples}


def write_split(name: str, task: "Task", split: str, outputs: Path, folder: Path) -> "Predictions":
    """Write the predictions for a task's split, as a table and as its submission file.

    Args:
        name: The task's name.
        task: Its row.
        split: dev or test.
        outputs: Folder of the model's outputs, {task}-{split}.parquet.
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
    from mtbert.core.tasks import read_tasks, tasks_of_plan

    planned = read_yaml(plan).get("tasks")
    if not isinstance(planned, dict):
        raise InputError(f"{plan}: tasks: expected those of the strategy, found {planned!r}")
    return tasks_of_plan(read_tasks(params), planned, plan=plan)


if __name__ == "__main__":
    run(main)
