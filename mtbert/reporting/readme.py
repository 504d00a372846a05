"""The results in the README: generated between two marks, so that no figure is typed."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from mtbert.core.errors import InputError
from mtbert.core.outputs import write_text
from mtbert.reporting import conditions, leads, scoreboard
from mtbert.reporting.comparison import main_metrics, summarize
from mtbert.reporting.records import Record, average
from mtbert.reporting.results import Results
from mtbert.reporting.tables import NONE, Table, number, spread, table

RESULTS = "results"


def render(results: Results, records: Mapping[str, Record]) -> str:
    """Write the README's block: this workspace's strategies, recorded runs, links to studies.

    Args:
        results: The workspace.
        records: Folder of each study, as the README links to it, to its record. One strategy makes
            a row here; several make a page of their own.
    """
    sources = conditions.sources(results)
    alone = sources == [conditions.SAMPLE]
    title = "The embedded sample" if alone else f"Data: {', '.join(sources)}"
    parts = [f"### {title}", scoreboard.scores(results).markdown()]
    parts += [leads.BOLD] if len(results.strategies) > 1 else []
    parts += [note] if (note := conditions.sample_note(results)) else []
    if runs := [one for one in records.values() if len(one.strategies) == 1]:
        parts += ["### Recorded runs", _scores(runs).markdown(), _means(runs).markdown()]
        parts += [_details(one) for one in runs]
    if studies := {link: one for link, one in records.items() if len(one.strategies) > 1}:
        parts += ["### Studies", "\n".join(_link(link, one) for link, one in studies.items())]
    return "\n\n".join(parts)


def refresh(readme: Path, block: str, mark: str = RESULTS) -> None:
    """Put a block between the two lines of a README that bear a mark.

    Raises:
        InputError: there is no such file, or it does not hold each line once, in order.
    """
    begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
    try:
        text = readme.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{readme}: no such file") from None
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise InputError(f"{readme}: must hold {begin} once and {end} once after it")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    write_text(readme, f"{before}{begin}\n\n{block}\n\n{end}{after}")


def _scores(records: Sequence[Record]) -> Table:
    found = [one.results() for one in records]
    metrics = list(dict.fromkeys(metric for results in found for metric in main_metrics(results)))
    rows = []
    for results in found:
        values = [results.baseline.values(metric.group, metric.name) for metric in metrics]
        rows.append([results.scope.title, *(spread(summarize(value)) for value in values)])
    header = ["run", *(metric.title for metric in metrics)]
    return table("Recorded runs: scores on dev", header, rows)


def _means(records: Sequence[Record]) -> Table:
    rows = []
    for one in records:
        run = one.results().baseline
        facts = run.runs[0].facts
        rows.append(
            [
                one.title,
                conditions.source(facts),
                str((facts.get("encoder") or {}).get("name", NONE)),
                ", ".join(map(str, one.seeds)),
                str(facts.get("hardware") or facts.get("device") or NONE),
                number(average(run, "tokens_per_second"), 0),
                number(average(run, "total_seconds", 1 / 60), 1),
            ]
        )
    header = ["run", "data", "encoder", "seeds", "device", "tokens/s", "minutes a run"]
    return table("Recorded runs: means", header, rows)


def _details(one: Record) -> str:
    name = one.strategies[0].name
    return f"{one.title} (`{name}`){_note(one)}\n\n```sh\n{one.command}\n```"


def _link(link: str, one: Record) -> str:
    return f"- [{one.title}]({link}/README.md), {len(one.strategies)} strategies{_note(one, 1)}"


def _note(one: Record, sentences: int | None = None) -> str:
    """What a reader should know; of a study that has a page the first sentences do."""
    told = re.split(r"(?<=[.!?])\s+", " ".join(one.note.split()))[:sentences]
    return f": {' '.join(told)}" if one.note else ""
