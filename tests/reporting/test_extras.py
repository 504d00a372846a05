"""Columns of a study's page that are asked for."""

import json
from pathlib import Path

import pytest
from reporting.workspace import write_workspace

from mtbert.core.errors import InputError
from mtbert.reporting.extras import read_times
from mtbert.reporting.recording import record
from mtbert.reporting.records import Record, Times, dumps
from mtbert.reporting.results import Results, read_results
from mtbert.reporting.settings import read_scope
from mtbert.reporting.studies import PAGE, render

STEP = "time a step ÷ main's"
MEASURED = {
    "command": "python benchmarks/step_time.py a b",
    "hardware": "a processor",
    "threads": 2,
    "strategies": {
        "main": {"ratio": 1.0, "milliseconds": [1, 2, 3]},
        "round_robin": {"ratio": 0.333},
        "other": {"ratio": 7.0},
        "joint": {"ratio": 1.25},
    },
}
NAMES = ["main", "round_robin", "joint"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root: Path = tmp_path_factory.mktemp("workspace")
    write_workspace(root, epochs=1)
    return read_results(read_scope(root / "params.yaml"), root / "data/plans", root / "reports")


def test_a_page_shows_what_was_asked_for(results: Results, tmp_path: Path) -> None:
    asked = make(results, conflicts=True, times=measured(tmp_path, MEASURED))
    page = render(Record.model_validate_json(dumps(asked), strict=False))[PAGE]
    assert f"| leaderboard | {STEP} | share of conflicts | train minutes |" in page
    shares = [run.conflicts.share for run in results.baseline.runs if run.conflicts]
    row = next(line for line in page.splitlines() if line.startswith("| main |"))
    assert row.split(" | ")[-4] == "1.00"
    assert row.split(" | ")[-3].startswith(f"{sum(shares) / 2:.3f} ± ")
    turns = next(line for line in page.splitlines() if line.startswith("| round_robin |"))
    assert turns.split(" | ")[-4:-2] == ["0.33", "–"]
    assert "Tasks never meet in a step, so that there is no cosine: round_robin." in page
    assert "## How the tasks' gradients lie to each other" in page
    assert "| main | sst – sts | 20 |" in page
    assert "on a processor, 2 threads, with `python benchmarks/step_time.py a b`" in page


def test_a_page_shows_nothing_else(results: Results) -> None:
    plain = make(results)
    page = render(plain)[PAGE]
    assert "share of conflicts" not in page
    assert "÷" not in page
    # A record made before it knew of conflicts draws the same page.
    data = json.loads(dumps(plain))
    del data["conflicts"], data["times"]
    for one in data["strategies"]:
        assert len(one.pop("conflicts")) == 2
    assert render(Record.model_validate_json(json.dumps(data), strict=False))[PAGE] == page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"strategies": {}}, "no strategies"),
        ({"strategies": {"main": {"ratio": 1.0}}}, "strategies: no time of round_robin, joint"),
        (
            {"strategies": {name: {"ratio": 1.0} for name in reversed(NAMES)}},
            "measured against joint, and main stands first",
        ),
        ({"strategies": {name: {"ratio": -1.0} for name in NAMES}}, "ratios.main: input should be"),
        ({"threads": None}, "threads"),
    ],
)
def test_times_of_something_else_are_refused(tmp_path: Path, change: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        measured(tmp_path, {**MEASURED, **change})  # type: ignore[dict-item]


def measured(folder: Path, content: dict[str, object]) -> Times:
    path = folder / "times.json"
    path.write_text(json.dumps(content))
    return read_times(path, NAMES)


def make(results: Results, *, conflicts: bool = False, times: Times | None = None) -> Record:
    told = {"title": "x", "note": "", "command": "x"}
    return record(results.strategies, **told, cross=None, conflicts=conflicts, times=times)
