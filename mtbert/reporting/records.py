"""A real run worth keeping: what it scored, what it took, and the command that repeats it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtbert.params import Settings, read_json, validate
from mtbert.reporting.results import Strategy

FILE = "record.json"


class Record(Settings):
    """One strategy of one workspace; `metrics` and `run` hold one entry a seed."""

    title: str
    command: str
    note: str
    strategy: str
    seeds: tuple[int, ...]
    data_source: Any
    encoder: dict[str, Any]
    metrics: tuple[dict[str, Any], ...]
    run: tuple[dict[str, Any], ...]


def record(strategy: Strategy, *, title: str, note: str, command: str) -> Record:
    """Make the record of a strategy and its seeds."""
    facts = [run.facts for run in strategy.runs]
    data: Mapping[str, Any] = {
        "title": title,
        "command": command,
        "note": note,
        "strategy": strategy.name,
        "seeds": [run.seed for run in strategy.runs],
        "data_source": facts[0].get("data_source"),
        "encoder": facts[0].get("encoder"),
        "metrics": [run.metrics for run in strategy.runs],
        "run": facts,
    }
    return validate(Record, data, where=f"record of {strategy.name}")


def attachments(strategy: Strategy, plans: Path, reports: Path) -> dict[str, Path]:
    """The files that are kept beside a record: new name -> where it is now."""
    kept = {"plan.yaml": plans / f"{strategy.name}.yaml"}
    for run in strategy.runs:
        folder = reports / f"runs/{strategy.name}-{run.seed}"
        kept |= {f"{log}-{run.seed}.csv": folder / f"{log}.csv" for log in ("steps", "epochs")}
    return kept


def read_records(studies: Path) -> list[Record]:
    """Read studies/*/record.json, in the order of the folders' names.

    Raises:
        InputError: a record does not fit.
    """
    paths = sorted(studies.glob(f"*/{FILE}"))
    return [validate(Record, read_json(path), where=str(path)) for path in paths]
