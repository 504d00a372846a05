"""Write each strategy's complete settings into one small file, and the tasks into another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from mtbert.experiments.plans import Strategies


def main(
    tokens: Annotated[Path, typer.Argument(help="TOKENS tables")],
    encoder: Annotated[Path, typer.Argument(help="The encoder's folder")],
    out: Annotated[Path, typer.Argument(help="Output folder: {strategy}.yaml")],
    tasks: Annotated[Path, typer.Argument(help="YAML file to write: section `tasks`")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
    study: Annotated[
        Path | None, typer.Option(help="Params file of a study: plan its experiments")
    ] = None,
    augmented: Annotated[
        Path, typer.Option(help="TOKENS tables with new rows, {set}/{task}/train.parquet")
    ] = Path("data/tokens_augmented"),
) -> None:
    """Plan every strategy; nothing is written unless all of them fit."""
    from mtbert.core.outputs import new_folder
    from mtbert.core.params import read_yaml, write_yaml
    from mtbert.core.tasks import read_tasks
    from mtbert.experiments.plans import check_examples, make_plans, read_source

    where = f"{study}, at the budget of {params}" if study else str(params)
    plans = make_plans(
        read_strategies(params, study, encoder, where=where),
        tasks=read_tasks(params),
        source=read_source(params),
        tokens=tokens,
        augmented=augmented,
        encoder=encoder,
    )
    check_examples(plans, where=where)
    heading = "Everything that a run of this strategy depends on, but its seed."
    with new_folder(out) as folder:
        for plan in plans:
            path = folder / f"{plan.strategy}.yaml"
            write_yaml(path, plan.model_dump(mode="json"), heading=heading)
    # As a file: DVC would read the params file anew for each stage that depends on a part of it.
    heading = "Section `tasks` of the params file, for the stages that run once for each run."
    write_yaml(tasks, {"tasks": read_yaml(params)["tasks"]}, heading=heading)


def read_strategies(params: Path, study: Path | None, encoder: Path, *, where: str) -> "Strategies":
    """Read the strategies, check them, and print what of them has no effect."""
    from mtbert.augmentation.settings import read_augment
    from mtbert.core.params import read_json
    from mtbert.core.seeds import read_seeds
    from mtbert.core.tasks import read_tasks
    from mtbert.experiments.plans import check_encoder, check_extra_data, check_pooler, read_origin
    from mtbert.experiments.strategies import resolve_strategies
    from mtbert.modeling.architectures import usable_layout
    from mtbert.studies.study import read_experiments

    kind, config = read_origin(encoder).kind, read_json(encoder / "config.json")
    if study is None:
        read_seeds(params)
        strategies = resolve_strategies(params, encoder=kind)
    else:
        strategies = read_experiments(study, params, encoder=kind)
    check_encoder(strategies, config, where=where)
    check_pooler(strategies, encoder, where=where)
    check_extra_data(strategies, read_augment(params, read_tasks(params)).sets, where=where)
    for name, settings in strategies.items():
        for task in settings.unchanged():
            print(f"{name}: nothing of {task} is trained: the encoder is frozen, its head is fixed")
        if reason := usable_layout(settings.layout, config)[1]:
            print(f"{name}: padded batches, not packed rows: {reason}")
    return strategies


if __name__ == "__main__":
    run(main)
