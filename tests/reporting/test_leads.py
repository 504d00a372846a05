"""Who leads, by how much, and whom the evidence cannot tell from the best."""

import pytest

from mtbert.reporting.comparison import Metric
from mtbert.reporting.leads import lead, plus_minus, score, undecided
from mtbert.reporting.results import Run, Strategy

ACCURACY = Metric("para", "accuracy", "para accuracy")
RMSE = Metric("para", "rmse", "para rmse")


def strategy(name: str, *scores: float, metric: str = "accuracy", n: int = 2500) -> Strategy:
    metrics = [{"para": {metric: value, "n": n}} for value in scores]
    runs = tuple(Run(i, values, {}, {}, {}, {}) for i, values in enumerate(metrics))
    return Strategy(name, {}, {}, {}, runs)


def test_a_clear_lead_is_marked() -> None:
    # 1.96 / (1 + 3.84 / 2500) · sqrt(.9 · .1 / 2500 + 3.84 / 4 / 2500²) = 0.01177
    best, other = strategy("best", 0.89, 0.91), strategy("other", 0.88, 0.88)
    found = lead([other, best], ACCURACY)
    assert (found.best, found.beaten, found.clear) == ("best", ("other",), True)
    assert found.width == pytest.approx(0.01177, abs=1e-5)
    assert score(best, found).best
    assert not score(other, found).best
    assert undecided([found]) == ""


@pytest.mark.parametrize(
    "scores",
    [
        (0.889, 0.889),  # within the half-width
        (0.86, 0.895),  # far below on average, but one seed is above the best one's worst
        (0.9, 0.9),  # a tie
    ],
)
def test_what_cannot_be_told_apart_is_named(scores: tuple[float, ...]) -> None:
    strategies = [strategy("best", 0.89, 0.91), strategy("far", 0.5, 0.5), strategy("x", *scores)]
    found = lead(strategies, ACCURACY)
    assert (found.best, found.rivals, found.clear) == ("best", ("x",), False)
    assert not score(strategies[0], found).best
    assert undecided([found]).endswith("\n\n- para accuracy, best best: x")


def test_of_an_error_the_least_is_best_and_no_width_is_claimed() -> None:
    strategies = [strategy("a", 1.2, metric="rmse"), strategy("b", 0.8, metric="rmse")]
    found = lead(strategies, RMSE)
    assert (found.best, found.rivals, plus_minus(found)) == ("b", ("a",), "–")
    assert "best b: any other (no half-width is known" in undecided([found])


def test_alone_or_without_the_metric_nobody_leads() -> None:
    assert not lead([strategy("a", 0.9)], ACCURACY).clear
    assert lead([strategy("a", 0.9)], RMSE).best == ""
