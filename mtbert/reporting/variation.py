"""Where strategies differ: the settings that vary between them, in words as short as can be."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mtbert.reporting.results import Strategy
from mtbert.reporting.tables import NONE, setting

# Dotted key of a setting -> its value in each strategy that has it, by the strategy's name.
Values = dict[str, dict[str, Any]]


def varying(strategies: Sequence[Strategy], *, within: bool = False) -> Values:
    """The settings in which strategies differ.

    A method (`{name: word, …}`) counts as one value; `within` lists its knobs too. That a strategy
    has no value for a task it does not train on is no difference of its own.
    """
    tasks = {task for one in strategies for task in one.tasks}
    values: Values = {}
    for one in strategies:
        for key, value in _leaves(one.settings, within=within):
            values.setdefault(key, {})[one.name] = value
    return {
        key: found
        for key, found in values.items()
        if len({_text(found.get(n, NONE)) for n in _concerned(strategies, key, tasks, found)}) > 1
    }


def shared(strategies: Sequence[Strategy]) -> list[tuple[str, str]]:
    """The settings that are the same wherever they apply, as (dotted key, value)."""
    vary = varying(strategies)
    pairs = [pair for one in strategies for pair in _leaves(one.settings)]
    return list({key: setting(value) for key, value in pairs if key not in vary}.items())


def columns(strategies: Sequence[Strategy]) -> dict[str, dict[str, str]]:
    """What to tell strategies apart by: a heading -> the short value of each strategy.

    Settings of several tasks that say the same share one heading, as in `encoding.{para, sts}`.
    """
    groups: dict[tuple[str, str], tuple[dict[str, str], list[str]]] = {}
    for key, values in varying(strategies).items():
        above, _, last = key.rpartition(".")
        said = words(values)
        # What stands at the top has no neighbours to share with.
        group = (above or key, _text(said))
        groups.setdefault(group, (said, []))[1].append(last)
    return {_heading(above, lasts): said for (above, _), (said, lasts) in groups.items()}


def _heading(above: str, lasts: Sequence[str]) -> str:
    if len(lasts) > 1:
        return f"{above}.{{{', '.join(lasts)}}}"
    return above if above == lasts[0] else f"{above}.{lasts[0]}"


def words(values: Mapping[str, Any]) -> dict[str, str]:
    """Say the values of one setting: of a method its name, and the knobs that vary under it."""
    return {name: _word(value, list(values.values())) for name, value in values.items()}


def _word(value: Any, all_values: list[Any]) -> str:
    if not _is_method(value):
        return setting(value)
    peers = [v for v in all_values if _is_method(v) and v["name"] == value["name"]]
    knobs = [
        f"{knob}: {setting(own)}"
        for knob, own in value.items()
        if len({_text(peer.get(knob, NONE)) for peer in peers}) > 1
    ]
    return f"{value['name']} ({', '.join(knobs)})" if knobs else str(value["name"])


def _concerned(
    strategies: Sequence[Strategy], key: str, tasks: set[str], found: Mapping[str, Any]
) -> list[str]:
    """Names of the strategies that train on the task that a key is about, if on any.

    One that only scores the task is concerned by what it says of it: a head, but no batch size.
    """
    about = tasks & set(key.split("."))
    return [one.name for one in strategies if one.name in found or about <= set(one.trained)]


def _leaves(
    tree: Mapping[str, Any], *, within: bool = False, prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        method, nested = _is_method(value), isinstance(value, Mapping)
        if method or not nested:
            yield f"{prefix}{key}", value
        if nested and (within or not method):
            yield from _leaves(value, within=within, prefix=f"{prefix}{key}.")


def _is_method(value: Any) -> bool:
    return isinstance(value, Mapping) and "name" in value


def _text(value: Any) -> str:
    # As text, because to Python True equals 1.
    return json.dumps(value, sort_keys=True)
