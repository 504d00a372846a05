"""`mtbert export`: a trained model in other libraries' formats."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli.predict import Checkpoint
from mtbert.core.errors import InputError


class Format(StrEnum):
    """Whose format."""

    transformers = "transformers"
    sentence_transformers = "sentence-transformers"
    onnx = "onnx"


def export(
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Argument(help="Folder to write; it must not exist")],
    to: Annotated[Format, typer.Option(help="Whose format")],
    task: Annotated[
        str | None, typer.Option(help="transformers: the task, if there are several")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="onnx: the encoder in 8 bits")] = False,
) -> None:
    """Write a trained model in another library's format.

    transformers: one task, for AutoModelForSequenceClassification. sentence-transformers: its
    vectors. onnx: all tasks in one graph (needs the extra `onnx`). An export whose
    predictions differ from the checkpoint's is refused.

    Examples:
    mtbert export data/runs/main-1/best exported --to onnx --int8
    mtbert export data/runs/main-1/best vectors --to sentence-transformers
    """
    if int8 and to is not Format.onnx:
        raise InputError(f"--int8: only with --to onnx, found --to {to}")
    if task is not None and to is not Format.transformers:
        raise InputError(f"--task: only with --to transformers, found --to {to}")
    if out.exists():
        raise InputError(f"{out}: exists already; give a new folder")
    import os

    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from mtbert.inference import export as exporting

    if to is Format.onnx:
        exporting.export_onnx(checkpoint, out, int8=int8)
    elif to is Format.transformers:
        exporting.export_transformers(checkpoint, out, task=task)
    else:
        exporting.export_sentence_transformers(checkpoint, out)
    print(f"{out}: {', '.join(sorted(path.name for path in out.iterdir()))}")
