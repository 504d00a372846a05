"""Training without a project: the tasks' rows are DataFrames, or tables anywhere."""

import os
import shutil
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pandas as pd
import pyarrow as pa

from mtbert.core.errors import InputError, located, renamed
from mtbert.core.outputs import new_folder
from mtbert.core.params import (
    Settings,
    read_json,
    read_section,
    read_yaml,
    validate,
    write_yaml,
)
from mtbert.core.schemas import text_schema
from mtbert.core.seeds import Seed
from mtbert.core.tasks import FileFormat, Split, Task, read_tasks
from mtbert.corpora.backbones import Encoder, fetch_encoder
from mtbert.corpora.validation import Data, read_task
from mtbert.experiments.plans import (
    Plan,
    check_encoder,
    check_examples,
    check_pooler,
    make_plans,
    read_origin,
)
from mtbert.experiments.strategies import resolve_strategies
from mtbert.experiments.train import KEPT, train_run
from mtbert.inference.model import TrainedModel
from mtbert.inference.tables import column, read_frame, write_frame
from mtbert.scaffold.files import TableFile
from mtbert.scaffold.labels import guess_metric
from mtbert.scaffold.proposal import Proposal
from mtbert.stages import PROJECT
from mtbert.tokenization.tables import tokenize_tables

NAME = "main"  # of the strategy


class TrainArguments(Settings):
    """Arguments of `train` that no file is written of before they are used."""

    seed: Seed
    strategy: Mapping[str, Any]


def train(
    tasks: Mapping[str, Mapping[str, Any]],
    strategy: Mapping[str, Any] | None = None,
    *,
    encoder: str = "scratch",
    seed: int = 1,
    out: str | Path | None = None,
    max_length: int = 128,
    report_to: str | None = None,
) -> TrainedModel:
    """Train one model for some tasks, with the loop and the options of the pipeline.

    The same rows, options and seed give the same weights as `dvc repro`. Seeds the generators of
    Python, NumPy and torch; switches torch to deterministic algorithms.

    Args:
        tasks: By name, entries as in section `tasks` of params.yaml: `columns`, `labels`, and as
            `files` the rows of train, dev and maybe test, DataFrames or paths of tables.
        strategy: Options of `train` to change, as {"epochs": 3}; others as `mtbert init` proposes.
        encoder: scratch, a folder, or a name on the Hugging Face hub.
        seed: Decides weights, order and dropout.
        out: Folder to write, laid out as data/; the same call resumes an interrupted one. Without
            it all is temporary, and the model's `save` keeps it.
        max_length: Longest sequence in tokens, special tokens included.
        report_to: Trackers, such as "tensorboard,dvclive"; by default those of MTBERT_REPORT_TO.

    Raises:
        InputError: an option, a column or a row does not fit, or the training diverged.
    """
    strategy = validate(
        TrainArguments, {"seed": seed, "strategy": strategy or {}}, where=""
    ).strategy
    folder, outputs = _new_outputs(out, seed)
    with TemporaryDirectory() as work, ExitStack() as stack:
        if out is None:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        plan, own = _prepare(Path(work), tasks, strategy, encoder, max_length)
        options: dict[str, Any] = {"tasks": own, "report_to": report_to, "last": False}
        with _opened(outputs, temporary=out is None) as (run, logs):
            train_run(plan, seed=seed, folder=run, log_folder=logs, **options)
        model = TrainedModel(outputs[0] / "best")
        weakref.finalize(model, stack.pop_all().close)
    return model


def _new_outputs(out: str | Path | None, seed: int) -> tuple[Path, list[Path]]:
    """The folder to write, temporary without `out`, and those of the run and its log in it."""
    folder = Path(mkdtemp() if out is None else out)
    outputs = [folder / name / f"{NAME}-{seed}" for name in ("runs", "logs")]
    if existing := [path for path in outputs if path.exists()]:
        raise InputError(f"{existing[0]}: exists already; give another folder or seed")
    # Has to be set before a GPU is used, for results that repeat.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return folder, outputs


@contextmanager
def _opened(outputs: Sequence[Path], *, temporary: bool) -> Iterator[list[Path]]:
    """Folders that become the outputs at the end; of those that stay, a failed run is resumed."""
    with ExitStack() as stack:
        if not temporary:
            yield [stack.enter_context(new_folder(path, unfinished=True)) for path in outputs]
            return
        for path in outputs:
            path.mkdir(parents=True)
        try:
            yield list(outputs)
        except InputError as error:
            # What the message says of kept weights does not hold here.
            raise InputError(str(error).partition(f"\n{KEPT}")[0]) from None


