"""What identifies a plan: whether two runs were trained alike, on the same content, by one word.

Part of the floor: the stages that write and read it are light.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

# Where an encoder came from is in it; the same one may lie in two places.
ORIGIN = "SOURCE.json"


def fingerprint(plan: Mapping[str, Any]) -> str:
    """Digest of a plan's settings and of the content of what it reads, wherever that lies.

    Args:
        plan: As it stands in its file; of an empty one, the word is that of nothing.
    """
    named = {key: plan.get(key) for key in ("train", "tasks", "metrics", "tokens")}
    read = {key: plan.get(key) for key in ("sequences", "tokenizer")}
    files = (plan.get("encoder") or {}).get("files") or ()
    encoder = {PurePosixPath(one["path"]).name: one["md5"] for one in files}
    encoder.pop(ORIGIN, None)
    content = _without_paths({**named, **read, "encoder": encoder})
    text = json.dumps(content, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _without_paths(tree: Any) -> Any:
    if not isinstance(tree, Mapping):
        return tree
    if set(tree) == {"path", "md5"}:
        return tree["md5"]
    return {key: _without_paths(item) for key, item in tree.items()}
