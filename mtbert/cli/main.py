"""The console command `mtbert`."""

import inspect
from pathlib import Path
from typing import Annotated

import typer

from mtbert.cli.evaluate import evaluate_command
from mtbert.cli.export import export
from mtbert.cli.info import info
from mtbert.cli.init import init
from mtbert.cli.part import part
from mtbert.cli.predict import predict_command
from mtbert.cli.push import push
from mtbert.cli.run import run_command
from mtbert.cli.serve import serve
from mtbert.cli.studies import studies
from mtbert.cli.verify import verify_command
from mtbert.core.commands import run_app

app = typer.Typer(
    name="mtbert",
    help="Multi-task BERT as a DVC pipeline: dvc repro trains, dvc exp run -S … tries an option",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command("check")
def check_command(
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
) -> None:
    """Check every section of a params file and every row of the tasks' files; run no stage.

    In studies/, check every study and the claims too.

    Example: mtbert check
    """
    from mtbert.cli.check import check_params

    read = check_params(params)
    print(f"{params}: every section fits; {read}")


app.command()(init)
app.command("run")(run_command)
app.command("predict")(predict_command)
app.command("evaluate")(evaluate_command)
app.command("verify")(verify_command)
for command in (export, push, serve, info, part):
    app.command()(command)
app.add_typer(studies, name="studies")


def unwrapped(text: str) -> str:
    """A docstring with each paragraph on one line, for terminals of any width; not the examples."""
    parts = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(p if p.startswith("Example") else p.replace("\n", " ") for p in parts)


for own in (app, studies):
    for registered in own.registered_commands:
        registered.help = unwrapped(registered.callback.__doc__ or "")


def main() -> None:
    """Run the command; bad input ends in one clear message and exit code 2."""
    run_app(app)
