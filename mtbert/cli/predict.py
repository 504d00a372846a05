"""`mtbert predict`: what a trained model says of a text, of lines, or of a table's rows."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from mtbert.inference.model import Prediction, TrainedModel


def _folder(name: str) -> Path:
    from mtbert.inference.hub import checkpoint_folder

    return checkpoint_folder(name)


Checkpoint = Annotated[
    Path,
    typer.Argument(
        help="Such as data/runs/main-1/best, or NAME/REPOSITORY on the Hugging Face hub",
        parser=_folder,
        metavar="CHECKPOINT",
    ),
]
TaskName = Annotated[str, typer.Argument(help="One of its tasks; mtbert info lists them")]
Device = Annotated[str | None, typer.Option(help="As torch names it; the GPU if there is one")]


def predict_command(
    checkpoint: Checkpoint,
    task: TaskName,
    texts: Annotated[
        list[str] | None, typer.Argument(help="A text, or the two of a pair; none: see --file")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="CSV, TSV, JSONL or Parquet; none: lines of standard input")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Column of the texts, twice for pairs; by default as in training"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write, in any of these formats")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite --out")] = False,
    device: Device = None,
) -> None:
    """Predict with a trained model.

    Prints one line per example: the label, then probabilities by class. A table keeps its columns
    and order; prediction and probability_CLASS are added. Lines of pairs have a tab between the
    texts.

    Examples:
    mtbert predict data/runs/main-1/best sst "A fine film ."
    mtbert predict data/runs/main-1/best sst --file mails.csv --column message --out out.csv
    """
    if file is None and out is None:
        if column:
            raise InputError("--column: needs --file")
        predict_texts(load_quietly(checkpoint, device), task, texts or [])
        return
    if file is None or out is None:
        raise InputError("--file and --out: give both, or neither")
    if texts:
        raise InputError("--file: found texts as arguments, too; give one or the other")
    columns, frame = named_columns(column or []), _read(file, out, force=force)
    predict_table(load_quietly(checkpoint, device), task, frame, columns, file=file, out=out)


def _read(file: Path, out: Path, *, force: bool) -> "pd.DataFrame":
    """Read the input, once the output is known to be writable."""
    from mtbert.inference.tables import check_ending, read_frame

    check_ending(out)
    if out.exists() and not force:
        raise InputError(f"{out}: exists already; --force overwrites it")
    return read_frame(file)


def named_columns(columns: list[str]) -> dict[str, str]:
    """The columns that --column names, by what they hold: text_a and, of pairs, text_b."""
    if len(columns) > 2:
        raise InputError(f"--column: at most two, found {len(columns)}")
    return dict(zip(("text_a", "text_b"), columns, strict=False))


def predict_texts(model: "TrainedModel", task: str, texts: list[str]) -> None:
    """Print predictions for one text, for the two of a pair, or for lines of standard input."""
    paired = model.task(task).paired
    if not texts:
        lines = sys.stdin.read().removesuffix("\n").split("\n")
        many = [tuple(line.split("\t")) for line in lines] if paired else lines
        print("\n".join(map(as_line, model.predict(task, many))))
        return
    if len(texts) != 1 + paired:
        wanted = "two texts" if paired else "one text, quoted"
        raise InputError(f"{task}: expected {wanted}, found {len(texts)} arguments")
    print(as_line(model.predict(task, *texts)))


def load_quietly(checkpoint: Path, device: str | None) -> "TrainedModel":
    """Load a model without the messages of its libraries."""
    import os
    import warnings

    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from mtbert.inference.model import TrainedModel

    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    return TrainedModel(checkpoint, device)


def as_line(prediction: "Prediction") -> str:
    """A prediction as one line: label, then each class with its probability."""
    if prediction.probabilities is None:
        return f"{prediction.label:.4f}"
    shares = (f"{name} {share:.4f}" for name, share in prediction.probabilities.items())
    return "\t".join([str(prediction.label), *shares])


def predict_table(
    model: "TrainedModel",
    task: str,
    frame: "pd.DataFrame",
    columns: dict[str, str],
    *,
    file: Path,
    out: Path,
) -> None:
    """Write a table with its predictions in further columns."""
    import pandas as pd

    from mtbert.core.errors import located
    from mtbert.core.labels import classes
    from mtbert.inference.scores import read_examples, text_columns
    from mtbert.inference.tables import write_frame

    kind = model.task(task)
    names = text_columns(kind, columns or None, label=False)
    added = ["prediction"]
    if kind.labels.kind != "similarity":
        added += [f"probability_{name}" for name in classes(kind.labels)]
    if taken := [name for name in added if name in frame.columns]:
        raise InputError(f"{file}: has a column {taken[0]!r} already; rename it")
    with located(str(file)):
        examples = read_examples(model, task, frame, names, where="--column")
    rows = model.predict_examples(task, examples)
    values = [[row.label, *(row.probabilities or {}).values()] for row in rows]
    predicted = pd.DataFrame(values, columns=added, index=frame.index)
    write_frame(out, pd.concat([frame, predicted], axis=1))
    print(f"{out}: {len(frame):,} rows")
