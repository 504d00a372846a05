"""Prepare: parse and validate the tasks' files into TEXT tables."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtbert.core.commands import run, warn

if TYPE_CHECKING:
    from mtbert.core.tasks import Task


def main(
    corpora: Annotated[Path, typer.Argument(help="Folder of the tasks' files, {task}/{file}")],
    out: Annotated[Path, typer.Argument(help="Output folder: {task}/{split}.parquet")],
    summary: Annotated[Path, typer.Argument(help="JSON file to write: what the data holds")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
) -> None:
    """Turn the tasks' files into tables; list every unusable row."""
    import pyarrow as pa

    from mtbert.core.errors import renamed
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.params import read_section
    from mtbert.core.schemas import text_schema, write_table
    from mtbert.core.tasks import read_tasks
    from mtbert.corpora.folders import origin_of
    from mtbert.corpora.summary import summarize_split
    from mtbert.corpora.validation import Data, read_task

    data = read_section(params, "data", Data)
    facts: dict[str, dict[str, Any]] = {}
    with new_folder(out) as folder:
        for name, task in read_tasks(params).items():
            facts[name], rows, copy = {}, {}, corpora / name
            with renamed(str(copy), str(origin_of(corpora, name))):
                for split, examples in read_task(copy, name, task, data):
                    for line in examples.warnings():
                        warn(line)
                    table = pa.Table.from_pylist(examples.usable, schema=text_schema())
                    write_table(folder / name / f"{split}.parquet", table)
                    facts[name][split] = summarize_split(examples, task.labels)
                    rows[split] = examples.usable
                    print(f"{name} {split}: {len(examples.usable):,} of {examples.rows:,} rows")
            _add_drift(facts[name], rows, name, task)
    write_text(summary, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def _add_drift(facts: dict[str, Any], rows: Mapping[str, Any], name: str, task: "Task") -> None:
    """Add to each split's facts how it differs from train; warn where that is notable."""
    from mtbert.corpora.drift import drift

    for split, differences in drift(rows, task.labels).items():
        facts[split]["drift"] = differences
        if differences["notable"]:
            unlike = ", ".join(differences["notable"])
            warn(f"warning: {name} {split} differs from train: {unlike}; see the report")


if __name__ == "__main__":
    run(main)
