"""results.md and data.md: what git, a pull request and a terminal show of a report."""

from mtbert.reporting import conditions, corpora, scoreboard
from mtbert.reporting.results import Results
from mtbert.reporting.tables import Table

NOISE = (
    "A difference smaller than the 95 % half-width of its metric cannot be told apart from noise: "
    "another dev split of the same size may move either score by as much. Half-widths are from "
    "the normal approximation for accuracy, Fisher's z for correlations and the bootstrap for F1 "
    "and Matthews; in an overall score they add up as independent. Seeds add noise of their own, "
    "which no dev split shows: "
)


def results_page(results: Results) -> str:
    """Write results.md."""
    scope = results.scope
    parts = [f"# {scope.title}: results on dev", "Written by the stage `report`; do not edit."]
    parts += [f"**{conditions.SAMPLE_NOTE}**"] if conditions.on_sample(results) else []
    parts += [_block(scoreboard.scores(results)), overall_line(results)]
    if len(results.strategies) > 1:
        parts += [_block(scoreboard.differences(results))]
    parts += [_block(scoreboard.noises(results)), noise_line(results)]
    parts += [_block(scoreboard.above_chance(results))]
    parts += [_block(scoreboard.further(results, task)) for task in results.tasks]
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
    parts += [_block(corpora.tokens(results))]
    return "\n\n".join(parts) + "\n"


def overall_line(results: Results) -> str:
    """The formulas of the overall scores, where the report shows any."""
    if not any("overall" in run.metrics for run in results.runs):
        return ""
    formulas = "; ".join(f"{name} = {text}" for name, text in scoreboard.FORMULAS.items())
    return f"{formulas}. The best of each column is marked."


def noise_line(results: Results) -> str:
    """What a reader may and may not read into a difference."""
    seeds = results.scope.seeds
    listed = ", ".join(map(str, seeds))
    count = f"{len(seeds)} seeds ({listed})" if len(seeds) > 1 else f"one seed ({listed})"
    return f"{NOISE}this report has {count} for each strategy."


def _block(table: Table) -> str:
    return f"## {table.caption}\n\n{table.markdown()}"
