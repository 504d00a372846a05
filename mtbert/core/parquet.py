"""Read Parquet that anybody may have written; what would unfold to too much is never built."""

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# Bytes that a Parquet file may unfold to: so many, and so many times its own
SMALL, DENSEST = 2**26, 1000
ROWS = 1024  # of lists, read before their sizes are compared


def parquet_table(
    path: Path, columns: Collection[str] | None = None
) -> tuple[list[str], "pa.Table"]:
    """Read a Parquet file, whose pages are checked by the checksums that it has.

    Returns:
        The names of all columns, and the table of those in `columns`, or of all.

    Raises:
        InputError: it is missing or broken, or would unfold to far more bytes than it has.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import types

    try:
        with pq.ParquetFile(path) as plain:
            schema, names = plain.schema_arrow, plain.schema_arrow.names
            leaves = [plain.schema.column(place) for place in range(len(plain.schema))]
            _check(path, _stated(plain, leaves))
        wanted = names if columns is None else [name for name in names if name in columns]
        fields = [schema.field(name) for name in wanted]
        # Text stays in its dictionary until its lengths are known: repeated, it takes no space in
        # the file, nor in the sizes that the file states.
        texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
        with pq.ParquetFile(path, read_dictionary=texts, page_checksum_verification=True) as file:
            table = _read(path, file, fields)
        if fields and table.num_rows != (rows := file.metadata.num_rows):
            raise InputError(f"{path}: not a whole Parquet file: {table.num_rows} of {rows} rows")
        # Nothing is cast to a view.
        own = [f.with_type(pa.string()) if types.is_string_view(f.type) else f for f in fields]
        table = table.cast(pa.schema(own, schema.metadata))
        table.validate(full=True)  # of texts, that they are UTF-8
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a whole Parquet file: {reason}") from None
    return names, table


def _read(path: Path, file: "pq.ParquetFile", fields: "list[pa.Field]") -> "pa.Table":
    """Read columns, lists first by some rows: no number says how long they are."""
    from pyarrow import types

    size, lists = 0, [field.name for field in fields if types.is_nested(field.type)]
    for batch in file.iter_batches(ROWS, columns=lists) if lists else ():
        _check(path, size := size + sum(map(_unfolded, batch.columns)))
    table = file.read([field.name for field in fields])
    _check(path, sum(_unfolded(chunk) for column in table.columns for chunk in column.chunks))
    for name in lists:
        _check_values(path, file, name, table[name])
    return table


def _check_values(path: Path, file: "pq.ParquetFile", name: str, column: "pa.ChunkedArray") -> None:
    """Compare a list column with the number of values that the footer states.

    The header of a page states it, too, and no checksum covers that. An empty or absent list counts
    as a value.
    """
    import pyarrow.compute as pc

    groups = [file.metadata.row_group(place) for place in range(file.metadata.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    stated: Counter[str] = Counter()  # by leaf: each field of a struct is one
    for chunk in chunks:
        if chunk.path_in_schema.startswith(f"{name}.list."):
            stated[chunk.path_in_schema] += chunk.num_values
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    values = pc.sum(pc.max_element_wise(lengths, 1)).as_py() or 0
    for leaf, count in stated.items():
        if leaf.count(".list.") == 1 and values != count:  # not of lists of lists
            text = f"{values} of {count} values of {name}"
            raise InputError(f"{path}: not a whole Parquet file: {text}")


def _check(path: Path, size: int) -> None:
    limit = SMALL + path.stat().st_size * DENSEST
    if not 0 <= size <= limit:
        raise InputError(f"{path}: unfolds to {size:,} bytes; its size allows for {limit:,}")


def _stated(file: "pq.ParquetFile", leaves: list["pq.ColumnSchema"]) -> int:
    """Bytes by the file's own account: of its pages, or of single values if those are more."""
    # Not by columns: pyarrow aborts the process on a broken account of one.
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    width = sum(max(8, leaf.length) for leaf in leaves if not leaf.max_repetition_level)
    sizes = [(group.num_rows * width, group.total_byte_size) for group in groups]
    negative = min((min(pair) for pair in sizes), default=0)
    return negative if negative < 0 else max(map(sum, zip(*sizes, strict=True)), default=0)


def _unfolded(array: "pa.Array") -> int:
    """Bytes of an array with all values of its dictionaries written out."""
    import pyarrow.compute as pc
    from pyarrow import types

    kind = array.type
    if types.is_dictionary(kind) and not types.is_primitive(kind.value_type):
        lengths = pc.take(pc.binary_length(array.dictionary), array.indices)
        return int(array.indices.nbytes + (pc.sum(lengths).as_py() or 0))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_map(kind):
        return int(len(array) * 8 + _unfolded(array.values))
    if types.is_struct(kind):
        return sum(map(_unfolded, array.flatten()))
    return int(array.nbytes)
