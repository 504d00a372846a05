"""Verdicts follow the intervals; judged together, they can be lost and never turned."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from mtbert.claims.estimates import Estimate
from mtbert.claims.findings import BORROWED, NO_GAIN, ONE_RUN, ONE_SEED, weigh
from mtbert.claims.runs import Answers, Run, Runs
from mtbert.claims.settings import Claim, Claims
from mtbert.claims.verdicts import OPEN, SMALL, Answer, _alone, _corrected, decide, holm, judge
from mtbert.core.errors import InputError
from mtbert.core.params import validate

SIZE = 1000


def row(right: float, *, seeds: int = 3, conflicts: tuple[int, int] | None = None) -> Runs:
    """A share of SST right in each run: a fixed one of each hundred, so that rows are nested."""
    runs = {}
    for seed in range(seeds):
        answers = (np.arange(SIZE) * 37 + seed) % SIZE < right * SIZE
        runs[seed] = Run({"sst": Answers(np.ones(SIZE), answers.astype(float))}, conflicts)
    return runs


def claim(kind: str, **keys: Any) -> Claim:
    data = {"study": "s", "says": "It is so.", "metric": "sst", "kind": kind, **keys}
    return validate(Claims, {"claims": {"it": data}}, where="claims.yaml").claims["it"]


def answer(one: Claim, rows: Mapping[str, Runs]) -> Any:
    return judge({"it": one}, {"s": rows}, draws=400)["it"]


LOW, MIDDLE, CLOSE, HIGH = row(0.50), row(0.60), row(0.602), row(0.70)
ROWS = {"low": LOW, "middle": MIDDLE, "close": CLOSE, "high": HIGH, "same": MIDDLE}
ROWS |= {"few": row(0.6, seeds=1)}
S, C, U = "supported", "contradicted", "not decidable"


@pytest.mark.parametrize(
    ("verdict", "kind", "keys"),
    [
        (S, "greater", {"rows": ["high"], "than": ["low"]}),
        (C, "greater", {"rows": ["low"], "than": ["high"]}),
        (U, "greater", {"rows": ["same"], "than": ["middle"]}),
        (S, "greater", {"rows": ["high", "middle"], "than": ["low"]}),
        (C, "greater", {"rows": ["high", "low"], "than": ["middle"]}),
        (S, "greater", {"rows": ["high"], "than": ["low"], "margin": 0.15}),
        (C, "greater", {"rows": ["middle"], "than": ["low"], "margin": 0.15}),
        (S, "not_greater", {"rows": ["low"], "than": ["high"], "margin": 0.01}),
        (C, "not_greater", {"rows": ["low", "high"], "than": ["middle"], "margin": 0.01}),
        (S, "not_greater", {"rows": ["close", "low"], "than": ["middle"], "margin": 0.02}),
        (S, "equal", {"rows": ["close"], "than": ["middle"], "margin": 0.02}),
        (C, "equal", {"rows": ["high"], "than": ["middle"], "margin": 0.02}),
        (S, "equal", {"rows": ["high"], "than": ["middle"], "margin": 0.2}),
        (C, "equal", {"rows": ["close", "low"], "than": ["middle"], "margin": 0.02}),
        (S, "range_below", {"rows": ["low", "middle", "high"], "margin": 0.3}),
        (C, "range_below", {"rows": ["low", "middle", "high"], "margin": 0.1}),
        (U, "range_below", {"rows": ["low", "middle", "high"], "margin": 0.2}),
    ],
)
def test_verdicts(verdict: str, kind: str, keys: dict[str, Any]) -> None:
    assert answer(claim(kind, **keys), ROWS).verdict == verdict


def test_a_gain_below_the_margin_is_none_that_counts() -> None:
    found = answer(claim("equal", rows=["high"], than=["middle"], margin=0.2), ROWS)
    assert found.low > 0
    assert found.note == SMALL


def test_what_explains_a_gain() -> None:
    """The first change brings 0.10, the second 0.002: the greater part is the first's."""
    keys = {"start": "a", "first": "b", "second": "c", "end": "d"}
    rows = {"a": LOW, "b": MIDDLE, "c": row(0.502), "d": row(0.603)}
    found = answer(claim("explains", **keys), rows)
    assert (found.verdict, found.effect) == (S, pytest.approx(0.098))
    turned = keys | {"first": "c", "second": "b"}
    assert answer(claim("explains", **turned), rows).verdict == C
    # Without a gain there is nothing to explain, whatever the first change does.
    found = answer(claim("explains", **keys), rows | {"d": LOW})
    assert (found.verdict, found.note) == (U, NO_GAIN)
    found = answer(claim("explains", **turned), rows | {"d": LOW})
    assert (found.verdict, found.note) == (U, NO_GAIN)


