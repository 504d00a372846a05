"""Logs are compared without times."""

from benchmarks.faults import untimed


def test_logs_are_compared_without_times(tmp_path):
    (tmp_path / "steps.csv").write_text("step,loss,tokens_per_second\n1,0.5,99\n")
    assert untimed(tmp_path / "steps.csv") == [{"step": "1", "loss": "0.5"}]
