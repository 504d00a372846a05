"""The page counts the trials that broke a run, all broken input, and what went wrong."""

import json

from benchmarks import reliability
from benchmarks.reliability import CUT, append, page

ORIGIN = {"commit": "abc", "versions": {"mtbert": "0", "torch": "2.9"}, "command": "again"}


def test_the_page_counts_trials_that_broke_a_run():
    kill = {"kind": "kill", "case": "SIGKILL of the DVC", "stage": "train", "ran": True}
    write = {"kind": "write", "case": "full disk", "stage": "plan", "ran": True, "wrong": ""}
    first = [{**kill, "orphan": 1.5, "wrong": ""}, write, {**write, "ran": False}]
    runs = [
        {"trials": first, **ORIGIN},
        {"trials": [{**kill, "orphan": 0.2, "wrong": CUT}], **ORIGIN, "commit": "def"},
    ]
    text = " ".join(page(runs, []).split())
    assert "Each of 3 trials broke a run of a stage in a tiny copy of the project, 2 by" in text
    assert "the longest: 1.5 s" in text
    assert "killed just then (1 times)" in text
    assert "**Went wrong: 1 of 3.** Commits: abc, def; torch 2.9." in text
    for row in ("| SIGKILL of the DVC | 2 | 1 |", "| full disk | 1 | 0 |", "| plan | 1 | 0 |"):
        assert row in text


def test_the_page_adds_broken_input_of_all_runs():
    runs = [
        {"readers": {"plan": {"read": 1000, "hang": 1}, "text": {"refused": 5}}, **ORIGIN},
        {"readers": {"plan": {"read": 500, "traceback": 2}}, **ORIGIN},
    ]
    text = page([], runs)
    assert "**Went wrong: 3 of 1,508; on the last commit 2 of 502.**" in text
    assert "| plan | 1,500 | 0 | 3 |\n| text | 0 | 5 | 0 |" in text


def test_records_grow_and_the_page_follows(tmp_path, monkeypatch):
    for name in ("FAULTS", "FUZZ", "PAGE"):
        monkeypatch.setattr(reliability, name, tmp_path / name)
    for count in (2, 3):
        append(reliability.FUZZ, {"readers": {"plan": {"read": count}}, **ORIGIN})
    assert "| plan | 5 | 0 | 0 |" in (tmp_path / "PAGE").read_text()
    trial = {"kind": "write", "case": "a  b", "stage": "plan", "ran": True, "wrong": ""}
    for command in ("x", "x", "y"):
        append(reliability.FAULTS, {**ORIGIN, "command": command}, trial)
    runs = json.loads(reliability.FAULTS.read_text())
    assert [(run["command"], len(run["trials"])) for run in runs] == [("x", 2), ("y", 1)]
    assert "Each of 3 trials" in (tmp_path / "PAGE").read_text()
