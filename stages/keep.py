"""Keep the studies' results in the project: what the pages are drawn from, each run's own record.

Not a stage of the pipeline: run it after any runs of studies, at the budget to be shown. What was
kept before stays, and the runs of now join it, so that studies can be run part by part.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    import pyarrow as pa

    from mtbert.reporting.replication.collected import Replication
    from mtbert.reporting.replication.merging import Merged


def main(
    reports: Annotated[Path, typer.Argument(help="where the pipeline left them")] = Path(
        "reports/studies"
    ),
    out: Annotated[Path, typer.Argument(help="folder of studies")] = Path("studies"),
    data: Annotated[Path, typer.Option(help="folder of NAME/plans/")] = Path("data/studies"),
    claims: Annotated[Path, typer.Option(help="the file of claims")] = Path("studies/claims.yaml"),
    drop: Annotated[
        bool, typer.Option("--drop", help="drop kept runs that had another plan than now")
    ] = False,
) -> None:
    """Join results and answers of now with those kept before; judge the claims, draw the pages."""
    from mtbert.core.errors import InputError
    from mtbert.reporting.replication.collected import read_replications

    now, before = read_replications(reports), read_replications(out)
    check(now, reports, out)
    # Of a study that was not run here, what is kept stays as it is, but for its texts.
    before = {name: retold(one, now[name]) for name, one in before.items() if name in now}
    now = {name: one for name, one in now.items() if one.done or name not in before}
    joined = {
        name: join(one, before.get(name), out / name, data / name) for name, one in now.items()
    }
    for name, one in joined.items():
        if one.dropped and not drop:
            raise InputError(
                f"{out / name}: {len(one.dropped)} kept runs had another plan than now, or are no "
                f"longer asked for, such as {one.dropped[0]}; --drop drops them"
            )
    # All is made, and found to belong together, before any of it takes its place.
    with TemporaryDirectory() as made:
        for name in {**before, **now}:
            kept = joined[name] if name in joined else before[name]
            fill(Path(made) / name, kept, reports / name, out / name)
        conclude(Path(made), claims)
        replace(Path(made), out)
    for name in before:
        if name not in now:
            print(f"{out / name}: {len(before[name].done)} runs, as they were: none was made here")
    for name, one in joined.items():
        print(
            f"{out / name}: {len(one.study.done)} runs, {len(one.taken)} of them kept before, "
            f"{len(one.dropped)} dropped, {len(one.study.missing)} missing"
        )


def check(now: "Mapping[str, Replication]", reports: Path, out: Path) -> None:
    """Make sure that all runs were collected.

    Raises:
        InputError: a study was not, or it has finished runs that its file lacks.
    """
    from mtbert.core.errors import InputError
    from mtbert.reporting.replication.collected import FILE, NOT_RUN

    for name in sorted(path.parent.name for path in out.glob("*/params.yaml")):
        if name not in now:
            raise InputError(f"{reports / name / FILE}: no such file; `make pages` makes it")
    for name, one in now.items():
        for run_name, missing in one.missing.items():
            path = reports / name / "metrics" / f"{run_name}.json"
            if missing.why == NOT_RUN and path.is_file():
                raise InputError(
                    f"{reports / name / FILE}: older than {path}; `make pages` makes it anew"
                )


def join(now: "Replication", before: "Replication | None", kept: Path, data: Path) -> "Merged":
    """Join what was kept of a study with its runs of now."""
    from mtbert.core.params import read_yaml
    from mtbert.reporting.files import read_json
    from mtbert.reporting.replication.collecting import follows
    from mtbert.reporting.replication.merging import merged

    def same(row: str, seed: int) -> bool:
        facts = read_json(kept / f"runs/{row}-{seed}/run.json")
        return follows(facts, read_yaml(data / f"plans/{row}.yaml"))

    return merged(now, before, same_plan=same)


def retold(kept: "Replication", now: "Replication") -> "Replication":
    """What is kept of a study, with what is said of it and of its budget now."""
    if kept.budget.name != now.budget.name:
        return kept
    told = {key: getattr(now, key) for key in ("title", "budget", "choice")}
    return kept.model_copy(update=told)


def fill(folder: Path, one: "Merged | Replication", reports: Path, kept: Path) -> None:
    """Put a study's results into a folder: joined with those of now, or as they are kept."""
    from mtbert.core.outputs import write_text
    from mtbert.core.schemas import write_table
    from mtbert.reporting.records import dumps
    from mtbert.reporting.replication.collected import ANSWERS, FILE, Replication

    as_kept = isinstance(one, Replication)
    for name in (ANSWERS, "runs"):
        (folder / name).mkdir(parents=True)
        if as_kept and (kept / name).is_dir():
            shutil.copytree(kept / name, folder / name, dirs_exist_ok=True)
    if isinstance(one, Replication):
        write_text(folder / FILE, dumps(one))
        return
    write_text(folder / FILE, dumps(one.study))
    for run_name in one.study.runs:
        for path, text in record(kept if run_name in one.taken else reports, run_name).items():
            write_text(folder / "runs" / run_name / path, text)
    for task, table in tables(one, reports, kept).items():
        write_table(folder / ANSWERS / f"{task}.parquet", table)


