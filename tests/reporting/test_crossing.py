"""Two settings across each other."""

from dataclasses import replace
from typing import Any

import pytest

from mtbert.core.errors import InputError
from mtbert.reporting.crossing import cross_tables, read_cross
from mtbert.reporting.records import Cross
from mtbert.reporting.results import Run, Strategy

MLP = {"name": "mlp", "layers": 1}
CROSS = Cross(rows="heads.sts", columns="encoding.sts", metrics=("sts.pearson",))


def strategy(name: str, encoding: str, head: dict[str, Any], score: float) -> Strategy:
    settings = {"tasks": ["sts"], "encoding": {"sts": encoding}, "heads": {"sts": head}}
    metrics = {"sts": {"pearson": score, "rmse": 1.0, "n": 100_000}}
    return Strategy(name, {}, settings, {"sts": None}, (Run(1, metrics, {}, {}, {}, {}),))  # type: ignore[dict-item]


STRATEGIES = [
    strategy("a", "siamese", {"name": "cosine"}, 0.8),
    strategy("b", "siamese", MLP, 0.7),
    strategy("c", "joint", MLP, 0.9),
]


def test_each_strategy_has_its_cell() -> None:
    ((table, left),) = cross_tables(CROSS, STRATEGIES)
    assert table.markdown().splitlines()[2:] == [
        "| cosine | 0.800 |  |",
        "| mlp | 0.700 | **0.900** |",
    ]
    assert table.header == ("heads.sts ╲ encoding.sts", "siamese", "joint")
    # Fisher: z / sqrt(n - 3) · (1 - r²) = 1.96 / 316.2 · 0.19 = 0.0012
    assert table.caption.endswith("95 % half-width at the best ± 0.001")
    assert left == ""


def test_two_strategies_in_one_cell_are_refused() -> None:
    twin = strategy("d", "joint", MLP, 0.9)
    with pytest.raises(InputError, match="'c' and 'd' both have mlp × joint; name one of each"):
        cross_tables(CROSS, [*STRATEGIES, twin])


def test_settings_joined_by_a_plus_tell_apart_what_one_does_not() -> None:
    mapped = strategy("d", "joint", MLP, 0.9)
    mapped = replace(
        mapped, settings={**mapped.settings, "projections": {"sts": {"name": "layers"}}}
    )
    plain = [
        replace(one, settings={**one.settings, "projections": {"sts": {"name": "none"}}})
        for one in STRATEGIES
    ]
    cross = CROSS.model_copy(update={"rows": "heads.sts+projections.sts"})
    ((table, _),) = cross_tables(cross, [*plain, mapped])
    assert [row[0].text for row in table.rows] == ["cosine", "mlp", "mlp + layers"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": "heads.stss"}, "--rows: unknown setting that varies here 'heads.stss'; did you"),
        ({"columns": "tasks"}, "--columns: unknown setting that varies here 'tasks'"),
        ({"metrics": ("sts.n",)}, r"--metric: unknown metric 'sts.n'.*\(allowed: sts.pearson, sts"),
    ],
)
def test_what_is_unknown_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        cross_tables(CROSS.model_copy(update=change), STRATEGIES)


def test_the_three_options_go_together() -> None:
    assert read_cross("", "", []) is None
    assert read_cross("heads.sts", "encoding.sts", ["sts.pearson"]) == CROSS
    with pytest.raises(InputError, match=r"^--columns, --metric: not given"):
        read_cross("heads.sts", "", [])
