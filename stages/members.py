"""Write down which runs an ensemble averages, with digests of what their training logged.

The stage `ensemble` depends on this file, not on all runs: it runs again only where one of its
members was trained again.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from mtbert.core.commands import run


def main(
    name: Annotated[str, typer.Argument(help="Name of the ensemble")],
    plans: Annotated[Path, typer.Argument(help="Folder of the strategies' plans")],
    logs: Annotated[Path, typer.Argument(help="Folder of training's logs")],
    out: Annotated[Path, typer.Argument(help="YAML file to write")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
) -> None:
    """List the runs of an ensemble: its strategies with all seeds."""
    import hashlib

    from mtbert.core.errors import InputError, choices
    from mtbert.core.params import write_yaml
    from mtbert.core.seeds import read_seeds
    from mtbert.evaluation.ensembles import Member, Members, check_tasks, read_ensembles
    from mtbert.evaluation.scoring import read_training

    ensembles = read_ensembles(params)
    if name not in ensembles:
        raise InputError(f"{params}: {choices('ensemble', name, ensembles)}")
    own, tasks, runs = ensembles[name], {}, {}
    training: dict[str, Any] = {}
    paths = {strategy: plans / f"{strategy}.yaml" for strategy in own.of}
    for strategy, plan in paths.items():
        for seed in read_seeds(params):
            folder, digest = logs / f"{strategy}-{seed}", hashlib.md5(usedforsecurity=False)
            tasks[strategy], training = read_training(plan, folder)
            for path in sorted(folder.iterdir()):
                digest.update(path.read_bytes())
            counts = {key: training[key] for key in ("updates", "examples")}
            runs[f"{strategy}-{seed}"] = Member(logs_md5=digest.hexdigest(), **counts)
    check_tasks(tasks, where=f"{params}: ensembles.{name}.of")
    digests = {str(path): hashlib.md5(path.read_bytes()).hexdigest() for path in paths.values()}
    origin = {key: training.get(key, "") for key in ("data_source", "encoder")}
    members = Members(average=own.average, plans=digests, runs=runs, **origin)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_yaml(out, members.model_dump(), heading="The runs that are averaged.")


if __name__ == "__main__":
    run(main)
