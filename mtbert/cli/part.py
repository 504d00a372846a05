"""`mtbert part`: take one task's part out of a checkpoint, or put it into another."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Action(StrEnum):
    """Which way the part goes."""

    take = "take"
    put = "put"


def part(
    action: Annotated[Action, typer.Argument(help="Take it out, or put it in")],
    checkpoint: Annotated[Path, typer.Argument(help="Such as data/runs/main-1/best")],
    task: Annotated[str, typer.Argument(help="Task whose part it is")],
    folder: Annotated[Path, typer.Argument(help="The part: written by take, read by put")],
    out: Annotated[
        Path | None, typer.Option(help="Put: output folder, the checkpoint with the part in it")
    ] = None,
) -> None:
    """Copy a task's head, projection and PAL out of a checkpoint (take) or into one (put).

    Example: mtbert part take data/runs/main-1/best sst sst-part
    """
    from mtbert.core.errors import InputError

    if (action is Action.put) != (out is not None):
        raise InputError("--out: give it with put, which writes another checkpoint, and only then")
    target = folder if out is None else out
    if target.exists():
        raise InputError(f"{target}: exists already; give a new folder")

    from mtbert.core.outputs import new_folder
    from mtbert.modeling.checkpoint import load_checkpoint, load_part, save_checkpoint, save_part
    from mtbert.modeling.manifest import read_manifest

    model = load_checkpoint(checkpoint)
    if out is None:
        with new_folder(folder) as new:
            save_part(new, model, task)
        return
    load_part(folder, model, task)
    manifest = read_manifest(checkpoint)
    facts: Any = {"tasks": manifest.tasks, "training": manifest.training, "tokens": checkpoint}
    with new_folder(out) as new:
        save_checkpoint(new, model, settings=model.settings, **facts)
