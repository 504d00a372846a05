"""The encoder: the shape of random weights, a folder of the user's, a pinned hub repository."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError, choices
from mtbert.core.outputs import write_text
from mtbert.core.params import read_json
from mtbert.corpora.checkpoints import OPTIONAL, check, sha256
from mtbert.corpora.folders import resolve
from mtbert.corpora.settings import Encoder, Scratch

# Name on the Hugging Face hub -> (repository, pinned commit).
PINS = {
    "google-bert/bert-base-uncased": "86b5e0934494bd15c9632b12f734a8a67f723594",
    "google-bert/bert-base-cased": "cd5ef92a9fb2f889e972770a36d4ed042daf221e",
    "google-bert/bert-large-uncased": "6da4b6a26a1877e173fca3225479512db81a5e5b",
}
# What the hub still redirects: the names of before organizations.
LEGACY = {name.partition("/")[2]: name for name in PINS}

NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")
REVISION = re.compile(r"[0-9a-f]{40}")
WANTED = ("config.json", "model.safetensors", "model.safetensors.index.json", "model-*.safetensors")


def bring(encoder: Encoder, out: Path, *, where: str = "encoder.pretrained") -> None:
    """Fill the folder `out` with an encoder and `SOURCE.json`.

    Args:
        encoder: section `encoder`: `scratch`, a folder, or a name on the hub.
        out: an existing folder.
        where: opens the message of an error in the name: its params file and key.

    Raises:
        InputError: the name is none of these, or what it stands for is no encoder we can load.
    """
    name = encoder.pretrained
    if name == "scratch":
        _write_json(out / "config.json", bert_config(encoder.scratch))
        _write_json(out / "SOURCE.json", {"kind": "scratch"})
    elif resolve(name).is_dir():
        _copy(resolve(name), out, {"name": name})
    else:
        repository, revision = pinned(name, where=where)
        folder = _from_hub(repository, revision, where=where)
        _copy(folder, out, {"name": repository, "revision": revision})


def check_pretrained(name: str, *, where: str) -> None:
    """Make sure that `bring` can take up a name, without opening a connection.

    Raises:
        InputError: it is no known name, or a folder without an encoder that can be loaded.
    """
    if name == "scratch":
        return
    if resolve(name).is_dir():
        check(resolve(name))
    else:
        pinned(name, where=where)


def known_config(encoder: Encoder) -> dict[str, Any] | None:
    """The content of the encoder's config.json, where it is known without a connection.

    Raises:
        InputError: a folder's cannot be read.
    """
    if encoder.pretrained == "scratch":
        return bert_config(encoder.scratch)
    folder = resolve(encoder.pretrained)
    return read_json(folder / "config.json") if folder.is_dir() else None


def bert_config(scratch: Scratch) -> dict[str, Any]:
    """The config.json of a BERT; `tokenize` sets the vocabulary's real size."""
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": scratch.hidden_size,
        "num_hidden_layers": scratch.layers,
        "num_attention_heads": scratch.heads,
        "intermediate_size": scratch.intermediate_size,
        "vocab_size": scratch.vocabulary_size,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": scratch.dropout,
        "attention_probs_dropout_prob": scratch.dropout,
        "layer_norm_eps": 1e-12,
        "initializer_range": 0.02,
        "pad_token_id": 0,
    }


def pinned(name: str, *, where: str) -> tuple[str, str]:
    """Split a hub name into repository and commit; a few names have their commit built in.

    Raises:
        InputError: it is no such name, or has no commit of 40 hex digits.
    """
    repository, at, revision = name.partition("@")
    repository = LEGACY.get(repository, repository)
    if not at and repository in PINS:
        return repository, PINS[repository]
    if not NAME.fullmatch(repository) or (not at and "/" not in repository):
        known = choices("encoder", name, ("scratch", *PINS))
        raise InputError(
            f"{where}: {known}, or a folder, or name@commit; there is no folder {resolve(name)}"
        )
    if not REVISION.fullmatch(revision):
        raise InputError(
            f"{where}: {name!r} is no folder, and a name on the hub needs its commit, "
            f"so that a rerun gets the same weights: write {repository}@ and 40 hex digits "
            f"(its page shows them under Files, History), found {revision or 'none'}; "
            f"built in: {', '.join(PINS)}"
        )
    return repository, revision


def _from_hub(repository: str, revision: str, *, where: str) -> Path:
    """Fetch the files we need from the hub (resumed, cached by its client); the snapshot folder."""
    from huggingface_hub import HfApi, snapshot_download

    patterns = [*WANTED, *OPTIONAL]
    try:
        # Asked once, without the client's half minute of retries: is it there, is there a network?
        HfApi().model_info(repository, revision=revision, timeout=10)
        return Path(snapshot_download(repository, revision=revision, allow_patterns=patterns))
    # The client lets the errors of three layers through: of HTTP, of the hub, of the disk.
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    try:
        return Path(
            snapshot_download(
                repository, revision=revision, allow_patterns=patterns, local_files_only=True
            )
        )
    except Exception:
        raise InputError(
            f"{where}: cannot fetch {repository}@{revision} from the hub ({reason}); "
            "run again to go on, or give a folder that holds it, or `scratch`"
        ) from None


def _copy(folder: Path, out: Path, origin: dict[str, str]) -> None:
    names = check(folder)
    for name in names:
        shutil.copyfile(folder / name, out / name)
    files = {
        name: {"bytes": (out / name).stat().st_size, "sha256": sha256(out / name)} for name in names
    }
    _write_json(out / "SOURCE.json", {"kind": "pretrained", **origin, "files": files})


def _write_json(path: Path, data: dict[str, Any]) -> None:
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
