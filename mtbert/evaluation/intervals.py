"""95 % intervals of scores, from the size of a dev set and the number of seeds."""

import warnings
from collections.abc import Callable, Sequence
from math import atanh, sqrt, tanh

import numpy as np

Z95 = 1.959963984540054
DRAWS = 1000
BLOCK = 2**22  # drawn examples in memory at once


def tells_apart(actual: np.ndarray) -> bool:
    """Whether labels, (example,), differ: on one row, or on one label alone, no score is certain.

    The same answer everywhere would be perfect, and no draw of the examples would show otherwise.
    """
    return len(np.unique(actual)) > 1


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's score interval (1927) of a share of n; its length is above 0 at 0 and 1, too."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(share * n, n, method="wilson")
    return float(low), float(high)


def fisher(r: float, n: int, *, ranks: bool = False) -> tuple[float, float]:
    """Interval of a correlation by Fisher's transformation, tanh(atanh(r) ± z / √(n - 3)).

    Of ranks, z is multiplied by √(1 + r² / 2) (Bonett & Wright 2000). A correlation counts as
    ± (1 - 1 / n) at most: Fisher's interval has no length at 1. NaN of fewer than 4 examples.
    """
    if n < 4 or not np.isfinite(r):
        return np.nan, np.nan
    centre = atanh(max(-1 + 1 / n, min(1 - 1 / n, r)))
    reach = Z95 * sqrt((1 + r**2 / 2 if ranks else 1) / (n - 3))
    return tanh(centre - reach), tanh(centre + reach)


def bootstrap(
    function: Callable[[np.ndarray, np.ndarray], np.ndarray],
    actual: np.ndarray,
    ours: Sequence[np.ndarray],
    base: Sequence[np.ndarray] = (),
) -> float:
    """Half of the 95 % percentile interval (Efron 1979) of a score, or of a paired difference.

    The score is the mean of a metric's `function` on the predictions of the runs `ours`, minus its
    mean on those of the runs `base`; `actual` has the labels, (example,). Where all draws are
    alike, as at a perfect score, it is half of Wilson's interval at 1.
    """
    from scipy import stats

    def statistic(places: np.ndarray, axis: int = -1) -> np.ndarray:
        labels = actual[places]
        mean = np.mean([function(labels, run[places]) for run in ours], axis=0)
        other = [function(labels, run[places]) for run in base]
        return np.asarray(mean - np.mean(other, axis=0) if other else mean)

    if len(actual) < 2:
        return np.nan
    with warnings.catch_warnings():
        # Of few examples some draws are constant: the score is NaN there, and not counted below.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        drawn = stats.bootstrap(
            (np.arange(len(actual)),),
            statistic,
            n_resamples=DRAWS,
            batch=max(1, BLOCK // len(actual)),
            vectorized=True,
            method="percentile",
            rng=np.random.default_rng(0),
        )
    low, high = np.nanquantile(drawn.bootstrap_distribution, (0.025, 0.975))
    width = high - low if high > low else -np.subtract(*wilson(1.0, len(actual)))
    return float(width) / 2


def with_seeds(half_width: float, by_seed: Sequence[float]) -> float:
    """Half of a 95 % interval over random seeds as well as random dev examples.

    Variances of the mean add up, (half_width / z)² + sd² / seeds, and Student's t has the degrees
    of freedom of Welch (1947) and Satterthwaite (1946). With one seed, its spread is unknown: the
    interval is that of the examples alone.
    """
    from scipy.stats import t

    if len(by_seed) < 2 or not (seeds := np.var(by_seed, ddof=1) / len(by_seed)):
        return half_width
    total = (half_width / Z95) ** 2 + seeds
    freedom = total**2 / (seeds**2 / (len(by_seed) - 1))
    return float(t.ppf(0.975, freedom) * np.sqrt(total))
