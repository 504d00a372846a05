"""Score one run and write what it predicts, for people and for graders."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    plan: Annotated[Path, typer.Argument(help="The strategy's plan")],
    trained: Annotated[Path, typer.Argument(metavar="RUN", help="Outputs of training")],
    logs: Annotated[Path, typer.Argument(help="Logs of training")],
    tasks: Annotated[Path, typer.Argument(help="What `plan` wrote of them")],
    predictions: Annotated[Path, typer.Argument(help="Output folder: tables, submissions")],
    metrics: Annotated[Path, typer.Argument(help="JSON file to write: metrics")],
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Write predictions for test, too")
    ] = True,
) -> None:
    """Evaluate one strategy with one seed.

    METRICS holds {"dev": {task: {metric: value}}, "updates": n, "examples": {task: n seen},
    "data_source": name, "encoder": name}, and "test" like "dev" for the tasks whose test split is
    labelled; PREDICTIONS, for each task and split, TASK-SPLIT.parquet and the submission file, and
    TASK-confusion.csv.
    """
    from mtbert.core.outputs import new_folder
    from mtbert.core.tasks import read_tasks, tasks_of_plan
    from mtbert.evaluation.scoring import read_training, score_outputs, write_metrics

    names, training = read_training(plan, logs)
    planned = tasks_of_plan(read_tasks(tasks), names, plan=plan)
    with new_folder(predictions) as folder:
        scores = score_outputs(planned, trained / "predictions", folder, test=test)
    write_metrics(metrics, scores, training)


if __name__ == "__main__":
    run(main)
