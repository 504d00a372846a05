"""`python -m stages.side_by_side`: several runs at a time, as their stages make them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from mtbert.core import environment
from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from stages import plan
from stages.side_by_side import Job, each, main, reason
from tests.workspace import BATCHES, SIZES, workspace

from tiny import ROOT

FILE = "studies/one/dvc.yaml"
TARGETS = [f"{FILE}:evaluate@a-b-1", f"{FILE}:evaluate_again@a-b-2"]
STUDY: dict[str, Any] = {
    **{"title": "t", "overall": "mean", "printed": {}, "choices": {}},
    **{"train": {"batch_size": BATCHES, "row_length": 48}, "mix": {"sst": 1, "para": 1, "sts": 1}},
    **{"strategies": {"a-b": {"tasks": ["sst"]}, "c": {"tasks": ["sts"]}}},
    **{"seeds": [1], "again": {"rows": ["a-b"], "seeds": [2]}},
}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study `one` of two rows of one task each, with its plans."""
    workspace(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    params = read_yaml(ROOT / "params.yaml")
    params["budgets"]["smoke"]["studies"]["examples"] = SIZES["train"]
    write_yaml(Path("params.yaml"), params)
    Path(FILE).parent.mkdir(parents=True)
    write_yaml(Path(FILE).with_name("params.yaml"), STUDY)
    Path(FILE).write_text((ROOT / "studies/wu/dvc.yaml").read_text().replace("/wu", "/one"))
    planned()
    return tmp_path


def planned() -> None:
    data = Path("data")
    plan.main(
        data / "tokens",
        data / "encoder",
        data / "studies/one/plans",
        Path("params.yaml"),
        augmented=data / "tokens_augmented",
        study=Path(FILE).with_name("params.yaml"),
    )


def test_a_job_is_what_the_pipeline_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    job = Job.of("studies/wu/dvc.yaml:evaluate_again@our-sst-2")
    own = "data/studies/wu"
    assert [" ".join(command[1:]) for command in job.commands] == [
        f"-m stages.train {own}/plans/our-sst.yaml 2 {own}/runs/our-sst-2 {own}/logs/our-sst-2 "
        "--no-last --no-test",
        f"-m stages.evaluate {own}/plans/our-sst.yaml {own}/runs/our-sst-2 {own}/logs/our-sst-2 "
        f"{own}/predictions/our-sst-2 reports/studies/wu/metrics/our-sst-2.json "
        "reports/studies/wu/confusion/our-sst-2 reports/studies/wu/runs/our-sst-2 --no-test",
    ]
    assert job.plan == Path(f"{own}/plans/our-sst.yaml")
    assert {Path(f"{own}/runs/our-sst-2"), Path(f"{own}/predictions/our-sst-2")} < set(job.outs)
    assert Path("reports/studies/wu/metrics/our-sst-2.json") in job.outs


@pytest.mark.parametrize(
    "target",
    [
        *("wu", f"{FILE}:collect", f"{FILE}:train@a-b-1", f"{FILE}:evaluate@a-b-01"),
        *(f"/elsewhere/{FILE}:evaluate@a-b-1", "dvc.yaml:evaluate@main-1"),
    ],
)
def test_other_words_are_refused(target: str) -> None:
    with pytest.raises(InputError, match=r"expected a run as `python -m stages.missing` names it"):
        Job.of(target)


@pytest.mark.parametrize("run", ["evaluate@a-b-2", "evaluate_again@c-2", "evaluate@d-1"])
def test_what_the_study_does_not_ask_for_is_refused(study: Path, run: str) -> None:
    with pytest.raises(InputError, match=r"studies/one/params.yaml: unknown run '"):
        main([f"{FILE}:{run}"])


def test_a_stage_stands_for_all_of_its_runs(study: Path) -> None:
    assert each(f"{FILE}:evaluate") == [f"{FILE}:evaluate@a-b-1", f"{FILE}:evaluate@c-1"]
    assert each(f"{FILE}:evaluate_again") == TARGETS[1:]
    assert each(TARGETS[0]) == TARGETS[:1]


def test_runs_are_those_of_the_stages(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(TARGETS, jobs=2)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "2 runs, 0 of them finished before"
    assert {line.split(":")[0].split(" ", 1)[1] for line in told[1:]} == {"one a-b-1", "one a-b-2"}

    job = Job.of(TARGETS[0])
    kept = {path: path.read_bytes() for path in job.outs if path.suffix in (".json", ".csv")}
    metrics = next(path for path in kept if path.parent.name == "metrics")
    assert kept[metrics] != metrics.with_name("a-b-2.json").read_bytes()
    predicted = (study / "data/studies/one/predictions/a-b-1/sst-dev.parquet").read_bytes()
    for command in job.commands:
        subprocess.run(command, check=True)
    assert metrics.read_bytes() == kept[metrics]
    assert (study / "data/studies/one/predictions/a-b-1/sst-dev.parquet").read_bytes() == predicted

    main(TARGETS, jobs=2)
    assert capsys.readouterr().out == "2 runs, 2 of them finished before\n"
    told = next(path for path in job.outs if path.name == "run.json")
    told.write_text(told.read_text().replace(environment.versions()["mtbert"], "0.1.0+older"))
    assert not job.finished()
    told.write_text(kept[told].decode())
    assert job.finished()
    (study / "data/studies/one/predictions/a-b-1/sst-dev.parquet").parent.rename(study / "away")
    assert not job.finished()


def test_a_run_that_fails_stops_no_other_and_leaves_no_old_score(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = f"{FILE}:evaluate@c-1"
    score = study / "reports/studies/one/metrics/c-1.json"
    score.parent.mkdir(parents=True)
    score.write_text("of another run")
    (study / "data/tokens/sts/train.parquet").write_bytes(b"spoilt")
    with pytest.raises(InputError, match=r"1 of 2 runs failed, as told above"):
        main([bad, TARGETS[0]], jobs=1)
    told = capsys.readouterr().err
    assert told.startswith("1/2 one c-1: failed, error: ")
    assert "data/tokens/sts/train.parquet" in told
    log = study / told.rstrip().rpartition(": ")[2]
    assert "data/tokens/sts/train.parquet" in log.read_text()
    assert not score.exists()
    assert score.with_name("a-b-1.json").is_file()


def test_a_fault_of_the_program_is_not_one_of_the_input(study: Path) -> None:
    Path(FILE).write_text(Path(FILE).read_text().replace("stages.evaluate", "stages.nowhere"))
    with pytest.raises(typer.Exit) as told:
        main(TARGETS[:1], jobs=1)
    assert told.value.exit_code == 1


def test_plans_are_looked_at_before_time_is_spent(study: Path) -> None:
    changed = {**STUDY, "strategies": {**STUDY["strategies"], "a-b": {"tasks": ["sts"]}}}
    write_yaml(Path(FILE).with_name("params.yaml"), changed)
    with pytest.raises(InputError, match=r"a-b\.yaml: not what studies/one/params\.yaml"):
        main(TARGETS)
    Job.of(TARGETS[0]).plan.unlink()
    with pytest.raises(InputError, match=r"a-b\.yaml: no such file; `dvc repro studies/one/dvc"):
        main(TARGETS)


def test_it_takes_its_processes_along(study: Path) -> None:
    """Told to end, it ends what it has begun and begins nothing else."""
    command = [sys.executable, "-m", "stages.side_by_side", "--jobs", "1", *TARGETS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    log = study / ".dvc/tmp/mtbert/side_by_side/one-a-b-1.log"
    wait_for(log.exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not log.with_name("one-a-b-2.log").exists()
    assert not (study / "reports/studies/one/metrics/a-b-1.json").exists()


def wait_for(happened: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"not within {seconds} s (load {os.getloadavg()[0]:.1f})"
        time.sleep(0.05)


def test_why_a_run_failed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("first\nlast\n")
    assert reason(2, log) == f"last; all that it printed: {log}"
    assert reason(-9, log).startswith("killed by signal 9 (short of memory?); ")
    log.write_text("")
    assert reason(1, log).startswith("exit code 1; ")