@pytest.mark.parametrize(
    ("effect", "reach", "verdict", "note"),
    [
        (0.0085, 0.0010, S, SMALL),
        (0.0085, 0.0030, U, OPEN),
        (0.0085, 0.0200, U, ""),
        (0.0150, 0.0030, C, ""),
        (0.0000, 0.0050, S, ""),
    ],
)
@pytest.mark.parametrize("kind", ["not_greater", "equal"])
def test_a_gain_is_held_against_the_margin_and_not_against_0(
    kind: str, effect: float, reach: float, verdict: str, note: str
) -> None:
    """Of a gain below the margin more runs can only make surer that it is below."""
    variance = (reach / 1.962) ** 2
    found = Estimate(effect, 0.0, variance, variance, {"sst": SIZE}, (1, 2, 3))
    one = _alone(weigh(claim(kind, rows=["a"], than=["b"], margin=0.01), (found,)))
    assert (one.verdict, one.note) == (verdict, note)


def test_what_is_said_of_a_margin_is_corrected_with_the_verdict() -> None:
    one = Answer(verdict=S, alone=S, effect=0.0085, p=0.02, note=SMALL)
    lost = _corrected(one, 0.2, 10)
    assert lost.verdict == U
    assert lost.note == f"{OPEN}; supported by itself, not after the correction over 10 claims"
    assert _corrected(one, 0.04, 10).note == SMALL


def test_delta_m_within_a_margin() -> None:
    one = {"row": "close", "single": {"sst": "middle"}, "metric": "delta_m"}
    assert answer(claim("like_single", **one, margin=0.02), ROWS).verdict == S
    assert answer(claim("like_single", **one | {"row": "high"}, margin=0.02), ROWS).verdict == C


@pytest.mark.parametrize(("hits", "verdict"), [(20, S), (80, C), (45, U)])
def test_shares_of_conflicts(hits: int, verdict: str) -> None:
    one = claim("share_below", row="a", metric="conflicts", margin=0.05)
    found = answer(one, {"a": row(0.5, seeds=3, conflicts=(hits, 1000))})
    assert (found.verdict, found.effect, found.examples) == (
        verdict, pytest.approx(hits / 1000), {"events": 3000}
    )  # fmt: skip
    found = answer(one, {"a": row(0.5)})
    assert (found.verdict, found.p) == (U, None)
    assert "no step was sampled" in found.note


def test_what_was_not_run_is_not_decidable() -> None:
    found = answer(claim("greater", rows=["high"], than=["lost"]), ROWS)
    assert (found.verdict, found.effect, found.p_holm) == (U, None, None)
    assert found.note == "no runs of lost"
    apart = {"a": row(0.5), "b": {9: LOW[0]}}
    assert "no seed" in answer(claim("greater", rows=["a"], than=["b"]), apart).note
    whole = claim("greater", rows=["high"], than=["low"], metric="mean")
    assert "no predictions of para" in answer(whole, ROWS).note


def test_other_examples_are_a_fault_and_no_verdict() -> None:
    other = {seed: Run({"sst": Answers(np.zeros(SIZE), np.zeros(SIZE))}) for seed in range(3)}
    with pytest.raises(InputError, match="dev labels differ"):
        answer(claim("greater", rows=["a"], than=["b"]), {"a": LOW, "b": other})


