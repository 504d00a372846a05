"""Tables that users give and get: CSV, TSV, JSON lines and Parquet, by the ending of the file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.core.errors import InputError, choices
from mtbert.corpora.parsing import read_separated
from mtbert.inference.texts import MAX_CHARACTERS

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS = {".csv": ",", ".tsv": "\t"}
ENDINGS = (*DELIMITERS, ".jsonl", ".parquet")


def check_ending(path: Path) -> str:
    """The ending of a table's file; an InputError says that there is no such format."""
    if path.suffix not in ENDINGS:
        raise InputError(f"{path}: {choices('ending', path.suffix, ENDINGS)}")
    return path.suffix


def read_frame(path: Path) -> "pd.DataFrame":
    """Read a table, every column as it is: in CSV and TSV all values are text.

    Raises:
        InputError: there is no such file, its ending is unknown, or it is broken or empty.
    """
    import pandas as pd

    ending = check_ending(path)
    try:
        if ending == ".parquet":
            frame = pd.read_parquet(path, dtype_backend="pyarrow")
        elif ending == ".jsonl":
            frame = _read_lines(path)
        else:
            frame = _read_separated(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (ValueError, OSError) as error:  # of pandas and pyarrow, too
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a whole {ending[1:]} file: {reason}") from None
    if not len(frame):
        raise InputError(f"{path}: empty: expected at least one row")
    return frame


def format_of(path: Path) -> str:
    """A table's format: its ending, but tsv of a .csv with tabs and no comma in its header.

    The course's files are such.
    """
    ending = path.suffix[1:].lower()
    if ending != "csv":
        return ending
    with path.open("rb") as file:
        first = file.readline()
    return "tsv" if b"\t" in first and b"," not in first else ending


def _read_separated(path: Path) -> "pd.DataFrame":
    """Text separated by tabs or commas, as the pipeline reads it."""
    import pandas as pd

    names, rows = read_separated(path, format_of(path), max_characters=MAX_CHARACTERS)
    for row in rows:
        fields = f"expected {len(names)} fields, found {len(row.fields)}"
        if fault := row.fault or (len(row.fields) != len(names) and fields):
            raise InputError(f"{path}: line {row.line}: {fault}")
    return pd.DataFrame([row.fields for row in rows], columns=names, dtype=str)


def _read_lines(path: Path) -> "pd.DataFrame":
    """JSON objects, one a line."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
            if not isinstance(row, dict):
                raise ValueError(f"line {number}: expected an object, found {line.strip()[:40]}")
            rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def write_frame(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table whole, in the format of the file's ending."""
    ending = check_ending(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    if ending == ".parquet":
        frame.to_parquet(part, index=False)
    elif ending == ".jsonl":
        frame.to_json(part, orient="records", lines=True, force_ascii=False)
    else:
        frame.to_csv(part, sep=DELIMITERS[ending], index=False, lineterminator="\n")
    part.replace(path)


def column(frame: "pd.DataFrame", name: str, *, where: str) -> list[Any]:
    """The values of a column, None where there is none.

    Raises:
        InputError: there is no such column, or several; `where` opens the message.
    """
    count = list(frame.columns).count(name)
    if count > 1:
        raise InputError(f"{where}: expected one column {name!r}, found {count}")
    if not count:
        raise InputError(
            f"{where}: {choices('column', name, filter(None, map(str, frame.columns)))}"
        )
    values = frame[name]
    return values.astype(object).where(values.notna(), None).tolist()
