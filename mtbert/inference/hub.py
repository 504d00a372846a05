"""Checkpoints on the Hugging Face hub: fetched, or uploaded with a model card."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from mtbert.core.errors import InputError
from mtbert.corpora.backbones import snapshot
from mtbert.inference.model_facts import ModelFacts
from mtbert.modeling.checkpoint import ALL_FILES

NAME = re.compile(r"(?P<repository>[\w-][\w.-]*/[\w-][\w.-]*)(@(?P<revision>[\w./-]+))?", re.ASCII)
FILES = ("*.safetensors", "*.json", "*.txt")


def checkpoint_folder(name: str | Path) -> Path:
    """A folder itself, or that of what a name on the hub stands for.

    A Path is always a folder's, and so is a name whose first part is a folder here: nobody else
    supplies the model for a mistyped path.

    Raises:
        InputError: the hub has no such repository, or cannot be reached.
    """
    match = None if isinstance(name, Path) else NAME.fullmatch(name)
    if match is None or Path(name).exists():
        return Path(name)
    first = Path(name).parts[0]
    if Path(first).is_dir():
        raise InputError(
            f"{name}: no such folder; not looked for on the hub, as there is a folder {first}"
        )
    where = f"{name}: no such folder, and as a name on the hub"
    return snapshot(match["repository"], match["revision"], FILES, where=where)


def uploaded_files(facts: ModelFacts, card: str) -> dict[str, Path | bytes]:
    """What is uploaded, by name: a checkpoint's files, without local paths in them, and the card.

    The checkpoint's own folder stays as it is: it is an output of the pipeline.
    """
    folder = facts.checkpoint
    paths = sorted(path for pattern in FILES for path in folder.rglob(pattern))
    content = json.dumps(facts.manifest.model_dump(mode="json"), indent=1, ensure_ascii=False)
    return {
        **{path.relative_to(folder).as_posix(): path for path in paths},
        "mtbert.json": f"{content}\n".encode(),
        "README.md": card.encode(),
    }


def upload(files: Mapping[str, Path | bytes], repository: str, *, public: bool = False) -> str:
    """Create a repository if there is none, and upload files; give the address of its page.

    What another checkpoint left there, and this one has not, is deleted: libraries would read it.

    Raises:
        InputError: there is no token, or the hub refuses.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token

    if get_token() is None:
        raise InputError(
            "no token for the Hugging Face hub: `hf auth login` stores one, or set HF_TOKEN; it "
            "needs the right to write, from https://huggingface.co/settings/tokens"
        )
    api = HfApi(library_name="mtbert")
    try:
        address = api.create_repo(repository, private=not public, exist_ok=True)
        stale = ALL_FILES.intersection(api.list_repo_files(repository)).difference(files)
        changes: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(name, content) for name, content in files.items()),
            *map(CommitOperationDelete, sorted(stale)),
        ]
        message = "Upload a checkpoint of mtbert"
        api.create_commit(repository, changes, commit_message=message)
    # The client raises errors of three layers: of HTTP, of the hub, of the disk.
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        raise InputError(f"{repository}: cannot be uploaded to the hub ({reason})") from None
    return str(address)


def check_repository(repository: str) -> None:
    """Refuse what cannot be a repository's name, before anything is read."""
    match = NAME.fullmatch(repository)
    if match is None or match["revision"]:
        raise InputError(
            f"REPOSITORY: expected NAME/REPOSITORY, as in https://huggingface.co/NAME/REPOSITORY, "
            f"found {repository!r}"
        )
