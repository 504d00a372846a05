"""Augment: new training rows, made with nlpaug by replacing words, and what became of them."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mtbert.core.commands import run


def main(
    name: Annotated[str, typer.Argument(metavar="SET", help="A set of section augment")],
    text: Annotated[Path, typer.Argument(help="TEXT tables, {task}/{split}.parquet")],
    lexicons: Annotated[Path, typer.Argument(help="Folder of lexicons")],
    out: Annotated[Path, typer.Argument(help="AUGMENTED tables go here, {task}/train.parquet")],
    report: Annotated[Path, typer.Argument(help="What was made goes here, as JSON")],
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
    processes: Annotated[
        int, typer.Option(help="How many draw; 0: as many as there are cores", min=0)
    ] = 0,
) -> None:
    """Grow the train splits of the tasks that a set of section `augment` names."""
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
    from mtbert.core.errors import InputError, choices
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.schemas import read_table, write_table
    from mtbert.core.tasks import read_tasks

    tasks = read_tasks(params)
    settings = read_augment(params, tasks)
    if name not in settings.sets:
        raise InputError(f"{params}: augment.sets: {choices('set', name, settings.sets)}")
    grown = settings.sets[name]
    tables = {
        task: {split: read_table(text / task / f"{split}.parquet") for split in row.files}
        for task, row in tasks.items()
    }
    texts = {task: {s: texts_of(t) for s, t in splits.items()} for task, splits in tables.items()}
    found = Lexicons(lexicons, settings, name, vocabulary(texts), where=f"{params}: augment")
    for task, wanted in grown.items():
        check_target(wanted, tables[task]["train"].num_rows, where=found.place(task))
    found.check()
    facts: dict[str, Any] = {"lexicon": lexicon_facts(found), "tasks": {}}
    for line in warnings_on_lexicon(found):
        print(line, file=sys.stderr)
    facts["shared_texts"] = {"original": shared_texts(texts)}
    held_out = held_out_texts(texts)
    with new_folder(out) as folder:
        for task in grown:
            table, made = grow_split(
                task,
                tables[task]["train"],
                found,
                held_out=held_out,
                processes=processes or os.cpu_count() or 1,
            )
            write_table(folder / task / "train.parquet", table)
            facts["tasks"][task] = made
            texts[task]["train"] = texts_of(table)
            print(f"{task}: {made['rows']['before']:,} rows, now {made['rows']['after']:,}")
            for line in warnings(task, made):
                print(line, file=sys.stderr)
    facts["shared_texts"]["augmented"] = shared_texts(texts)
    write_text(report, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    run(main)
