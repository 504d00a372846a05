"""Score one run on the dev split and write what it predicts, for people and for graders."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli import run


def main(
    plan: Annotated[Path, typer.Argument(help="the strategy's plan")],
    trained: Annotated[Path, typer.Argument(metavar="RUN", help="what training left behind")],
    predictions: Annotated[Path, typer.Argument(help="folder to write: predictions, hand-in")],
    metrics: Annotated[Path, typer.Argument(help="JSON file to write: metrics on dev")],
    confusion: Annotated[Path, typer.Argument(help="folder to write: actual and predicted")],
) -> None:
    """Evaluate one strategy with one seed."""
    from mtbert.evaluation.handin import confusion as confusion_csv
    from mtbert.evaluation.handin import handin, handin_path
    from mtbert.evaluation.metrics import Scores, overall, score, undefined
    from mtbert.evaluation.predictions import decode
    from mtbert.outputs import new_folder, write_text
    from mtbert.params import read_yaml
    from mtbert.schemas import read_table, write_table
    from mtbert.tasks import read_tasks

    tasks = read_tasks(plan)
    scores: dict[str, Scores] = {}
    with new_folder(predictions) as tables, new_folder(confusion) as pairs:
        for name in read_yaml(plan)["train"]["tasks"]:
            task = tasks[name]
            for split in (split for split in ("dev", "test") if split in task.files):
                source, dev = trained / "predictions" / f"{name}-{split}.parquet", split == "dev"
                table = read_table(source)
                predicted = decode(table, task.labels, labelled=dev, where=str(source))
                write_table(tables / source.name, predicted.table())
                hand = handin_path(tables, task.predictions, split, task=name)
                write_text(hand, handin(predicted, task.labels, task.predictions.column))
                if dev:
                    scores[name] = score(task.labels, predicted.labels, predicted.values)
                    if (text := confusion_csv(predicted, task.labels)) is not None:
                        write_text(pairs / f"{name}.csv", text)
    for name, metric in undefined(scores):
        print(
            f"warning: {name} dev: {metric} has no value (a constant prediction?), null is written",
            file=sys.stderr,
        )
    combined = {} if (both := overall(scores)) is None else {"overall": both}
    write_text(metrics, json.dumps({**scores, **combined}, indent=2, allow_nan=False) + "\n")


if __name__ == "__main__":
    run(main)
