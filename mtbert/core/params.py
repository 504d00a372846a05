"""From YAML to typed, frozen, strict settings, with errors that name file, section and key."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mtbert.core.errors import InputError, choices

S = TypeVar("S", bound="Settings")
# Sections that a budget may change
CHANGED = ("data", "encoder", "lexicons", "augment")


class Settings(BaseModel):
    """Base of every settings class: unknown keys, wrong types and later changes are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML 1.2 mapping (`1e-5` is a number there, as it is for DVC).

    Raises:
        InputError: the file is missing, is not YAML, or is not a mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="safe", pure=True).load(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a mapping of sections, found {type(data).__name__}")
    return data


def read_params(path: Path) -> dict[str, Any]:
    """Read a params file, with what the budget at work changes; one without budgets as it is.

    Raises:
        InputError: the file cannot be read, or names a budget that it does not have.
    """
    data = read_yaml(path)
    budgets = data.get("budgets")
    if not isinstance(budgets, Mapping):
        return data
    if (name := data.get("budget")) not in budgets:
        raise InputError(f"{path}: budget: {choices('budget', name, budgets)}")
    budget = budgets[name]
    changes = {key: budget.get(key) or {} for key in CHANGED} if plain(budget) else {}
    return merge(data, {key: change for key, change in changes.items() if change})


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay changes over settings: mappings key by key, all else (a method with its knobs) whole."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if plain(old) and plain(value):
            value = merge(old, value)
        merged[key] = value
    return merged


def plain(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value is a mapping of keys, and not a method with its knobs."""
    return isinstance(value, Mapping) and "name" not in value


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InputError: the file is missing, is not UTF-8 or JSON, or is not an object.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not JSON: invalid UTF-8 at byte {error.start + 1}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(data).__name__}")
    return data


def write_yaml(path: Path, data: Mapping[str, Any], *, heading: str = "") -> None:
    """Write a mapping as YAML, in the order of its keys, under a comment line."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 100
    with path.open("w", encoding="utf-8") as file:
        if heading:
            file.write(f"# {heading}\n")
        yaml.dump(dict(data), file)


def read_section(path: Path, section: str, kind: type[S]) -> S:
    """Read one section of a params file as `kind`.

    Raises:
        InputError: the section is missing or does not fit, naming each key at fault.
    """
    data = read_params(path)
    if section not in data:
        known = ", ".join(map(str, data))
        raise InputError(f"{path}: {section}: required, but there is no such section ({known})")
    return validate(kind, data[section], where=f"{path}: {section}")


class FaultsError(InputError, ValueError):
    """Data do not fit: for each fault its path below the data (the parts of a key) and the rule.

    A validator may raise it for settings within settings: the faults keep their place.
    """

    def __init__(self, faults: Sequence[tuple[tuple[str, ...], str]]) -> None:
        self.faults = faults
        super().__init__(self.told())

    def told(self, where: str = "") -> str:
        """One line a fault; `where` is a file, or a place in one (`file: section`), or unknown."""
        # Keys stand behind a colon in a file and behind a dot in a section.
        link = ": " if where.endswith((".yaml", ".yml", ".json")) else "."
        lines = []
        for path, rule in self.faults:
            place = link.join(filter(None, [where, ".".join(path)]))
            lines.append(f"{place}: {rule}" if place else rule)
        return "\n".join(dict.fromkeys(lines))


def validate(kind: type[S], data: Any, *, where: str) -> S:
    """Turn plain data into settings of a kind; `where` opens the error message.

    Raises:
        InputError: one message that lists every key at fault.
    """
    try:
        return fit(kind, data)
    except FaultsError as error:
        raise InputError(error.told(where)) from None


def fit(kind: type[S], data: Any) -> S:
    """Turn plain data into settings of a kind.

    Raises:
        FaultsError: it lists every key at fault.
    """
    try:
        # The JSON mode lets strict settings read lists as tuples, the one cast YAML forces on us.
        return kind.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        items = error.errors()
    raise FaultsError([fault for item in items for fault in _faults(kind, item)])


def _faults(kind: type[Settings], item: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Say in our words what pydantic found: mostly one fault, several of settings within."""
    (*above, last), context = item["loc"] or ("",), item.get("ctx", {})
    path, field, keys = _walk(kind, item["loc"])
    found, rule = item.get("input"), item["msg"]
    match item["type"]:
        case "extra_forbidden":
            path, _, keys = _walk(kind, tuple(above))
            yield path, choices("key", last, keys)
        case "missing":
            yield path, "required, but not given"
        case "literal_error" if last == "[key]":
            yield path[:-2], choices("key", found, _words(context["expected"]))
        case "literal_error" if words := _words(context["expected"]):
            yield path, choices(field, found, words)
        case "union_tag_invalid":
            tag, words = _words(context["discriminator"])[0], _words(context["expected_tags"])
            yield (*path, tag), choices(tag, context["tag"], words)
        case "union_tag_not_found":
            yield (*path, *_words(context["discriminator"])), "required, but not given"
        case "value_error" if isinstance(inner := context["error"], FaultsError):
            yield from (((*path, *below), rule) for below, rule in inner.faults)
        case "value_error":
            yield path, str(context["error"])
        case _:
            yield path, f"{rule[0].lower()}{rule[1:]}, found {found!r}"


def _words(quoted: str) -> list[str]:
    return re.findall(r"'([^']*)'", quoted)


def _walk(
    kind: type[Settings], loc: tuple[str | int, ...]
) -> tuple[tuple[str, ...], str, list[str]]:
    """Follow pydantic's location of a fault below a settings class.

    Returns:
        The path as the user wrote it (pydantic adds the tags of unions), the name of the last
        field on it (a mapping's keys are none), and the keys that are allowed at its end.
    """
    node = schema = kind.model_json_schema()
    path, field = [], ""
    for part in loc:
        if reference := node.get("discriminator", {}).get("mapping", {}).get(part):
            node = _definition(schema, reference)
            continue
        path.append(str(part))
        own = node.get("properties", {})
        field = str(part) if part in own else field
        below = own.get(part) or node.get("additionalProperties") or node.get("items")
        node = below if isinstance(below, dict) else {}
        options = [node, *node.get("anyOf", [])]
        node = next((item for item in options if "$ref" in item or "discriminator" in item), node)
        node = _definition(schema, node["$ref"]) if "$ref" in node else node
    return tuple(path), field, list(node.get("properties", {}))


def _definition(schema: dict[str, Any], reference: str) -> dict[str, Any]:
    definition: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]]
    return definition
