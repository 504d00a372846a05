"""The results in the README: generated between two marks, so that no figure is typed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtbert.errors import InputError
from mtbert.outputs import write_text
from mtbert.reporting import conditions, scoreboard
from mtbert.reporting.comparison import WEIGHTS, summarize
from mtbert.reporting.records import Record
from mtbert.reporting.results import PRIMARY, Results
from mtbert.reporting.tables import NONE, Table, number, spread, table

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"


def render(results: Results, records: Sequence[Record]) -> str:
    """Write the README's block: this workspace's strategies, then the recorded runs."""
    sample = conditions.on_sample(results)
    title = "The embedded sample" if sample else f"Data: {results.facts('data_source')[0]}"
    parts = [f"### {title}", scoreboard.scores(results).markdown()]
    parts += [conditions.SAMPLE_NOTE] if sample else []
    if records:
        parts += ["### Recorded runs", _scores(records).markdown(), _means(records).markdown()]
        parts += [_details(one) for one in records]
    return "\n\n".join(parts)


def refresh(readme: Path, block: str) -> None:
    """Put a block between the marks of a README.

    Raises:
        InputError: there is no such file, or it does not hold each mark once, in order.
    """
    try:
        text = readme.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{readme}: no such file") from None
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise InputError(f"{readme}: must hold {BEGIN} once and {END} once after it")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    write_text(readme, f"{before}{BEGIN}\n\n{block}\n\n{END}{after}")


def _scores(records: Sequence[Record]) -> Table:
    columns = dict.fromkeys(
        (group, name) for one in records for group, name in _main_metrics(one.metrics[0])
    )
    header = [f"{group} {name}" if group != "overall" else name for group, name in columns]
    rows = [[one.title, *(_over(one.metrics, *column) for column in columns)] for one in records]
    return table("Recorded runs: scores on dev", ["run", *header], rows)


def _means(records: Sequence[Record]) -> Table:
    rows = [
        [
            one.title,
            str(one.data_source),
            str(one.encoder.get("name", NONE)),
            ", ".join(map(str, one.seeds)),
            str(one.run[0].get("hardware") or one.run[0].get("device") or NONE),
            number(_mean(one.run, "tokens_per_second"), 0),
            number(_mean(one.run, "total_seconds", 1 / 60), 1),
        ]
        for one in records
    ]
    header = ["run", "data", "encoder", "seeds", "device", "tokens/s", "minutes a run"]
    return table("Recorded runs: means", header, rows)


def _main_metrics(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    tasks = [group for group in metrics if group != "overall"]
    named = [(task, next(n for n in PRIMARY.values() if n in metrics[task])) for task in tasks]
    return named + [("overall", name) for name in WEIGHTS if name in metrics.get("overall", {})]


def _over(metrics: Sequence[dict[str, Any]], group: str, name: str) -> str:
    found = [seed.get(group, {}).get(name) for seed in metrics]
    return spread(summarize([value for value in found if value is not None]))


def _mean(runs: Sequence[dict[str, Any]], key: str, scale: float = 1.0) -> float | None:
    summary = summarize([run[key] * scale for run in runs if run.get(key) is not None])
    return None if summary is None else summary.mean


def _details(one: Record) -> str:
    note = f": {one.note}" if one.note else ""
    return f"{one.title} (`{one.strategy}`){note}\n\n```sh\n{one.command}\n```"
