"""Write the project that trains proposed tasks, or nothing."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError
from mtbert.core.names import check_name
from mtbert.core.outputs import write_text
from mtbert.core.params import read_yaml
from mtbert.core.tasks import SPLITS, Split
from mtbert.inference.tables import write_frame
from mtbert.scaffold.pipeline import params_text, pipeline_text
from mtbert.scaffold.proposal import Proposal
from mtbert.stages import PROJECT

# The package and where the tutorial installs it; weights of what `mtbert export` writes
IGNORED = ("*.whl", ".venv/", "*.onnx", "*.onnx.data", "*.safetensors")
LONG_TEXT = 90  # words, of about 128 tokens


@dataclass(frozen=True)
class Project:
    """A project in the current folder around a folder of files in it."""

    folder: str
    encoder: str
    proposals: Sequence[Proposal]

    @property
    def split_folder(self) -> str:
        """Folder of the files that are written anew, beside the user's."""
        return f"{self.folder}-split"

    def folder_of(self, own: Proposal) -> str:
        """Folder of a task's files."""
        return self.split_folder if own.copied else self.folder

    def files_of(self, own: Proposal) -> dict[Split, str]:
        """Names of a task's files."""
        if not own.copied:
            return {split: table.path.name for split, table in own.files.items()}
        splits = [split for split in SPLITS if split in own.files or split == "dev"]
        return {split: f"{own.name}-{split}.{own.format.format}" for split in splits}  # type: ignore[misc]

    def values(self) -> dict[str, Any]:
        """The values of params.yaml that the tasks decide."""
        every = self.proposals
        names, source = [own.name for own in every], self.folder_of(every[0])
        long = max(own.longest_text() for own in every) > LONG_TEXT
        return {
            "data.source": source,
            "tasks": {own.name: self._entry(own, source) for own in every},
            "encoder.pretrained": self.encoder,
            "tokenize.max_length": 256 if long else 128,
            "pretrain.tasks": names,
            "train.tasks": names,
            "train.encoding": {own.name: own.encoding for own in every if own.encoding},
            "train.heads": {own.name: own.head for own in every},
            "train.objectives": {own.name: own.objective for own in every},
            "train.batch_size": {own.name: own.batch_size for own in every},
            "train.examples": {own.name: "all" for own in every},
            "train.resampling": {},
            "strategies": {"main": {}},
            "ensembles": {},
            "report.title": Path(self.folder).name,
        }

    def _entry(self, own: Proposal, source: str) -> dict[str, Any]:
        """An entry of section `tasks`."""
        folder = self.folder_of(own)
        return {
            **({} if folder == source else {"folder": folder}),
            "format": own.format.format,
            **own.format.model_dump(exclude_defaults=True, exclude={"format"}),
            "files": self.files_of(own),
            "columns": own.columns.model_dump(exclude_none=True),
            "labels": own.labels,
            **({} if own.metric is None else {"metric": own.metric}),
        }

    @contextmanager
    def written(self) -> Iterator[Path]:
        """Write the project and give its params file; a fault in the block leaves nothing of it.

        Raises:
            InputError: something would be overwritten.
        """
        copied = [own for own in self.proposals if own.copied]
        folders = sorted({self.folder_of(own) for own in self.proposals})
        params, pipeline = Path("params.yaml"), Path("dvc.yaml")
        new = [params, pipeline, *map(Path, [self.split_folder] * bool(copied))]
        if existing := [path for path in new if path.exists()]:
            raise InputError(f"{existing[0]}: exists already; move it away, or start elsewhere")
        try:
            for own in copied:
                files = self.files_of(own)
                for split, frame in own.split_frames():
                    write_frame(Path(self.split_folder, files[split]), frame)
            write_text(params, params_text(self.values()))
            write_text(pipeline, pipeline_text(folders))
            yield params
            _ignore_files(Path(".gitignore"))
        except BaseException:
            for path in new:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            raise


def _ignore_files(path: Path) -> None:
    """Keep the package and exported weights out of `git add .`; DVC sees to those of runs."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if absent := [line for line in IGNORED if line not in lines]:
        write_text(path, "\n".join([*lines, *absent]) + "\n")


def check_project_folder(folder: Path) -> str:
    """Give a folder as params.yaml and dvc.yaml write it: relative to the current one.

    Raises:
        InputError: it does not exist, lies elsewhere, has a name that no path of a stage may have,
            or is one that the pipeline writes into.
    """
    if not folder.is_dir():
        what = (
            f"a file; expected its folder, {folder.parent}" if folder.exists() else "no such folder"
        )
        raise InputError(f"{folder}: {what}")
    here, path = Path.cwd().resolve(), folder.resolve()
    if path == here or not path.is_relative_to(here):
        raise InputError(
            f"{folder}: expected a folder inside the current one, {here}, which becomes the project"
        )
    inner = path.relative_to(here)
    for part in inner.parts:
        check_name(part, where=f"{folder}: rename a folder", dots=True)
    for stage in read_yaml(PROJECT / "dvc.yaml")["stages"].values():
        for out in (*stage.get("outs", []), *stage.get("metrics", [])):
            output = Path(next(iter(out)) if isinstance(out, dict) else out)
            if output.is_relative_to(inner) or inner.is_relative_to(output):
                raise InputError(
                    f"{folder}: the pipeline writes {output}; give the folder another name"
                )
    return inner.as_posix()
