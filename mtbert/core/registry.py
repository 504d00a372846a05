"""A registry is one literal dict from a method's name to its settings class.

A method's settings class is the method: its fields are the options, its other members do the work.
In YAML a bare word is short for `{name: word}`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Discriminator, PlainSerializer, PlainValidator, Tag

from mtbert.core.errors import choices
from mtbert.core.params import FaultsError, Settings, is_section, validate

M = TypeVar("M", bound=Settings)

# Former names of methods, and their present names
RENAMED = {"annealed": "anneal"}


def build(registry: Mapping[str, type[M]], spec: Any, *, what: str) -> M:
    """Build the method that `spec` names: `word` or `{name: word, option: value, ...}`."""
    if isinstance(spec, list | tuple):
        raise FaultsError([((), f"expected one {what}, found a list: {spec!r}")])
    options = dict(spec) if isinstance(spec, Mapping) else {"name": spec}
    if options and "name" not in options:
        words = ", ".join(sorted(registry))
        rule = f"give it as {{name: word, …}}, found {spec!r} without a name (allowed: {words})"
        raise FaultsError([((), rule)])
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in registry:
        new = RENAMED.get(str(name))
        renamed = f"{name!r} is now called {new!r}" if new in registry else ""
        raise FaultsError([((), renamed or choices(what, name, registry))])
    return validate(registry[name], options)


def to_spec(registry: Mapping[str, type[Settings]], method: Settings) -> dict[str, Any]:
    """Write a method back as `{name: word, option: value, ...}`, with all defaults."""
    name = next(name for name, kind in registry.items() if kind is type(method))
    return {"name": name, **method.model_dump(mode="json")}


def entry(registry: Mapping[str, type[Any]], what: str) -> Any:
    """Annotate a settings field that holds one method of a registry."""

    def read(spec: Any) -> Settings:
        return spec if isinstance(spec, Settings) else build(registry, spec, what=what)

    return Annotated[Any, PlainValidator(read), PlainSerializer(partial(to_spec, registry))]


def by_task(registry: Mapping[str, type[Any]], what: str, *, stack: bool = False) -> Any:
    """Annotate a settings field that holds one method for all tasks, or one for each task.

    With `stack`, any number of methods instead of one: `none`, a method or a list of methods, which
    becomes a tuple.
    """
    kind: Any = entry(registry, what)
    if stack:
        kind = Annotated[tuple[kind, ...], BeforeValidator(_stack)]
    return Annotated[
        Annotated[kind, Tag("all tasks")] | Annotated[dict[str, kind], Tag("by task")],
        Discriminator(lambda value: "by task" if is_section(value) else "all tasks"),
    ]


def _stack(spec: Any) -> tuple[Any, ...]:
    if spec is None or spec == "none":
        return ()
    return tuple(spec) if isinstance(spec, list | tuple) else (spec,)
