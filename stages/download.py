"""Download: bring corpora, an encoder or lexicons here. The only stage that opens a connection."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


class Thing(StrEnum):
    """What to download."""

    corpora = "corpora"
    encoder = "encoder"
    lexicons = "lexicons"


def main(
    thing: Annotated[Thing, typer.Argument(help="What to bring here.")],
    out: Annotated[Path, typer.Argument(help="Folder to write.")],
    params: Annotated[Path, typer.Option(help="Params file.")] = Path("params.yaml"),
) -> None:
    """Bring the tasks' files, the encoder or lexicons into a folder; SOURCE.json says whence."""
    from mtbert.core.outputs import new_folder
    from mtbert.core.params import read_section
    from mtbert.core.tasks import read_tasks
    from mtbert.corpora.backbones import Encoder, bring
    from mtbert.corpora.lexicons import LexiconSettings, collect_lexicons
    from mtbert.corpora.sources import collect_corpora
    from mtbert.corpora.validation import Data

    with new_folder(out) as folder:
        if thing is Thing.corpora:
            data, tasks = read_section(params, "data", Data), read_tasks(params)
            collect_corpora(data.source, tasks, folder, where=str(params))
        elif thing is Thing.lexicons:
            lexicons = read_section(params, "lexicons", LexiconSettings)
            collect_lexicons(lexicons, folder, where=str(params))
        else:
            encoder = read_section(params, "encoder", Encoder)
            bring(encoder, folder, where=f"{params}: encoder.pretrained")


if __name__ == "__main__":
    run(main)
