"""The tables of the studies' page: verdicts, printed figures beside ours, sweeps, runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path

import pandas as pd

from mtbert.claims.claim import Claim
from mtbert.claims.verdicts import Verdict
from mtbert.core.errors import InputError
from mtbert.core.tasks import LEADERBOARD, OVERALL
from mtbert.evaluation.overall import FORMULAS
from mtbert.reporting.tables import NONE, number, signed, spread, wide
from mtbert.studies.results import Results
from mtbert.studies.study import Printed, Study

SCORES = (*LEADERBOARD, OVERALL)
GAIN = 0.001  # in the mean score; a smaller lead changes nothing
# Score of a point: how its column ends
POINT = {
    "sst": "sst.accuracy",
    "para": "para.accuracy",
    "sts": "sts.pearson",
    "mean": "overall.mean",
}
ICONS = {"supported": "✔", "contradicted": "✘", "undecided": "≈"}


@dataclass(frozen=True)
class Shown:
    """A study as the page shows it."""

    name: str
    study: Study
    results: Results
    missing: list[tuple[str, int]]  # runs still to be made
    points: pd.DataFrame | None = None  # of its sweep by `dvc exp run`


def ours(shown: Shown) -> pd.DataFrame:
    """Main scores on dev, (strategy, seed) × `SCORES`; NaN where a run has none."""
    formula = shown.study.overall if shown.study.overall in FORMULAS else "mean"
    scores = shown.results.scores
    columns = [*LEADERBOARD.items(), (OVERALL, formula)]
    table = wide(scores[scores["split"] == "dev"], columns)
    return table.set_axis(list(SCORES), axis=1)


def comparison(shown: Shown) -> pd.DataFrame:
    """Experiments × each score: printed, ours (mean ± sd over seeds), their difference."""
    study, runs = shown.study, shown.results.runs
    groups = {str(name): table for name, table in ours(shown).groupby(level="strategy")}
    lines = []
    for name, seeds in study.runs().items():
        own, table = runs[runs["strategy"] == name], groups.get(name)
        done = len(own) if len(own) == len(seeds) else f"{len(own)} of {len(seeds)}"
        updates = " / ".join(f"{n:,}" for n in sorted(set(own["updates"]))) or NONE
        line = {"experiment": name, "seeds": done, "updates": updates}
        printed = study.printed.get(name, Printed())
        for score in SCORES:
            mean, sd = (nan, nan) if table is None else table[score].agg(["mean", "std"])
            line |= _beside(score, printed, mean, spread(mean, sd), study, name)
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
    return frame.drop(columns=empty).set_index("experiment")


def _beside(
    score: str, printed: Printed, value: float, text: str, study: Study, name: str
) -> dict[str, str]:
    """A score's three cells; figures of test or that the report calls wrong are not compared."""
    figure, mark = getattr(printed, score), ""
    if figure is None and printed.test is not None:
        figure, mark = getattr(printed.test, score), " (test)"
    if score in study.faulty.get(name, ()):
        mark = " (faulty)"
    unknown = score == OVERALL and study.overall == "other"
    comparable = figure is not None and not mark and not unknown
    return {
        f"{score} printed": f"{number(figure)}{mark}",
        f"{score} ours": text,
        f"{score} diff": signed(value - figure) if comparable else NONE,
    }


def further(shown: Shown) -> pd.DataFrame:
    """Other metrics that a report prints, on dev."""
    scores = shown.results.scores
    lines = []
    for name, printed in shown.study.printed.items():
        for task, figures in printed.other.items():
            for metric, figure in figures.items():
                mine = (scores["strategy"] == name) & (scores["task"] == task)
                values = scores.loc[mine & (scores["metric"] == metric), "value"]
                mean = values.mean()
                cells = [number(figure), number(mean), signed(mean - figure)]
                lines.append([name, f"{task} {metric.replace('_', ' ')}", *cells])
    columns = ["experiment", "metric", "printed", "ours", "diff"]
    return pd.DataFrame(lines, columns=columns).set_index("experiment")


def points(path: Path) -> pd.DataFrame:
    """The sweeps of our own recipe: each point, what it changes, its scores, whether it was held.

    One sweep after the other: the point with the highest mean is held from there on, unless it
    leads by `GAIN` or less. Each point is called SWEEP-NUMBER.

    Args:
        path: The CSV that `dvc exp show` wrote in studies/best/sweeps.sh.

    Raises:
        InputError: it lacks a score's column.
    """
    raw = pd.read_csv(path, dtype=str).dropna(subset=["Experiment"])
    raw[["sweep", "number"]] = raw["Experiment"].str.rsplit("-", n=1, expand=True)
    raw["began"] = raw.groupby("sweep")["Created"].transform("min")
    raw = raw.sort_values(["began", "number"], key=lambda c: c.str.zfill(4))
    settings = {name: name.split(".start.")[1] for name in map(str, raw) if ".start." in name}
    names = {key: [c for c in map(str, raw) if c.endswith(end)] for key, end in POINT.items()}
    if absent := [POINT[key] for key, columns in names.items() if len(columns) != 1]:
        raise InputError(f"{path}: expected one column that ends with {absent[0]}")
    held: dict[str, str] = {}
    top, lines = -1.0, []
    for _, group in raw.groupby("sweep", sort=False):
        tried = [
            (
                {own: line[k].replace("'", "") for k, own in settings.items() if pd.notna(line[k])},
                {score: float(line[column]) for score, (column,) in names.items()},
                line["Experiment"],
            )
            for line in group.to_dict("records")
        ]
        best = max(tried, key=lambda point: point[1]["mean"])
        gains = best[1]["mean"] > top + GAIN
        for changes, scores, name in tried:
            new = [f"{key}: {value}" for key, value in changes.items() if held.get(key) != value]
            cells = {key: number(value) for key, value in scores.items()}
            mark = "✔" if gains and name == best[2] else ""
            lines.append({"point": name, "changes": "; ".join(new) or NONE, **cells, "held": mark})
        held, top = (best[0], best[1]["mean"]) if gains else (held, top)
    return pd.DataFrame(lines).set_index("point")


def machine(shown: Iterable[Shown]) -> pd.DataFrame:
    """What all runs ran on, and how long they took."""
    runs = pd.concat([one.results.runs for one in shown])
    facts = {
        key: ", ".join(f"{value} ({count})" for value, count in runs[key].value_counts().items())
        for key in ("budget", "encoder", "data", "hardware", "precision", "version")
    }
    minutes = f"{runs['seconds'].sum() / 60:,.0f} minutes, added up"
    values = {"runs": f"{len(runs):,}", "time": minutes, **facts}
    return pd.DataFrame({"value": values}).rename_axis("what")


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
    text = number if claim.kind in ("share_below", "range_below") else signed
    mean, low, high = (
        text(nan if value is None else value)
        for value in (verdict.effect, verdict.low, verdict.high)
    )
    return f"{mean} [{low}, {high}]"


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
