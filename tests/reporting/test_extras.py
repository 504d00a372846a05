"""Columns of a study's page that are asked for."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from reporting.workspace import write_workspace

from mtbert.errors import InputError
from mtbert.reporting.extras import columns, read_extras, remarks
from mtbert.reporting.recording import record
from mtbert.reporting.records import Record, dumps
from mtbert.reporting.results import Results, Strategy, read_results
from mtbert.reporting.settings import read_scope
from mtbert.reporting.studies import PAGE, render

STEP, TOKEN = "time a step ÷ main's", "time a token ÷ main's"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root: Path = tmp_path_factory.mktemp("workspace")
    write_workspace(root, epochs=1)
    return read_results(read_scope(root / "params.yaml"), root / "data/plans", root / "reports")


def timed(one: Strategy, *facts: dict[str, object]) -> Strategy:
    runs = [replace(r, facts={**r.facts, **f}) for r, f in zip(one.runs, facts, strict=True)]
    return replace(one, runs=tuple(runs))


def test_times_are_ratios_seed_by_seed(results: Results) -> None:
    main, turns, joint = results.strategies
    base = {"step_seconds": 0.4, "steps": 100, "real_tokens": 20_000, "tokens_per_second": 500.0}
    one = timed(main, base, {**base, "step_seconds": 0.8, "real_tokens": 40_000})
    other = timed(
        turns,
        # 0.2 and 0.6 s a step against 0.4 and 0.8; 4 and 2 ms a token against 2.
        {**base, "step_seconds": 0.2, "steps": 200, "real_tokens": 10_000},
        {**base, "step_seconds": 0.6, "steps": 200, "real_tokens": 60_000},
    )
    # sd of 0.5 and 0.75: 0.25 / √2; of 2 and 1: 1 / √2
    assert columns(["time"], [one, other]) == {
        STEP: {"main": "1", "round_robin": "0.62 ± 0.18"},
        TOKEN: {"main": "1", "round_robin": "1.50 ± 0.71"},
    }
    ahead = timed(joint, *[{**base, "step_seconds": 0.008, "tokens_per_second": None}] * 2)
    assert columns(["time"], [one, ahead])[STEP]["joint"] == "0.01 ± 0.01"
    assert columns(["time"], [one, ahead])[TOKEN]["joint"] == "–"


def test_times_of_other_machines_are_not_compared(results: Results) -> None:
    main, turns, joint = results.strategies
    strategies = [main, timed(turns, {"threads": 1}, {"threads": 1}), joint]
    found = columns(["time"], strategies)
    assert found[STEP] == {"main": "1", "round_robin": "–", "joint": "1.00 ± 0.00"}
    (said,) = remarks(["time"], strategies)
    assert said.endswith("On another machine or with other threads: round_robin.")
    assert "On another machine" not in remarks(["time"], [main, joint])[0]


def test_a_page_shows_what_was_asked_for(results: Results) -> None:
    asked = make(results, "conflicts", "time")
    page = render(Record.model_validate_json(dumps(asked), strict=False))[PAGE]
    assert f"| leaderboard | share of conflicts | {STEP} | {TOKEN} | train minutes |" in page
    shares = [run.conflicts.share for run in results.baseline.runs if run.conflicts]
    row = next(line for line in page.splitlines() if line.startswith("| main |"))
    assert row.split(" | ")[-5].startswith(f"{sum(shares) / 2:.3f} ± ")
    turns = next(line for line in page.splitlines() if line.startswith("| round_robin |"))
    assert turns.split(" | ")[-5:-2] == ["–", "1.00 ± 0.00", "1.00 ± 0.00"]
    assert "Tasks never meet in a step, so that there is no cosine: round_robin." in page
    assert "## How the tasks' gradients lie to each other" in page
    assert "| main | sst – sts | 20 |" in page
    assert "as a ratio to main with the same seed" in page


def test_a_page_shows_nothing_else(results: Results) -> None:
    plain = make(results)
    page = render(plain)[PAGE]
    assert "share of conflicts" not in page
    assert "÷" not in page
    # A record made before it knew of conflicts draws the same page.
    data = json.loads(dumps(plain))
    del data["extra"]
    for one in data["strategies"]:
        assert len(one.pop("conflicts")) == 2
    assert render(Record.model_validate_json(json.dumps(data), strict=False))[PAGE] == page


def test_an_unknown_column_is_refused(results: Results) -> None:
    assert read_extras(["time", "conflicts", "time"]) == ("time", "conflicts")
    with pytest.raises(InputError, match="--extra: unknown extra column 'conflict'; did you mean"):
        read_extras(["conflict"])
    with pytest.raises(InputError, match="extra"):
        make(results, "tiem")


def make(results: Results, *extra: str) -> Record:
    told = {"title": "x", "note": "", "command": "x"}
    return record(results.strategies, **told, cross=None, extra=extra)
