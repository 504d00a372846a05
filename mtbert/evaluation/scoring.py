"""What the stages write of a run or of several: predictions, submissions, scores."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtbert.core.documents import mapping_of
from mtbert.core.errors import InputError
from mtbert.core.outputs import write_text
from mtbert.core.params import read_json, read_yaml
from mtbert.core.schemas import OUTPUTS, read_table, write_table
from mtbert.core.tasks import LEADERBOARD, OVERALL, Task
from mtbert.evaluation import predictions
from mtbert.evaluation.metrics import score
from mtbert.evaluation.overall import overall

Scores = dict[str, float | None]  # by metric; None: undefined
DECIMALS = 4  # with 100,000 dev examples, chance still moves the third


def score_outputs(
    tasks: Mapping[str, Task], outputs: Path, folder: Path, *, test: bool
) -> dict[str, dict[str, Scores]]:
    """Score the raw outputs TASK-SPLIT.parquet in a folder; write predictions into another.

    Writes, for each task and split, TASK-SPLIT.parquet and the submission file, and
    TASK-confusion.csv. Gives by split, then by task, the scores and their overall scores: of dev,
    and of test for the tasks whose test split is labelled.

    Raises:
        InputError: a table is missing, or its outputs are not those of the task.
    """
    scores: dict[str, dict[str, Scores]] = {"dev": {}, "test": {}}
    for name, task in tasks.items():
        for split, own in _write_task(name, task, outputs, folder, test=test).items():
            scores[split][name] = own
    for by_task in scores.values():
        parts = {t: by_task[t].get(metric) for t, metric in LEADERBOARD.items() if t in by_task}
        if combined := overall(parts):
            by_task[OVERALL] = combined
    return {
        split: {task: _rounded(own) for task, own in by_task.items()}
        for split, by_task in scores.items()
        if by_task
    }


def write_metrics(
    path: Path, scores: Mapping[str, dict[str, Scores]], training: Mapping[str, Any]
) -> None:
    """Write the metrics of a run, or of an average of runs: scores, and how much it trained."""
    write_text(path, json.dumps({**scores, **training}, indent=1, allow_nan=False) + "\n")


def _rounded(scores: Scores) -> Scores:
    """Scores with the decimals that mean something."""
    return {k: None if value is None else round(value, DECIMALS) for k, value in scores.items()}


def _write_task(
    name: str, task: Task, outputs: Path, folder: Path, *, test: bool
) -> dict[str, Scores]:
    """Write a task's files; give the scores on dev, and on test if each example has a label."""
    scores: dict[str, Scores] = {}
    for split in ("dev", "test") if test and "test" in task.files else ("dev",):
        source, labelled = outputs / f"{name}-{split}.parquet", split == "dev"
        table = read_table(source, OUTPUTS)
        predicted = predictions.decode(table, task.labels, labelled=labelled, where=str(source))
        write_table(folder / source.name, predicted.table())
        path = predictions.submission_path(folder, task.predictions, split, task=name)
        write_text(path, predictions.submission(predicted, task.labels, task.predictions.column))
        if split == "dev":
            confusion_csv = predictions.confusion(predicted, task.labels)
            write_text(folder / f"{name}-confusion.csv", confusion_csv)
        if predicted.labelled:
            scores[split] = score(task.labels, predicted)
        for metric in (metric for metric, it in scores.get(split, {}).items() if it is None):
            text = f"{name} {split}: {metric} is undefined (constant predictions?), written as null"
            print(f"warning: {text}", file=sys.stderr)
    return scores


def read_training(plan: Path, logs: Path) -> tuple[list[str], dict[str, Any]]:
    """Read a run's tasks, and its updates, the examples of each task it drew, data and encoder.

    Raises:
        InputError: a file is missing or broken, or the log's settings are not the plan's.
    """
    import pandas as pd

    planned, facts, path = read_yaml(plan), read_json(logs / "run.json"), logs / "steps.csv"
    if not isinstance(names := planned.get("tasks"), dict):
        raise InputError(f"{plan}: tasks: expected those of the strategy, found {names!r}")
    if "settings" in facts and facts["settings"] != planned.get("train"):
        raise InputError(
            f"{logs / 'run.json'}: settings: differ from train in {plan}; `dvc repro` trains anew"
        )
    try:
        drawn = pd.read_csv(path).filter(regex="^examples_")
        drawn = drawn.rename(columns=lambda name: name.removeprefix("examples_"))
        examples = drawn.sum().astype(int)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a table of steps ({error}); `dvc repro -f`") from None
    return list(names), {
        "updates": len(drawn),
        "examples": examples.to_dict(),
        **origin(facts, logs / "run.json"),
    }


def origin(facts: Mapping[str, Any], where: Path) -> dict[str, str]:
    """Names of the data and the encoder of a run, of a folder the last part: machines differ."""
    sources = str(facts.get("data_source", "")).split(", ")
    encoder = mapping_of(facts, "encoder", where)
    names = {"data_source": ", ".join(Path(source).name for source in sources)}
    names["encoder"] = Path(str(encoder.get("name", ""))).name
    return {key: name for key, name in names.items() if name}
