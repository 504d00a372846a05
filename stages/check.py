"""Check every section of the params file, and run nothing. Not a stage of the pipeline.

Each stage checks its own sections when it runs; this finds a misspelt word of the last stage before
the first has spent any time.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTIONS = (
    *("data", "tasks", "encoder", "lexicons", "augment", "tokenize", "pretrain"),
    *("train", "recipes", "strategies", "seeds", "report", "budget", "budgets"),
)


def main(
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
    studies: Annotated[
        Path | None, typer.Option(help="A folder of NAME/params.yaml to check as well")
    ] = None,
) -> None:
    """Check every section of the params file; with --studies also every row of every study."""
    from mtbert.core.errors import InputError, choices
    from mtbert.core.params import read_section, read_yaml
    from mtbert.core.tasks import read_tasks
    from mtbert.corpora.settings import Data
    from mtbert.corpora.sources import find
    from mtbert.pretraining.settings import PretrainSettings
    from mtbert.reporting.scope import read_scope
    from mtbert.studies.budgets import read_budget
    from mtbert.tokenization.settings import TokenizeSettings

    if unknown := [name for name in read_yaml(params) if name not in SECTIONS]:
        faults = [f"{params}: {choices('section', name, SECTIONS)}" for name in unknown]
        raise InputError("\n".join(faults))
    read_budget(params)
    tasks = read_tasks(params)
    find(read_section(params, "data", Data).source, tasks, where=str(params))
    check_augment(params)
    read_section(params, "tokenize", TokenizeSettings)
    pretrain = read_section(params, "pretrain", PretrainSettings)
    pretrain.check_tasks(tasks, where=f"{params}: pretrain")
    check_strategies(params, [])
    if studies:
        check_studies(params, studies)
    if pretrain.epochs:
        check_language_model(params)
    read_scope(params)


def check_augment(params: Path) -> None:
    """Check the lexicons, and that they have what the sets of new rows need.

    Raises:
        InputError: naming the key at fault.
    """
    from mtbert.augmentation.settings import needs, read_augment
    from mtbert.core.errors import InputError
    from mtbert.core.params import read_section
    from mtbert.core.tasks import read_tasks
    from mtbert.corpora.lexicons import Lexicons, check_lexicons, kinds

    lexicons = read_section(params, "lexicons", Lexicons)
    augment = read_augment(params, read_tasks(params))
    check_lexicons(lexicons, where=str(params))
    there = kinds(lexicons, where=str(params))
    for place, kind in needs(augment):
        if kind not in there:
            raise InputError(
                f"{params}: augment.{place}: needs {kind}, and lexicons.source {lexicons.source} "
                f"has {', '.join(sorted(there)) or 'nothing'}; opinion words come from "
                "lexicons.opinion_words, all else from `public` or a folder that has it"
            )


def check_strategies(params: Path, studies: "Sequence[Path]") -> None:
    """Check the encoder, the strategies of the params file and the rows of studies.

    Raises:
        InputError: naming the key at fault.
    """
    from mtbert.augmentation.settings import read_augment
    from mtbert.core.params import read_section
    from mtbert.core.tasks import read_tasks
    from mtbert.corpora.backbones import check_pretrained, known_config
    from mtbert.corpora.folders import resolve
    from mtbert.corpora.settings import Encoder
    from mtbert.experiments.plans import check_encoder, check_extra_data, check_pooler
    from mtbert.experiments.strategies import read_strategies
    from mtbert.studies.study import read_experiments

    encoder = read_section(params, "encoder", Encoder)
    check_pretrained(encoder.pretrained, where=f"{params}: encoder.pretrained")
    kind = "scratch" if encoder.pretrained == "scratch" else "pretrained"
    rows = {params: read_strategies(params, encoder=kind)}
    rows |= {path: read_experiments(path, params, encoder=kind) for path in studies}
    sets, folder = read_augment(params, read_tasks(params)).sets, resolve(encoder.pretrained)
    for path, strategies in rows.items():
        check_extra_data(strategies, sets, where=str(path))
        # That of a name on the hub is known when it has been fetched: `plan` checks it again.
        if (config := known_config(encoder)) is not None:
            check_encoder(strategies, config, where=str(path))
        if folder.is_dir() and kind == "pretrained":
            check_pooler(strategies, folder, where=str(path))


def check_studies(params: Path, folder: Path) -> None:
    """Check every study's rows, and that claims and figures name rows that there are.

    Raises:
        InputError: naming the file and the key at fault, or the folder if it has no study.
    """
    from mtbert.claims.claim import read_claims
    from mtbert.core.errors import InputError
    from mtbert.studies.study import read_study

    files = sorted(folder.glob("*/params.yaml"))
    if not files:
        raise InputError(f"{folder}: expected NAME/params.yaml for each study, found none")
    check_strategies(params, files)
    rows = {path.parent.name: read_study(path).strategies for path in files}
    read_claims(folder / "claims.yaml", known=rows)


def check_language_model(params: Path) -> None:
    """Refuse to pre-train an encoder further that is at hand and has no masked language model.

    Raises:
        InputError: it is one of its architecture or of its tokenizer.
    """
    from mtbert.core.params import read_section
    from mtbert.corpora.folders import resolve
    from mtbert.corpora.settings import Encoder
    from mtbert.modeling.encoder import read_config
    from mtbert.pretraining.language_model import check_architecture
    from mtbert.pretraining.masking import read_vocabulary
    from mtbert.tokenization.vocabulary import load_tokenizer

    pretrained = read_section(params, "encoder", Encoder).pretrained
    folder = resolve(pretrained)
    if pretrained == "scratch" or not folder.is_dir():
        return
    check_architecture(read_config(folder), where=str(folder))
    read_vocabulary(load_tokenizer(folder), folder)


if __name__ == "__main__":
    run(main)
