"""The tables of scores on a report, strategies.json, and the last lines in the terminal."""

import json
import statistics
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from mtbert.core.errors import InputError
from mtbert.core.outputs import write_text
from mtbert.core.tasks import OVERALL
from mtbert.evaluation.metrics import METRICS
from mtbert.evaluation.overall import FORMULAS
from mtbert.reporting import tables
from mtbert.reporting.committed import Comparison
from mtbert.reporting.ensembles import SEED
from mtbert.reporting.report import SPLITS, Report, Split

SAMPLE = "sample"
SAMPLE_NOTE = (
    "Scores on the embedded sample, whose texts are made up: they show that the pipeline runs and "
    "that training learns, not which strategy is better."
)


ENSEMBLES_NOTE = (
    "An average of runs has no deviation over seeds: in brackets half of its 95 % interval over "
    "dev examples; updates and examples are those of all of its runs."
)


LEADS_RULE = "In brackets 95 % intervals. ▲ better, ▼ worse: the interval excludes 0."


def main_table(report: Report) -> pd.DataFrame:
    """Strategies, then ensembles × main scores, updates and examples."""
    base, facts = report.scope.baseline, report.facts[["strategy", "updates", "examples"]]
    rows = [pd.DataFrame([{"strategy": n, **e.budget}]) for n, e in report.ensembles.items()]
    scores = tables.score_table(
        report.all_scores("dev"), report.columns, constant=report.constant("dev")
    )
    for column in report.columns:
        halves = [report.own_widths.get((name, column), np.nan) for name in scores.index]
        pairs = zip(scores.index, halves, strict=True)
        scores[tables.title(column)] += [
            f" [± {tables.number(half)}]" if name in report.ensembles and half == half else ""
            for name, half in pairs
        ]
    table = scores.join(tables.budget_table(pd.concat([facts, *rows]), base))
    return _named(report, table)


def _named(report: Report, table: pd.DataFrame) -> pd.DataFrame:
    """A table whose rows say what is an ensemble."""
    return table.rename(index={n: f"{n} ({own.size})" for n, own in report.ensembles.items()})


def baseline_table(report: Report, split: Split) -> pd.DataFrame | None:
    """Strategies × difference to the baseline on a split; None without any."""
    columns, base = report.columns_on(split), report.scope.baseline
    scores = report.all_scores(split)
    scores = scores[scores["strategy"].isin(report.strategies)]
    if not columns or base not in set(scores["strategy"]):
        return None
    gaps = tables.gaps_to_baseline(scores, columns, base, report.paired_widths[split])
    return None if gaps.empty else tables.difference_table(gaps)


def ensemble_table(report: Report, split: Split) -> pd.DataFrame | None:
    """Ensembles × difference to the mean of their members on a split; None without any."""
    columns, widths = report.columns_on(split), report.ensemble_widths[split]
    ensembles = {name: own for name, own in report.ensembles.items() if len(own.on(split))}
    if not ensembles or not columns:
        return None
    values = tables.wide(report.all_scores(split), columns)
    rows = []
    for name, own in ensembles.items():
        gaps = values.loc[[(name, SEED)]].mean() - values.reindex([*own.members]).mean()
        for column in columns:
            gap, half = float(gaps[column]), widths.get((name, column), np.nan)
            rows.append((name, *column, gap, gap - half, gap + half))
    keys = ["strategy", "task", "metric"]
    frame = pd.DataFrame(rows, columns=[*keys, "mean", "low", "high"]).set_index(keys)
    table = _named(report, tables.difference_table(frame)).rename_axis("ensemble")
    table.insert(0, "average of", [own.average for own in ensembles.values()])
    return table


def test_table(report: Report) -> pd.DataFrame | None:
    """Strategies × main scores on labelled test splits, with their intervals; None without any."""
    if not (columns := report.columns_on("test")):
        return None
    table = tables.score_table(report.test_scores, columns, constant=report.constant("test"))
    for column in columns:
        halves = [tables.number(report.test_widths.get((s, column))) for s in table.index]
        table[tables.title(column)] += [f" [± {half}]" for half in halves]
    return _named(report, table)


def lead_table(report: Report) -> pd.DataFrame | None:
    """By how much strategies lead the baseline, and ensembles their runs, in the overall mean.

    A column a split; None without an overall mean, or with nothing to compare.
    """
    mean = tables.title((OVERALL, "mean"))
    columns: dict[str, pd.Series] = {}
    for split in SPLITS:
        pairs = {
            f"to {report.scope.baseline}": baseline_table(report, split),
            "to the mean of its runs": ensemble_table(report, split),
        }
        own = [
            table[mean].set_axis([f"{name} {to}" for name in table.index])
            for to, table in pairs.items()
            if table is not None and mean in table
        ]
        if own:
            columns[f"on {split}"] = pd.concat(own)
    if not columns:
        return None
    leads = pd.concat(columns, axis=1, sort=False).fillna(tables.NONE)
    return leads.rename_axis(f"difference in {mean}")


def readme_blocks(report: Report) -> Iterator[str]:
    """What a README shows first: scores on dev / test, leads with their intervals, caveats."""
    scores = main_table(report)
    if columns := report.columns_on("test"):
        constant = report.constant("test")
        on_test = tables.score_table(report.test_scores, columns, constant=constant)
        on_test = _named(report, on_test)
        for column in on_test:
            scores[column] += " / " + on_test[column].reindex(scores.index, fill_value=tables.NONE)
        scores = scores.rename_axis("dev / test")
    # A narrow cell breaks between dev and test alone.
    text = tables.markdown(scores).replace(" ± ", "\u00a0±\u00a0")
    yield text.replace(" [± ", "\u00a0[±\u00a0")
    if (leads := lead_table(report)) is not None:
        yield tables.markdown(leads)
    rule = "" if leads is None else f" {LEADS_RULE}"
    yield f"{seeds_text(report)}.{rule} {score_note(report)}"
    if note := sample_note(report):
        yield note


