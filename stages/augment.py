"""Augment: new training rows with words replaced by nlpaug, and a report on them."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run, warn


def main(
    name: Annotated[str, typer.Argument(metavar="SET", help="A set of section augment")],
    text: Annotated[Path, typer.Argument(help="TEXT tables, {task}/{split}.parquet")],
    lexicons: Annotated[Path, typer.Argument(help="Folder of lexicons")],
    out: Annotated[Path, typer.Argument(help="Output folder: {task}/train.parquet")],
    summary: Annotated[Path, typer.Argument(help="JSON file to write: counts, examples")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
    processes: Annotated[int, typer.Option(help="Worker processes; 0: one per core", min=0)] = 0,
) -> None:
    """Augment the train splits of the tasks in one set of section `augment`."""
    from mtbert.augmentation.sets import grow_set, growth_warnings
    from mtbert.augmentation.settings import read_augment
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.schemas import TEXT, read_table, write_table
    from mtbert.core.tasks import read_tasks

    tasks = read_tasks(params)
    augment = read_augment(params, tasks)
    tables = {
        key: {split: read_table(text / key / f"{split}.parquet", TEXT) for split in task.files}
        for key, task in tasks.items()
    }
    count = processes or os.cpu_count() or 1
    with new_folder(out) as folder:
        grown, facts = grow_set(
            name, augment, tables, lexicons, processes=count, where=f"{params}: augment"
        )
        for key, table in grown.items():
            write_table(folder / key / "train.parquet", table)
    for line in growth_warnings(facts):
        warn(line)
    write_text(summary, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    run(main)
