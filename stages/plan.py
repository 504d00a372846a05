"""Write each strategy's complete settings into one small file."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from mtbert.cli import run
from mtbert.errors import InputError
from mtbert.outputs import new_folder
from mtbert.params import read_section, read_yaml, write_yaml
from mtbert.tasks import read_tasks


def main(
    tokens: Annotated[Path, typer.Argument(help="TOKENS tables")],
    encoder: Annotated[Path, typer.Argument(help="The encoder's folder")],
    out: Annotated[Path, typer.Argument(help="One {strategy}.yaml each goes here")],
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
) -> None:
    """Plan every strategy; nothing runs unless all of them fit."""
    from mtbert.strategies import Plan, Source, fingerprint, strategy_settings
    from mtbert.training.settings import Recipes

    sections, tasks = read_yaml(params), read_tasks(params)
    source = json.loads((encoder / "SOURCE.json").read_text(encoding="utf-8"))
    recipe = getattr(read_section(params, "recipes", Recipes), source["kind"])
    strategies: dict[str, Any] = sections.get("strategies") or {}
    check_names(strategies, sections.get("seeds"), params)
    settle = partial(
        strategy_settings,
        train=sections.get("train") or {},
        recipe=recipe,
        tasks=tasks,
        where=str(params),
    )
    settle("train", changes={})
    plans = []
    for name, changes in strategies.items():
        settings = settle(name, changes=changes or {})
        plans.append(
            Plan(
                strategy=name,
                changes=changes or {},
                data_source=str(sections["data"]["source"]),
                train=settings,
                tasks={task: tasks[task] for task in settings.tasks},
                encoder=Source(
                    folder=str(encoder),
                    kind=source["kind"],
                    name=source.get("name", source["kind"]),
                    files=tuple(fingerprint(path) for path in sorted(encoder.glob("*.*"))),
                ),
                sequences=fingerprint(tokens / "sequences.json"),
                tokenizer=fingerprint(tokens / "tokenizer.json"),
                tokens={
                    task: {
                        split: fingerprint(tokens / task / f"{split}.parquet")
                        for split in tasks[task].files
                    }
                    for task in settings.tasks
                },
            )
        )
    with new_folder(out) as folder:
        for plan in plans:
            write_yaml(
                folder / f"{plan.strategy}.yaml",
                plan.model_dump(mode="json"),
                heading="Everything that a run of this strategy depends on, but its seed.",
            )


def check_names(strategies: Any, seeds: Any, params: Path) -> None:
    """Refuse strategies and seeds that cannot name a run.

    Raises:
        InputError: with the rule.
    """
    if not isinstance(strategies, dict) or not strategies:
        raise InputError(f"{params}: strategies: expected at least one, found {strategies!r}")
    for name, changes in strategies.items():
        if not str(name).replace("_", "").isalnum():
            raise InputError(
                f"{params}: strategies: a name has letters, digits and _ only, found {name!r}"
            )
        if not isinstance(changes or {}, dict):
            raise InputError(
                f"{params}: strategies.{name}: expected changes to train, found {changes!r}"
            )
    whole = isinstance(seeds, list) and all(type(s) is int and s >= 0 for s in seeds)
    if not whole or not seeds or len(set(seeds)) < len(seeds):
        raise InputError(
            f"{params}: seeds: expected distinct whole numbers from 0, found {seeds!r}"
        )


if __name__ == "__main__":
    run(main)
