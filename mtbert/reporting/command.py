"""The exact DVC command that turns the committed params file into the one at work."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml

# Keys and words that Hydra's override grammar takes without quotes.
KEY = re.compile(r"[A-Za-z_][\w-]*")
WORD = re.compile(r"(?!\.\d)[A-Za-z_./][\w./@-]*")
RESERVED = {"null", "true", "false", "inf", "nan"}
WIDTH = 100  # characters; a longer command is spread out


def command(params: Path) -> str:
    """Derive `dvc exp run -S …` from the difference between git HEAD and the workspace.

    Raises:
        InputError: git has no committed version of the file, or a key cannot be written in
            DVC's override grammar.
    """
    words = ["dvc", "exp", "run"]
    for change in overrides(_committed(params), read_yaml(params)):
        words += ["-S", change if params.name == "params.yaml" else f"{params}:{change}"]
    return shlex.join(words)


def spread_out(command: str) -> str:
    """A long command over several lines of bash, each `-S` on its own."""
    if len(command) <= WIDTH:
        return command
    parts: list[list[str]] = [[]]
    for word in shlex.split(command):
        if word == "-S":
            parts.append([])
        parts[-1].append(word)
    return " \\\n  ".join(map(shlex.join, parts))


def overrides(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """List the overrides `key=value`, `+key=value` (new) and `~key` (deleted) from old to new.

    Raises:
        InputError: a key or value holds characters that the grammar has no way to write.
    """
    return list(_overrides(old, new, prefix))


def _overrides(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(name), new.get(name)
        # As text, because to Python True equals 1.
        if json.dumps(before) == json.dumps(after) and (name in old) == (name in new):
            continue
        key = prefix + _key(name, prefix)
        if name not in new:
            yield from _deleted(key, before)
        elif name not in old:
            yield f"+{key}={_value(after)}"
        elif isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
            yield from _overrides(before, after, f"{key}.")
        elif isinstance(before, Mapping) or isinstance(after, Mapping):
            # An override of a mapping is merged into it; only a deletion clears it first.
            yield from (*_deleted(key, before), f"+{key}={_value(after)}")
        else:
            yield f"{key}={_value(after)}"


def _deleted(key: str, before: Any) -> tuple[str, ...]:
    # A null counts as absent when it is to be deleted.
    return (f"{key}=0", f"~{key}") if before is None else (f"~{key}",)


def _key(name: Any, prefix: str) -> str:
    if not isinstance(name, str) or not KEY.fullmatch(name) or name.lower() in RESERVED:
        raise InputError(
            f"params: {prefix}{name}: a key must be letters, digits, _ and -, and not null, true, "
            "false, inf or nan, to be set by `dvc exp run -S`; rename it"
        )
    return name


def _value(value: Any) -> str:
    """A value in Hydra's grammar."""
    if isinstance(value, Mapping):
        items = ",".join(f"{_key(key, '')}:{_value(item)}" for key, item in value.items())
        return f"{{{items}}}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_value, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    if "${" in value or value == "???":
        raise InputError(
            f"params: {value!r}: `dvc exp run -S` takes ${{…}} for an interpolation and ??? for a "
            "value that is missing"
        )
    if WORD.fullmatch(value) and value.lower() not in RESERVED:
        return value
    # Only quotes, and backslashes before a quote, need a backslash of their own.
    escaped = re.sub(r"(\\*)('|$)", lambda m: m[1] * 2 + ("\\'" if m[2] else ""), value)
    return f"'{escaped}'"


def _committed(params: Path) -> dict[str, Any]:
    """The params file as git HEAD has it."""
    from tempfile import TemporaryDirectory

    shown = subprocess.run(
        ["git", "show", f"HEAD:./{params.name}"],
        cwd=params.resolve().parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        raise InputError(
            f"{params}: git HEAD has no such file to compare with: {shown.stderr.strip()}"
        )
    with TemporaryDirectory() as folder:
        path = Path(folder) / params.name
        path.write_text(shown.stdout, encoding="utf-8")
        return read_yaml(path)
