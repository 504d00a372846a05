"""A room is one literal dict from a method's name to its settings class.

A method's settings class is the method: its fields are the knobs, its other members do the work.
In YAML a bare word is short for `{name: word}`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from mtbert.core.errors import choices
from mtbert.core.params import FaultsError, Settings, fit

M = TypeVar("M", bound=Settings)


def build(room: Mapping[str, type[M]], spec: Any, *, what: str) -> M:
    """Build the method that `spec` names: `word` or `{name: word, knob: value, ...}`.

    Raises:
        FaultsError: no such method in the room (with the nearest name), or a knob does not fit.
    """
    if isinstance(spec, list | tuple):
        raise FaultsError([((), f"expected one {what}, found a list: {list(spec)!r}")])
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
    return Annotated[
        Any,
        PlainValidator(partial(_one, room, what)),
        PlainSerializer(partial(spell, room)),
        WithJsonSchema({"description": f"a {what}: {', '.join(room)}"}),
    ]


def by_task(room: Mapping[str, type[Any]], what: str) -> Any:
    """Annotate a settings field that holds one method for all tasks, or one for each task."""
    return _keyed(partial(_one, room, what), partial(spell, room), f"a {what}", room)


def stacks_by_task(room: Mapping[str, type[Any]], what: str) -> Any:
    """Annotate a settings field that holds any number of methods for all tasks, or for each task.

    `none`, a method or a list of methods; as a value a tuple.
    """

    def check(spec: Any) -> tuple[Settings, ...]:
        if spec is None or spec == "none":
            return ()
        if not isinstance(spec, list | tuple):
            return (_one(room, what, spec),)
        return tuple(_each(partial(_one, room, what), dict(enumerate(spec))).values())

    def write(methods: tuple[Settings, ...]) -> list[dict[str, Any]]:
        return [spell(room, method) for method in methods]

    return _keyed(check, write, f"none, a {what} or a list of them", room)


def _one(room: Mapping[str, type[Any]], what: str, spec: Any) -> Any:
    return spec if isinstance(spec, Settings) else build(room, spec, what=what)


def _each(check: Callable[[Any], Any], specs: Mapping[Any, Any]) -> dict[Any, Any]:
    """Check every value, and tell all faults at once, each behind its key."""
    found, faults = {}, []
    for key, spec in specs.items():
        try:
            found[key] = check(spec)
        except FaultsError as error:
            faults += [((str(key), *path), rule) for path, rule in error.faults]
    if faults:
        raise FaultsError(faults)
    return found


def _keyed(
    check: Callable[[Any], Any],
    write: Callable[[Any], Any],
    told: str,
    room: Mapping[str, type[Any]],
) -> Any:
    def read(spec: Any) -> Any:
        tasks = isinstance(spec, dict) and "name" not in spec
        return _each(check, spec) if tasks else check(spec)

    def spelled(value: Any) -> Any:
        if isinstance(value, dict):
            return {task: write(one) for task, one in value.items()}
        return write(value)

    return Annotated[
        Any,
        PlainValidator(read),
        PlainSerializer(spelled),
        WithJsonSchema({"description": f"{told}, or by task: {', '.join(room)}"}),
    ]
