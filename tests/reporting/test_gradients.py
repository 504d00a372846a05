"""Tables and words on conflicts."""

from dataclasses import replace
from pathlib import Path

import pytest
from reporting.workspace import write_workspace

from mtbert.reporting.comparison import wilson
from mtbert.reporting.conflicts import Conflicts, Pair
from mtbert.reporting.gradients import gaps, pair_table, share
from mtbert.reporting.results import Strategy, read_results
from mtbert.reporting.settings import read_scope

NEVER = Conflicts(met=0, pairs=())
UNSAMPLED = Conflicts(met=9, pairs=())


def conflicts(negative: int, *, steps: int = 5, mean: float = 0.1) -> Conflicts:
    pair = Pair(
        first="sst", second="sts", steps=steps, negative=negative, mean=mean, median=0.2, ratio=3.0
    )
    return Conflicts(met=50, pairs=(pair,))


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Strategy:
    root: Path = tmp_path_factory.mktemp("workspace")
    write_workspace(root, names=("main",), epochs=1)
    scope = read_scope(root / "params.yaml")
    return read_results(scope, root / "data/plans", root / "reports").baseline


def told(main: Strategy, name: str, *found: Conflicts | None) -> Strategy:
    runs = [replace(r, conflicts=c) for r, c in zip(main.runs, found, strict=True)]
    return replace(main, name=name, runs=tuple(runs))


def test_wilson_by_hand() -> None:
    # z² = 3.8415: (5 + 1.92073) / 13.8415 = 0.5 and ± 0.26341; 0 of 10 ends at z² / (10 + z²)
    assert wilson(0.5, 10) == pytest.approx((0.23659, 0.76341), abs=1e-5)
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.27753), abs=1e-5)
    assert wilson(1.0, 10) == pytest.approx((0.72247, 1.0), abs=1e-5)


def test_shares_pool_the_seeds_and_averages_are_over_them(main: Strategy) -> None:
    one = told(main, "a", conflicts(1, mean=0.1), conflicts(4, mean=0.3))
    (row,) = pair_table([one]).rows
    cells = [cell.text for cell in row]
    assert cells[:5] == ["a", "sst – sts", "10", "0.500", "0.237 to 0.763"]
    # sd of 0.1 and 0.3: 0.2 / √2
    assert cells[5:] == ["0.200 ± 0.141", "0.200 ± 0.000", "3.00 ± 0.00"]
    assert share(one) == "0.500 ± 0.424"  # of 0.2 and 0.8


def test_a_pair_without_cosines_has_no_share(main: Strategy) -> None:
    silent = Pair(
        first="sst", second="sts", steps=0, negative=0, mean=None, median=None, ratio=None
    )
    found = Conflicts(met=3, pairs=(silent,))
    (row,) = pair_table([told(main, "a", found, found)]).rows
    assert [cell.text for cell in row][2:] == ["0", "–", "–", "–", "–", "–"]
    assert share(told(main, "a", found, found)) == "–"


def test_what_has_no_cosine_is_said_and_not_shown_as_0(main: Strategy) -> None:
    alone = replace(told(main, "alone", NEVER, NEVER), tasks={"sst": main.tasks["sst"]})
    strategies = [
        told(main, "turns", NEVER, NEVER),
        told(main, "off", UNSAMPLED, UNSAMPLED),
        told(main, "old", None, None),
        alone,
        told(main, "met", conflicts(0), conflicts(0)),
        told(main, "annealed", NEVER, NEVER),
    ]
    assert gaps(strategies) == (
        "Tasks never meet in a step, so that there is no cosine: turns, annealed. "
        "Tasks meet, but no step with a cosine was sampled (`conflicts_every`): off. "
        "Recorded before cosines were: old. "
        "A single task, no pair: alone."
    )
    assert [share(one) for one in strategies] == ["–", "–", "–", "–", "0.000 ± 0.000", "–"]
    assert [row[0].text for row in pair_table(strategies).rows] == ["met"]
