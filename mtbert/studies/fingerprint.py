"""Digests of what a plan's runs depend on: equal for runs trained alike on the same content."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

SETTINGS = ("train", "tasks", "metrics")
FILES = ("tokens", "sequences", "tokenizer")
# Where an encoder came from, which does not change what it is
ORIGIN = "SOURCE.json"


def fingerprint(plan: Mapping[str, Any]) -> str:
    """Digest of a plan's settings and of the content of its files, wherever they lie."""
    settings = {key: plan.get(key) for key in SETTINGS}
    return _digest({**settings, **_file_digests(plan)})


def input_digests(plan: Mapping[str, Any]) -> dict[str, str]:
    """MD5 of each input by its name: `settings`, encoder/config.json, tokens/sst/train, ...

    Where two fingerprints differ, these tell in what.
    """
    settings = _digest({key: plan.get(key) for key in SETTINGS})
    return {"settings": settings, **_flat(_file_digests(plan))}


def _file_digests(plan: Mapping[str, Any]) -> dict[str, Any]:
    files = (plan.get("encoder") or {}).get("files") or ()
    encoder = {PurePosixPath(file["path"]).name: file["md5"] for file in files}
    encoder.pop(ORIGIN, None)
    return {**{key: _without_paths(plan.get(key)) for key in FILES}, "encoder": encoder}


def _without_paths(tree: Any) -> Any:
    if not isinstance(tree, Mapping):
        return tree
    if set(tree) == {"path", "md5"}:
        return tree["md5"]
    return {key: _without_paths(item) for key, item in tree.items()}


def _flat(tree: Mapping[str, Any]) -> dict[str, str]:
    """A tree's leaves by their keys, joined by slashes."""
    flat: dict[str, str] = {}
    for key, item in tree.items():
        parts = _flat(item) if isinstance(item, Mapping) else {"": item}
        flat |= {f"{key}/{name}".rstrip("/"): leaf for name, leaf in parts.items() if leaf}
    return flat


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
