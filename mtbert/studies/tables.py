"""The tables of the studies' page: verdicts, printed figures beside ours, sweeps, runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.claims.claim import Claim
from mtbert.claims.scores import OVERALL as FORMULAS
from mtbert.claims.verdicts import Verdict
from mtbert.core.tasks import LEADERBOARD
from mtbert.studies.results import KEY, Results
from mtbert.studies.study import Printed, Study

if TYPE_CHECKING:
    import pandas as pd

NONE = "–"
OVERALL = "overall"
SCORES = (*LEADERBOARD, OVERALL)
ICONS = {"supported": "✔", "contradicted": "✘", "undecided": "≈"}


@dataclass(frozen=True)
class Shown:
    """A study as the page shows it."""

    name: str
    study: Study
    results: Results
    missing: list[tuple[str, int]]  # runs still to be made
    points: "pd.DataFrame | None" = None  # of its sweep by `dvc exp run`


def signed(value: float | None) -> str:
    """A difference with its sign and three digits."""
    return NONE if value is None or value != value else f"{value:+.3f}".replace("-", "−")


def ours(shown: Shown) -> "pd.DataFrame":
    """Each run's main scores on dev: strategy, seed, sst, para, sts, overall (NaN: not scored)."""
    scores = shown.results.scores
    parts = [
        scores[(scores["task"] == task) & (scores["metric"] == metric)]
        for task, metric in LEADERBOARD.items()
    ]
    import pandas as pd

    main = pd.concat(parts)
    table = main[main["split"] == "dev"].pivot(index=KEY, columns="task", values="value")
    table = table.reindex(columns=list(LEADERBOARD)).astype(float)
    formula = FORMULAS[shown.study.overall if shown.study.overall in FORMULAS else "mean"]
    table[OVERALL] = formula(*(table[task].to_numpy() for task in LEADERBOARD))
    return table.reset_index()


def comparison(shown: Shown) -> "pd.DataFrame":
    """Experiments × each score: printed, ours (mean ± sd over seeds), their difference."""
    import pandas as pd

    study, runs = shown.study, shown.results.runs
    groups = {str(name): table for name, table in ours(shown).groupby("strategy")}
    lines = []
    for name, seeds in study.runs().items():
        own, table = runs[runs["strategy"] == name], groups.get(name)
        done = len(own) if len(own) == len(seeds) else f"{len(own)} of {len(seeds)}"
        updates = " / ".join(f"{n:,}" for n in sorted(set(own["updates"]))) or NONE
        line = {"experiment": name, "seeds": done, "updates": updates}
        printed = study.printed.get(name, Printed())
        for score in SCORES:
            value = None if table is None else table[score].mean()
            line |= _beside(score, printed, value, _spread(table, score), study, name)
        if runs["cosines"].sum():
            count = own["cosines"].sum()
            line["negative cosines"] = f"{own['negative'].sum() / count:.2f}" if count else NONE
        lines.append(line)
    frame = pd.DataFrame(lines)
    empty = [
        key
        for key in map(str, frame)
        if key.endswith((" printed", " diff")) and (frame[key] == NONE).all()
    ]
    return frame.drop(columns=empty)


def _beside(
    score: str, printed: Printed, value: float | None, text: str, study: Study, name: str
) -> dict[str, str]:
    """A score's three cells; figures of test or that the report calls wrong are not compared."""
    figure, mark = getattr(printed, score), ""
    if figure is None and printed.test is not None:
        figure, mark = getattr(printed.test, score), " (test)"
    if score in study.faulty.get(name, ()):
        mark = " (faulty)"
    comparable = figure is not None and not mark and value is not None
    comparable = comparable and not (score == OVERALL and study.overall == "other")
    return {
        f"{score} printed": NONE if figure is None else f"{figure:.3f}{mark}",
        f"{score} ours": text,
        f"{score} diff": signed(value - figure) if comparable else NONE,
    }


def _spread(table: "pd.DataFrame | None", score: str) -> str:
    """Mean ± standard deviation over seeds."""
    if table is None or not table[score].notna().any():
        return NONE
    deviation = table[score].std()
    return f"{table[score].mean():.3f}" + (f" ± {deviation:.3f}" if deviation == deviation else "")


def further(shown: Shown) -> "pd.DataFrame":
    """Other metrics that a report prints, on dev."""
    import pandas as pd

    scores = shown.results.scores
    lines = []
    for name, printed in shown.study.printed.items():
        for task, figures in printed.other.items():
            for metric, figure in figures.items():
                mine = (scores["strategy"] == name) & (scores["task"] == task)
                values = scores.loc[mine & (scores["metric"] == metric), "value"]
                cells = [f"{figure:.3f}", f"{values.mean():.3f}", signed(values.mean() - figure)]
                lines.append([name, f"{task} {metric.replace('_', ' ')}", *cells])
    return pd.DataFrame(lines, columns=["experiment", "metric", "printed", "ours", "diff"])


