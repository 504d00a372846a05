"""Download corpora, an encoder or lexicons: the only stage that opens a connection."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


class Resource(StrEnum):
    """What to download."""

    corpora = "corpora"
    encoder = "encoder"
    lexicons = "lexicons"


def main(
    resource: Annotated[Resource, typer.Argument(help="What to download")],
    out: Annotated[Path, typer.Argument(help="Output folder")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
) -> None:
    """Fetch the corpora, the encoder or the lexicons; SOURCE.json records their origin."""
    from mtbert.core.outputs import new_folder
    from mtbert.core.params import read_section
    from mtbert.core.tasks import read_tasks
    from mtbert.corpora.backbones import Encoder, fetch_encoder
    from mtbert.corpora.lexicons import LexiconSettings, fetch_lexicons
    from mtbert.corpora.sources import fetch_corpora
    from mtbert.corpora.validation import Data

    with new_folder(out) as folder:
        if resource is Resource.corpora:
            data, tasks = read_section(params, "data", Data), read_tasks(params)
            fetch_corpora(data.source, tasks, folder, where=str(params))
        elif resource is Resource.lexicons:
            lexicons = read_section(params, "lexicons", LexiconSettings)
            fetch_lexicons(lexicons, folder, where=str(params))
        else:
            encoder = read_section(params, "encoder", Encoder)
            fetch_encoder(encoder, folder, where=f"{params}: encoder.pretrained")


if __name__ == "__main__":
    run(main)
