"""A room is one literal dict from a method's name to its settings class.

A method's settings class is the method: its fields are the knobs, its other members do the work.
In YAML a bare word is short for `{name: word}`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from mtbert.errors import choices
from mtbert.params import FaultsError, Settings, fit

M = TypeVar("M", bound=Settings)


def build(room: Mapping[str, type[M]], spec: Any, *, what: str) -> M:
    """Build the method that `spec` names: `word` or `{name: word, knob: value, ...}`.

    Raises:
        FaultsError: no such method in the room (with the nearest name), or a knob does not fit.
    """
    name, knobs = (spec.get("name"), dict(spec)) if isinstance(spec, dict) else (spec, {})
    if knobs and "name" not in knobs:
        words = ", ".join(sorted(room))
        rule = f"give it as {{name: word, …}}, found {spec!r} without a name (allowed: {words})"
        raise FaultsError([((), rule)])
    knobs.pop("name", None)
    if not isinstance(name, str) or name not in room:
        raise FaultsError([((), choices(what, name, room))])
    return fit(room[name], knobs)


def spell(room: Mapping[str, type[Settings]], method: Settings) -> dict[str, Any]:
    """Write a method back as `{name: word, knob: value, ...}`, with every default spelled out."""
    name = next(name for name, kind in room.items() if kind is type(method))
    return {"name": name, **method.model_dump(mode="json")}


def entry(room: Mapping[str, type[Any]], what: str) -> Any:
    """Annotate a settings field that holds one method of a room."""

    def check(spec: Any) -> Settings:
        return spec if isinstance(spec, Settings) else build(room, spec, what=what)

    return Annotated[
        Any,
        PlainValidator(check),
        PlainSerializer(lambda method: spell(room, method)),
        WithJsonSchema({"description": f"a {what}: {', '.join(room)}"}),
    ]


def by_task(room: Mapping[str, type[Any]], what: str) -> Any:
    """Annotate a settings field that holds one method for all tasks, or one for each task."""

    def check(spec: Any) -> Any:
        if not isinstance(spec, dict) or "name" in spec:
            return spec if isinstance(spec, Settings) else build(room, spec, what=what)
        methods, faults = {}, []
        for task, one in spec.items():
            try:
                methods[task] = one if isinstance(one, Settings) else build(room, one, what=what)
            except FaultsError as error:
                faults += [((task, *path), rule) for path, rule in error.faults]
        if faults:
            raise FaultsError(faults)
        return methods

    def write(value: Any) -> dict[str, Any]:
        if isinstance(value, Settings):
            return spell(room, value)
        return {task: spell(room, method) for task, method in value.items()}

    return Annotated[
        Any,
        PlainValidator(check),
        PlainSerializer(write),
        WithJsonSchema({"description": f"a {what}, or one by task: {', '.join(room)}"}),
    ]
