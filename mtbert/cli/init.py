"""`mtbert init`: a project around a folder of one's own files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mtbert.scaffold.project import Project
    from mtbert.scaffold.proposal import Proposal

SHOWN = 12  # classes
WRITTEN = """
Wrote params.yaml, dvc.yaml and .gitignore. To change a guess, edit params.yaml: columns, labels and
metric in section tasks; encoding, heads, objectives and batch_size in section train; encoder in
encoder."""


def init(
    folder: Annotated[Path, typer.Argument(help="Folder of CSV, TSV, JSONL or Parquet files")],
    encoder: Annotated[
        str, typer.Option(help="scratch, a name on the Hugging Face hub, or a folder")
    ] = "scratch",
) -> None:
    """Make a project of a folder of your own files: write params.yaml and dvc.yaml.

    Each table becomes a task; its columns and labels are guessed, and printed. NAME-dev.csv and
    NAME-test.csv are splits of NAME.csv or NAME-train.csv. Without a dev file, a fifth of the rows
    is held out: classes keep their shares, and rows that share a text stay together.

    Example: mtbert init mydata
    """
    from mtbert.cli.check import check_params
    from mtbert.scaffold.project import Project, check_project_folder
    from mtbert.scaffold.proposal import propose

    inner = check_project_folder(folder)
    project = Project(inner, encoder, propose(Path(inner)))
    with project.written() as params:
        check_params(params)
    for own in project.proposals:
        print("\n  ".join(_described(project, own)))
    print(WRITTEN)
    print(f"Encoder: {encoder}" + ", a small one with random weights" * (encoder == "scratch"))
    print(f"Next: {' && '.join(_next_commands())}")


def _described(project: "Project", own: "Proposal") -> Iterator[str]:
    """What is guessed of a task."""
    columns, labels = own.columns, own.labels
    texts = columns.text_a if columns.text_b is None else f"{columns.text_a} + {columns.text_b}"
    if labels["kind"] == "similarity":
        values = f"{labels['low']} to {labels['high']}"
    else:
        names = labels.get("names") or [str(label) for label in range(labels.get("count", 2))]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        values = ", ".join(names[:SHOWN]) + more
    yield f"{own.name}: {texts} → {columns.label} ({labels['kind']}: {values})"
    head = own.head if isinstance(own.head, str) else " ".join(own.head.values())
    facts = {
        **{"id": columns.id, "encoding": own.encoding, "head": head},
        **{"objective": own.objective, "metric": own.metric, "batch size": own.batch_size},
    }
    yield ", ".join(f"{key} {value}" for key, value in facts.items() if value is not None)
    sizes = [f"{split} {len(frame):,}" for split, frame in own.split_frames()]
    yield f"rows: {', '.join(sizes)}, in {project.folder_of(own)}"
    if own.held_out is not None:
        yield "no dev file: dev rows are held out of train; edit the files to choose others"
    yield from own.notes


def _next_commands() -> list[str]:
    """What is left to do here."""
    here = Path.cwd()
    folders = (here, *here.parents)
    git = any((folder / ".git").exists() for folder in folders)
    dvc = any((folder / ".dvc").is_dir() for folder in folders)
    return ["git init"] * (not git) + ["dvc init"] * (not dvc) + ["dvc repro"]
