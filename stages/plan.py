"""Write each strategy's complete settings into one small file."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli import run


def main(
    tokens: Annotated[Path, typer.Argument(help="TOKENS tables")],
    encoder: Annotated[Path, typer.Argument(help="The encoder's folder")],
    out: Annotated[Path, typer.Argument(help="One {strategy}.yaml each goes here")],
    params: Annotated[Path, typer.Option(help="The params file")] = Path("params.yaml"),
) -> None:
    """Plan every strategy; nothing is written unless all of them fit."""
    from mtbert.outputs import new_folder
    from mtbert.params import read_yaml, write_yaml
    from mtbert.plans import make_plan, read_origin
    from mtbert.seeds import read_seeds
    from mtbert.strategies import read_strategies
    from mtbert.tasks import read_tasks

    read_seeds(params)
    tasks, source = read_tasks(params), str(read_yaml(params)["data"]["source"])
    strategies = read_strategies(params, encoder=read_origin(encoder)["kind"])
    plans = [
        make_plan(name, strategy, tasks=tasks, source=source, tokens=tokens, encoder=encoder)
        for name, strategy in strategies.items()
    ]
    with new_folder(out) as folder:
        for plan in plans:
            write_yaml(
                folder / f"{plan.strategy}.yaml",
                plan.model_dump(mode="json"),
                heading="Everything that a run of this strategy depends on, but its seed.",
            )


if __name__ == "__main__":
    run(main)
