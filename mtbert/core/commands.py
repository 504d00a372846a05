"""Run a command; bad input ends in one message and exit code 2, a disk that fails in 1."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress

import typer

from mtbert.core.errors import InputError, printable, write_fault
from mtbert.core.lifetime import end_with_dvc


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
    """Run a typer command, to the end of DVC at most; errors are printed as in `run_app`."""
    end_with_dvc()
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    run_app(app)


def run_app(app: typer.Typer) -> None:
    """Run an app of commands; bad input and failing disks end without a traceback."""
    try:
        app()
    except Exception as error:
        text = str(error) if isinstance(error, InputError) else write_fault(error)
        if text is None:
            raise
        with suppress(OSError):  # where the messages go to the same full disk
            for line in text.splitlines():
                warn(f"error: {line}")
        sys.exit(2 if isinstance(error, InputError) else 1)


def warn(line: str) -> None:
    """Print a line to stderr."""
    print(printable(line), file=sys.stderr)
