"""Rows held out for dev: a fifth of each class, no text on both sides."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbert.core.errors import InputError
from mtbert.scaffold.splitting import hold_out

ROWS = st.lists(st.tuples(st.integers(0, 60), st.sampled_from("abc")), min_size=30, max_size=80)


def split(texts, strata):
    held, apart = hold_out(texts, strata, where="f")
    assert held.dtype == bool
    return held, apart


def test_classes_keep_their_shares():
    texts = [(f"text {n}",) for n in range(100)]
    strata = ["a"] * 50 + ["b"] * 40 + ["c"] * 9 + ["d"]
    held, apart = split(texts, strata)
    assert apart
    counts = Counter(s for s, own in zip(strata, held, strict=True) if own)
    assert counts == {"a": 10, "b": 8, "c": 2}


@given(ROWS)
@settings(deadline=None, max_examples=50)
def test_no_text_is_on_both_sides(drawn):
    texts, strata = [(f"Text  {n}",) for n, _ in drawn], [label for _, label in drawn]
    try:
        held, apart = split(texts, strata)
    except InputError:
        return
    sides = [{t for t, own in zip(texts, held, strict=True) if own == side} for side in (0, 1)]
    assert not sides[0] & sides[1]
    assert held.sum() <= sum(max(1, round(0.2 * n)) for n in Counter(strata).values())
    assert apart or held.sum() < 0.1 * len(texts)


def test_pairs_that_share_a_text_through_others_stay_together():
    # Ten chains a-b, b-c, c-d: whole chains are held out, in whichever place a text stands.
    texts = [
        pair
        for n in range(20)
        for pair in ((f"a{n}", f"B{n}"), (f"c{n}", f"b{n} "), (f"c{n}", f"d{n}"))
    ]
    held, apart = split(texts, ["x", "y", "x"] * 20)
    assert apart
    assert {tuple(held[i : i + 3]) for i in range(0, 60, 3)} == {(True,) * 3, (False,) * 3}
    assert held.sum() == 12


def test_where_all_pairs_hang_together_equal_pairs_do():
    texts = [("a", f"text {n}") for n in range(50)] + [(f"text {n}", "a") for n in range(50)]
    held, apart = split(texts, ["x", "y"] * 50)
    assert not apart
    assert (held[:50] == held[50:]).all()
    assert held.sum() == 20


def test_the_order_of_rows_does_not_matter():
    texts, strata = [(f"text {n}",) for n in range(50)], ["x", "y"] * 25
    order = np.random.default_rng(1).permutation(50)
    shuffled = split([texts[i] for i in order], [strata[i] for i in order])[0]
    assert (shuffled == split(texts, strata)[0][order]).all()


@pytest.mark.parametrize("texts", [[("a",)] * 20, [("a",), ("b",)]])
def test_too_few_texts_are_refused(texts):
    with pytest.raises(InputError, match=rf"^f: {len(texts)} rows cannot be split"):
        hold_out(texts, ["x", "y"] * (len(texts) // 2), where="f")
