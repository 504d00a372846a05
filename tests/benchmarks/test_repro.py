"""The benchmark of a repro without work: what it compares with."""

from benchmarks.repro import bare_pipeline


def test_bare_stages_are_a_chain():
    assert list(bare_pipeline(2)["stages"].values()) == [
        {"cmd": "echo 0 > 1", "deps": ["0"], "outs": ["1"]},
        {"cmd": "echo 1 > 2", "deps": ["1"], "outs": ["2"]},
    ]