def record(folder: Path, name: str) -> dict[str, str]:
    """What a run (`row-seed`) says of itself, and its scores: file name -> content.

    Args:
        folder: A study's, where the pipeline left its results or where they are kept.
        name: The run.

    Raises:
        InputError: one is not there.
    """
    from mtbert.core.errors import InputError

    found = {}
    for kept, beside in (
        ("run.json", f"runs/{name}/run.json"),
        ("metrics.json", f"metrics/{name}.json"),
    ):
        path = folder / "runs" / name / kept
        path = path if path.is_file() else folder / beside
        if not path.is_file():
            raise InputError(f"{path}: no such file; `dvc repro` of its study makes it")
        found[kept] = path.read_text(encoding="utf-8")
    return found


def tables(one: "Merged", reports: Path, kept: Path) -> "dict[str, pa.Table]":
    """Join what the runs of now and those kept before answered, by task."""
    from mtbert.claims.reading import EXAMPLES, joined, read_tables
    from mtbert.reporting.replication.collected import ANSWERS

    found, old = read_tables(reports / ANSWERS), read_tables(kept / ANSWERS) if one.taken else {}
    for task, table in old.items():
        columns = [run_name for run_name in one.taken if run_name in table.column_names]
        if not columns:
            continue
        where = str(kept / ANSWERS / f"{task}.parquet")
        found[task] = joined(found.get(task), table.select([*EXAMPLES, *columns]), where=where)
    order = [*EXAMPLES, *one.study.runs]
    return {
        task: table.select([name for name in order if name in table.column_names])
        for task, table in found.items()
    }


def replace(made: Path, out: Path) -> None:
    """Put what was made in the place of what is kept; whatever else stands there stays."""
    from mtbert.core.outputs import new_folder, write_text

    for path in [*made.iterdir(), *made.glob("*/*")]:
        place = out / path.relative_to(made)
        if path.is_file():
            write_text(place, path.read_text(encoding="utf-8"))
        elif path.parent != made:
            with new_folder(place) as folder:
                shutil.copytree(path, folder, dirs_exist_ok=True)


def conclude(folder: Path, claims: Path) -> None:
    """Judge the claims by what a folder holds, and draw its pages."""
    from mtbert.core.outputs import write_text
    from mtbert.reporting.replication.answers import FILE
    from stages.claims import main as judge
    from stages.studies_page import render

    judge(claims, folder, folder / FILE)
    for path, text in render(folder).items():
        write_text(folder / path, text)


if __name__ == "__main__":
    run(main)
