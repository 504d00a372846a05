"""`mtbert check`: check every section of a params file before any stage has spent time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

SHARED = (
    *("data", "tasks", "encoder", "lexicons", "augment", "tokenize", "pretrain"),
    *("train", "recipes"),
)
# What a project has beside them, and what the folder of the studies has instead
PROJECT = ("strategies", "seeds", "report")
STUDIES = ("budget", "budgets")


def check(
    params: Annotated[Path, typer.Option(help="The params file.")] = Path("params.yaml"),
) -> None:
    """Check every section of a params file, and run nothing.

    Each stage checks its own sections when it runs; this finds a misspelt word of the last stage
    first. In the folder of the studies it checks every study and the claims too.

    Example: mtbert check
    """
    from mtbert.core.errors import InputError, choices
    from mtbert.core.params import read_section, read_yaml
    from mtbert.core.tasks import read_tasks
    from mtbert.corpora.sources import find
    from mtbert.corpora.validation import Data
    from mtbert.pretraining.settings import PretrainSettings
    from mtbert.tokenization.inputs import TokenizeSettings

    given = read_yaml(params)
    studies = "budgets" in given
    sections = (*SHARED, *(STUDIES if studies else PROJECT))
    if unknown := [name for name in given if name not in sections]:
        faults = [f"{params}: {choices('section', name, sections)}" for name in unknown]
        raise InputError("\n".join(faults))
    tasks = read_tasks(params)
    find(read_section(params, "data", Data).source, tasks, where=str(params))
    check_augment(params)
    read_section(params, "tokenize", TokenizeSettings)
    pretrain = read_section(params, "pretrain", PretrainSettings)
    pretrain.check_tasks(tasks, where=f"{params}: pretrain")
    if pretrain.epochs:
        check_language_model(params)
    if studies:
        check_studies(params)
    else:
        check_project(params)
    print(f"{params}: every section fits")


def check_project(params: Path) -> None:
    """Check the strategies, the seeds and the report's section of a project.

    Raises:
        InputError: naming the key at fault.
    """
    from mtbert.reporting.scope import read_scope

    check_strategies(params, [])
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
    from mtbert.corpora.lexicons import LexiconSettings, check_lexicons

    lexicons = read_section(params, "lexicons", LexiconSettings)
    augment = read_augment(params, read_tasks(params))
    there = check_lexicons(lexicons, where=str(params))
    for place, kind in needs(augment):
        if kind not in there:
            raise InputError(
                f"{params}: augment.{place}: needs {kind}, and lexicons.source {lexicons.source} "
                f"has {', '.join(sorted(there)) or 'nothing'}; opinion words come from "
                "lexicons.opinion_words, all else from `public` or a folder that has it"
            )


def check_strategies(params: Path, studies: Sequence[Path]) -> None:
    """Check the encoder, and the strategies of the params file or the experiments of studies.

    Raises:
        InputError: naming the key at fault.
    """
    from mtbert.augmentation.settings import read_augment
    from mtbert.core.params import read_section
    from mtbert.core.tasks import read_tasks
    from mtbert.corpora.backbones import Encoder
    from mtbert.corpora.folders import resolve
    from mtbert.experiments.plans import check_encoder, check_extra_data, check_pooler
    from mtbert.experiments.strategies import resolve_strategies
    from mtbert.studies.study import read_experiments

    encoder = read_section(params, "encoder", Encoder)
    config = encoder.check(where=f"{params}: encoder.pretrained")
    kind = "scratch" if encoder.pretrained == "scratch" else "pretrained"
    checked = {path: read_experiments(path, params, encoder=kind) for path in studies}
    if not studies:
        checked = {params: resolve_strategies(params, encoder=kind)}
    sets, folder = read_augment(params, read_tasks(params)).sets, resolve(encoder.pretrained)
    for path, strategies in checked.items():
        check_extra_data(strategies, sets, where=str(path))
        # That of a name on the hub is known when it has been fetched: `plan` checks it again.
        if config is not None:
            check_encoder(strategies, config, where=str(path))
        if folder.is_dir() and kind == "pretrained":
            check_pooler(strategies, folder, where=str(path))


def check_studies(params: Path) -> None:
    """Check every experiment of every study at the budget at work, and what the claims name.

    Raises:
        InputError: naming the file and the key at fault, or the folder if it has no study.
    """
    from mtbert.claims.claim import read_claims
    from mtbert.core.errors import InputError
    from mtbert.studies.budgets import read_budget
    from mtbert.studies.study import read_study

    folder = params.parent
    files = sorted(folder.glob("*/params.yaml"))
    if not files:
        raise InputError(f"{folder}: expected NAME/params.yaml for each study, found none")
    read_budget(params)
    check_strategies(params, files)
    experiments = {path.parent.name: read_study(path).strategies for path in files}
    read_claims(folder / "claims.yaml", known=experiments)


def check_language_model(params: Path) -> None:
    """Refuse to pre-train an encoder further that is at hand and has no masked language model.

    Raises:
        InputError: it is one of its architecture or of its tokenizer.
    """
    from mtbert.core.params import read_section
    from mtbert.corpora.backbones import Encoder
    from mtbert.corpora.folders import resolve
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
