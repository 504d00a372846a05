"""The corpora's sources: the embedded sample, the course's repository, user folders."""

import shutil
from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from mtbert.core.errors import InputError, choices
from mtbert.core.tasks import Task
from mtbert.corpora import folders
from mtbert.corpora.fetching import digest_fault, fetch

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
SHOWN = 12  # names of files that a message lists


def fetch_corpora(
    source: str, tasks: Mapping[str, Task], out: Path, *, where: str = "params"
) -> None:
    """Fetch the tasks' files into `{out}/{task}/`, and write `SOURCE.json` beside these folders.

    `source` (`sample`, `cs224n`, or a folder) has the files of tasks without a folder of their own.

    Raises:
        InputError: no such source or folder, a file is missing, a download fails or its digest
            differs; the message begins with `where`, the params file.
    """
    # What is missing is reported before anything is fetched.
    places = find_corpus_folders(source, tasks, where=where)
    files = {}
    for name, task in tasks.items():
        (out / name).mkdir()
        for file in task.files.values():
            folder, copy = places[name], out / name / file
            if folder is None:
                fault = partial(digest_fault, folders.git_blob_sha1, BLOBS[file])
                shutil.copyfile(fetch(f"{URL}/{file}", BLOBS[file], fault), copy)
            else:
                shutil.copyfile(folder / file, copy)
            facts = {"bytes": copy.stat().st_size, "git_blob_sha1": folders.git_blob_sha1(copy)}
            if task.folder is not None:
                facts |= {"folder": task.folder, "terms": folders.UNKNOWN}
            else:
                public = TERMS if source == "cs224n" else {}
                facts["terms"] = folders.terms_of(file, source, public)
            files[f"{name}/{file}"] = facts
    origin = {"url": URL, "commit": COMMIT} if None in places.values() else {}
    folders.write_json(out / "SOURCE.json", {"source": source, **origin, "files": files})


def find_corpus_folders(
    source: str, tasks: Mapping[str, Task], *, where: str
) -> dict[str, Path | None]:
    """Find the folder of each task's files, without opening a connection.

    Returns:
        Task -> folder; None for the course's files, which have to be fetched.

    Raises:
        InputError: a source or folder does not exist, or lacks files, each with the nearest names
            that do.
    """
    places: dict[str, Path | None] = {}
    faults = []
    for name, task in tasks.items():
        if task.folder is not None:
            folder: Path | None = folders.resolve(task.folder)
        elif source == "cs224n":
            folder = None
        else:
            folder = folders.source_folder(
                source, sample=folders.SAMPLE, other="cs224n", where=f"{where}: data.source"
            )
        if folder is not None and not folder.is_dir():
            raise InputError(f"{where}: tasks.{name}.folder: there is no folder {folder}")
        places[name] = folder
        files = [path.name for path in folder.iterdir() if path.is_file()] if folder else [*BLOBS]
        for split, file in task.files.items():
            if file not in files:
                near = get_close_matches(file, files, n=SHOWN, cutoff=0.0) or ["none"]
                own = "" if task.folder else f"; one of your own lies in tasks.{name}.folder"
                fault = choices(f"file of {folder or source}", file, near) + own
                faults.append(f"{where}: tasks.{name}.files.{split}: {fault}")
    if faults:
        raise InputError("\n".join(faults))
    return places