def seeds_text(report: Report) -> str:
    """What the scores are over."""
    first, *others = report.scope.seeds
    if not others:
        return f"One run each, of seed {first}"
    return f"Mean ± standard deviation over seeds {', '.join(map(str, report.scope.seeds))}"


def score_note(report: Report) -> str:
    """The formulas of the overall scores shown, and a warning where the budgets differ."""
    overall = [metric for task, metric in report.columns if task == OVERALL]
    formulas = "; ".join(f"{name} = {FORMULAS[name].text}" for name in overall)
    parts = [f"{formulas}."] if formulas else []
    if report.ensembles:
        parts.append(ENSEMBLES_NOTE)
    for split in SPLITS:
        for task, why in report.constant(split).items():
            none = "so no deviation and no interval is given"
            parts.append(f"{task}: its {split} split has {why}, {none}.")
    return " ".join([*parts, *_budget_notes(report)])


def _budget_notes(report: Report) -> list[str]:
    """Which strategies had another training budget than the baseline, and what equalizes them."""
    base, budgets = report.scope.baseline, tables.budgets(report.facts)

    def unequal(*units: str) -> list[str]:
        return [
            name
            for name, own in budgets.items()
            if any((at := budgets[base][unit]) and tables.differs(own[unit], at) for unit in units)
        ]

    notes = []
    if names := unequal("updates", "examples"):
        notes.append(f"More or less training than {base} (×): {', '.join(names)}.")
    if unequal("examples"):
        count = round(budgets[base]["examples"])
        command = f"dvc exp run -S train.examples_seen={count}"
        if report.settings[base].get("steps"):
            command += " -S train.steps=null"
        notes.append(f"To let all see equally many examples: {command}")
    return notes


def sample_note(report: Report) -> str:
    """What scores on the embedded sample are worth; empty without any."""
    sources = {source for text in report.facts["data_source"] for source in text.split(", ")}
    return SAMPLE_NOTE if SAMPLE in sources else ""


def noise_table(report: Report) -> pd.DataFrame:
    """Main scores × dev examples, score of a constant prediction, interval at the baseline."""
    rows = []
    for column in report.columns:
        task, metric = column
        names = [report.scope.baseline, *report.strategies]
        scored = [(name, run) for name in names for run in report.predictions(name, task).values()]
        labels = scored[0][1].labels if scored else np.array([])
        floor = METRICS[metric].baseline(labels) if len(labels) else float("nan")
        name = scored[0][0] if scored else report.scope.baseline
        half = f"± {tables.number(report.own_widths[name, column])}"
        texts = (tables.number(len(labels) or None), tables.number(floor), half)
        rows.append((tables.title(column), *texts))
    columns = ["score", "dev examples", "constant prediction", "95 % interval"]
    return pd.DataFrame(rows, columns=columns).set_index("score")


def terminal(report: Report, changed: Comparison | None) -> str:
    """The scores, and what changed since the last commit, as plain text."""
    parts = [f"Scores on dev. {seeds_text(report)}"]
    parts += [tables.aligned(main_table(report)), score_note(report)]
    if (test := test_table(report)) is not None:
        parts += ["", "The same on test", tables.aligned(test)]
    if changed is not None:
        parts += ["", "Committed and current results"]
        if not changed.table.empty:
            parts += [tables.aligned(changed.table)]
        parts += [f"warning: {warning}" for warning in changed.warnings]
    return "\n".join(parts)


def strategies_json(report: Report) -> str:
    """strategies.json: one score of each strategy and ensemble, for `dvc metrics diff`.

    It is the overall mean, or where the three tasks are not all there, the mean of the main scores
    of the strategy's tasks. An ensemble has the number of its runs instead of a deviation.
    """
    values = tables.wide(report.all_scores("dev"), report.columns)
    combined = (OVERALL, "mean")
    own = values.drop(columns=OVERALL, level=0, errors="ignore").mean(axis=1)
    each = values[combined].fillna(own) if combined in values else own
    budgets = tables.budgets(report.facts)
    rows: dict[str, dict[str, float]] = {}
    for name in report.strategies:
        seeds = each.loc[name].dropna().tolist()
        rows[name] = {"mean": round(statistics.fmean(seeds), 3)} if seeds else {}
        if len(seeds) > 1:
            rows[name]["sd"] = round(statistics.stdev(seeds), 3)
        rows[name] |= {unit: round(count) for unit, count in budgets[name].items()}
    for name, ensemble in report.ensembles.items():
        score = float(each.loc[name].iloc[0])
        rows[name] = {} if np.isnan(score) else {"mean": round(score, 3)}
        rows[name] |= {"runs": len(ensemble.members), **ensemble.budget}
    return json.dumps(rows, indent=1) + "\n"


def refresh(readme: Path, blocks: Iterable[str], mark: str = "results") -> None:
    """Put blocks of Markdown between the two lines of a README that bear a mark.

    Raises:
        InputError: there is no such file, or it does not hold each line once, in order.
    """
    begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
    if not readme.is_file():
        raise InputError(f"{readme}: no such file")
    text = readme.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise InputError(f"{readme}: must hold {begin} once and {end} once after it")
    before, rest = text.split(begin)
    body = "\n\n".join(blocks)
    write_text(readme, f"{before}{begin}\n\n{body}\n\n{end}{rest.split(end)[1]}")
