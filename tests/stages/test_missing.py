"""`python -m stages.missing`: what is kept is not asked for again."""

from pathlib import Path
from typing import Any

import pytest
from reporting.replications import row, run, study, write

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.studies.study import read_study
from stages.missing import lacking, main

from tiny import ROOT

ASKED: dict[str, Any] = {
    **{"title": "t", "overall": "mean", "train": {}, "printed": {}, "choices": {}},
    **{"mix": {"sst": 1, "para": 1, "sts": 1}, "strategies": {"a": {}, "b-c": None}},
    **{"seeds": [1], "again": {"rows": ["b-c"], "seeds": [2, 3]}},
}


BUDGET = {"says": "it", "data": {}, "encoder": {}, "lexicons": {}, "augment": {}, "studies": {}}


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """Of `one` two runs are kept, of `two` none."""
    write(tmp_path, of=study(rows={"b-c": row(run(1, 0, 0, 0), run(3, 0, 0, 0))}, exhibits=[]))
    write_yaml(tmp_path / "params.yaml", {"budget": "reduced", "budgets": {"reduced": BUDGET}})
    for name in ("one", "two"):
        (tmp_path / name).mkdir(exist_ok=True)
        write_yaml(tmp_path / name / "params.yaml", ASKED)
    return tmp_path


def test_what_is_lacking_is_named(studies: Path, capsys: pytest.CaptureFixture[str]) -> None:
    params = studies / "params.yaml"
    main(folder=studies, params=params)
    assert capsys.readouterr().out.split() == [
        f"{studies}/one/dvc.yaml:evaluate@a-1",
        f"{studies}/two/dvc.yaml:evaluate@a-1",
        f"{studies}/two/dvc.yaml:evaluate@b-c-1",
        f"{studies}/one/dvc.yaml:evaluate_again@b-c-2",
        f"{studies}/two/dvc.yaml:evaluate_again@b-c-2",
        f"{studies}/two/dvc.yaml:evaluate_again@b-c-3",
    ]
    main(["one"], folder=studies, params=params)
    assert len(capsys.readouterr().out.split()) == 2


def test_an_unknown_study_is_told(studies: Path) -> None:
    with pytest.raises(InputError, match=r"unknown study 'on'; did you mean 'one'"):
        main(["on"], folder=studies, params=studies / "params.yaml")


def test_runs_of_another_budget_are_not_asked_for(studies: Path) -> None:
    path = studies / "params.yaml"
    write_yaml(path, {"budget": "smoke", "budgets": {"smoke": BUDGET}})
    with pytest.raises(InputError, match=r"budget: expected 'reduced', .* found 'smoke'"):
        main(folder=studies, params=path)


def test_nothing_is_said_where_nothing_lacks(
    studies: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        few = {"strategies": {"b-c": {}}, "again": {"rows": [], "seeds": [3]}}
        write_yaml(studies / name / "params.yaml", {**ASKED, **few})
    main(["one"], folder=studies, params=studies / "params.yaml")
    assert capsys.readouterr().out == ""


def test_targets_are_stages_of_the_real_pipelines(capsys: pytest.CaptureFixture[str]) -> None:
    """DVC names a stage of a matrix by its values."""
    bare = [path.parent.name for path in sorted((ROOT / "studies").glob("*/params.yaml"))]
    for name in bare:
        stages = read_yaml(ROOT / "studies" / name / "dvc.yaml")["stages"]
        data = read_yaml(ROOT / "studies" / name / "params.yaml")
        runs = lacking(read_study(ROOT / "studies" / name / "params.yaml"), None)
        matrices = [stages[stage]["matrix"] for stage in ("evaluate", "evaluate_again")]
        assert matrices == [
            {"strategy": "${strategies}", "seed": "${seeds}"},
            {"strategy": "${again.rows}", "seed": "${again.seeds}"},
        ]
        assert set(runs[0]) == {f"{r}-{s}" for r in data["strategies"] for s in data["seeds"]}
        again = data["again"]
        assert set(runs[1]) == {f"{r}-{s}" for r in again["rows"] for s in again["seeds"]}
