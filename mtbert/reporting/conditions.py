"""The tables on how scores came about: what was run, what it cost, what each strategy changes."""

from collections.abc import Iterator, Mapping
from typing import Any

from mtbert.reporting.comparison import summarize
from mtbert.reporting.results import Results, Strategy
from mtbert.reporting.tables import NONE, Table, number, setting, spread, table

SAMPLE = "sample"
SAMPLE_NOTE = (
    "{what} from the small embedded sample, whose texts are made up. {these} show that "
    "the pipeline runs from end to end and that training learns; they say nothing about BERT, "
    "about the four corpora, or about which strategy is better."
)

# Column, where it lies in run.json, decimals
COST = (
    ("parameters", "parameters.total", 0),
    ("trainable", "parameters.trainable", 0),
    ("steps", "steps", 0),
    ("epochs", "epochs", 1),
    ("best epoch", "best_epoch", 1),
    ("train seconds", "train_seconds", 1),
    ("total seconds", "total_seconds", 1),
    ("tokens/s", "tokens_per_second", 0),
    ("real tokens among slots", "packed_share", 3),
)


def source(facts: Mapping[str, Any]) -> str:
    """Where the data of a run come from."""
    return str(facts.get("data_source"))


def sources(results: Results) -> list[str]:
    """The distinct places that the data of all runs come from."""
    # run.json names those of a strategy's tasks in one string.
    found = (place for run in results.runs for place in source(run.facts).split(", "))
    return list(dict.fromkeys(found))


def sample_note(results: Results) -> str:
    """What figures from the embedded sample are worth, and which these are; empty without any."""
    found = sources(results)
    if SAMPLE not in found:
        return ""
    if found == [SAMPLE]:
        return SAMPLE_NOTE.format(what="These figures come", these="They")
    # Of several sources a task without a folder of its own is from data.source, the sample.
    names = [name for name, task in results.tasks.items() if task.folder is None]
    if not 0 < len(names) < len(results.tasks):
        return SAMPLE_NOTE.format(what="Some of these figures come", these="They")
    if len(names) == 1:
        return SAMPLE_NOTE.format(what=f"Task {names[0]} comes", these="Its scores")
    return SAMPLE_NOTE.format(what=f"Tasks {', '.join(names)} come", these="Their scores")


def ran(results: Results) -> Table:
    """What was run, on what, with what: one row a fact, several values where runs differ."""
    rows = {
        "data": results.facts("data_source"),
        "encoder": results.facts("encoder"),
        "device": results.facts("device"),
        "hardware": results.facts("hardware"),
        "precision": results.facts("precision"),
        "versions": results.facts("versions"),
        "seeds": [list(results.scope.seeds)],
        "train examples": results.facts("examples"),
    }
    written = [[name, " · ".join(_fact(value) for value in found)] for name, found in rows.items()]
    return table("Source, encoder, machine", ["what", "value"], written, prose=True)


def cost(results: Results) -> Table:
    """Means over seeds of time, speed, size and packing."""
    rows = []
    for one in results.strategies:
        values = [[_dig(run.facts, path) for run in one.runs] for _, path, _ in COST]
        cells = [_mean(v, digits) for v, (_, _, digits) in zip(values, COST, strict=True)]
        rows.append([one.name, *cells])
    return table("Cost: mean over seeds", ["strategy", *(name for name, _, _ in COST)], rows)


def changes(results: Results) -> Table:
    """What each strategy changes in `train`."""
    rows = [
        [one.name, "; ".join(f"{key}: {value}" for key, value in flat(one.changes))]
        for one in results.strategies
    ]
    rows = [[name, text or "nothing: the section train as it stands"] for name, text in rows]
    return table(
        "What each strategy changes in section train", ["strategy", "changes"], rows, prose=True
    )


def settings(one: Strategy) -> list[tuple[str, str]]:
    """A strategy's complete settings, one dotted key a line."""
    return list(flat(one.settings))


def flat(tree: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of nested settings as (dotted key, value in YAML's flow style)."""
    for key, value in (tree or {}).items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and "name" not in value:
            yield from flat(value, f"{name}.")
        else:
            yield name, setting(value)


def _dig(facts: Mapping[str, Any], path: str) -> Any:
    """The entry at a dotted path, None where a run has none."""
    for key in path.split("."):
        facts = facts.get(key) if isinstance(facts, Mapping) else None  # type: ignore[assignment]
    return facts


def _mean(values: list[Any], digits: int) -> str:
    if None in values:
        return NONE
    summary = summarize(values)
    if summary is None or len(set(values)) == 1:
        return number(values[0], digits) if values else NONE
    return spread(summary, digits).partition(" ±")[0]


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key} {_fact(item)}" for key, item in value.items() if item not in (None, "")
        )
    if isinstance(value, list):
        return ", ".join(_fact(item) for item in value)
    return number(value)
