"""Run a command; bad input ends in one message and exit code 2."""

import sys
from collections.abc import Callable

import typer

from mtbert.core.errors import InputError


def run(command: Callable[..., None]) -> None:
    """Run a typer command; an InputError is printed without a traceback."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    run_app(app)


def run_app(app: typer.Typer) -> None:
    """Run an app of commands; an InputError is printed without a traceback."""
    try:
        app()
    except InputError as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        sys.exit(2)
