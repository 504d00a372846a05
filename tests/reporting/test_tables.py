"""Tables of scores worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from mtbert.reporting import tables, training
from mtbert.reporting.runs import SCORE

NAN = float("nan")
SST, MSE, MEAN = ("sst", "accuracy"), ("sts", "mse"), ("overall", "mean")
VALUES = {
    ("main", 1): {SST: 0.5, MSE: 2.0, MEAN: 0.25},
    ("main", 2): {SST: 0.7, MSE: 2.0, MEAN: 0.25},
    ("other", 1): {SST: 0.6, MSE: 1.0},
    ("other", 3): {SST: 0.9, MSE: NAN},
}
FACTS = pd.DataFrame(
    [("main", 1, 100, 1000), ("main", 2, 100, 1000), ("other", 1, 270, 1040)],
    columns=["strategy", "seed", "updates", "examples"],
)


def scores(values=None):
    rows = [
        (*run, "dev", *column, value)
        for run, own in (values or VALUES).items()
        for column, value in own.items()
    ]
    return pd.DataFrame(rows, columns=SCORE)


def test_scores_are_means_and_deviations_over_seeds():
    table = tables.score_table(scores(), [SST, MSE, MEAN])
    assert table.columns.tolist() == ["sst accuracy", "sts mse", "mean"]
    assert table.loc["main"].tolist() == ["0.600 ± 0.141", "2.000 ± 0.000", "0.250 ± 0.000"]
    assert table.loc["other"].tolist() == ["0.750 ± 0.212", "1.000", "–"]  # one seed of MSE


def test_a_factor_stands_where_budgets_differ_by_more_than_5_percent():
    table = tables.budget_table(FACTS, "main")
    assert table.to_numpy().tolist() == [["100", "1,000"], ["270 (× 2.7)", "1,040"]]


def test_differences_pair_the_seeds_that_both_have():
    widths = {("other", SST): 0.05, ("other", MSE): 0.5}
    gaps = tables.gaps_to_baseline(scores(), [SST, MSE, MEAN], "main", widths)
    assert gaps.loc["other", *SST].tolist() == pytest.approx([0.1, 0.05, 0.15])
    assert np.isnan(gaps.loc["other", *MEAN]["mean"])
    assert "main" not in gaps.index
    row = tables.difference_table(gaps).loc["other"]
    assert row["sst accuracy"] == "+0.100 [0.050, 0.150] ▲"  # 0 lies outside
    assert row["sts mse"] == "−1.000 [−1.500, −0.500] ▲"  # less is better
    assert row["mean"] == "–"


def test_an_interval_of_several_seeds_counts_their_spread():
    values = VALUES | {("other", 2): {SST: 0.6, MSE: 1.0}}
    gaps = tables.gaps_to_baseline(scores(values), [SST], "main", {("other", SST): 0.0})
    # Seed by seed +0.1 and −0.1
    expected = t.ppf(0.975, 1) * np.std([0.1, -0.1], ddof=1) / np.sqrt(2)
    assert gaps["high"].item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("a\n\n# b", "a # b"),
        ("a\\|b", r"a\\\|b"),
        ("p < 0.05 `x`", "p < 0.05 `x`"),
    ],
)
def test_a_text_stays_in_its_cell(text, shown):
    assert tables.cell(text) == shown


def test_markdown_escapes_what_would_end_a_cell():
    table = pd.DataFrame({"b|c": ["1\n2"]}, index=pd.Index(["x"], name="a"))
    assert tables.markdown(table) == "| a | b\\|c |\n| :-- | --: |\n| x | 1 2 |"
    assert "| :-- | :-- |" in tables.markdown(table, prose=True)


def test_numbers():
    assert tables.number(1234) == "1,234"
    assert tables.number(-0.5) == "−0.500"
    assert tables.number(None) == tables.number(NAN) == tables.signed(NAN) == "–"
    assert tables.signed(0.25, 1) == "+0.2"


def drawn(*rows):
    """Steps of two tasks: (step, epoch, tasks)."""
    sizes = {"sst": 8, "para": 64}
    return pd.DataFrame(
        [("a", 1, step, epoch, task, sizes[task]) for step, epoch, ts in rows for task in ts],
        columns=["strategy", "seed", "step", "epoch", "task", "examples"],
    )


STEPS = drawn((1, 1, ["sst"]), *((s, 1, ["para"]) for s in (2, 3, 4)), (5, 2, ["sst"]),
              (6, 2, ["para"]), (7, 3, ["para"]))  # fmt: skip


def test_mixing_rates():
    rates = training.mixing_rates(STEPS).set_index(["task", "epoch"])
    assert rates.loc["sst", "batches"].tolist() == [0.25, 0.5, 0]
    assert rates.loc["para", "batches"].tolist() == [0.75, 0.5, 1]
    assert rates.loc[("sst", 1), "examples"] == pytest.approx(8 / 200)
    both = training.mixing_rates(drawn((1, 1, ["sst", "para"]), (2, 1, ["sst", "para"])))
    assert both["batches"].tolist() == [0.5, 0.5]
    # In two parts epoch 1 is cut after its second step, epoch 2 after its first.
    parts = training.mixing_rates(STEPS[STEPS["epoch"] < 3], parts=2)
    sst = parts.loc[parts["task"] == "sst", ["epoch", "batches"]]
    assert sst.to_numpy().tolist() == [[0.75, 0.5], [1.25, 0], [1.75, 1], [2.25, 0]]
    table = training.mixing_table(STEPS)  # the first and the last epoch
    names = ["sst, of batches", "para, of batches", "sst, of examples", "para, of examples"]
    assert table.columns.tolist() == names
    assert table.loc["a", "sst, of batches"] == "0.250 → 0.000"


def test_gradients():
    rows = [("a", 1, s, "x – y", c, 1.0, 4.0) for s, c in ((1, -0.2), (2, 0.4), (3, 0.1))]
    rows += [("a", 2, 1, "x – y", 0.5, 3.0, 1.0), ("a", 2, 2, "x – y", NAN, 0.0, 1.0)]
    names = ["strategy", "seed", "step", "tasks", "cosine", "norm_first", "norm_second"]
    table = training.gradient_table(pd.DataFrame(rows, columns=names))
    # Four cosines, one negative; means 0.1 and 0.5, ratios 4 and 3
    assert table.loc["a"].tolist() == [
        "x – y", "4", "0.250", "0.046 to 0.699", "0.300 ± 0.283", "0.300 ± 0.283", "3.50 ± 0.71"
    ]  # fmt: skip
    assert training.gradient_table(pd.DataFrame(columns=names)).empty


def test_settings_are_written_as_yaml():
    tree = {"a": {"b": True, "c": {"name": "x", "d": None}}, "e": [1, "f"]}
    expected = [("a.b", "true"), ("a.c", "{name: x, d: null}"), ("e", "[1, f]")]
    assert list(training.flat(tree)) == expected


def test_an_adapter_is_measured_by_its_encoder_and_energy_shown_where_some_run_has_it():
    facts = pd.DataFrame(
        {
            "strategy": ["main", "pal", "pal"],
            "total_seconds": [1.0, 2.0, 4.0],
            "parameters.parts.adapter.total": [np.nan, 2.0, 2.0],
            "parameters.parts.encoder.total": [160.0, 160.0, 160.0],
            "joules.processor": [None, 10.0, 20.0],
            "joules.gpu": [None, None, None],
        }
    )
    table = training.cost_table(facts)
    assert table.loc["pal"].tolist() == ["1.25", "3", "15"]
    assert table.loc["main"].tolist() == ["–", "1", "–"]


def test_columns_in_a_terminal_are_two_spaces_apart():
    table = pd.DataFrame({"sst accuracy": ["0.6"], "updates": ["1,204 (x)"]}, index=["main"])
    assert tables.aligned(table.rename_axis("strategy")).splitlines() == [
        "      sst accuracy    updates",
        "main           0.6  1,204 (x)",
    ]
