"""The file of figures: what of a study is drawn beside the figures that every study gets."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_yaml, validate

Rows = Annotated[tuple[str, ...], Field(min_length=1)]
Tasks = Annotated[tuple[Literal["sst", "para", "sts"], ...], Field(min_length=1)]


class Base(Settings):
    """What every exhibit has."""

    title: Annotated[str, Field(min_length=1)]
    note: str = ""  # what a reader should know

    @property
    def named(self) -> tuple[str, ...]:
        """The rows that it shows."""
        raise NotImplementedError


class Bars(Base):
    """Scores of some rows, a panel a score."""

    kind: Literal["bars"]
    rows: Rows

    @property
    def named(self) -> tuple[str, ...]:
        """The rows that it shows."""
        return self.rows


class Losses(Base):
    """Training losses of some rows over the epochs, a panel a task."""

    kind: Literal["losses"]
    rows: Rows

    @property
    def named(self) -> tuple[str, ...]:
        """The rows that it shows."""
        return self.rows


class Mixing(Base):
    """Each task's share of the batches over the epochs, a panel a row."""

    kind: Literal["mixing"]
    rows: Rows

    @property
    def named(self) -> tuple[str, ...]:
        """The rows that it shows."""
        return self.rows


class Matrices(Base):
    """Confusion matrices of some rows."""

    kind: Literal["confusion"]
    rows: Rows
    tasks: Tasks

    @property
    def named(self) -> tuple[str, ...]:
        """The rows that it shows."""
        return self.rows


class Sweep(Base):
    """Scores against a setting, a panel a series."""

    kind: Literal["sweep"]
    x: str  # what varies
    # Name of a series -> values of what varies, as on the axis, -> rows
    series: Annotated[dict[str, dict[str, str]], Field(min_length=1)]

    @property
    def named(self) -> tuple[str, ...]:
        """The rows that it shows."""
        return tuple(row for series in self.series.values() for row in series.values())


Exhibit = Annotated[Bars | Losses | Mixing | Matrices | Sweep, Field(discriminator="kind")]


class Exhibits(Settings):
    """The whole file, by study."""

    studies: dict[str, tuple[Exhibit, ...]]


def read_exhibits(path: Path, study: str, *, rows: Iterable[str]) -> tuple[Exhibit, ...]:
    """Read the exhibits of a study; one that the file does not name has none.

    Args:
        path: The file, a mapping of studies to lists of exhibits.
        study: The study's name.
        rows: Its rows.

    Raises:
        InputError: an exhibit does not fit, or names a row that the study does not have.
    """
    data: Mapping[str, object] = {"studies": read_yaml(path)}
    found = validate(Exhibits, data, where=str(path)).studies.get(study, ())
    known = list(rows)
    for place, one in enumerate(found):
        if lost := [name for name in one.named if name not in known]:
            raise InputError(f"{path}: {study}.{place}: {choices('row', lost[0], known)}")
    return found
