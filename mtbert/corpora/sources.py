"""The corpora's sources: the embedded sample, the course's repository, a folder of the user's."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mtbert.corpora.fetching import fetch, git_blob_sha1
from mtbert.corpora.folders import project_root, resolve
from mtbert.errors import InputError, choices
from mtbert.outputs import WORK, write_text
from mtbert.tasks import Task

SAMPLE = Path("data/sample")

# The public course repository, pinned.
COMMIT = "7ac8260577fc12a86c7aaf38918056c30054ef39"
URL = f"https://raw.githubusercontent.com/gpoesia/minbert-default-final-project/{COMMIT}/data"

# File -> git blob id at that commit.
BLOBS = {
    "ids-cfimdb-dev.csv": "8a0f5dcf3d40189b96c801a12cd79bf8003e61de",
    "ids-cfimdb-test-student.csv": "1e789c709b3ca0511f027a309b6d8bd21cde41b2",
    "ids-cfimdb-train.csv": "cd57bcbd2f7214ea6dd1783d3e885d324b1f478d",
    "ids-sst-dev.csv": "3171aa629a340809d2db4a50df8f6e5ec9420ab0",
    "ids-sst-test-student.csv": "bbd2313758825f86e24416d6aad64cd93370cf7a",
    "ids-sst-train.csv": "9cb7333cb1dae49c2bd2a4b56a24882a6e8704b5",
    "quora-dev.csv": "de7cfa32428fd470b93f778fccc45a619e01336f",
    "quora-test-student.csv": "f257ef00558555afb50819578a58205732b16354",
    "quora-train.csv": "a3b5546f6a0e65b60a328a5d294d1038f5bed1da",
    "sts-dev.csv": "9392860e584717976b8d817cc40c9e6ceeec27e0",
    "sts-test-student.csv": "25f0cf8fafdd1f82b9e2bb460c708af34341ce60",
    "sts-train.csv": "12b17760e7795fee35aeeabc290d5651de02622a",
}

# Beginning of a file's name -> terms of its corpus.
TERMS = {
    "ids-sst": "Stanford Sentiment Treebank (Socher et al. 2013): for research, no licence stated",
    "quora": "Quora Question Pairs: Quora's Terms of Service, non-commercial use",
    "sts": "STS Benchmark (Cer et al. 2017): licences differ by part, see its LICENSE.txt",
    "ids-cfimdb": "CFIMDB, made from IMDb reviews: for research, no licence stated",
}
OURS = "Apache-2.0, written for this project"
UNKNOWN = "given by the user; the terms are those of its owner"


def file_names(tasks: Iterable[Task]) -> list[str]:
    """The distinct files that the tasks name, sorted.

    Raises:
        InputError: a name is a path.
    """
    names = sorted({name for task in tasks for name in task.files.values()})
    if paths := [name for name in names if Path(name).name != name]:
        raise InputError(
            f"tasks: files: expected plain file names, found {', '.join(paths)}; "
            "give their folder as data.source"
        )
    return names


def collect(
    source: str, names: list[str], out: Path, *, where: str = "data.source", url: str = URL
) -> None:
    """Bring the named files of a source into the folder `out`, with `SOURCE.json` beside them.

    Args:
        source: `sample`, `cs224n`, or a folder.
        names: the files wanted.
        out: an existing folder.
        where: opens the message of an error: the params file and key of the source.
        url: where the course's files lie.

    Raises:
        InputError: no such source, a file is missing, or a file cannot be fetched as it should be.
    """
    if source == "cs224n":
        origin: dict[str, Any] = {"url": url, "commit": COMMIT}
        found = fetch_course(names, where=where, url=url)
    else:
        origin = {}
        found = find_files(folder_of(source, where=where), names)
    for name, path in found.items():
        shutil.copyfile(path, out / name)
    files = {
        name: {
            "bytes": (out / name).stat().st_size,
            "git_blob_sha1": git_blob_sha1(out / name),
            "terms": _terms(source, name),
        }
        for name in names
    }
    facts = {"source": source, **origin, "files": files}
    write_text(out / "SOURCE.json", json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def _terms(source: str, name: str) -> str:
    if source == "cs224n":
        return next(text for prefix, text in TERMS.items() if name.startswith(prefix))
    return OURS if source == "sample" else UNKNOWN


def fetch_course(names: list[str], *, where: str, url: str) -> dict[str, Path]:
    """Fetch and verify the course's files; those of an earlier, broken run are not fetched again.

    Raises:
        InputError: the course has no such file, or it cannot be fetched as it should be.
    """
    for name in names:
        if name not in BLOBS:
            raise InputError(f"{where}: cs224n: {choices('file', name, BLOBS)}")
    downloads = project_root() / WORK / "downloads"
    return {name: fetch(f"{url}/{name}", BLOBS[name], downloads) for name in names}


def check_source(source: str, *, where: str) -> None:
    """Make sure that a source is a known word or a folder, without opening a connection.

    Raises:
        InputError: it is neither.
    """
    if source != "cs224n":
        folder_of(source, where=where)


def folder_of(source: str, *, where: str) -> Path:
    """The folder that a source stands for.

    Raises:
        InputError: it is neither a known word nor a folder.
    """
    folder = SAMPLE if source == "sample" else resolve(source)
    if not folder.is_dir():
        known = choices("source", source, ("sample", "cs224n"))
        raise InputError(f"{where}: {known}, or a folder; there is no folder {folder}")
    return folder


def find_files(folder: Path, names: list[str]) -> dict[str, Path]:
    """Find files in a folder.

    Raises:
        InputError: some are missing, with what was looked for, what is there, and near names.
    """
    there = [path.name for path in folder.iterdir() if path.is_file()]
    missing = [name for name in names if name not in there]
    if missing:
        faults = [f"{folder}: {choices('file', name, there or ['none'])}" for name in missing]
        raise InputError("\n".join([*faults, f"{folder}: looked for {', '.join(names)}"]))
    return {name: folder / name for name in names}
