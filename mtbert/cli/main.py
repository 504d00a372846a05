"""The console command `mtbert`."""

import typer

from mtbert.cli.check import check
from mtbert.cli.part import part
from mtbert.cli.studies import studies
from mtbert.core.commands import run_app

app = typer.Typer(
    name="mtbert",
    help="Multi-task BERT as a DVC pipeline: dvc repro trains, dvc exp run -S … tries an option.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(check)
app.command()(part)
app.add_typer(studies, name="studies")


def main() -> None:
    """Run the command; bad input ends in one clear message and exit code 2."""
    run_app(app)
