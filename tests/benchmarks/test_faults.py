"""The page counts the trials that broke a run, and what went wrong in them."""

from benchmarks.faults import page, untimed


def test_the_page_counts_trials_that_broke_a_run():
    kill = {"kind": "kill", "case": "SIGKILL of the DVC", "stage": "train", "ran": True}
    write = {"kind": "write", "case": "full disk", "stage": "plan", "ran": True, "wrong": ""}
    trials = [
        {**kill, "orphan": 1.5, "wrong": ""},
        {**kill, "orphan": 0.2, "wrong": "differs: a"},
        write,
        {**write, "ran": False},
    ]
    text = page(trials, "python -m benchmarks.faults").replace("\n", " ")
    assert "Each of 3 trials broke a run of a stage in a tiny copy of the project, 2 by" in text
    assert "the longest: 1.5 s" in text
    assert "**Went wrong: 1 of 3.**" in text
    for row in ("| SIGKILL of the DVC | 2 | 1 |", "| full disk | 1 | 0 |", "| plan | 1 | 0 |"):
        assert row in text


def test_logs_are_compared_without_times(tmp_path):
    (tmp_path / "steps.csv").write_text("step,loss,tokens_per_second\n1,0.5,99\n")
    assert untimed(tmp_path / "steps.csv") == [{"step": "1", "loss": "0.5"}]
