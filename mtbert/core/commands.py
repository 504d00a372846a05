"""Run a command; bad input ends in one message and exit code 2."""

import os
import sys
from collections.abc import Callable

import typer

from mtbert.core.errors import InputError, printable


def set_environment() -> None:
    """Set what torch and Transformers read when they are imported; call it before.

    Nothing is fetched, and results repeat on a GPU. Threads do not spin while they wait: that slows
    a neighbour on the same cores down many times over.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")


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
            warn(f"error: {line}")
        sys.exit(2)


def warn(line: str) -> None:
    """Print a line to stderr."""
    print(printable(line), file=sys.stderr)
