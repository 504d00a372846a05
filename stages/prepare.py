"""Prepare: parse and validate the tasks' files into TEXT tables."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mtbert.core.commands import run, warn


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
            facts[name], copy = {}, corpora / name
            with renamed(str(copy), str(origin_of(corpora, name))):
                for split, examples in read_task(copy, name, task, data):
                    for line in examples.warnings():
                        warn(line)
                    table = pa.Table.from_pylist(examples.usable, schema=text_schema())
                    write_table(folder / name / f"{split}.parquet", table)
                    facts[name][split] = summarize_split(examples, task.labels)
                    print(f"{name} {split}: {len(examples.usable):,} of {examples.rows:,} rows")
    write_text(summary, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    run(main)