def test_one_seed_gets_no_verdict() -> None:
    one = claim("greater", rows=["few"], than=["low"])
    found = answer(one, ROWS)
    assert (found.verdict, found.alone, found.note, found.seeds) == (U, U, ONE_SEED, (0,))
    assert (found.p, found.p_holm) == (None, None)
    assert found.effect == pytest.approx(0.1)
    assert found.low > 0
    two = ROWS | {"few": row(0.6, seeds=2)}
    assert (answer(one, two).verdict, answer(one, two).note) == (S, "")
    # Nor does it count among those corrected for.
    many = {"it": claim("greater", rows=["high"], than=["low"]), "one": one, "two": one}
    assert (
        judge(many, {"s": ROWS}, draws=400)["it"].p_holm
        == judge({"it": many["it"]}, {"s": ROWS}, draws=400)["it"].p
    )
    share = claim("share_below", row="a", metric="conflicts", margin=0.05)
    found = answer(share, {"a": row(0.5, seeds=1, conflicts=(20, 1000))})
    assert (found.verdict, found.p, found.note) == (U, None, ONE_RUN)


def test_seeds_are_lent_within_a_metric() -> None:
    """Seven gains of 10 points, 2 up or down with the seed: alone none stands at a strict level."""
    rows = {"base": MIDDLE}
    for name in range(7):
        gains = (0.68, 0.70, 0.72 + 0.002 * name)
        rows[f"a{name}"] = {seed: row(right)[seed] for seed, right in enumerate(gains)}
    rows["single"] = {1: rows["a0"][1]}
    claims = {name: claim("greater", rows=[name], than=["base"]) for name in rows if name != "base"}
    found = judge(claims, {"s": rows}, draws=400)
    assert found["single"].note == BORROWED
    assert all(one.verdict == S for name, one in found.items() if name != "single")
    few = {name: claims[name] for name in ("a0", "a1", "single")}
    own = judge(few, {"s": rows}, draws=400)
    assert own["single"].note == ONE_SEED
    assert own["a0"].p > 10 * found["a0"].p
    assert own["a0"].effect == found["a0"].effect
    # What its own seeds say is told beside what the others lend it.
    lent = found["a0"]
    assert (lent.own_low, lent.own_high) == pytest.approx((own["a0"].low, own["a0"].high))
    assert lent.own_low < lent.low < lent.high < lent.own_high
    assert lent.own_verdict == U, "a p of three seeds does not survive eight claims"
    assert own["a0"].own_verdict == own["a0"].verdict
    # Claims on another metric lend it nothing.
    other = {
        name: one.model_copy(update={"metric": "sst_macro_f1"}) for name, one in claims.items()
    }
    assert judge({**other, **few}, {"s": rows}, draws=400)["a0"].p == pytest.approx(own["a0"].p)


@pytest.mark.parametrize("kind", ["greater", "not_greater", "equal"])
def test_verdicts_are_monotone(kind: str) -> None:
    """As one row gains on the other, a verdict is reached once and not taken back."""
    margin = {} if kind == "greater" else {"margin": 0.03}
    one = claim(kind, rows=["a"], than=["b"], **margin)
    gains = np.arange(0.0 if kind == "equal" else -0.06, 0.08, 0.005)
    found = [answer(one, {"a": row(0.6 + gain), "b": MIDDLE}).verdict for gain in gains]
    reached = [verdict for verdict, _ in groupby(found) if verdict != U]
    assert reached == ([C, S] if kind == "greater" else [S, C])


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


def test_the_correction_loses_verdicts_and_turns_none() -> None:
    """Beside 20 claims that nothing speaks for, a p of 0.01 is chance."""
    rows = ROWS | {"a": row(0.607), "b": row(0.6), "few": row(0.6)}
    weak = claim("greater", rows=["a"], than=["few"])
    strong = claim("greater", rows=["high"], than=["low"])
    noise = claim("greater", rows=["b"], than=["few"])
    many = {"weak": weak, "strong": strong} | {f"noise{i}": noise for i in range(20)}
    alone = judge({"weak": weak}, {"s": rows}, draws=200)["weak"]
    both = judge(many, {"s": rows}, draws=200)
    assert alone.verdict == both["weak"].alone == S
    assert both["weak"].verdict == U
    assert both["weak"].note.endswith(
        "supported by itself, not after the correction over 22 claims"
    )
    assert both["strong"].verdict == S
    assert all(one.verdict in (one.alone, U) for one in both.values())


def test_a_verdict_is_given_its_own_p() -> None:
    # Supported at 0.02, contradicted at 1e-6: the correction may not make the second of the first.
    assert decide(0.02, 1e-6) == (S, 0.02)
    assert decide(0.2, 0.01) == (C, 0.01)
    assert decide(0.2, 0.3) == (U, 0.2)
