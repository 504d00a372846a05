"""`python -m stages.keep` on made-up results: all of them, or none; what was kept grows."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from reporting.replications import N, row, run, study, write

from mtbert.claims.reading import read_tables
from mtbert.core.errors import InputError
from mtbert.core.fingerprint import fingerprint
from mtbert.core.params import read_json, validate, write_yaml
from mtbert.core.schemas import read_table, write_table
from mtbert.reporting.replication.answers import FILE as CLAIMS
from mtbert.reporting.replication.answers import Answers
from mtbert.reporting.replication.collected import FILE, read_replications
from stages.keep import main
from stages.studies_page import render

PLAN: dict[str, Any] = {"train": {"epochs": 2}}
FACTS = {"plan": fingerprint(PLAN)}
ROWS = ("a", "b")


def results(folder: Path, *seeds: int, budget: str = "reduced", examples: int = 6) -> Path:
    """What the pipeline leaves of two rows, asked for with the seeds 1, 2 and 3."""
    missing = [{"seed": seed, "why": "not run"} for seed in (1, 2, 3) if seed not in seeds]
    runs = [run(seed, 0.4, 0.7, 0.8) for seed in seeds]
    told = {"name": budget, "says": "smaller", "limits": []}
    rows = {name: row(*runs, missing=missing) for name in ROWS}
    write(folder, of=study(rows=rows, exhibits=[], budget=told))
    labels = {
        "id": [str(i) for i in range(examples)],
        "label": [float(i % 2) for i in range(examples)],
    }
    for task in N:
        answers = {
            f"{name}-{s}": [(i + s) % 2 for i in range(examples)] for name in ROWS for s in seeds
        }
        write_table(folder / f"one/answers/{task}.parquet", pa.table({**labels, **answers}))
    for name in (f"{name}-{seed}" for name in ROWS for seed in seeds):
        for path, content in (
            (f"runs/{name}/run.json", FACTS),
            (f"metrics/{name}.json", {"sst": name}),
        ):
            (folder / "one" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "one" / path).write_text(json.dumps(content))
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project with plans and a claim."""
    for name in ROWS:
        (tmp_path / "data/one/plans").mkdir(parents=True, exist_ok=True)
        write_yaml(tmp_path / f"data/one/plans/{name}.yaml", PLAN)
    claim = {"study": "one", "says": "So.", "kind": "greater", "metric": "sst"}
    claim |= {"rows": ["a"], "than": ["b"]}
    write_yaml(tmp_path / "claims.yaml", {"claims": {"better": claim}})
    (tmp_path / "studies/one").mkdir(parents=True)
    (tmp_path / "studies/one/params.yaml").write_text("title: it\n")
    return tmp_path


def keep(place: Path, reports: Path, **options: Any) -> Path:
    main(reports, place / "studies", data=place / "data", claims=place / "claims.yaml", **options)
    return place / "studies"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))
    }


def test_what_is_kept_is_what_was_made(place: Path) -> None:
    reports = results(place / "reports", 1, 2)
    out = keep(place, reports)
    assert (out / "one" / FILE).read_bytes() == (reports / "one" / FILE).read_bytes()
    names = ["a-1", "a-2", "b-1", "b-2"]
    assert sorted(path.name for path in (out / "one/runs").iterdir()) == names
    assert read_json(out / "one/runs/a-2/run.json") == FACTS
    assert read_json(out / "one/runs/b-1/metrics.json") == {"sst": "b-1"}
    assert read_tables(out / "one/answers")["sst"].column_names == ["id", "label", *names]
    assert (out / "one/params.yaml").is_file()
    # The pages follow from what was kept alone, the answers to the claims as well.
    for name, text in render(out).items():
        assert (out / name).read_text(encoding="utf-8") == text
    judged = validate(Answers, read_json(out / CLAIMS), where=CLAIMS)
    assert judged.claims["better"].seeds == (1, 2)
    assert judged.claims["better"].effect == 0