def points(path: Path) -> "pd.DataFrame":
    """The points of a sweep: the CSV that `dvc exp show` wrote, settings in one column.

    Raises:
        InputError: it lacks a score's column.
    """
    import pandas as pd

    from mtbert.core.errors import InputError

    raw = pd.read_csv(path).dropna(subset=["Experiment"]).iloc[::-1]
    ends = {
        "sst": "sst.accuracy",
        "para": "para.accuracy",
        "sts": "sts.pearson",
        "mean": "overall.mean",
    }
    found = {
        key: [name for name in map(str, raw) if name.endswith(end)] for key, end in ends.items()
    }
    if absent := [ends[key] for key, columns in found.items() if len(columns) != 1]:
        raise InputError(
            f"{path}: expected one column …{absent[0]} (found: {', '.join(map(str, raw))})"
        )
    settings = [name for name in map(str, raw) if ".start." in name]
    changed = [
        ", ".join(
            f"{str(column).split('.start.')[1]}: {value}"
            for column, value in line.items()
            if value == value and value is not None
        )
        for line in raw[settings].to_dict("records")
    ]
    scores = {key: raw[columns[0]].map("{:.3f}".format) for key, columns in found.items()}
    return pd.DataFrame({"point": raw["Experiment"], "changes": changed, **scores})


def machine(shown: Iterable[Shown]) -> "pd.DataFrame":
    """What all runs ran on, and how long they took."""
    import pandas as pd

    runs = pd.concat([one.results.runs for one in shown])
    facts = {
        key: ", ".join(f"{value} ({count})" for value, count in runs[key].value_counts().items())
        for key in ("budget", "encoder", "data", "hardware", "precision", "version")
    }
    minutes = f"{runs['seconds'].sum() / 60:,.0f} minutes, added up"
    return pd.DataFrame(
        {"what": ["runs", "time", *facts], "value": [f"{len(runs):,}", minutes, *facts.values()]}
    )


def majority(shown: Iterable[Shown]) -> dict[str, float]:
    """By task, the accuracy on dev of always naming the commonest class."""
    found: dict[str, float] = {}
    for one in shown:
        for task, metric in LEADERBOARD.items():
            if metric == "accuracy" and task in one.results.predictions:
                labels = one.results.predictions[task]["label"]
                found[task] = float(labels.value_counts(normalize=True).iloc[0])
    return found


def tally(verdicts: Mapping[str, Verdict]) -> dict[str, int]:
    """How many claims got each verdict."""
    decisions: list[str] = [verdict.decision for verdict in verdicts.values()]
    return {decision: decisions.count(decision) for decision in ICONS}


def effect(claim: Claim, verdict: Verdict) -> str:
    """The effect with its interval; empty where there is no number."""
    if verdict.effect is None:
        return ""
    plain = claim.kind in ("share_below", "range_below")
    values = (verdict.effect, verdict.low, verdict.high)
    number, low, high = (f"{v:.3f}" if plain and v is not None else signed(v) for v in values)
    return f"{number} [{low}, {high}]"


def tested(claim: Claim) -> str:
    """What was tested, in words."""
    names = {key: _listed(group) for key, group in claim.named.items()}
    first, than, metric, margin = (
        names.get("experiments"),
        names.get("than"),
        claim.metric,
        claim.margin,
    )
    match claim.kind:
        case "greater":
            by = f" by more than {margin}" if margin else ""
            return f"{first} above {than}{by} in {metric}"
        case "not_greater":
            return f"{first} not above {than} by {margin} in {metric}"
        case "equal":
            return f"{first} within {margin} of {than} in {metric}"
        case "range_below":
            return f"{first} within a range of {margin} in {metric}"
        case "share_below":
            return f"{first}: share of negative cosines below {margin}"
        case "like_single":
            return f"{first}: Δm against {names['single']} within {margin} of 0"
        case "explains":
            return (
                f"from {claim.start} to {claim.end} the change in {claim.first} brings more than "
                f"that in {claim.second}, in {metric}"
            )


def _listed(names: tuple[str, ...]) -> str:
    *more, last = names
    return f"{', '.join(more)} and {last}" if more else last


def markdown(table: "pd.DataFrame", *, texts: int = 1) -> str:
    """A table in Markdown, its first columns on the left."""
    header = [str(column) for column in table]
    marks = [":--" if place < texts else "--:" for place in range(len(header))]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in table.to_numpy()]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, marks, *cells))
