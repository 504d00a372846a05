"""Tables that users give and get: CSV, TSV, JSON lines and Parquet, by the ending of the file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.core.errors import InputError, choices
from mtbert.core.parquet import parquet_table
from mtbert.core.tasks import SEPARATORS, FileFormat
from mtbert.corpora.detection import detect_format, ending_of
from mtbert.corpora.parsing import QuotingError, read_separated
from mtbert.corpora.records import json_objects
from mtbert.inference.texts import MAX_CHARACTERS

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")


def check_ending(path: Path) -> str:
    """The ending of a table's file; an InputError says that there is no such format."""
    if path.suffix not in ENDINGS:
        raise InputError(f"{path}: {choices('ending', path.suffix, ENDINGS)}")
    return path.suffix


def read_frame(path: Path) -> "pd.DataFrame":
    """Read a table, every column as it is: in CSV and TSV all values are text.

    Its format is detected; a file of text may be gzipped, but has a header. The index is called
    `line` and has the line of the file in which each row begins, from 1; in Parquet it is `row`.

    Raises:
        InputError: there is no such file, its ending is unknown, or it is broken or empty.
    """
    return read_detected(path)[1]


def read_detected(
    path: Path, *, quoting: bool | None = None, header: bool = True
) -> "tuple[FileFormat, pd.DataFrame]":
    """Read a table as `read_frame`, and say how its file holds rows."""
    if ending_of(path) not in ENDINGS:
        raise InputError(f"{path}: {choices('ending', ending_of(path), ENDINGS)}")
    try:
        form = detect_format(path)
        if form.format == "parquet":
            frame = _read_parquet(path)
        elif form.format == "jsonl":
            frame = _read_lines(path)
        else:
            options = {"header": header, "quoting": quoting}
            form, frame = _read_separated(path, form.model_copy(update=options))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (ValueError, OSError) as error:  # of pandas and pyarrow, too
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a whole {ending_of(path)[1:]} file: {reason}") from None
    if not len(frame):
        raise InputError(f"{path}: empty: expected at least one row")
    return form, frame


def _read_separated(path: Path, form: FileFormat) -> "tuple[FileFormat, pd.DataFrame]":
    """Separated text as the pipeline reads it; quotes are letters where they quote no field."""
    import pandas as pd

    try:
        names, rows = read_separated(path, form, max_characters=MAX_CHARACTERS)
    except QuotingError:
        return _read_separated(path, form.model_copy(update={"quoting": False}))
    for row in rows:
        fields = f"expected {len(names)} fields, found {len(row.fields)}"
        wrong = len(row.fields) < len(names) or (form.header and len(row.fields) > len(names))
        if fault := row.fault or (wrong and fields):
            raise InputError(f"{path}: line {row.line}: {fault}")
    values = [row.fields[: len(names)] for row in rows]
    lines = pd.Index([row.line for row in rows], name="line")
    return form, pd.DataFrame(values, lines, columns=names, dtype=str)


def _read_parquet(path: Path) -> "pd.DataFrame":
    """A Parquet file's columns; an index that pandas wrote is one if it has a name."""
    import pandas as pd
    from pyarrow import types

    table = parquet_table(path)[1]
    for field in table.schema:
        if types.is_binary(field.type) or types.is_large_binary(field.type):
            raise InputError(
                f"{path}: column {field.name!r}: expected text or numbers, found bytes"
            )
    # Of what pandas says in the file on its columns, any part may be missing.
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    return frame.loc[:, ~frame.columns.str.startswith("__index_level_")]


def _read_lines(path: Path) -> "pd.DataFrame":
    """JSON objects, one a line."""
    import pandas as pd

    rows = list(json_objects(path))
    for number, row in rows:
        if isinstance(row, str):
            raise InputError(f"{path}: line {number}: {row}")
    lines = pd.Index([number for number, _ in rows], name="line")
    return pd.DataFrame([row for _, row in rows], lines, dtype=object)


def place_of(frame: "pd.DataFrame", position: int) -> str:
    """What messages call a row: its line in a file, or in a DataFrame its position, from 0."""
    unit = frame.index.name
    return f"{unit} {frame.index[position]}" if unit in ("line", "row") else f"row {position}"


def write_frame(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table whole, in the format of the file's ending."""
    ending = check_ending(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    if ending == ".parquet":
        frame.to_parquet(part, index=False, write_page_checksum=True)
    elif ending == ".jsonl":
        frame.to_json(part, orient="records", lines=True, force_ascii=False)
    else:
        frame.to_csv(part, sep=SEPARATORS[ending[1:]], index=False, lineterminator="\n")
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
