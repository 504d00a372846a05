"""Cosines and norms of the tasks' gradients, out of a log of sampled steps."""

from itertools import combinations
from pathlib import Path

import pytest

from mtbert.core.errors import InputError
from mtbert.reporting.conflicts import Pair, read_conflicts, summarize_conflicts

TASKS = ["sst", "para", "sts", "cfimdb"]
HEADER = "step,epoch,first,second,cosine,norm_first,norm_second\n"
# In step 3 sts has no gradient; in step 5 the log names a pair the other way round.
THREE = """\
1,1,sst,para,-0.5,1,4
1,1,sst,sts,0.25,1,0.5
1,1,para,sts,-0.1,4,0.5
3,1,sst,para,0.1,3,1
3,1,sst,sts,,3,0
3,1,para,sts,,1,0
5,2,para,sst,-0.2,2,2
5,2,sst,sts,0.05,2,0.2
5,2,para,sts,0.0,2,0.2
"""
STEPS = {
    "loss_sst": [1.0, 0.0, 1.0, None, 1.0],
    "loss_para": [1.0, None, 1.0, 0.5, 1.0],
    "loss_sts": [1.0, None, 1.0, 0.5, 1.0],
}


def read(tmp_path: Path, text: str, tasks: list[str] | None = None):
    (tmp_path / "conflicts.csv").write_text(text)
    return read_conflicts(tmp_path / "conflicts.csv", tasks or TASKS[:3])


def test_each_pair_is_summed_up(tmp_path: Path) -> None:
    found = summarize_conflicts(read(tmp_path, HEADER + THREE), STEPS, TASKS[:3])
    assert found.met == 4  # in step 2 sst was alone; the unsampled step 4 counts
    assert found.pairs == (
        # (-0.5 + 0.1 - 0.2) / 3; ratios 4, 3, 1
        Pair(first="sst", second="para", steps=3, negative=2, mean=-0.2, median=-0.2, ratio=3.0),
        # Step 3 has no cosine and no ratio: (2 + 10) / 2
        Pair(first="sst", second="sts", steps=2, negative=0, mean=0.15, median=0.15, ratio=6.0),
        # 0 is no conflict; ratios 8, 10
        Pair(first="para", second="sts", steps=2, negative=1, mean=-0.05, median=-0.05, ratio=9.0),
    )
    assert found.share == pytest.approx(3 / 7)


def test_four_tasks_have_six_pairs(tmp_path: Path) -> None:
    rows = [f"7,1,{a},{b},{-0.1 * i:.1f},1,2\n" for i, (a, b) in enumerate(combinations(TASKS, 2))]
    samples = read(tmp_path, HEADER + "".join(rows), TASKS)
    steps = {f"loss_{task}": [1.0] for task in TASKS}
    found = summarize_conflicts(samples, steps, TASKS)
    assert [(pair.first, pair.second) for pair in found.pairs] == list(combinations(TASKS, 2))
    assert [pair.mean for pair in found.pairs] == [0.0, -0.1, -0.2, -0.3, -0.4, -0.5]
    assert found.share == pytest.approx(5 / 6)


def test_a_header_alone_is_a_run_without_samples(tmp_path: Path) -> None:
    samples = read(tmp_path, HEADER)
    assert samples == {}
    found = summarize_conflicts(samples, STEPS, TASKS[:3])
    assert (found.met, found.pairs, found.share) == (4, (), None)


def test_a_pair_without_any_cosine_has_no_averages(tmp_path: Path) -> None:
    found = summarize_conflicts(read(tmp_path, HEADER + "1,1,sst,sts,,1,0\n"), STEPS, TASKS[:3])
    (pair,) = found.pairs
    assert (pair.steps, pair.negative, pair.mean, pair.ratio) == (0, 0, None, None)
    assert found.share is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no column 'step'"),
        (HEADER[:-1], "cut off"),
        (HEADER + "1,1,sst,para,0.1,1", "cut off|expected 7 cells"),
        (HEADER + "1,1,sst,para,x,1,1\n", "line 2: cosine: expected a number, found 'x'"),
        (HEADER + "1,1,sst,para,nan,1,1\n", "line 2: cosine: expected a number from -1 to 1"),
        (HEADER + "1,1,sst,para,1.1,1,1\n", "line 2: cosine: expected a number from -1 to 1"),
        (HEADER + "1,1,sst,para,0.1,0,1\n", "where no norm is 0, found 0.1 of norms 0.0 and 1.0"),
        (HEADER + "1,1,sst,para,0.1,inf,1\n", "expected a step and two norms"),
        (HEADER + "1,1,sst,para,0.1,,1\n", "expected a step and two norms"),
        (HEADER + "1,1,sst,cfimdb,0.1,1,1\n", "expected two of the tasks sst, para, sts, found 's"),
        (HEADER + "1,1,sst,sst,0.1,1,1\n", "found 'sst' and 'sst'"),
        (HEADER.replace(",second,", ",other,"), "no column 'second'"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=rf"conflicts\.csv.*({told}).*dvc repro"):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"conflicts\.csv: no such file; `dvc repro`"):
        read_conflicts(tmp_path / "conflicts.csv", TASKS)
