"""From YAML to typed, frozen, strict settings, with errors that name file, section and key."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mtbert.errors import InputError, choices

S = TypeVar("S", bound="Settings")


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
    data = read_yaml(path)
    if section not in data:
        raise InputError(f"{path}: {choices('section', section, data)}")
    return validate(kind, data[section], where=f"{path}: {section}")


def validate(kind: type[S], data: Any, *, where: str) -> S:
    """Turn plain data into settings of a kind; `where` opens the error message.

    Raises:
        InputError: one message that lists every key at fault.
    """
    try:
        # The JSON mode lets strict settings read lists as tuples, the one cast YAML forces on us.
        return kind.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        faults = dict.fromkeys(_fault(kind, item, where) for item in error.errors())
        raise InputError("\n".join(faults)) from None


def _fault(kind: type[Settings], item: Any, where: str) -> str:
    place = ".".join([where, *(str(part) for part in item["loc"])])
    found, rule = item.get("input"), item["msg"]
    match item["type"]:
        case "extra_forbidden":
            parent, _, key = place.rpartition(".")
            allowed = _fields(kind, item["loc"][:-1])
            return f"{parent}: {choices('key', key, allowed)}"
        case "missing":
            return f"{place}: required, but not given"
        case "literal_error":
            rule = f"must be {item['ctx']['expected']}"
        case "value_error":
            return f"{place}: {item['ctx']['error']}"
    return f"{place}: {rule[0].lower()}{rule[1:]}, found {found!r}"


def _fields(kind: type[Settings], loc: tuple[str | int, ...]) -> list[str]:
    """Names of the fields of the settings class that lies at `loc` below `kind`."""
    schema = kind.model_json_schema()
    node = schema
    for part in loc:
        node = node.get("properties", {}).get(part) or node.get("additionalProperties", {})
        node = node if isinstance(node, dict) else {}
        while "$ref" in node or "anyOf" in node:
            options = [option for option in node.get("anyOf", [node]) if "$ref" in option]
            if not options:
                return []
            node = schema["$defs"][options[0]["$ref"].rpartition("/")[2]]
    return list(node.get("properties", {}))
