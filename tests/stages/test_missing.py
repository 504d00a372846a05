"""`python -m stages.missing`: what is kept is not asked for again."""

from pathlib import Path
from typing import Any

import pytest
from reporting.replications import row, run, study, write

from mtbert.errors import InputError
from mtbert.params import write_yaml
from stages.missing import main

ASKED: dict[str, Any] = {
    **{"title": "t", "overall": "mean", "train": {}, "printed": {}, "choices": {}},
    **{"mix": {"sst": 1, "para": 1, "sts": 1}, "strategies": {"a": {}, "b-c": None}},
    **{"seeds": [1], "again": {"rows": ["b-c"], "seeds": [2, 3]}},
}


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """Of `one` two runs are kept, of `two` none."""
    write(tmp_path, of=study(rows={"b-c": row(run(1, 0, 0, 0), run(3, 0, 0, 0))}, exhibits=[]))
    for name in ("one", "two"):
        (tmp_path / name).mkdir(exist_ok=True)
        write_yaml(tmp_path / name / "params.yaml", ASKED)
    return tmp_path


def test_what_is_lacking_is_named(studies: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(folder=studies)
    assert capsys.readouterr().out.split() == [
        f"{studies}/one/dvc.yaml:evaluate@a-1",
        f"{studies}/two/dvc.yaml:evaluate@a-1",
        f"{studies}/two/dvc.yaml:evaluate@b-c-1",
        f"{studies}/one/dvc.yaml:evaluate_again@b-c-2",
        f"{studies}/two/dvc.yaml:evaluate_again@b-c-2",
        f"{studies}/two/dvc.yaml:evaluate_again@b-c-3",
    ]
    main(["one"], folder=studies)
    assert len(capsys.readouterr().out.split()) == 2


def test_an_unknown_study_is_told(studies: Path) -> None:
    with pytest.raises(InputError, match=r"unknown study 'on'; did you mean 'one'"):
        main(["on"], folder=studies)
