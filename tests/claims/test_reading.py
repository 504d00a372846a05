"""The tables of a study's answers: nothing is lost in them, and no example is taken for another."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mtbert.claims.reading import answers, gather, joined, read_tables
from mtbert.core.errors import InputError
from mtbert.core.schemas import write_table

IDS = ["p", "q", "r"]


def predicted(folder: Path, run: str, task: str, values: list[float], **changes: list[str]) -> None:
    columns = {"id": IDS, "label": [0.0, 1.0, 1.0], "prediction": values, **changes}
    write_table(folder / run / f"{task}-dev.parquet", pa.table(columns))


def test_what_runs_answered_comes_back(tmp_path: Path) -> None:
    """Outputs of float32, whole numbers, and a number that needs its 64 bits."""
    outputs = [float(np.float32(0.1)), 2.5, -1.0]
    predicted(tmp_path / "p", "a-1", "sts", outputs)
    predicted(tmp_path / "p", "a-2", "sts", [0.1, 0.2, 0.3])
    predicted(tmp_path / "p", "a-1", "sst", [0, 4, 2])
    tables = gather(tmp_path / "p", {"a-1": ("sts", "sst"), "a-2": ("sts",)})
    for task, table in tables.items():
        write_table(tmp_path / f"one/answers/{task}.parquet", table)
    found = read_tables(tmp_path / "one/answers")
    assert found["sts"].schema.field("a-1").type == pa.float32()
    first = answers(found, "a-1", ("sts", "sst"), where="it")
    assert first["sts"].predictions.tolist() == outputs
    assert first["sst"].predictions.tolist() == [0, 4, 2]
    assert first["sst"].labels.tolist() == [0.0, 1.0, 1.0]
    assert answers(found, "a-2", ("sts",), where="it")["sts"].predictions.tolist() == [
        0.1,
        0.2,
        0.3,
    ]
    with pytest.raises(InputError, match=r"it/sst.parquet: no answers of a-2"):
        answers(found, "a-2", ("sst",), where="it")


@pytest.mark.parametrize("changes", [{"id": ["q", "p", "r"]}, {"label": [0.0, 0.0, 1.0]}])
def test_runs_on_other_examples_are_refused(tmp_path: Path, changes: dict[str, list[str]]) -> None:
    predicted(tmp_path, "a-1", "sst", [1, 1, 1])
    predicted(tmp_path, "b-1", "sst", [1, 1, 1], **changes)
    with pytest.raises(InputError, match=r"b-1/sst-dev.parquet: its dev examples .* differ"):
        gather(tmp_path, {"a-1": ("sst",), "b-1": ("sst",)})


def test_a_table_without_predictions_is_refused(tmp_path: Path) -> None:
    predicted(tmp_path, "a-1", "sst", [1, 1, 1])
    path = tmp_path / "a-1/sst-dev.parquet"
    write_table(path, pa.table({"id": IDS, "label": [0.0, 1.0, 1.0]}))
    with pytest.raises(InputError, match=r"a-1/sst-dev.parquet: no column 'prediction'"):
        gather(tmp_path, {"a-1": ("sst",)})


def test_runs_are_added_to_a_table() -> None:
    table = pa.table({"id": IDS, "label": [0.0, 1.0, 1.0], "a-1": [1, 1, 1]})
    other = pa.table({"id": IDS, "label": [0.0, 1.0, 1.0], "b-1": [0, 0, 0], "c-1": [0, 1, 0]})
    assert joined(table, other, where="").column_names == ["id", "label", "a-1", "b-1", "c-1"]
    assert joined(None, other, where="") is other
