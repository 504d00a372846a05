"""`python -m stages.side_by_side`: several runs at a time, as their stages make them."""

import json
from pathlib import Path

import pytest
from workspace import plan, workspace

from mtbert.errors import InputError
from stages import evaluate, train
from stages.side_by_side import Made, main

TARGETS = ["studies/one/dvc.yaml:evaluate@a-b-1", "studies/one/dvc.yaml:evaluate_again@a-b-2"]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study `one` that has a plan of one row, `a-b`."""
    monkeypatch.chdir(workspace(tmp_path / "place"))
    plan(Path(), {}, name="a-b")
    Path("data/studies/one").mkdir(parents=True)
    Path("plans").rename("data/studies/one/plans")
    return Path()


def test_a_target_names_a_run() -> None:
    one = Made.of(TARGETS[1])
    assert (one.study, one.name, one.seed) == ("one", "a-b-2", 2)
    assert one.plan == Path("data/studies/one/plans/a-b.yaml")


@pytest.mark.parametrize("target", ["wu", "studies/wu/dvc.yaml:evaluate", "x/y.yaml:train@a-1"])
def test_other_words_are_refused(target: str) -> None:
    with pytest.raises(InputError, match=r"expected a target as `python -m stages.missing`"):
        Made.of(target)


def test_runs_are_those_of_the_stages(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(TARGETS, jobs=2)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "2 runs, 0 of them finished before"
    assert {line.split(":")[0].split(" ", 1)[1] for line in told[1:]} == {"one a-b-1", "one a-b-2"}
    here = Path("alone")
    train.main(Made.of(TARGETS[0]).plan, 1, here / "run", here / "logs", last=False, test=False)
    evaluate.main(
        Made.of(TARGETS[0]).plan,
        here / "run",
        here / "logs",
        here / "predictions",
        here / "metrics.json",
        here / "confusion",
        here / "record",
        test=False,
    )
    metrics = [Path(f"reports/studies/one/metrics/a-b-{seed}.json").read_text() for seed in (1, 2)]
    assert metrics[0] == (here / "metrics.json").read_text()
    assert metrics[1] != metrics[0]
    record = json.loads(Path("reports/studies/one/runs/a-b-1/run.json").read_text())
    assert record["plan"] == json.loads((here / "record/run.json").read_text())["plan"]
    assert sorted(path.name for path in (study / "data/studies/one").iterdir()) == [
        *("logs", "plans", "predictions", "runs")
    ]

    main(TARGETS, jobs=2)
    assert capsys.readouterr().out.splitlines()[-1] == "2 runs, 2 of them finished before"


def test_a_run_that_fails_stops_no_other(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = Made.of(TARGETS[0]).plan
    bad = good.with_name("bad.yaml")
    bad.write_text(good.read_text().replace("tokens/sst/train.parquet", "tokens/sst/none.parquet"))
    with pytest.raises(InputError, match=r"1 of 2 runs failed"):
        main(["studies/one/dvc.yaml:evaluate@bad-1", TARGETS[0]], jobs=1)
    told = capsys.readouterr().out
    assert "bad-1: failed: " in told
    assert "none.parquet" in told
    assert "Traceback" not in told
    assert Path("reports/studies/one/metrics/a-b-1.json").is_file()


def test_a_row_without_a_plan_is_told_before_time_is_spent(study: Path) -> None:
    with pytest.raises(InputError, match=r"plans/c\.yaml: no such file; `dvc repro studies/one/"):
        main([*TARGETS, "studies/one/dvc.yaml:evaluate@c-1"])
