"""A task is data: its files, columns and labels. The loop knows no task's name."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.labels import MAIN_METRICS, Binary, Classes, Labels, Similarity
from mtbert.core.names import check_name
from mtbert.core.params import Settings, read_yaml, validate

# A task's labels are part of it.
__all__ = ["Binary", "Classes", "Labels", "Similarity"]

SPLITS = ("train", "dev", "test")
Split = Literal["train", "dev", "test"]

# Format of separated text -> what stands between two fields
SEPARATORS = {"tsv": "\t", "csv": ","}
# Names become parts of file names and of columns, on any system.
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Name of the score that combines the tasks' scores
OVERALL = "overall"
# Names become keys of torch's ModuleDict too, which refuses those of its own attributes; and a
# mapping with the key `name` is a method, not a value for each task.
RESERVED = frozenset(
    """
    name add_module apply bfloat16 buffers call_super_init children clear compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu items keys load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters pop register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type update values xpu
    zero_grad
    """.split()  # noqa: SIM905 - a list would take a line for each
)
# The three tasks of the CS224N leaderboard, and the metric of each that counts there.
LEADERBOARD = {"sst": "accuracy", "para": "accuracy", "sts": "pearson"}


# A column by its name or, in files without a header, its number
Column = Annotated[str, BeforeValidator(lambda name: str(name) if type(name) is int else name)]


class Columns(Settings):
    """Names of the columns in a task's files.

    Without `id` an example is called `{split}-{row number}`; without `text_b` the task is on single
    texts.
    """

    id: Column | None = None
    text_a: Column
    text_b: Column | None = None
    label: Column

    @model_validator(mode="after")
    def _distinct(self) -> "Columns":
        columns = self.model_dump(exclude_none=True)
        if len(set(columns.values())) < len(columns):
            raise ValueError(f"each key needs a column of its own, found {columns}")
        return self


class SubmissionFile(Settings):
    """A task's submission file: its name for a split, and the heading of its column."""

    file: str
    column: str = "Predicted_Label"

    @field_validator("file")
    @classmethod
    def _per_split(cls, file: str) -> str:
        if "{split}" not in file or set(file.replace("{split}", "")) & set("{}/\\"):
            raise ValueError(
                "must be a file name with {split} in it, without folders and other braces, "
                f"found {file!r}"
            )
        return file


class FileFormat(Settings):
    """How files hold rows; those of text may be gzipped."""

    format: Literal["tsv", "csv", "jsonl", "parquet"] = "tsv"  # the course's .csv have tabs
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    header: bool = True  # false: columns are called 0, 1, …
    # Whether quotes around a field are no part of it; null: yes, if all quotes are well placed
    quoting: bool | None = None

    @model_validator(mode="after")
    def _of_separated_text(self) -> "FileFormat":
        given = [key for key in ("delimiter", "quoting") if getattr(self, key) is not None]
        given += ["header"] * (not self.header)
        if given and self.format not in SEPARATORS:
            raise ValueError(f"{given[0]} is for tsv and csv, found format {self.format}")
        if self.delimiter in ('"', "\n", "\r"):
            raise ValueError(f"delimiter: no quote and no line end, found {self.delimiter!r}")
        return self

    @property
    def separator(self) -> str:
        """What stands between two fields of a line."""
        return self.delimiter or SEPARATORS[self.format]


class Task(FileFormat):
    """One entry of section `tasks`."""

    title: str
    folder: Annotated[str, Field(min_length=1)] | None = None  # of its files, if not data.source
    files: dict[Split, str]
    columns: Columns
    labels: Labels
    metric: str | None = None  # `mtbert.evaluation.metrics` has the names
    predictions: SubmissionFile

    @field_validator("files")
    @classmethod
    def _train_and_dev(cls, files: dict[str, str]) -> dict[str, str]:
        if absent := {"train", "dev"} - set(files):
            raise ValueError(f"a task needs train and dev files, missing: {', '.join(absent)}")
        if len(set(files.values())) < len(files):
            raise ValueError(f"each split needs a file of its own, found {files}")
        if paths := [file for file in files.values() if Path(file).name != file]:
            raise ValueError(f"plain file names, their folder stands in `folder`; found {paths[0]}")
        return files

    @property
    def main_metric(self) -> str:
        """The metric that the best epoch is chosen by and that reports show first."""
        return self.metric or MAIN_METRICS[self.labels.kind]

    @property
    def paired(self) -> bool:
        """Whether an example is a pair of texts."""
        return self.columns.text_b is not None


def read_tasks(path: Path) -> dict[str, Task]:
    """Read section `tasks` of a params file."""
    entries = read_yaml(path).get("tasks")
    if not isinstance(entries, Mapping) or not entries:
        raise InputError(f"{path}: tasks: expected a mapping of task names, found {entries!r}")
    tasks = {}
    for name, given in entries.items():
        if not NAME.fullmatch(str(name)) or name == OVERALL:
            raise InputError(
                f"{path}: tasks: a name is a letter a-z, then a-z, 0-9 and _ only, and not "
                f"{OVERALL!r}, which is the combined score; found {name!r}"
            )
        check_name(name, where=f"{path}: tasks")
        if name in RESERVED:
            raise InputError(
                f"{path}: tasks: a task cannot be called {name!r}, which torch or {{name: method}} "
                f"uses; another name will do, {name}_task for instance"
            )
        defaults = {"title": name, "predictions": {"file": f"{name}-{{split}}-output.csv"}}
        completed = {**defaults, **given} if isinstance(given, Mapping) else given
        tasks[str(name)] = validate(Task, completed, where=f"{path}: tasks.{name}")
    # All submission files lie in one folder.
    owners: dict[str, str] = {}
    for name, task in tasks.items():
        for split in SPLITS:
            file = task.predictions.file.replace("{split}", split)
            if (owner := owners.setdefault(file, name)) != name:
                raise InputError(
                    f"{path}: tasks.{name}.predictions.file: {file} is tasks.{owner}'s already; "
                    f"each task needs names of its own, found {task.predictions.file!r}"
                )
    return tasks


def tasks_of_plan(tasks: Mapping[str, Task], names: list[str], plan: Path) -> dict[str, Task]:
    """Select the tasks that the file `plan` names; an InputError names one that is gone."""
    if gone := [name for name in names if name not in tasks]:
        raise InputError(f"{plan}: {choices('task', gone[0], tasks)}; `dvc repro` makes it anew")
    return {name: tasks[name] for name in names}
