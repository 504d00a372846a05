"""A study's page: its scores side by side, how sure they are, and how to repeat them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError
from mtbert.core.tasks import OVERALL
from mtbert.reporting import conditions, extras, gradients, leads, markdown
from mtbert.reporting.command import spread_out
from mtbert.reporting.comparison import Metric, main_metrics
from mtbert.reporting.crossing import cross_tables
from mtbert.reporting.dotplot import dotplot
from mtbert.reporting.records import FILE, Record, average
from mtbert.reporting.results import Results, Strategy
from mtbert.reporting.scoreboard import FORMULAS
from mtbert.reporting.tables import NONE, Cell, Table, number, table
from mtbert.reporting.variation import columns, shared

PAGE, FIGURE, RUNS = "README.md", "dots.svg", "runs"
# Entries of run.json that a page adds to the conditions of every report.
FACTS = ("epochs", "steps", "layout")


def check_free(folder: Path) -> None:
    """Make sure that a study would overwrite nothing.

    Raises:
        InputError: the folder holds one, or files of the same names.
    """
    for name in (FILE, PAGE, FIGURE, RUNS):
        if (folder / name).exists():
            raise InputError(f"{folder / name}: exists already; give --replace, or another folder")


def render(record: Record) -> dict[str, str]:
    """Write a study's page and its figure: file name -> content.

    Raises:
        InputError: the tables asked for cannot be made of these strategies.
    """
    results = record.results()
    metrics = main_metrics(results)
    return {PAGE: _page(record, results, metrics), FIGURE: dotplot(results.strategies, metrics)}


def _page(record: Record, results: Results, metrics: Sequence[Metric]) -> str:
    ran = _conditions(results)
    parts = [
        f"# {record.title}",
        f"Written by `python -m stages.record` from [{FILE}]({FILE}); do not edit.",
        record.note,
        f"**{note}**" if (note := conditions.sample_note(results)) else "",
        # What was asked for comes first.
        *_crossed(record, results),
        *_scores(results, metrics, record),
        f"![Each strategy's scores on dev: a dot is a seed, the bar their mean, the line the 95 % "
        f"interval that the dev split's size leaves]({FIGURE})",
        *_pairs(record, results),
        f"## The command\n\n```sh\n{spread_out(record.command)}\n```",
        f"## {ran.caption}\n\n{ran.markdown()}",
        _shared(results.strategies),
        f"Every figure of every seed is in [{FILE}]({FILE}); each strategy's complete settings and "
        f"its logs are in [{RUNS}/]({RUNS}).",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _scores(results: Results, metrics: Sequence[Metric], record: Record) -> list[str]:
    seeds, several = len(results.scope.seeds), len(results.strategies) > 1
    over = f"mean ± standard deviation over {seeds} seeds" if seeds > 1 else "one seed"
    leaders = [leads.lead(results.strategies, metric) for metric in metrics]
    formulas = [f"{m.name} = {FORMULAS[m.name]}" for m in metrics if m.group == OVERALL]
    return [
        f"## Scores on dev: {over}",
        _scored(results.strategies, leaders, record).markdown(),
        f"{'; '.join(formulas)}." if formulas else "",
        *extras.remarks(record, results.strategies),
        leads.RULE if several else "",
        leads.undecided(leaders),
        markdown.noise_line(results),
    ]


def _scored(strategies: Sequence[Strategy], leaders: Sequence[leads.Lead], record: Record) -> Table:
    keys, more = columns(strategies), extras.columns(record, strategies)
    rows: list[list[str | Cell]] = []
    for one in strategies:
        told = [said.get(one.name, NONE) for said in keys.values()]
        scores = [leads.score(one, leader) for leader in leaders]
        asked = [cells[one.name] for cells in more.values()]
        rows.append([one.name, *told, _parameters(one), *scores, *asked, *_cost(one)])
    widths = map(leads.plus_minus, leaders)
    rows.append(
        ["95 % half-width at the best", *[""] * (len(keys) + 1), *widths, *[""] * (len(more) + 2)]
    )
    titles = [leader.metric.title for leader in leaders]
    header = ["strategy", *keys, "trainable / all parameters", *titles, *more]
    return table("Scores on dev", [*header, "train minutes", "tokens/s"], rows)


def _pairs(record: Record, results: Results) -> list[str]:
    """Pair by pair what the column of conflicts adds up, where it is asked for."""
    found = gradients.pair_table(results.strategies)
    if not record.conflicts or not found.rows:
        return []
    return [f"## {gradients.TITLE}", found.markdown(), gradients.NOTE]


def _crossed(record: Record, results: Results) -> list[str]:
    if record.cross is None:
        return []
    found = cross_tables(record.cross, results.strategies)
    return [f"## {one.caption}\n\n{one.markdown()}\n\n{left}".rstrip() for one, left in found]


def _conditions(results: Results) -> Table:
    ran = conditions.ran(results)
    more = [
        [name, " · ".join(map(_fact, found))]
        for name in FACTS
        if (found := [value for value in results.facts(name) if value is not None])
    ]
    return table("Conditions", ran.header, [*ran.rows, *more], prose=True)


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {said}" for key, said in value.items() if said)
    return number(value)


def _shared(strategies: Sequence[Strategy]) -> str:
    same = table("", ["setting", "value"], shared(strategies), prose=True)
    summary = "Settings that all strategies share" if len(strategies) > 1 else "Settings"
    return f"<details><summary>{summary}</summary>\n\n{same.markdown()}\n\n</details>"


def _parameters(one: Strategy) -> str:
    counts = (average(one, f"parameters.{part}") for part in ("trainable", "total"))
    return " / ".join(NONE if count is None else _short(count) for count in counts)


def _short(count: float) -> str:
    """A count of parameters: whole below a thousand, else in thousands or millions."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{number(count / size, 1)} {letter}"
    return f"{count:.0f}"


def _cost(one: Strategy) -> tuple[str, str]:
    minutes = average(one, "train_seconds", 1 / 60)
    return number(minutes, 1), number(average(one, "tokens_per_second"), 0)
