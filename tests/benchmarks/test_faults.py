"""Logs are compared without times."""

from benchmarks.faults import untimed


def test_logs_are_compared_without_times(tmp_path):
    (tmp_path / "steps.csv").write_text("step,loss,tokens_per_second\n1,0.5,99\n")
    assert untimed(tmp_path / "steps.csv") == [{"step": "1", "loss": "0.5"}]


def test_members_are_compared_without_the_digests_of_logs(tmp_path):
    (tmp_path / "members.yaml").write_text("runs:\n  main-1:\n    logs_md5: 0a\n    updates: 3\n")
    assert untimed(tmp_path / "members.yaml") == ["runs:", "  main-1:", "    updates: 3"]
