"""Seeds, differences and noise against values computed by hand."""

from math import sqrt

import pytest

from mtbert.core.labels import Binary, Classes, Labels, Similarity
from mtbert.core.tasks import Columns, SubmissionFile, Task
from mtbert.reporting.comparison import (
    Metric,
    Summary,
    constant,
    difference,
    half_width,
    noise,
    summarize,
)
from mtbert.reporting.results import Run, Strategy


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
        predictions=SubmissionFile(file="{split}", column="x"),
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
    # Wilson: at p = 1/2 it is z / 2 / sqrt(n + z²).
    assert half_width("accuracy", 0.5, 1101) == pytest.approx(0.98 / sqrt(1104.84), abs=1e-5)
    assert half_width("accuracy", 0.86, 20212) == pytest.approx(0.005, abs=3e-4)
    # atanh(0) = 0, so the interval is ± tanh(1.96 / sqrt(400)).
    assert half_width("pearson", 0.0, 403) == pytest.approx(0.097686, abs=1e-5)
    assert half_width("pearson", 0.5, 3) is None
    assert half_width("spearman", 0.0, 403) == half_width("pearson", 0.0, 403)
    # atanh(0.5) ± 1.96 √(1.125 / 400), brought back: 0.4181 to 0.5738
    assert half_width("spearman", 0.5, 403) == pytest.approx(0.0779, abs=1e-4)


def test_no_score_is_certain() -> None:
    # Wilson: at p = 0 and 1 it is z² / 2 / (n + z²) = 1.92 / 103.84.
    assert half_width("accuracy", 1.0, 100) == pytest.approx(0.018497, abs=1e-6)
    assert half_width("accuracy", 0.0, 100) == half_width("accuracy", 1.0, 100)
    # atanh(0.99) ± 1.96 / √97, brought back: 0.98515 to 0.99327
    assert half_width("pearson", 1.0, 100) == pytest.approx(0.00406, abs=1e-5)
    assert half_width("pearson", -1.0, 100) == half_width("pearson", 1.0, 100)
    # atanh(0.99) ± 1.96 √(1.5 / 97), brought back: 0.98378 to 0.99384
    assert half_width("spearman", 1.0, 100) == pytest.approx(0.00503, abs=2e-5)
    assert half_width("accuracy", 1.0, 0) is None


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
    # 1.96 / 2 / √103.84; 1.92 / 103.84; tanh(1.96 / √400)
    sst, para, sts = 0.096169, 0.018497, 0.097686
    mean = sqrt(sst**2 + para**2 + sts**2) / 3
    leaderboard = sqrt(sst**2 + para**2 + (sts / 2) ** 2) / 3
    assert noise(one, Metric("overall", "mean", "")) == pytest.approx(mean, abs=1e-5)
    assert noise(one, Metric("overall", "leaderboard", "")) == pytest.approx(leaderboard, abs=1e-5)


def judged(pairs: list[tuple[int, int]], **scores: float) -> Strategy:
    labels = Classes(kind="classes", count=3)
    confusion = {"x": pairs} if pairs else {}
    runs = tuple(Run(seed, {"x": {**scores}}, {}, {}, {}, confusion) for seed in (1, 2))
    return Strategy("a", {}, {}, {"x": task(labels)}, runs)


def test_a_constant_answer_is_the_best_one_for_the_metric() -> None:
    # Labels 0, 0, 0, 1; class 2 never occurs.
    one = judged([(0, 0), (0, 2), (0, 1), (1, 1)], majority=0.75)
    assert constant(one, Metric("x", "accuracy", "")) == 0.75
    # F1 of class 0 is 2 · 0.75 / 1.75 and of class 1 it is 0.
    assert constant(one, Metric("x", "macro_f1", "")) == pytest.approx(3 / 7)
    assert constant(one, Metric("x", "f1", "")) == pytest.approx(0.4)
    assert constant(one, Metric("x", "matthews", "")) == 0.0
    assert constant(judged([]), Metric("x", "macro_f1", "")) is None


def test_noise_without_a_formula_is_found_from_the_confusion() -> None:
    pairs = [(0, 0), (1, 1), (2, 2), (2, 0)] * 50
    widths = [noise(judged(pairs), Metric("x", name, "")) for name in ("macro_f1", "matthews")]
    assert all(0.03 < width < 0.08 for width in widths if width is not None)
    assert None not in widths
    assert noise(judged([]), Metric("x", "macro_f1", "")) is None


def test_the_leaderboard_s_metrics_stay_whatever_a_task_is_judged_by() -> None:
    metrics = {
        "sst": {"accuracy": 0.5, "macro_f1": 0.1, "n": 100},
        "para": {"accuracy": 1.0, "n": 100},
        "sts": {"pearson": 0.0, "n": 403},
    }
    rows = {
        "sst": task(Classes(kind="classes", count=5)).model_copy(update={"metric": "macro_f1"}),
        "para": task(Binary(kind="binary")),
        "sts": task(Similarity(kind="similarity", low=0.0, high=5.0)),
    }
    one = Strategy("x", {}, {}, rows, (Run(1, metrics, {}, {}, {}, {}),))
    mean = sqrt(0.096169**2 + 0.018497**2 + 0.097686**2) / 3
    assert noise(one, Metric("overall", "mean", "")) == pytest.approx(mean, abs=1e-5)
