"""Download: bring corpora or an encoder here. The only stage that opens a connection."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli import run


class Thing(StrEnum):
    """What to download."""

    corpora = "corpora"
    encoder = "encoder"


def main(
    thing: Annotated[Thing, typer.Argument(help="What to bring here.")],
    out: Annotated[Path, typer.Argument(help="Folder to write.")],
    params: Annotated[Path, typer.Option(help="Params file.")] = Path("params.yaml"),
) -> None:
    """Bring the tasks' files, or the encoder, into a folder, with SOURCE.json saying whence."""
    from mtbert.corpora.backbones import bring
    from mtbert.corpora.settings import Data, Encoder
    from mtbert.corpora.sources import collect
    from mtbert.outputs import new_folder
    from mtbert.params import read_section
    from mtbert.tasks import read_tasks

    if thing is Thing.corpora:
        data, tasks = read_section(params, "data", Data), read_tasks(params)
        with new_folder(out) as folder:
            collect(data.source, tasks, folder, where=str(params))
    else:
        encoder = read_section(params, "encoder", Encoder)
        with new_folder(out) as folder:
            bring(encoder, folder, where=f"{params}: encoder.pretrained")


if __name__ == "__main__":
    run(main)
