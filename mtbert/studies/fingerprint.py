"""A plan's fingerprint: equal for two runs that were trained alike, on the same content."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

KEYS = ("train", "tasks", "metrics", "tokens", "sequences", "tokenizer")
# Where an encoder came from, which does not change what it is
ORIGIN = "SOURCE.json"


def fingerprint(plan: Mapping[str, Any]) -> str:
    """Digest of a plan's settings and of the content of its files, wherever they lie."""
    files = (plan.get("encoder") or {}).get("files") or ()
    encoder = {PurePosixPath(file["path"]).name: file["md5"] for file in files}
    encoder.pop(ORIGIN, None)
    content = _without_paths({**{key: plan.get(key) for key in KEYS}, "encoder": encoder})
    text = json.dumps(content, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _without_paths(tree: Any) -> Any:
    if not isinstance(tree, Mapping):
        return tree
    if set(tree) == {"path", "md5"}:
        return tree["md5"]
    return {key: _without_paths(item) for key, item in tree.items()}
