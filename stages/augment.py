"""Augment: new training rows, made with nlpaug by replacing words, and what became of them."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mtbert.cli import run


def main(
    text: Annotated[Path, typer.Argument(help="TEXT tables, {task}/{split}.parquet")],
    lexicons: Annotated[Path, typer.Argument(help="Folder of lexicons")],
    out: Annotated[Path, typer.Argument(help="AUGMENTED tables go here, {task}/train.parquet")],
    report: Annotated[Path, typer.Argument(help="What was made goes here, as JSON")],
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
    processes: Annotated[
        int, typer.Option(help="How many draw; 0: as many as there are cores", min=0)
    ] = 0,
) -> None:
    """Grow the train splits of the tasks that section `augment` names."""
    from mtbert.augmentation.leakage import held_out_texts, shared_texts
    from mtbert.augmentation.lexicons import Lexicons
    from mtbert.augmentation.settings import check_target, read_augment
    from mtbert.augmentation.splits import (
        grow_split,
        lexicon_facts,
        vocabulary,
        warnings,
        warnings_on_lexicon,
    )
    from mtbert.augmentation.tables import texts_of
    from mtbert.outputs import new_folder, write_text
    from mtbert.schemas import read_table, write_table
    from mtbert.tasks import read_tasks

    tasks = read_tasks(params)
    settings = read_augment(params, tasks)
    tables = {
        name: {split: read_table(text / name / f"{split}.parquet") for split in task.files}
        for name, task in tasks.items()
    }
    for name, task in settings.tasks.items():
        rows = tables[name]["train"].num_rows
        check_target(task, rows, where=f"{params}: augment.tasks.{name}")
    texts = {name: {s: texts_of(t) for s, t in splits.items()} for name, splits in tables.items()}
    found = Lexicons(lexicons, settings, vocabulary(texts), where=f"{params}: augment")
    found.check()
    facts: dict[str, Any] = {"lexicon": lexicon_facts(found), "tasks": {}}
    for line in warnings_on_lexicon(found):
        print(line, file=sys.stderr)
    facts["shared_texts"] = {"original": shared_texts(texts)}
    held_out = held_out_texts(texts)
    with new_folder(out) as folder:
        for name in settings.tasks:
            table, made = grow_split(
                name,
                tables[name]["train"],
                found,
                held_out=held_out,
                processes=processes or os.cpu_count() or 1,
            )
            write_table(folder / name / "train.parquet", table)
            facts["tasks"][name] = made
            texts[name]["train"] = texts_of(table)
            print(f"{name}: {made['rows']['before']:,} rows, now {made['rows']['after']:,}")
            for line in warnings(name, made):
                print(line, file=sys.stderr)
    facts["shared_texts"]["augmented"] = shared_texts(texts)
    write_text(report, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    run(main)
