"""Read YAML and JSON that anybody may have written; what is too large is never built."""

import json
import re
import warnings
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError

MAPPING = "expected a mapping of keys"
# Largest file, in bytes: ours have some kilobytes; YAML is read at about 100 kB/s.
LARGEST = {"YAML": 2**18, "JSON": 2**26}
DEEPEST = 64  # levels of nesting
TOO_DEEP = f"nested more than {DEEPEST} deep"
MOST = 200_000  # values in YAML, those of an alias counted each time
# No text of ours needs them; in a terminal they move the cursor, in a path they end it.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML 1.2 mapping (`1e-5` is a number there, as it is for DVC).

    Raises:
        InputError: it is none, or too large, nested too deep or repeated too often by aliases, or
            has control characters.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import ReusedAnchorWarning
    from ruamel.yaml.scanner import Scanner

    class Shallow(Scanner):
        def fetch_flow_collection_start(self, *given: Any, **named: Any) -> None:
            # Scanning takes time in the square of open brackets: 3,000 would be half a minute.
            if self.flow_level >= DEEPEST:
                raise ValueError(TOO_DEEP)
            super().fetch_flow_collection_start(*given, **named)

    class Counting(SafeConstructor):
        def construct_document(self, node: Any) -> Any:
            # Aliases are still links here: what they unfold to is counted, not built.
            if (size := _measure(node)[0]) > MOST:
                raise ValueError(f"its aliases unfold to {size:,} values, more than {MOST:,}")
            return super().construct_document(node)

    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner, yaml.Constructor = Shallow, Counting
    with warnings.catch_warnings(action="ignore", category=ReusedAnchorWarning):  # YAML allows it
        return _read(path, yaml.load, "YAML")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InputError: it is none, or too large, nested too deep, or has control characters.
    """

    def parse(text: str) -> Any:
        data = json.loads(text)
        _measure(data)
        return data

    return _read(path, parse, "JSON")


def mapping_of(data: Mapping[str, Any], key: str, where: object) -> dict[str, Any]:
    """Give a mapping in a document; an absent one, or null, is empty.

    Raises:
        InputError: there is something else.
    """
    value = data.get(key) or {}
    if not isinstance(value, dict):
        raise InputError(f"{where}: {key}: {MAPPING}, found {value!r}")
    return value


def _read(path: Path, parse: Callable[[str], Any], form: str) -> dict[str, Any]:
    try:
        if (size := path.stat().st_size) > LARGEST[form]:
            raise InputError(f"{path}: {size:,} bytes; {form} has {LARGEST[form]:,} at most")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid {form}: {error}") from None
    try:
        data = parse(text)
    except RecursionError:
        raise InputError(f"{path}: not valid {form}: {TOO_DEEP}") from None
    except Exception as error:  # of a parser's faults on broken text, not all are documented
        raise InputError(f"{path}: not valid {form}: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: {MAPPING}, found {type(data).__name__}")
    return data


def _measure(
    node: Any, depth: int = 1, done: dict[int, tuple[int, int]] | None = None
) -> tuple[int, int]:
    """Count the values in a node of YAML, or in JSON's data, and their levels.

    Raises:
        ValueError: the levels are too many, as they are of an alias inside itself, or a text has a
            control character.
    """
    done = {} if done is None else done
    value = getattr(node, "value", node)
    if isinstance(value, str) and (fault := CONTROL.search(value)):
        raise ValueError(f"control character {fault[0]!r} in {value[:40]!r}")
    if not isinstance(value, dict | list | tuple):
        return 1, 1
    if id(node) not in done and depth <= DEEPEST:
        parts = chain.from_iterable(value.items()) if isinstance(value, dict) else value
        sizes = [_measure(part, depth + 1, done) for part in parts]
        height = 1 + max((levels for _, levels in sizes), default=0)
        done[id(node)] = 1 + sum(size for size, _ in sizes), height
    if depth > DEEPEST or depth + done[id(node)][1] - 1 > DEEPEST:
        raise ValueError(TOO_DEEP)
    return done[id(node)]
