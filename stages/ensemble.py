"""Average the predictions or the weights of several runs, and score the average like one run."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run, set_environment

set_environment()


def main(
    members: Annotated[Path, typer.Argument(help="What the stage `members` wrote")],
    tasks: Annotated[Path, typer.Argument(help="What `plan` wrote of them")],
    out: Annotated[Path, typer.Argument(help="Output folder, beside those of the runs")],
    predictions: Annotated[Path, typer.Argument(help="Output folder: tables, submissions")],
    metrics: Annotated[Path, typer.Argument(help="JSON file to write: metrics")],
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Write predictions for test, too")
    ] = True,
) -> None:
    """Average some runs.

    OUT holds predictions/ as a run does, and of averaged weights best/, a checkpoint. METRICS is
    like that of a run, with the members' updates and examples in all, and {"ensemble": {"average":
    what, "members": [run]}}.
    """
    from mtbert.core.outputs import new_folder
    from mtbert.core.params import read_yaml, validate
    from mtbert.core.tasks import read_tasks, tasks_of_plan
    from mtbert.evaluation.ensembles import Members, average_predictions
    from mtbert.evaluation.scoring import score_outputs, write_metrics
    from mtbert.experiments import soup
    from mtbert.experiments.plans import read_plan

    own = validate(Members, read_yaml(members), where=str(members))
    plans = [read_plan(Path(path)) for path in own.plans]
    planned = tasks_of_plan(read_tasks(tasks), list(plans[0].tasks), plan=members)
    runs = {name: out.parent / name for name in own.runs}
    where = f"params.yaml: ensembles.{members.stem}"
    with new_folder(out) as folder, new_folder(predictions) as predicted:
        if own.average == "weights":
            soup.average_weights(runs, plans, folder, test=test, where=where)
        else:
            average_predictions(runs, planned, folder, test=test)
        scores = score_outputs(planned, folder / "predictions", predicted, test=test)
    write_metrics(metrics, scores, own.summary())


if __name__ == "__main__":
    run(main)
