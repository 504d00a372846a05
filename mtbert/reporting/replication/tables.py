"""A study's tables: the paper against ours, and what it prints beside that."""

from mtbert.reporting.comparison import Summary, summarize
from mtbert.reporting.conditions import flat
from mtbert.reporting.replication.answers import Relative
from mtbert.reporting.replication.collected import OTHER_PLAN, Replication
from mtbert.reporting.replication.comparing import Compared, any_printed, compared, scores
from mtbert.reporting.tables import NONE, Table, number, signed, spread, table


def against(study: Replication, delta_m: dict[str, Relative]) -> Table:
    """Rows × each score as printed, as measured, their difference, and whether it is noise."""
    printed, relative = any_printed(study), bool(delta_m)
    columns = ["paper", "ours", "difference", "within noise?"] if printed else ["ours"]
    header = [
        "row",
        "seeds",
        "updates",
        *(f"{score} {what}" for score in scores(study) for what in columns),
    ]
    rows = []
    for name in study.rows:
        cells = [name, seeds(study, name), updates(study, name)]
        for one in compared(study, name).values():
            cells += [paper(one), ours(one)] if printed else [ours(one)]
            cells += [apart(one), within(one)] if printed else []
        rows.append([*cells, gain(delta_m.get(name))] if relative else cells)
    caption = "The paper against ours on dev" if printed else "Scores on dev"
    return table(caption, [*header, "Δm"] if relative else header, rows)


def seeds(study: Replication, name: str) -> str:
    """How many seeds a row has, of how many it is to have."""
    row = study.rows[name]
    if row.missing and not row.runs:
        return OTHER_PLAN if all(one.why == OTHER_PLAN for one in row.missing) else "not run"
    count = len(row.runs)
    return f"{count} of {count + len(row.missing)}" if row.missing else str(count)


def updates(study: Replication, name: str) -> str:
    """How many steps a row's runs have."""
    counts = dict.fromkeys(number(run.facts["steps"]) for run in study.rows[name].runs)
    return " / ".join(counts) or NONE


def paper(one: Compared) -> str:
    """The printed figure."""
    text = number(one.paper)
    if one.faulty and one.paper is not None:
        return f"{text} (faulty)"
    return f"{text} (test)" if one.split == "test" else text


def ours(one: Compared) -> str:
    """Our figure: mean ± standard deviation over seeds."""
    return spread(one.ours)


def apart(one: Compared) -> str:
    """Ours minus the printed figure."""
    return NONE if one.difference is None else signed(Summary(one.difference, None))


def within(one: Compared) -> str:
    """Whether noise alone may explain the difference, and how large it is."""
    if one.within is None:
        return NONE
    alone = "" if one.seeds > 1 else ", one seed"
    return f"{one.within} ± {number(one.noise)}{alone}"


def gain(one: Relative | None) -> str:
    """Δm in percent with its interval."""
    if one is None or one.effect is None or one.low is None or one.high is None:
        return f"{NONE} ({one.note})" if one is not None and one.note else NONE
    effect = signed(Summary(100 * one.effect, None), 1)
    low, high = number(100 * one.low, 1), number(100 * one.high, 1)
    alone = "" if len(one.seeds) > 1 else ", one seed"
    return f"{effect} % ({low} to {high}{alone})"


def changes(study: Replication, name: str) -> str:
    """What a row changes in the settings that its study's rows share, as printed."""
    found = flat(study.rows[name].changes)
    return "; ".join(f"{key}: {value}" for key, value in found)


def other_splits(study: Replication) -> Table:
    """Test figures that stand in a report beside those on dev; none of ours, for want of labels."""
    rows = [
        [name, *(number(row.printed["test"].get(score)) for score in scores(study))]
        for name, row in study.rows.items()
        if {"dev", "test"} <= row.printed.keys()
    ]
    caption = "Printed test figures; test labels are not public, so that there are none of ours"
    return table(caption, ["row", *scores(study)], rows)


def further(study: Replication) -> Table:
    """Other metrics that a report prints, on dev."""
    rows = []
    for name, row in study.rows.items():
        one = study.strategy(name)
        for task, figures in row.other.items():
            for metric, figure in figures.items():
                found = summarize(one.values(task, metric))
                apart = None if found is None else signed(Summary(found.mean - figure, None), 4)
                label = f"{task} {metric.replace('_', ' ')}"
                cells = [number(figure, 4), spread(found, 4), apart or NONE]
                rows.append([name, label, *cells])
    return table("Further metrics on dev", ["row", "metric", "paper", "ours", "difference"], rows)
