"""The page counts the trials that broke a run, all broken input, and what went wrong."""

import json

from benchmarks import reliability
from benchmarks.reliability import CUT, append, page

ORIGIN = {"commit": "abc", "versions": {"mtbert": "0", "torch": "2.9"}, "command": "again"}


def test_the_page_counts_trials_that_broke_a_run():
    kill = {"kind": "kill", "case": "SIGKILL of the DVC", "stage": "train", "ran": True, **ORIGIN}
    write = {"kind": "write", "case": "full disk", "stage": "plan", "ran": True, "wrong": ""}
    trials = [
        {**kill, "orphan": 1.5, "wrong": ""},
        {**kill, "orphan": 0.2, "wrong": CUT, "commit": "def"},
        {**write, **ORIGIN},
        {**write, **ORIGIN, "ran": False, "commit": "ghi"},
    ]
    text = " ".join(page(trials, []).split())
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
    assert "**Went wrong: 3 of 1,508.**" in text
    assert "| plan | 1,500 | 0 | 3 |\n| text | 0 | 5 | 0 |" in text


def test_records_grow_and_the_page_follows(tmp_path, monkeypatch):
    monkeypatch.setattr(reliability, "FUZZ", tmp_path / "fuzz.json")
    monkeypatch.setattr(reliability, "PAGE", tmp_path / "page.md")
    for count in (2, 3):
        append(reliability.FUZZ, {"readers": {"plan": {"read": count}}, **ORIGIN})
    assert len(json.loads(reliability.FUZZ.read_text())) == 2
    assert "| plan | 5 | 0 | 0 |" in (tmp_path / "page.md").read_text()
