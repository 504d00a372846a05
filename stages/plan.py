"""Write each strategy's complete settings into one small file."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    tokens: Annotated[Path, typer.Argument(help="TOKENS tables")],
    encoder: Annotated[Path, typer.Argument(help="The encoder's folder")],
    out: Annotated[Path, typer.Argument(help="One {strategy}.yaml each goes here")],
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
    study: Annotated[
        Path | None, typer.Option(help="A study's file, whose rows to plan instead")
    ] = None,
    augmented: Annotated[
        Path, typer.Option(help="TOKENS tables with new rows, {set}/{task}/train.parquet")
    ] = Path("data/tokens_augmented"),
) -> None:
    """Plan every strategy; nothing is written unless all of them fit."""
    from mtbert.augmentation.settings import read_augment
    from mtbert.core.outputs import new_folder
    from mtbert.core.params import read_json, write_yaml
    from mtbert.core.seeds import read_seeds
    from mtbert.core.tasks import read_tasks
    from mtbert.experiments.plans import (
        check_encoder,
        check_examples,
        check_extra_data,
        check_pooler,
        make_plans,
        read_origin,
        read_source,
    )
    from mtbert.experiments.strategies import resolve_strategies
    from mtbert.modeling.architectures import usable_layout
    from mtbert.studies.study import read_experiments

    kind = read_origin(encoder).kind
    if study is None:
        read_seeds(params)
        strategies = resolve_strategies(params, encoder=kind)
    else:
        strategies = read_experiments(study, params, encoder=kind)
    where = f"{study}, at the budget of {params}" if study else str(params)
    config = read_json(encoder / "config.json")
    check_encoder(strategies, config, where=where)
    check_pooler(strategies, encoder, where=where)
    tasks = read_tasks(params)
    check_extra_data(strategies, read_augment(params, tasks).sets, where=where)
    check_examples(strategies, tokens, augmented, where=where)
    for name, settings in strategies.items():
        for task in settings.unchanged():
            print(f"{name}: nothing of {task} is trained: the encoder is frozen, its head is fixed")
        if reason := usable_layout(settings.layout, config)[1]:
            print(f"{name}: padded batches, not packed rows: {reason}")
    plans = make_plans(
        strategies,
        tasks=tasks,
        source=read_source(params),
        tokens=tokens,
        augmented=augmented,
        encoder=encoder,
    )
    with new_folder(out) as folder:
        for plan in plans:
            write_yaml(
                folder / f"{plan.strategy}.yaml",
                plan.model_dump(mode="json"),
                heading="Everything that a run of this strategy depends on, but its seed.",
            )


if __name__ == "__main__":
    run(main)