def test_further_runs_join_those_kept_before(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same as if all had been run at once, whoever ran which."""
    whole = tree(keep(place, results(place / "whole", 1, 2, 3)))
    for name in ("runs", "answers", FILE):
        (place / "studies/one" / name).rename(place / f"old-{name}")
    keep(place, results(place / "first", 2))
    keep(place, results(place / "second", 1, 3))
    assert "one: 6 runs, 2 of them kept before, 0 dropped, 0 missing" in capsys.readouterr().out
    assert tree(place / "studies") == whole
    # Once more, and nothing changes.
    keep(place, place / "second")
    assert tree(place / "studies") == whole


def test_a_run_made_anew_stands_for_the_one_kept(place: Path) -> None:
    keep(place, results(place / "first", 1))
    second = results(place / "second", 1)
    (second / "one/metrics/a-1.json").write_text('{"sst": "anew"}')
    path = second / "one/answers/sst.parquet"
    table = read_table(path)
    answers = [1 - value for value in table["a-1"].to_pylist()]
    write_table(path, table.set_column(2, "a-1", pa.array(answers)))
    out = keep(place, second)
    assert read_json(out / "one/runs/a-1/metrics.json") == {"sst": "anew"}
    assert read_tables(out / "one/answers")["sst"]["a-1"].to_pylist() == answers


def test_runs_of_another_plan_are_not_dropped_unasked(place: Path) -> None:
    out = keep(place, results(place / "first", 1))
    before = tree(out)
    write_yaml(place / "data/one/plans/b.yaml", {**PLAN, "train": {"epochs": 3}})
    second = results(place / "second", 2)
    with pytest.raises(
        InputError, match=r"one: 1 kept runs had another plan .* such as b-1; --drop"
    ):
        keep(place, second)
    assert tree(out) == before
    keep(place, second, drop=True)
    assert sorted(path.name for path in (out / "one/runs").iterdir()) == ["a-1", "a-2", "b-2"]
    missing = read_replications(out)["one"].missing
    assert sorted(missing) == ["a-3", "b-1", "b-3"]
    names = read_tables(out / "one/answers")["sst"].column_names
    assert names == ["id", "label", "a-1", "a-2", "b-2"]


def test_budgets_are_not_mixed(place: Path) -> None:
    keep(place, results(place / "first", 1))
    with pytest.raises(
        InputError, match=r"kept at budget 'reduced', and these runs are at 'smoke'"
    ):
        keep(place, results(place / "second", 2, budget="smoke"), drop=True)


def test_runs_on_other_examples_are_not_joined(place: Path) -> None:
    out = keep(place, results(place / "first", 1))
    before = tree(out)
    with pytest.raises(InputError, match=r"answers/.*parquet: its dev examples \(id\) differ"):
        keep(place, results(place / "second", 2, examples=8))
    assert tree(out) == before


def test_nothing_is_kept_where_something_is_missing(place: Path) -> None:
    reports = results(place / "reports", 1)
    (reports / "one/metrics/b-1.json").unlink()
    with pytest.raises(InputError, match=r"b-1\.json: no such file; `dvc repro` of its study"):
        keep(place, reports)
    assert [*tree(place / "studies")] == ["one/params.yaml"]


def test_a_study_that_was_not_run_here_stays_but_for_its_texts(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(keep(place, results(place / "first", 1, 2)))
    second = results(place / "second")
    made = read_json(second / "one" / FILE)
    made["budget"]["says"] = "put in other words"
    (second / "one" / FILE).write_text(json.dumps(made))
    # Nobody planned it here.
    for path in (place / "data/one/plans").iterdir():
        path.unlink()
    out = keep(place, second)
    assert "one: 4 runs, as they were: none was made here" in capsys.readouterr().out
    kept = read_replications(out)["one"]
    assert kept.budget.says == "put in other words"
    assert sorted(kept.runs) == ["a-1", "a-2", "b-1", "b-2"]
    after = tree(out)
    same = [name for name in before if name.startswith(("one/runs", "one/answers"))]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
