"""Seeds, differences and noise against values computed by hand."""

from math import sqrt

import pytest

from mtbert.reporting.comparison import Metric, Summary, difference, half_width, noise, summarize
from mtbert.reporting.results import Run, Strategy
from mtbert.tasks import Binary, Classes, Columns, Hand, Labels, Similarity, Task


def strategy(scores: dict[int, float | None]) -> Strategy:
    runs = tuple(
        Run(seed, {"sts": {"pearson": value, "n": 403}}, {}, {}, {}, {})
        for seed, value in scores.items()
    )
    return Strategy("x", {}, {}, {}, runs)


def task(labels: Labels) -> Task:
    return Task(
        title="x",
        files={"train": "x", "dev": "y"},
        columns=Columns(id="id", text_a="a", label="b"),
        labels=labels,
        predictions=Hand(file="{split}", column="x"),
    )


STS = Metric("sts", "pearson", "sts")


def test_summary_is_the_sample_deviation() -> None:
    assert summarize([1.0, 3.0]) == Summary(2.0, pytest.approx(sqrt(2)))
    assert summarize([1.0]) == Summary(1.0, None)
    assert summarize([]) is None


def test_differences_are_paired_by_seed() -> None:
    one, base = strategy({2: 0.9, 1: 0.5, 3: None}), strategy({1: 0.4, 2: 0.7, 4: 0.1})
    assert difference(one, base, STS) == Summary(pytest.approx(0.15), pytest.approx(sqrt(0.005)))
    assert difference(strategy({5: 0.5}), base, STS) is None


def test_half_widths_of_the_course_s_dev_splits() -> None:
    # docs: SST ± 3.0 points, para ± 0.5 at their sizes
    assert half_width("accuracy", 0.5, 1101) == pytest.approx(1.959964 * sqrt(0.25 / 1101))
    assert half_width("accuracy", 0.86, 20212) == pytest.approx(0.005, abs=3e-4)
    # atanh(0) = 0, so the interval is ± tanh(1.96 / sqrt(400)).
    assert half_width("pearson", 0.0, 403) == pytest.approx(0.097686, abs=1e-5)
    assert half_width("pearson", 1.0, 403) == pytest.approx(0.0, abs=1e-6)
    assert half_width("pearson", 0.5, 3) is None


def test_noise_of_an_overall_score_adds_up_independently() -> None:
    metrics = {
        "sst": {"accuracy": 0.5, "n": 100},
        "para": {"accuracy": 1.0, "n": 100},
        "sts": {"pearson": 0.0, "n": 403},
    }
    tasks = {
        "sst": task(Classes(kind="classes", count=5)),
        "para": task(Binary(kind="binary")),
        "sts": task(Similarity(kind="similarity", low=0.0, high=5.0)),
    }
    one = Strategy("x", {}, {}, tasks, (Run(1, metrics, {}, {}, {}, {}),))
    sst, sts = 1.959964 * 0.05, 0.097686
    mean = sqrt(sst**2 + sts**2) / 3
    leaderboard = sqrt(sst**2 + (sts / 2) ** 2) / 3
    assert noise(one, Metric("overall", "mean", "")) == pytest.approx(mean, abs=1e-5)
    assert noise(one, Metric("overall", "leaderboard", "")) == pytest.approx(leaderboard, abs=1e-5)
