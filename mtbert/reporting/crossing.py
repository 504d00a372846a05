"""Tables that lay two settings across each other: which of the two makes the difference."""

from collections.abc import Mapping, Sequence

from mtbert.core.errors import InputError, choices
from mtbert.reporting.comparison import Metric
from mtbert.reporting.leads import Lead, lead, plus_minus, score, undecided
from mtbert.reporting.records import Cross
from mtbert.reporting.results import Strategy
from mtbert.reporting.tables import NONE, Cell, Table, table
from mtbert.reporting.variation import varying, words

# Entries of metrics that are no scores.
COUNTS = ("n", "majority")


def read_cross(rows: str, columns: str, metrics: Sequence[str]) -> Cross | None:
    """Read what `--rows`, `--columns` and `--metric` ask for; None where none is given.

    Raises:
        InputError: one of them is given without the others.
    """
    given = {"--rows": rows, "--columns": columns, "--metric": metrics}
    if not any(given.values()):
        return None
    if lacking := [option for option, value in given.items() if not value]:
        raise InputError(
            f"{', '.join(lacking)}: not given; --rows, --columns and --metric go together, as in "
            "--rows heads.sts --columns encoding.sts --metric sts.pearson"
        )
    return Cross(rows=rows, columns=columns, metrics=tuple(metrics))


def cross_tables(cross: Cross, strategies: Sequence[Strategy]) -> list[tuple[Table, str]]:
    """One table a metric: values of one setting down, of the other across; what it leaves open.

    Raises:
        InputError: a setting is unknown or does not vary, a metric is unknown, or two strategies
            fall into one cell.
    """
    cells = _cells(cross, strategies)
    leaders = [lead(strategies, metric) for metric in _metrics(cross, strategies)]
    return [(_table(cross, one, cells), undecided([one])) for one in leaders]


def _cells(cross: Cross, strategies: Sequence[Strategy]) -> dict[tuple[str, str], Strategy]:
    down = _headings("--rows", cross.rows, strategies)
    across = _headings("--columns", cross.columns, strategies)
    cells: dict[tuple[str, str], Strategy] = {}
    for one in strategies:
        place = down[one.name], across[one.name]
        other = cells.setdefault(place, one)
        if other is not one:
            raise InputError(
                f"--rows {cross.rows} --columns {cross.columns}: strategies {other.name!r} and "
                f"{one.name!r} both have {place[0]} × {place[1]}; name one of each cell with "
                "--strategy, or cross settings that tell them apart"
            )
    return cells


def _headings(option: str, keys: str, strategies: Sequence[Strategy]) -> dict[str, str]:
    """Each strategy's value of a setting, or of several that are joined by +."""
    vary = varying(strategies, within=True)
    for key in keys.split("+"):
        if key not in vary:
            raise InputError(f"{option}: {choices('setting that varies here', key, vary)}")
    told = [words(vary[key]) for key in keys.split("+")]
    found = {}
    for one in strategies:
        values = [value[one.name] for value in told if value.get(one.name, NONE) != NONE]
        found[one.name] = " + ".join(value for value in values if value != "none") or NONE
    return found


def _metrics(cross: Cross, strategies: Sequence[Strategy]) -> list[Metric]:
    known = {
        f"{group}.{name}": Metric(group, name, f"{group} {name}".replace("_", " "))
        for one in strategies
        for run in one.runs
        for group, values in run.metrics.items()
        for name in values
        if name not in COUNTS
    }
    for wanted in cross.metrics:
        if wanted not in known:
            raise InputError(f"--metric: {choices('metric', wanted, known)}")
    return [known[wanted] for wanted in cross.metrics]


def _table(cross: Cross, leader: Lead, cells: Mapping[tuple[str, str], Strategy]) -> Table:
    columns = list(dict.fromkeys(column for _, column in cells))
    rows: list[list[str | Cell]] = []
    for row in dict.fromkeys(row for row, _ in cells):
        found = (cells.get((row, column)) for column in columns)
        rows.append([row, *(Cell("") if one is None else score(one, leader) for one in found)])
    caption = (
        f"{leader.metric.title}: {cross.rows} down, {cross.columns} across; "
        f"95 % half-width at the best {plus_minus(leader)}"
    )
    return table(caption, [f"{cross.rows} ╲ {cross.columns}", *columns], rows)