def _prepare(
    work: Path,
    tasks: Mapping[str, Mapping[str, Any]],
    strategy: Mapping[str, Any],
    encoder: str,
    max_length: int,
) -> tuple[Plan, Mapping[str, Task]]:
    """Do in a folder what the stages before training do; give the plan, and the tasks."""
    params, source, tokens = work / "params.yaml", work / "encoder", work / "tokens"
    for path in (source, tokens):
        path.mkdir()
    where = str(params)
    # These files are none that the user has written.
    with (
        renamed(f"{work}/", ""),
        renamed(f"{params}: ", ""),
        renamed(f"strategies.{NAME}", "strategy"),
    ):
        own = _write_params(params, tasks, strategy, encoder)
        for name, task in own.items():
            _write_rows(work / name, name, task, tasks[name]["files"])
        own = _write_proposed(params, own)
        fetch_encoder(read_section(params, "encoder", Encoder), source, where="encoder")
        strategies = resolve_strategies(params, encoder=read_origin(source).kind)
        check_encoder(strategies, read_json(source / "config.json"), where=where)
        check_pooler(strategies, source, where=where)
        tables, data = {}, read_section(params, "data", Data)
        for name, task in own.items():
            for split, examples in read_task(work / name, name, task, data):
                tables[name, str(split)] = pa.Table.from_pylist(examples.usable, text_schema())
        tokenize_tables(tables, source, tokens, max_length=max_length, where="max_length")
        facts: dict[str, Any] = {"source": "DataFrames", "augmented": work / "augmented"}
        plans = make_plans(strategies, tasks=own, tokens=tokens, encoder=source, **facts)
        check_examples(plans, where=where)
    return plans[0], own


def _write_params(
    path: Path,
    tasks: Mapping[str, Mapping[str, Any]],
    strategy: Mapping[str, Any],
    encoder: str,
) -> dict[str, Task]:
    """Write params.yaml with some tasks, and read them."""
    content = read_yaml(PROJECT / "params.yaml")
    content["encoder"]["pretrained"] = encoder
    content["strategies"] = {NAME: dict(strategy)}
    content["tasks"] = {name: _entry(name, entry) for name, entry in tasks.items()}
    write_yaml(path, content)
    return read_tasks(path)


def _write_proposed(path: Path, own: Mapping[str, Task]) -> dict[str, Task]:
    """Write what `mtbert init` proposes for the tasks, by the rows beside params.yaml."""
    content = read_yaml(path)
    every = {name: _proposal(path.parent / name, name, task) for name, task in own.items()}
    for name, it in every.items():
        content["tasks"][name].setdefault("metric", it.metric)
    content["train"] |= {
        "tasks": list(own),
        "encoding": {name: it.encoding for name, it in every.items() if it.encoding},
        "heads": {name: it.head for name, it in every.items()},
        "objectives": {name: it.objective for name, it in every.items()},
        "batch_size": {name: it.batch_size for name, it in every.items()},
        "examples": {},
        "resampling": {},
    }
    write_yaml(path, content)
    return read_tasks(path)


def _proposal(folder: Path, name: str, task: Task) -> Proposal:
    form = FileFormat(format="parquet")
    paths: dict[Split, Path] = {split: folder / f"{split}.parquet" for split in ("train", "dev")}
    files = {split: TableFile(path, form, pd.read_parquet(path)) for split, path in paths.items()}
    values = [text for table in files.values() for text in table.texts(task.columns.label)]
    labels = task.labels.model_dump()
    metric = guess_metric(labels, values) if values else None
    return Proposal(name, files, task.columns, labels, metric, None, ())


def _entry(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of section `tasks` whose files are those that `_write_rows` writes."""
    files = entry.get("files")
    if not isinstance(files, Mapping):
        raise InputError(f"tasks.{name}.files: expected rows of train and dev, found {files!r}")
    return {**entry, "format": "parquet", "files": {split: f"{split}.parquet" for split in files}}


def _write_rows(
    folder: Path, name: str, task: Task, rows: Mapping[str, "pd.DataFrame | str | Path"]
) -> None:
    """Write a task's columns, as text: that is how all other files come."""
    for split, given in rows.items():
        where = f"tasks.{name}.files.{split}"
        with located(where):
            frame = given if isinstance(given, pd.DataFrame) else read_frame(Path(given))
        names = task.columns.model_dump(exclude_none=True)
        if split == "test" and names["label"] not in frame.columns:
            del names["label"]
        texts = {
            own: ["" if value is None else str(value) for value in column(frame, own, where=where)]
            for own in names.values()
        }
        write_frame(folder / f"{split}.parquet", pd.DataFrame(texts, dtype=str))
