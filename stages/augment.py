"""Augment: new training rows with words replaced by nlpaug, and a report on them."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    name: Annotated[str, typer.Argument(metavar="SET", help="A set of section augment")],
    text: Annotated[Path, typer.Argument(help="TEXT tables, {task}/{split}.parquet")],
    lexicons: Annotated[Path, typer.Argument(help="Folder of lexicons")],
    out: Annotated[Path, typer.Argument(help="AUGMENTED tables go here, {task}/train.parquet")],
    report: Annotated[Path, typer.Argument(help="Counts and examples go here, as JSON")],
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
    processes: Annotated[
        int, typer.Option(help="How many draw; 0: as many as there are cores", min=0)
    ] = 0,
) -> None:
    """Grow the train splits of the tasks that a set of section `augment` names."""
    from mtbert.augmentation.sets import grow_set, growth_warnings
    from mtbert.augmentation.settings import read_augment
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.schemas import read_table, write_table
    from mtbert.core.tasks import read_tasks

    tasks = read_tasks(params)
    augment = read_augment(params, tasks)
    tables = {
        task: {split: read_table(text / task / f"{split}.parquet") for split in row.files}
        for task, row in tasks.items()
    }
    count = processes or os.cpu_count() or 1
    with new_folder(out) as folder:
        grown, facts = grow_set(
            name, augment, tables, lexicons, processes=count, where=f"{params}: augment"
        )
        for task, table in grown.items():
            write_table(folder / task / "train.parquet", table)
    for line in growth_warnings(facts):
        print(line, file=sys.stderr)
    write_text(report, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    run(main)
