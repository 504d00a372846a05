"""`mtbert verify`: whether a run's scores can be had again."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def verify_command(
    run: Annotated[Path, typer.Argument(help="Such as data/runs/main-1")],
    tolerance: Annotated[
        float, typer.Option(min=0, help="Largest difference of a score that is accepted")
    ] = 0.0005,
) -> None:
    """Score a run's best checkpoint on dev again, and compare with its record.

    Prints what of data, encoder, code and machine is not as it was when the run was made. Exit
    status 1 means that a score differs. On the same machine all scores are equal.

    Example: mtbert verify data/runs/main-1
    """
    from mtbert.core.commands import set_environment

    set_environment()
    from mtbert.experiments.reevaluation import reevaluate

    again = reevaluate(run)
    for name, value in again.recorded.items():
        new = again.scores[name]
        print(f"{name:22}{value:.6f}  {'again' if new == value else f'now {new:.6f}'}")
    for change in again.changes:
        print(f"changed: {change}")
    if again.difference > tolerance:
        print(f"{run}: scores differ by up to {again.difference:.6f}", file=sys.stderr)
        sys.exit(1)
