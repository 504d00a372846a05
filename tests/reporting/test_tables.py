"""How numbers and settings are written."""

import pytest

from mtbert.reporting.comparison import Summary
from mtbert.reporting.conditions import flat
from mtbert.reporting.tables import Cell, number, setting, signed, spread, table


def test_numbers() -> None:
    assert number(1234) == "1,234"
    assert number(-0.1234) == "−0.123"
    assert number(None) == "–"
    assert spread(Summary(0.5, 0.01)) == "0.500 ± 0.010"
    assert signed(Summary(0.5, None)) == "+0.500"
    assert signed(Summary(-0.5, None)) == "−0.500"


def test_settings_are_flat_but_a_method_is_whole() -> None:
    tree = {"a": {"b": 1, "c": {"name": "x", "k": [1, None]}}, "d": {}, "e": True}
    assert list(flat(tree)) == [
        ("a.b", "1"),
        ("a.c", "{name: x, k: [1, null]}"),
        ("d", "{}"),
        ("e", "true"),
    ]


def test_one_is_not_true() -> None:
    assert setting(1) == "1"
    assert setting(1.0) == "1.0"
    assert setting(0) == "0"


def test_markdown_escapes_and_marks() -> None:
    made = table("t", ["a", "b"], [["x|y\nz", Cell("1", best=True)]])
    assert made.markdown() == "| a | b |\n| :-- | --: |\n| x\\|y z | **1** |"
    with pytest.raises(ValueError, match="every row needs 2 cells"):
        table("t", ["a", "b"], [["x"]])
