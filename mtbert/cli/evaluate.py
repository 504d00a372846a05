"""`mtbert evaluate`: a trained model's scores on a labelled file."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli.predict import Checkpoint, Device, TaskName, load_quietly, named_columns


def evaluate_command(
    checkpoint: Checkpoint,
    task: TaskName,
    file: Annotated[Path, typer.Argument(help="Labelled CSV, TSV, JSONL or Parquet")],
    column: Annotated[
        list[str] | None,
        typer.Option(help="Column of the texts, twice for pairs; by default as in training"),
    ] = None,
    label: Annotated[str | None, typer.Option(help="Column of the labels, beside --column")] = None,
    device: Device = None,
) -> None:
    """Score a trained model on a labelled file.

    Prints each metric with its 95 % interval over examples and the score of the best constant.

    Example: mtbert evaluate data/runs/main-1/best sst data/sample/ids-sst-dev.csv
    """
    from mtbert.core.errors import InputError
    from mtbert.inference.scores import evaluate

    if bool(column) != bool(label):
        raise InputError("--column and --label: give both, or neither")
    columns = named_columns(column or []) | ({} if label is None else {"label": label})
    model = load_quietly(checkpoint, device)
    scores = evaluate(model, task, file, columns or None)
    size = next(iter(scores.values())).examples
    print(f"{task}: {size:,} examples")
    for name, own in scores.items():
        value = "undefined" if own.value is None else f"{own.value:.4f}"
        width = "" if own.half_width is None else f" ± {own.half_width:.4f}"
        print(f"{name:22}{value}{width:10}  constant: {own.baseline:.4f}")
