"""Tables of scores: pivots of the long tables in `runs`, with numbers as text.

A table is a DataFrame of texts; its index is the first column. `markdown` writes it; templates
write it as HTML with the macro `grid`.

A column of scores is (task, metric), of the overall scores ("overall", name).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from math import isnan
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from mtbert.core.tasks import OVERALL
from mtbert.evaluation.intervals import with_seeds
from mtbert.evaluation.metrics import METRICS
from mtbert.reporting.runs import KEY

NONE = "–"
# Updates or examples that differ by more than this share from the baseline's are pointed out.
TOLERANCE = 0.05

Column = tuple[str, str]
Widths = Mapping[tuple[str, Column], float]  # (strategy, column) -> half of a 95 % interval


def number(value: Any, digits: int = 3) -> str:
    """A number with so many decimals, whole ones whole; thousands apart, "–" for none."""
    if value is None or value is pd.NA or (isinstance(value, float) and isnan(value)):
        return NONE
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}".replace("-", "−")


def rounded(value: float, digits: int) -> str:
    """A number that may be a whole one, or with so many decimals."""
    return number(int(value)) if float(value).is_integer() else number(float(value), digits)


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign."""
    text = number(value, digits)
    return text if text.startswith(("−", NONE)) else f"+{text}"


def spread(mean: float, sd: float, digits: int = 3) -> str:
    """Mean ± standard deviation; the mean alone where there is one seed."""
    text = number(mean, digits)
    return text if isnan(mean) or isnan(sd) else f"{text} ± {number(sd, digits)}"


def title(column: Column) -> str:
    """What a column of scores is called."""
    task, metric = column
    return metric if task == OVERALL else f"{task} {metric.replace('_', ' ')}"


def wide(scores: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Scores as (strategy, seed) × columns, NaN where a run has none."""
    table = scores.set_index([*KEY, "task", "metric"])["value"].unstack(["task", "metric"])
    order = pd.MultiIndex.from_frame(scores[KEY].drop_duplicates())
    return table.reindex(index=order, columns=pd.MultiIndex.from_tuples(columns))


def by_strategy(values: "pd.DataFrame | pd.Series[float]") -> Any:
    """Group by strategy, in the order of the rows."""
    return values.groupby(level="strategy", sort=False)


def score_table(
    scores: pd.DataFrame, columns: Sequence[Column], *, constant: Collection[str] = ()
) -> pd.DataFrame:
    """Strategies × scores: mean ± standard deviation over seeds.

    Tasks in `constant`, whose labels are all alike, have no deviation: it would be 0 by itself.
    """
    values = by_strategy(wide(scores, columns))
    mean, sd = values.mean(), values.std()
    sd[[column for column in columns if column[0] in constant]] = float("nan")
    texts = {title(c): [*map(spread, mean[c], sd[c])] for c in columns}
    return pd.DataFrame(texts, index=mean.index)


def budgets(facts: pd.DataFrame) -> dict[str, dict[str, float]]:
    """By strategy, mean updates and examples seen."""
    return {
        str(name): {unit: float(own[unit].mean()) for unit in ("updates", "examples")}
        for name, own in facts.groupby("strategy", sort=False)
    }


def budget_table(facts: pd.DataFrame, baseline: str = "") -> pd.DataFrame:
    """Strategies × updates and examples seen, with the factor to the baseline's if it matters."""
    means = budgets(facts)
    texts = {
        name: {
            unit: number(round(value)) + _factor(value, means.get(baseline, own)[unit])
            for unit, value in own.items()
        }
        for name, own in means.items()
    }
    return pd.DataFrame(texts).T.rename_axis("strategy")


def differs(value: float, base: float) -> bool:
    """Whether two counts differ by more than 5 %."""
    return abs(value - base) > TOLERANCE * base


def _factor(value: float, base: float) -> str:
    return f" (× {value / base:.2g})" if base and differs(value, base) else ""


def gaps_to_baseline(
    scores: pd.DataFrame, columns: Sequence[Column], baseline: str, widths: Widths
) -> pd.DataFrame:
    """Difference of each strategy to the baseline with its 95 % interval, as numbers.

    `widths` are half of the interval that the split leaves around each mean difference; seeds are
    added by `with_seeds`. Give (strategy, task, metric) × mean, low, high, over the seeds that both
    have; NaN where either lacks the score.
    """
    values = wide(scores, columns)
    gaps = values.sub(values.xs(baseline, level="strategy"), level="seed")
    rows = []
    for strategy, own in by_strategy(gaps):
        for column in columns:
            by_seed = own[column].dropna()
            half = with_seeds(widths.get((strategy, column), float("nan")), by_seed.tolist())
            mean = by_seed.mean()
            rows.append((strategy, *column, mean, mean - half, mean + half))
    keys = ["strategy", "task", "metric"]
    table = pd.DataFrame(rows, columns=[*keys, "mean", "low", "high"])
    return table[table["strategy"] != baseline].set_index(keys)


def difference_table(gaps: pd.DataFrame) -> pd.DataFrame:
    """Strategies × differences with their intervals; ▲ better, ▼ worse where 0 lies outside."""
    texts = gaps.apply(
        lambda row: interval(row["mean"], row["low"], row["high"]) + _arrow(row.name[2], row),
        axis=1,
    )
    table = texts.unstack(["task", "metric"], sort=False)
    table.columns = [title((pair[0], pair[1])) for pair in table.columns.to_flat_index()]
    return table


def interval(mean: float, low: float, high: float) -> str:
    """A difference and its interval."""
    if isnan(mean):
        return NONE
    return signed(mean) if isnan(low) else f"{signed(mean)} [{number(low)}, {number(high)}]"


def _arrow(metric: str, row: pd.Series) -> str:
    if not (row["low"] > 0 or row["high"] < 0):
        return ""
    lower_is_better = metric in METRICS and METRICS[metric].lower_is_better
    return " ▼" if (row["low"] > 0) == lower_is_better else " ▲"


def markdown(table: pd.DataFrame, *, prose: bool = False) -> Markup:
    """A table in Markdown; numbers stand to the right, prose to the left."""
    index = table.index.name or ""
    rule = [":--", *[":--" if prose else "--:"] * len(table.columns)]
    rows = [
        [index, *table.columns],
        rule,
        *([name, *row] for name, row in zip(table.index, table.to_numpy(), strict=True)),
    ]
    return Markup("\n".join(f"| {' | '.join(cell(text) for text in row)} |" for row in rows))


def aligned(table: pd.DataFrame) -> str:
    """A table for a terminal, its columns two spaces apart."""
    cells = [["", *table.columns], *map(list, table.itertuples(name=None))]
    widths = [max(len(str(cell)) for cell in column) for column in zip(*cells, strict=True)]
    signs = ["<", *">" * len(table.columns)]
    return "\n".join(
        "  ".join(f"{cell:{s}{w}}" for cell, s, w in zip(row, signs, widths, strict=True))
        for row in cells
    )


def cell(text: Any) -> Markup:
    """A text in a cell of Markdown."""
    return Markup(line(str(text).replace("\\", "\\\\").replace("|", r"\|")))


def code(text: str) -> Markup:
    """A text in HTML, with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def line(text: Any) -> Any:
    """A text as one line of Markdown that begins no HTML; `Markup` stays as it is."""
    if isinstance(text, Markup) or not isinstance(text, str):
        return text
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", " ".join(text.split()))
