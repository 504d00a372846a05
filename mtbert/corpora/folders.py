"""What a folder in the params file stands for."""

from pathlib import Path


def project_root() -> Path:
    """The user's project, also from within an experiment's temporary copy.

    `dvc exp run --queue` and `--temp` run the stages in `<root>/.dvc/tmp/exps/.../<name>`, which
    holds what git knows and nothing else.
    """
    here = Path.cwd()
    for inner in (here, *here.parents):
        if inner.parts[-3:] == (".dvc", "tmp", "exps"):
            return inner.parents[2]
    return here


def resolve(folder: str) -> Path:
    """Resolve a folder that the user gave relative to the project (or absolute, or with `~`).

    In an experiment's copy, a folder that leaves the project, or that git does not know and the
    copy therefore lacks, is the one seen from the project itself.
    """
    path = Path(folder).expanduser()
    here = Path.cwd()
    inside = not path.is_absolute() and (here / path).resolve().is_relative_to(here.resolve())
    return here / path if inside and (here / path).exists() else project_root() / path
