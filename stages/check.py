"""Check every section of the params file, and run nothing. Not a stage of the pipeline.

Each stage checks its own sections when it runs; this finds a misspelt word of the last stage before
the first has spent any time.
"""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli import run

SECTIONS = (
    *("data", "tasks", "encoder", "lexicons", "augment", "tokenize", "pretrain"),
    *("train", "recipes", "strategies", "seeds", "report"),
)


def main(
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
) -> None:
    """Check every section of the params file."""
    from mtbert.augmentation.settings import needs, read_augment
    from mtbert.corpora.backbones import check_pretrained, known_config
    from mtbert.corpora.folders import resolve
    from mtbert.corpora.lexicons import Lexicons, check_lexicons, kinds
    from mtbert.corpora.settings import Data, Encoder
    from mtbert.corpora.sources import find
    from mtbert.errors import InputError, choices
    from mtbert.params import read_section, read_yaml
    from mtbert.plans import check_encoder, check_extra_data, check_pooler
    from mtbert.pretraining.settings import PretrainSettings
    from mtbert.reporting.settings import read_scope
    from mtbert.strategies import read_strategies
    from mtbert.tasks import read_tasks
    from mtbert.tokenization.settings import TokenizeSettings

    if unknown := [name for name in read_yaml(params) if name not in SECTIONS]:
        faults = [f"{params}: {choices('section', name, SECTIONS)}" for name in unknown]
        raise InputError("\n".join(faults))
    data = read_section(params, "data", Data)
    tasks = read_tasks(params)
    find(data.source, tasks, where=str(params))
    lexicons, augment = read_section(params, "lexicons", Lexicons), read_augment(params, tasks)
    check_lexicons(lexicons, where=str(params))
    there = kinds(lexicons, where=str(params))
    for place, kind in needs(augment):
        if kind not in there:
            raise InputError(
                f"{params}: augment.{place}: needs {kind}, and lexicons.source {lexicons.source} "
                f"has {', '.join(sorted(there)) or 'nothing'}; opinion words come from "
                "lexicons.opinion_words, all else from `public` or a folder that has it"
            )
    read_section(params, "tokenize", TokenizeSettings)
    pretrain = read_section(params, "pretrain", PretrainSettings)
    pretrain.check_tasks(tasks, where=f"{params}: pretrain")
    encoder = read_section(params, "encoder", Encoder)
    check_pretrained(encoder.pretrained, where=f"{params}: encoder.pretrained")
    kind = "scratch" if encoder.pretrained == "scratch" else "pretrained"
    strategies = read_strategies(params, encoder=kind)
    check_extra_data(strategies, augment.sets, where=str(params))
    # That of a name on the hub is known when it has been fetched: `plan` checks it again.
    if (config := known_config(encoder)) is not None:
        check_encoder(strategies, config, where=str(params))
    if (folder := resolve(encoder.pretrained)).is_dir() and kind == "pretrained":
        check_pooler(strategies, folder, where=str(params))
        if pretrain.epochs:
            check_language_model(folder)
    read_scope(params)


def check_language_model(folder: Path) -> None:
    """Refuse to pre-train an encoder further that has no masked language model.

    Raises:
        InputError: it is one of its architecture or of its tokenizer.
    """
    from mtbert.modeling.encoder import read_config
    from mtbert.pretraining.language_model import check_architecture
    from mtbert.pretraining.masking import read_vocabulary
    from mtbert.tokenization.vocabulary import load_tokenizer

    check_architecture(read_config(folder), where=str(folder))
    read_vocabulary(load_tokenizer(folder), folder)


if __name__ == "__main__":
    run(main)
