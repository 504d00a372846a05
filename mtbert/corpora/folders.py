"""Folders that the params file names, and the SOURCE.json of those that `download` fills."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError, choices
from mtbert.core.outputs import write_text
from mtbert.core.params import read_json

SAMPLE = Path("data/sample")
UNKNOWN = "given by the user; the terms are those of its owner"


def project_root() -> Path:
    """The user's project, also from within an experiment's temporary copy.

    `dvc exp run --queue` and `--temp` run the stages in `<root>/.dvc/tmp/exps/.../<name>`, which
    holds what git knows and nothing else.
    """
    here = Path.cwd()
    for inner in (here, *here.parents):
        if inner.parts[-3:] == (".dvc", "tmp", "exps"):
            return inner.parents[2]
    return here


def resolve(folder: str) -> Path:
    """Resolve a folder that the user gave relative to the project (or absolute, or with `~`).

    In an experiment's copy, a folder outside the project, or one that git does not know and the
    copy therefore lacks, is the one seen from the project itself.
    """
    path = Path(folder).expanduser()
    here = Path.cwd()
    inside = not path.is_absolute() and (here / path).resolve().is_relative_to(here.resolve())
    return here / path if inside and (here / path).exists() else project_root() / path


def source_folder(source: str, *, sample: Path, other: str, where: str) -> Path:
    """Find the folder of a source that is `sample` or a user folder.

    Raises:
        InputError: there is none; the message begins with `where`, and names the word `other`,
            which the key allows too.
    """
    folder = sample if source == "sample" else resolve(source)
    if not folder.is_dir():
        fault = choices("source", source, ("sample", other))
        raise InputError(f"{where}: {fault}, or a folder; there is no folder {folder}")
    return folder


def origin_of(corpora: Path, task: str) -> Path:
    """The folder whose files `fetch_corpora` copied to `{corpora}/{task}`, as the user gave it.

    Of files from the web, and without SOURCE.json, it is that copy.
    """
    record, copy = corpora / "SOURCE.json", corpora / task
    if not record.is_file():
        return copy
    facts = read_json(record)
    own = [row for file, row in facts["files"].items() if file.startswith(f"{task}/")]
    if own and "folder" in own[0]:
        return Path(own[0]["folder"])
    source = facts["source"]
    return {"sample": SAMPLE, "cs224n": copy}.get(source, Path(source))


def terms_of(name: str, source: str, public: Mapping[str, str]) -> str:
    """Give the terms of use of a file; `public` has those of public files, by their beginning."""
    if source == "sample":
        return "Apache-2.0, written for this project"
    return next((terms for prefix, terms in public.items() if name.startswith(prefix)), UNKNOWN)


def git_blob_sha1(path: Path) -> str:
    """Git's id of a file's content: SHA-1 of `blob <size>`, a zero byte, and the content."""
    content = path.read_bytes()
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_and_sha256(path: Path) -> dict[str, Any]:
    """Facts of a file for SOURCE.json."""
    return {"bytes": path.stat().st_size, "sha256": sha256(path)}


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write SOURCE.json or config.json."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
