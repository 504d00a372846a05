"""Between TEXT tables and rows of texts, and from new rows to an AUGMENTED table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mtbert.augmentation.growing import NewRow
from mtbert.augmentation.leakage import Texts
from mtbert.augmentation.settings import SIDES, Side, TaskAugmentation
from mtbert.core.errors import InputError
from mtbert.core.schemas import augmented_schema

if TYPE_CHECKING:
    import pyarrow as pa


def texts_of(table: "pa.Table") -> list[Texts]:
    """The rows' texts; a single text has no text_b."""
    columns = {side: table[side].to_pylist() for side in SIDES["both"]}
    return [
        {side: column[row] for side, column in columns.items() if column[row] is not None}
        for row in range(table.num_rows)
    ]


def sides_of(settings: TaskAugmentation, *, paired: bool) -> tuple[Side, ...]:
    """The texts that change; of a task on single texts that is the one there is."""
    return SIDES[settings.sides] if paired else SIDES["first"]


def augmented(table: "pa.Table", rows: Sequence[NewRow], settings: TaskAugmentation) -> "pa.Table":
    """A train split's table with its new rows behind it.

    Raises:
        InputError: the train split has a row with the id of a new one.
    """
    import pyarrow as pa

    ids, labels = table["id"].to_pylist(), table["label"].to_pylist()
    taken = set(ids)
    made = [_record(row, ids, labels, settings) for row in rows]
    if twice := [record["id"] for record in made if record["id"] in taken]:
        raise InputError(f"train: id {twice[0]!r} stands there, and is that of a new row")
    schema = augmented_schema()
    originals = [{**row, **dict.fromkeys(schema.names[4:])} for row in table.to_pylist()]
    return pa.Table.from_pylist([*originals, *made], schema=schema)


def _record(
    row: NewRow, ids: Sequence[str], labels: Sequence[float | None], settings: TaskAugmentation
) -> dict[str, Any]:
    source = ids[row.job.row]
    return {
        "id": f"{source}+{settings.source}-{row.job.copy}",
        "text_a": row.texts["text_a"],
        "text_b": row.texts.get("text_b"),
        "label": labels[row.job.row],
        "source": source,
        "method": settings.source,
        "replaced": [
            {
                "side": side,
                "position": change.position,
                "before": change.before,
                "after": change.after,
            }
            for side, draw in row.draws.items()
            for change in draw.changes
        ],
        "seed": row.seed,
    }
