"""results.md and data.md: what git, a pull request and a terminal show of a report."""

import html
from collections.abc import Iterator, Sequence

from mtbert.reporting import augmentation, conditions, corpora, gradients, leads, mixing, scoreboard
from mtbert.reporting.marked_rows import escape
from mtbert.reporting.results import Results, Strategy
from mtbert.reporting.tables import Table

NOISE = (
    "A difference smaller than the 95 % half-width of its metric cannot be told apart from noise: "
    "another dev split of the same size may move either score by as much. Half-widths are from "
    "Wilson's interval for accuracy, Fisher's z for correlations and the bootstrap for F1 and "
    "Matthews, so that a perfect score has one too; in an overall score they add up as "
    "independent. Seeds add noise of their own, which no dev split shows: "
)


def results_page(results: Results) -> str:
    """Write results.md."""
    scope = results.scope
    parts = [f"# {scope.title}: results on dev", "Written by the stage `report`; do not edit."]
    parts += [f"**{note}**"] if (note := conditions.sample_note(results)) else []
    parts += [_block(scoreboard.scores(results)), score_line(results)]
    if len(results.strategies) > 1:
        parts += [_block(scoreboard.differences(results))]
    parts += [_block(scoreboard.noises(results)), noise_line(results)]
    parts += [_block(scoreboard.above_chance(results))]
    parts += [_block(scoreboard.further(results, task)) for task in results.tasks]
    if any(len(one.trained) > 1 for one in results.strategies):
        parts += [_block(mixing.rates(results)), *gradient_parts(results.strategies)]
    parts += [_block(conditions.cost(results)), _block(conditions.changes(results))]
    parts += [_block(conditions.ran(results))]
    return "\n\n".join(part for part in parts if part) + "\n"


def data_page(results: Results) -> str:
    """Write data.md."""
    parts = [f"# {results.scope.title}: data", "Written by the stage `report`; do not edit."]
    parts += [_block(corpora.counts(results))]
    unusable = corpora.unusable(results)
    parts += [_block(unusable) if unusable.rows else "Every row of every file could be used."]
    found = (corpora.labels(results, task) for task in results.text)
    parts += [_block(one) for one in found if one is not None]
    parts += [_block(corpora.tokens(results)), *augmentation_parts(results)]
    return "\n\n".join(parts) + "\n"


def gradient_parts(strategies: Sequence[Strategy]) -> list[str]:
    """How the tasks' gradients lie to each other, as far as it is known."""
    found = gradients.pair_table(strategies)
    known = [found.markdown(), gradients.NOTE, gradients.CLAIM] if found.rows else []
    return [f"## {gradients.TITLE}", *known, gradients.gaps(strategies)]


def augmentation_parts(results: Results) -> Iterator[str]:
    """How train splits grew, where any did."""
    sets = augmentation.grown(results)
    if sets:
        yield f"## {augmentation.TITLE}\n\n{augmentation.GUARDS_NOTE}"
    for one in sets:
        yield f"### {escape(one.name)}"
        yield from (one.growth.markdown(), one.guards.markdown())
        if one.lexicon:
            yield escape(one.lexicon)
        for heading, rows in one.examples:
            listed = "\n".join(row.markdown() for row in rows)
            summary = f"<summary>{html.escape(heading)}</summary>"
            yield f"<details>{summary}\n\n{listed}\n\n</details>"
    if sets:
        yield f"### {augmentation.LEAKAGE_TITLE}\n\n{augmentation.LEAKAGE_NOTE}"
    for found in augmentation.leakage(results):
        yield found.markdown() if found.rows else augmentation.NO_LEAKAGE


def score_line(results: Results) -> str:
    """The formulas of the overall scores, where the report shows any, and what bold means."""
    overall = any("overall" in run.metrics for run in results.runs)
    formulas = "; ".join(f"{name} = {text}" for name, text in scoreboard.FORMULAS.items())
    bold = leads.BOLD if len(results.strategies) > 1 else ""
    return " ".join(filter(None, [f"{formulas}." if overall else "", bold]))


def noise_line(results: Results) -> str:
    """What a reader may and may not read into a difference."""
    seeds = results.scope.seeds
    listed = ", ".join(map(str, seeds))
    count = f"{len(seeds)} seeds ({listed})" if len(seeds) > 1 else f"one seed ({listed})"
    return f"{NOISE}this report has {count} for each strategy."


def _block(table: Table) -> str:
    return f"## {table.caption}\n\n{table.markdown()}"
