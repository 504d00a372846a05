"""What `mtbert check` checks before any stage runs: a params file, and the tasks' files."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mtbert.augmentation.settings import Augment, read_augment, required_lexicons
from mtbert.claims.claim import read_claims
from mtbert.core.commands import warn
from mtbert.core.errors import InputError, choices
from mtbert.core.params import read_section, read_yaml
from mtbert.core.seeds import read_seeds
from mtbert.core.tasks import Task, read_tasks
from mtbert.corpora.backbones import Encoder
from mtbert.corpora.folders import resolve
from mtbert.corpora.lexicons import LexiconSettings, check_lexicons
from mtbert.corpora.sources import find_corpus_folders
from mtbert.corpora.validation import Data, read_task
from mtbert.evaluation.ensembles import check_tasks, read_ensembles
from mtbert.experiments.plans import check_encoder, check_extra_data, check_pooler
from mtbert.experiments.soup import check_models, refuse_starts
from mtbert.experiments.strategies import TrainSettings, resolve_strategies
from mtbert.modeling.encoder import read_config
from mtbert.pretraining.language_model import check_architecture
from mtbert.pretraining.masking import read_vocabulary
from mtbert.pretraining.settings import PretrainSettings
from mtbert.reporting.scope import read_scope
from mtbert.scaffold.pipeline import VERSION
from mtbert.studies.study import read_experiments, read_study
from mtbert.tokenization.agreement import check_tokenizer
from mtbert.tokenization.inputs import TokenizeSettings
from mtbert.tokenization.vocabulary import load_tokenizer

CORPORA = ("data", "tasks", "lexicons", "augment")
SHARED = (*CORPORA, "tokenize", "encoder", "pretrain", "train", "recipes")
# What a project has beside them, and what the folder of the studies has instead
PROJECT = ("mtbert", "strategies", "seeds", "ensembles", "report")
STUDIES = ("budget", "budgets")


def check_params(params: Path) -> str:
    """Check every section of a params file, every row of the files here, and studies and claims.

    Returns:
        Which files were read, and which are still to be fetched.

    Raises:
        InputError: naming the file and the key or the line at fault.
    """
    studies = _check_sections(params, read_yaml(params))
    tasks = read_tasks(params)
    read = _check_files(read_section(params, "data", Data), tasks, where=str(params))
    augment = read_augment(params, tasks)
    _check_lexicons(params, augment)
    read_section(params, "tokenize", TokenizeSettings)
    pretrain = read_section(params, "pretrain", PretrainSettings)
    pretrain.check_tasks(tasks, where=f"{params}: pretrain")
    encoder = read_section(params, "encoder", Encoder)
    config = encoder.check(where=f"{params}: encoder.pretrained")
    kind = "scratch" if encoder.pretrained == "scratch" else "pretrained"
    folder = resolve(encoder.pretrained)
    # An encoder that is still on the Hub is checked by `plan`, once it is fetched.
    local = kind == "pretrained" and folder.is_dir()
    if local:
        _check_folder(folder, pretrain)
    if studies:
        checked = _experiments(params, kind)
    else:
        checked = _strategies(params, kind)
        drawn = kind == "scratch" and pretrain.epochs == 0
        _check_ensembles(params, checked[params], drawn=drawn)
    for path, strategies in checked.items():
        check_extra_data(strategies, augment.sets, where=str(path))
        if config is not None:
            check_encoder(strategies, config, where=str(path))
        if local:
            check_pooler(strategies, folder, where=str(path))
    return read


def _check_sections(params: Path, sections: Mapping[str, Any]) -> bool:
    """Refuse unknown sections and another version; tell whether it is the file of the studies."""
    studies = "budgets" in sections
    allowed = (*SHARED, *(STUDIES if studies else PROJECT))
    unknown = [name for name in sections if name not in allowed]
    if faults := [f"{params}: {choices('section', name, allowed)}" for name in unknown]:
        raise InputError("\n".join(faults))
    if (wanted := sections.get(VERSION)) not in (None, installed := version("mtbert")):
        raise InputError(
            f"{params}: {VERSION}: {wanted}, and {installed} is installed; install that one, or "
            f"write {installed} here: all stages then run again"
        )
    return studies


def _check_files(data: Data, tasks: Mapping[str, Task], *, where: str) -> str:
    """Read the tasks' files as the stage `prepare` does; print its warnings, say what was read."""
    rows, files = 0, 0
    folders = find_corpus_folders(data.source, tasks, where=where)
    for name, folder in folders.items():
        for _, examples in () if folder is None else read_task(folder, name, tasks[name], data):
            rows, files = rows + examples.rows, files + 1
            for line in examples.warnings():
                warn(line)
    fetched = ", ".join(name for name, folder in folders.items() if folder is None)
    read = f"{rows:,} rows of {files} files read" if files else ""
    later = f"not read, as they are still to be fetched: files of {fetched}" if fetched else ""
    return "; ".join(filter(None, (read, later)))


def _check_folder(folder: Path, pretrain: PretrainSettings) -> None:
    """Check the tokenizer of an encoder and, where it is to be pre-trained, that it can be."""
    check_tokenizer(folder)
    if pretrain.epochs:
        check_architecture(read_config(folder), where=str(folder))
        read_vocabulary(load_tokenizer(folder), folder)


def _strategies(params: Path, kind: str) -> Mapping[Path, Mapping[str, TrainSettings]]:
    """Resolve the strategies of a project, by file; check its seeds and report."""
    read_scope(params)
    return {params: resolve_strategies(params, encoder=kind)}


def _check_ensembles(params: Path, strategies: Mapping[str, TrainSettings], *, drawn: bool) -> None:
    """Check a project's ensembles; `drawn`: each seed draws an encoder of its own."""
    seeds = read_seeds(params)
    for name, own in read_ensembles(params).items():
        where = f"{params}: ensembles.{name}"
        check_tasks({n: strategies[n].tasks for n in own.of}, where=f"{where}.of")
        if own.average == "weights":
            check_models({n: strategies[n] for n in own.of}, seeds=seeds, where=where)
            if drawn and len(seeds) > 1:
                runs = {f"{own.of[0]}-{seed}": f"random weights of seed {seed}" for seed in seeds}
                refuse_starts(runs, where=where)


def _experiments(params: Path, kind: str) -> Mapping[Path, Mapping[str, TrainSettings]]:
    """Resolve the experiments of every study at the active budget, by file; check the claims."""
    folder = params.parent
    files = sorted(folder.glob("*/params.yaml"))
    if not files:
        raise InputError(f"{folder}: expected NAME/params.yaml for each study, found none")
    experiments = {path: read_experiments(path, params, encoder=kind) for path in files}
    runs = {path.parent.name: read_study(path).runs() for path in files}
    read_claims(folder / "claims.yaml", runs)
    return experiments


def _check_lexicons(params: Path, augment: Augment) -> None:
    """Check the lexicons, where sets of new rows need any, and that they have what these need."""
    if not augment.sets:
        return
    lexicons = read_section(params, "lexicons", LexiconSettings)
    offered = check_lexicons(lexicons, where=str(params))
    for place, kind in required_lexicons(augment):
        if kind not in offered:
            raise InputError(
                f"{params}: augment.{place}: needs {kind}, and lexicons.source {lexicons.source} "
                f"has {', '.join(sorted(offered)) or 'nothing'}; opinion words come from "
                "lexicons.opinion_words, all else from `public` or a folder that has it"
            )
