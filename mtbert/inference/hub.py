"""Checkpoints on the Hugging Face hub: fetched, or uploaded with a model card."""

import json
import re
import shutil
from pathlib import Path

from mtbert.core.errors import InputError
from mtbert.core.outputs import write_text
from mtbert.corpora.backbones import snapshot
from mtbert.inference.model_card import ModelFacts

NAME = re.compile(r"(?P<repository>[\w-][\w.-]*/[\w-][\w.-]*)(@(?P<revision>[\w./-]+))?", re.ASCII)
FILES = ("*.safetensors", "*.json", "*.txt")


def checkpoint_folder(name: str | Path) -> Path:
    """A folder itself, or that of what a name on the hub stands for.

    Raises:
        InputError: the hub has no such repository, or cannot be reached.
    """
    match = NAME.fullmatch(str(name))
    if match is None or Path(name).exists():
        return Path(name)
    where = f"{name}: no such folder, and as a name on the hub"
    return snapshot(match["repository"], match["revision"], FILES, where=where)


def write_upload(facts: ModelFacts, card: str, folder: Path) -> None:
    """Write what is uploaded: a checkpoint's files, without local paths in them, and the card.

    The checkpoint's own folder stays as it is: it is an output of the pipeline.
    """
    for pattern in FILES:
        for path in facts.checkpoint.rglob(pattern):
            target = folder / path.relative_to(facts.checkpoint)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    content = facts.manifest.model_dump(mode="json")
    write_text(folder / "mtbert.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "README.md", card)


def upload(folder: Path, repository: str, *, public: bool = False) -> str:
    """Create a repository if there is none, and upload a folder; give the address of its page.

    Raises:
        InputError: there is no token, or the hub refuses.
    """
    from huggingface_hub import HfApi, get_token

    if get_token() is None:
        raise InputError(
            "no token for the Hugging Face hub: `hf auth login` stores one, or set HF_TOKEN; it "
            "needs the right to write, from https://huggingface.co/settings/tokens"
        )
    api = HfApi(library_name="mtbert")
    try:
        address = api.create_repo(repository, private=not public, exist_ok=True)
        message = "Upload a checkpoint of mtbert"
        api.upload_folder(repo_id=repository, folder_path=folder, commit_message=message)
    # The client raises errors of three layers: of HTTP, of the hub, of the disk.
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        raise InputError(f"{repository}: cannot be uploaded to the hub ({reason})") from None
    return str(address)


def check_name(repository: str) -> None:
    """Refuse what cannot be a repository's name, before anything is read."""
    match = NAME.fullmatch(repository)
    if match is None or match["revision"]:
        raise InputError(
            f"REPOSITORY: expected NAME/REPOSITORY, as in https://huggingface.co/NAME/REPOSITORY, "
            f"found {repository!r}"
        )
