"""Hold the reports' conclusions against the runs of all studies."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.core.commands import run

if TYPE_CHECKING:
    from mtbert.claims.runs import Runs
    from mtbert.claims.settings import Claims
    from mtbert.reporting.replication.answers import Answers, Relative
    from mtbert.reporting.replication.collected import Done, Replication

    AllRuns = Mapping[str, Mapping[str, Runs]]


def main(
    claims: Annotated[Path, typer.Argument(help="the file of claims")],
    collected: Annotated[
        Path, typer.Argument(help="folder of NAME/replication.json, NAME/answers/")
    ],
    out: Annotated[Path, typer.Argument(help="JSON file to write")],
) -> None:
    """Judge all claims together; those whose rows were not run say so."""
    from mtbert.claims.settings import read_claims
    from mtbert.core.outputs import write_text
    from mtbert.reporting.records import dumps
    from mtbert.reporting.replication.collected import read_replications

    studies = read_replications(collected)
    asked = read_claims(claims, known={name: one.rows for name, one in studies.items()})
    runs = {name: read_runs(one, collected / name) for name, one in studies.items()}
    answers = answered(asked, runs, digests(collected, studies))
    write_text(out, dumps(answers))
    known = [one for one in answers.claims.values() if one.effect is not None]
    print(f"{len(known)} of {len(answers.claims)} claims answered")


def answered(asked: "Claims", runs: "AllRuns", records: dict[str, str]) -> "Answers":
    """Judge the claims and put them, with their answers and each row's Δm, into one structure."""
    from mtbert.claims.resampling import DRAWS
    from mtbert.claims.verdicts import judge
    from mtbert.reporting.replication.answers import Answers, Judged, Untested

    found = judge(asked.claims, runs)
    judged = {
        name: Judged(
            rows=claim.named,
            **claim.model_dump(include={"study", "says", "kind", "metric", "margin", "note"}),
            **found[name].model_dump(exclude={"alone", "note"}),
            answer=found[name].note,
        )
        for name, claim in asked.claims.items()
    }
    return Answers(
        draws=DRAWS,
        records=records,
        claims=judged,
        untested=tuple(Untested(**one.model_dump()) for one in asked.untested),
        delta_m={name: relative(rows) for name, rows in runs.items()},
    )


def relative(rows: "Mapping[str, Runs]") -> dict[str, "Relative"]:
    """Δm of each row that was run, against `our-TASK`; none where a study has no such rows."""
    from mtbert.claims.paired import delta_m
    from mtbert.claims.runs import UnansweredError
    from mtbert.core.tasks import LEADERBOARD
    from mtbert.reporting.replication.answers import Relative

    single = {task: rows.get(f"our-{task}", {}) for task in LEADERBOARD}
    found: dict[str, Relative] = {}
    for name, runs in rows.items():
        if not runs or name in {f"our-{task}" for task in LEADERBOARD} or not all(single.values()):
            continue
        try:
            one = delta_m(runs, single)
        except UnansweredError as error:
            found[name] = Relative(note=str(error))
        else:
            low, high = one.interval()
            found[name] = Relative(effect=one.effect, low=low, high=high, seeds=one.seeds)
    return found


def read_runs(study: "Replication", folder: Path) -> "dict[str, Runs]":
    """Each row's runs: what they answered on dev, how often their tasks' gradients conflicted."""
    from mtbert.claims.reading import answers, read_tables
    from mtbert.claims.runs import Run
    from mtbert.reporting.replication.collected import ANSWERS

    tables, where = read_tables(folder / ANSWERS), str(folder / ANSWERS)
    return {
        name: {
            one.seed: Run(
                answers(tables, f"{name}-{one.seed}", row.tasks, where=where), conflicts(one)
            )
            for one in row.runs
        }
        for name, row in study.rows.items()
    }


def conflicts(one: "Done") -> tuple[int, int] | None:
    """Of a run's sampled cosines of task gradients: the negative ones, and all."""
    pairs = one.conflicts.pairs if one.conflicts else ()
    counts = (sum(pair.negative for pair in pairs), sum(pair.steps for pair in pairs))
    return counts if counts[1] else None


def digests(collected: Path, studies: "Mapping[str, Replication]") -> dict[str, str]:
    """What identifies each study's results."""
    from mtbert.reporting.replication.collected import digest

    return {name: digest(collected, name) for name in studies}


if __name__ == "__main__":
    run(main)
