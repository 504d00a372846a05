"""A table that reads the same in Markdown and in HTML, and how its numbers are written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mtbert.reporting.comparison import Summary

NONE = "–"


@dataclass(frozen=True)
class Cell:
    """Text of a cell; the best of its column may be marked, a note stands below in HTML."""

    text: str
    best: bool = False
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Header, and rows whose first cell is the row's own heading."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    prose: bool = False  # words, to be set from the left, rather than numbers

    def markdown(self) -> str:
        """As a Markdown table, numbers to the right; the best values are bold."""
        rule = [":--", *[":--" if self.prose else "--:"] * (len(self.header) - 1)]
        rows = [
            [f"**{_escape(cell.text)}**" if cell.best else _escape(cell.text) for cell in row]
            for row in self.rows
        ]
        lines = [[_escape(name) for name in self.header], rule, *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def table(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str | Cell]],
    *,
    prose: bool = False,
) -> Table:
    """Make a table of texts and cells.

    Raises:
        ValueError: a row has more or fewer cells than the header.
    """
    cells = tuple(
        tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows
    )
    if any(len(row) != len(header) for row in cells):
        raise ValueError(f"{caption}: every row needs {len(header)} cells")
    return Table(caption, tuple(header), cells, prose)


def number(value: Any, digits: int = 3) -> str:
    """A number with a fixed count of decimals; integers whole, with thousands apart."""
    if value is None:
        return NONE
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}".replace("-", "−")


def spread(summary: Summary | None, digits: int = 3) -> str:
    """Mean ± standard deviation over seeds; the mean alone for one seed."""
    if summary is None:
        return NONE
    mean = number(summary.mean, digits)
    return mean if summary.sd is None else f"{mean} ± {number(summary.sd, digits)}"


def signed(summary: Summary | None, digits: int = 3) -> str:
    """A difference with its sign, ± its standard deviation over seeds."""
    if summary is None:
        return NONE
    text = spread(summary, digits)
    return text if text.startswith("−") else f"+{text}"


def setting(value: Any) -> str:
    """A setting as it would be written in YAML's flow style."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {setting(item)}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(setting(item) for item in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _escape(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())
