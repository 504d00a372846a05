"""Train the encoder further on the tasks' own texts, or copy it unchanged."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run, set_environment

set_environment()


def main(
    tokens: Annotated[Path, typer.Argument(help="TOKENS tables and the tokenizer")],
    encoder: Annotated[Path, typer.Argument(help="The encoder's folder")],
    out: Annotated[Path, typer.Argument(help="Output folder of the encoder")],
    logs: Annotated[Path, typer.Argument(help="Output folder of losses and pretrain.json")],
    params: Annotated[Path, typer.Option(help="Params file")] = Path("params.yaml"),
) -> None:
    """Pre-train further; with `pretrain.epochs: 0` the encoder stays bit for bit what it was."""
    from mtbert.core.errors import InputError
    from mtbert.core.outputs import new_folder, write_text
    from mtbert.core.params import read_section
    from mtbert.pretraining.settings import PretrainSettings

    settings = read_section(params, "pretrain", PretrainSettings)
    tasks = sorted(path.parent.name for path in tokens.glob("*/train.parquet"))
    settings.check_tasks(tasks, where=f"{params}: pretrain")
    if not encoder.is_dir():
        raise InputError(f"{encoder}: no such folder; `dvc repro` makes it")
    with new_folder(out) as folder, new_folder(logs) as log_folder:
        (log_folder / "curves").mkdir()
        if settings.epochs == 0:
            shutil.copytree(encoder, folder, dirs_exist_ok=True)
            write_text(log_folder / "metrics.json", "{}\n")
            write_text(log_folder / "pretrain.json", '{"settings": {"epochs": 0}}\n')
            return
        from mtbert.core.environment import hold_memory
        from mtbert.pretraining.run import pretrain

        hold_memory()
        pretrain(settings, tokens=tokens, source=encoder, folder=folder, log_folder=log_folder)


if __name__ == "__main__":
    run(main)
