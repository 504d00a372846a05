"""From YAML to typed, frozen, strict settings, with errors that name file, section and key."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar, Self, TypeGuard, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import ModelWrapValidatorHandler as Handler
from pydantic_core import ErrorDetails

from mtbert.core.documents import MAPPING, read_json, read_yaml
from mtbert.core.errors import InputError, choices
from mtbert.core.outputs import write_text

# The files that settings are read from
__all__ = ["read_json", "read_yaml"]

S = TypeVar("S", bound="Settings")
# Keys that say where things come from: a budget never replaces one silently.
ORIGINS = (("data", "source"), ("encoder", "pretrained"), ("lexicons", "source"))
# The keys that lead to a value below some data, and the rule that it breaks
SettingsFault = tuple[tuple[str, ...], str]
RULES = {"model_type": MAPPING, "dict_type": MAPPING, "tuple_type": "expected a list"}


class FaultsError(InputError, ValueError):
    """Data do not fit settings; `where` is a file or `file: section`. Validators may raise it."""

    def __init__(self, faults: Sequence[SettingsFault], where: str = "") -> None:
        self.faults = faults
        # Keys stand behind a colon in a file and behind a dot in a section.
        link = ": " if where.endswith((".yaml", ".yml", ".json")) else "."
        lines = []
        for keys, rule in faults:
            place = link.join(filter(None, [where, ".".join(keys)]))
            lines.append(f"{place}: {rule}" if place else rule)
        super().__init__("\n".join(dict.fromkeys(lines)))


class Settings(BaseModel):
    """Base of every settings class: refuses unknown keys, wrong types and later changes.

    Each class words the faults of its own fields, because it knows the allowed keys.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    # Former names of fields, and their present names
    renamed: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="wrap")
    @classmethod
    def _word_faults(cls, data: Any, handler: Handler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            details = error.errors()
        raise FaultsError([fault for item in details for fault in cls.faults_of(item, data)])

    @classmethod
    def faults_of(cls, item: ErrorDetails, data: Any) -> Iterator[SettingsFault]:
        """Put pydantic's finding into our words: one fault, or several of nested settings."""
        place, context = _place(item["loc"], data), item.get("ctx", {})
        field, words = place[0] if place else "", _quoted(context.get("expected", ""))
        match item["type"]:
            case "value_error" if isinstance(inner := context["error"], FaultsError):
                yield from (((*place, *keys), rule) for keys, rule in inner.faults)
            case "value_error":
                yield place, str(context["error"])
            case "extra_forbidden" if new := cls.renamed.get(field):
                yield (), f"{field!r} is now called {new!r}"
            case "extra_forbidden":
                yield (), choices("key", field, cls.model_fields)
            case "missing":
                yield place, "required, but not given"
            case "literal_error" if item["loc"][-1] == "[key]":
                yield place[:-1], choices("key", item["input"], words)
            case "literal_error" if words:
                yield place, choices(field, item["input"], words)
            case "union_tag_not_found":
                yield (*place, *_quoted(context["discriminator"])), "required, but not given"
            case "union_tag_invalid":
                (tag,), words = map(_quoted, (context["discriminator"], context["expected_tags"]))
                yield (*place, tag), choices(tag, context["tag"], words)
            case "too_short":
                yield place, f"expected at least {context['min_length']}, found {item['input']!r}"
            case kind:
                rule = RULES.get(kind, item["msg"][0].lower() + item["msg"][1:])
                yield place, f"{rule}, found {item['input']!r}"


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _place(loc: tuple[str | int, ...], data: Any) -> tuple[str, ...]:
    """Keep the keys of a location, without pydantic's names for parts of unions."""
    keys: list[str] = []
    for key in loc:
        indices = range(len(data)) if isinstance(data, tuple) else ()
        inside = key in (data if isinstance(data, Mapping) else indices)
        if inside or not keys:  # the first names a field, maybe one that a validator added
            keys.append(str(key))
        data = data[key] if inside else data
    return tuple(keys)


def read_params(path: Path) -> dict[str, Any]:
    """Read a params file; where it has budgets, lay the sections of the chosen one over its own.

    Raises:
        InputError: the file cannot be read or has no such budget, or the budget would replace a
            source or an encoder that the file itself names.
    """
    data = read_yaml(path)
    if not is_section(budgets := data.get("budgets")):
        return data
    if (name := str(data.get("budget"))) not in budgets:
        raise InputError(f"{path}: budget: {choices('budget', name, budgets)}")
    budget = budgets[name] if is_section(budgets[name]) else {}
    for section, key in ORIGINS:
        own, other = (
            part.get(key) if is_section(part := place.get(section)) else None
            for place in (data, budget)
        )
        if None not in (own, other) and own != other:
            raise InputError(
                f"{path}: {section}.{key}: {own!r}, and budget {name!r} would replace it with "
                f"{other!r}; set budgets.{name}.{section}.{key}, or leave this one out"
            )
    return merge(data, {key: own for key, own in budget.items() if own and key in data})


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay changes over settings: mappings key by key, all else (methods, too) whole."""
    merged = dict(base)
    for key, value in changes.items():
        old = base.get(key)
        merged[key] = merge(old, value) if is_section(old) and is_section(value) else value
    return merged


def is_section(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value is a mapping of keys, and not a method with its options."""
    return isinstance(value, Mapping) and "name" not in value


def write_yaml(path: Path, data: Mapping[str, Any], *, heading: str = "") -> None:
    """Write a mapping as YAML, in the order of its keys, under a comment line."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 100
    text = StringIO()
    text.write(f"# {heading}\n" if heading else "")
    yaml.dump(dict(data), text)
    write_text(path, text.getvalue())


def read_section(path: Path, section: str, kind: type[S]) -> S:
    """Read one section of a params file as settings of a kind."""
    data = read_params(path)
    if section not in data:
        sections = ", ".join(map(str, data))
        raise InputError(f"{path}: {section}: required, but there is no such section ({sections})")
    return validate(kind, data[section], where=f"{path}: {section}")


def validate(kind: type[S], data: Any, *, where: str = "") -> S:
    """Turn plain data into settings of a kind.

    Raises:
        FaultsError: lists every key at fault; `where` opens each line.
    """
    data = _as_strict(data)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        details = error.errors()
    raise FaultsError([fault for item in details for fault in kind.faults_of(item, data)], where)


class _List(tuple[Any, ...]):
    """A list as strict settings take it; errors print it as the list that it was."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(list(self))


def _as_strict(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _as_strict(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return _List(map(_as_strict, data))
    return data.isoformat() if isinstance(data, date) else data
