"""Each kind of claim on made runs: supported, contradicted, or undecided with its reason."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtbert.claims.claim import Claim
from mtbert.claims.scores import Evidence
from mtbert.claims.verdicts import Verdict, delta_m, holm, judge
from mtbert.core.params import validate

SIZE = 400


def evidence(
    right: dict[str, float], *, seeds: int = 5, conflicts: tuple[int, int] = (0, 0), **runs: Any
) -> Evidence:
    """Runs that answer a share of each task's examples right, the same but for chance."""
    random = np.random.default_rng(0)
    own = {name: runs.get(name.replace("-", "_"), seeds) for name in right}
    labels = {"sst": np.zeros(SIZE), "para": np.zeros(SIZE), "sts": random.normal(size=SIZE)}
    common = random.uniform(size=SIZE)
    tables = {}
    for task, label in labels.items():
        columns: dict[str, Any] = {"id": range(SIZE), "label": label}
        for name, share in right.items():
            for seed in range(own[name]):
                chance = 0.9 * common + 0.1 * random.uniform(size=SIZE)
                wrong = (chance > share).astype(float)
                noise = (1 - share) * random.normal(size=SIZE)
                columns[f"{name}-{seed}"] = label + noise if task == "sts" else wrong
        tables[task] = pd.DataFrame(columns)
    lines = [
        {"strategy": name, "seed": seed, "negative": conflicts[0], "cosines": conflicts[1]}
        for name, count in own.items()
        for seed in range(count)
    ]
    return Evidence(tables, pd.DataFrame(lines), draws=200)


def verdict(found: Evidence, **claim: Any) -> Verdict:
    made = {"study": "s", "says": "so", "metric": "sst", **claim}
    return judge({"it": validate(Claim, made, where="claim")}, {"s": found})["it"]


GROUP = {"a": 0.7, "b": 0.7, "worse": 0.5, "frozen": 0.5, "half": 0.6, "c": 0.702}


@pytest.mark.parametrize(
    ("claim", "decision"),
    [
        ({"kind": "greater", "experiments": ["a", "b"], "than": ["worse"]}, "supported"),
        ({"kind": "greater", "experiments": ["worse"], "than": ["a", "b"]}, "contradicted"),
        ({"kind": "greater", "experiments": ["a"], "than": ["worse", "c"]}, "undecided"),
        (
            {"kind": "greater", "experiments": ["a"], "than": ["worse"], "margin": 0.5},
            "contradicted",
        ),
        (
            {"kind": "not_greater", "experiments": ["a"], "than": ["b"], "margin": 0.05},
            "supported",
        ),
        (
            {"kind": "not_greater", "experiments": ["a"], "than": ["worse"], "margin": 0.05},
            "contradicted",
        ),
        ({"kind": "equal", "experiments": ["a"], "than": ["b", "c"], "margin": 0.05}, "supported"),
        (
            {"kind": "equal", "experiments": ["worse"], "than": ["a"], "margin": 0.05},
            "contradicted",
        ),
        ({"kind": "range_below", "experiments": ["a", "b", "c"], "margin": 0.05}, "supported"),
        ({"kind": "range_below", "experiments": ["a", "worse"], "margin": 0.05}, "contradicted"),
        (
            {"kind": "explains", "start": "worse", "first": "half", "second": "frozen", "end": "a"},
            "supported",
        ),
        (
            {"kind": "explains", "start": "worse", "first": "frozen", "second": "half", "end": "a"},
            "contradicted",
        ),
        (
            {
                **{"kind": "like_single", "experiments": ["a"], "margin": 0.1},
                **{"metric": "delta_m", "single": {"sst": "b", "para": "c"}},
            },
            "supported",
        ),
    ],
)
def test_a_kind_of_claim(claim: dict[str, Any], decision: str) -> None:
    assert verdict(evidence(GROUP), **claim).decision == decision


@pytest.mark.parametrize(
    ("counts", "decision"),
    [((2, 200), "supported"), ((60, 200), "contradicted"), ((10, 200), "undecided")],
)
def test_a_share_of_conflicts(counts: tuple[int, int], decision: str) -> None:
    found = verdict(
        evidence({"a": 0.7}, conflicts=counts),
        **{"kind": "share_below", "metric": "conflicts", "experiments": ["a"], "margin": 0.05},
    )
    assert found.decision == decision
    assert found.effect == pytest.approx(counts[0] / counts[1])


GREATER = {"kind": "greater", "experiments": ["a"], "than": ["worse"]}


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"a": 2}, "2 of at least 3 seeds"),
        ({"a": 1}, "1 of at least 3 seeds"),
        ({"a": 0}, "not run: a"),
    ],
)
def test_too_few_seeds_leave_a_claim_undecided(made: dict[str, int], reason: str) -> None:
    found = verdict(evidence({"a": 0.7, "worse": 0.5}, **made), **GREATER)
    assert (found.decision, found.reason) == ("undecided", reason)
    assert found.p is None


def test_an_undefined_score_is_told_and_decides_nothing() -> None:
    found = evidence({"a": 0.7, "worse": 0.5})
    found.predictions["sts"]["a-0"] = 1.0
    for claim in (
        {**GREATER, "metric": "sts"},
        {**GREATER, "metric": "mean"},
        {"kind": "equal", "experiments": ["worse"], "than": ["a"], "margin": 0.9, "metric": "sts"},
    ):
        made = verdict(found, **claim)
        assert (made.decision, made.effect, made.p) == ("undecided", None, None)
        assert "not a number" in made.reason


def test_equal_answers_are_no_certainty() -> None:
    found = evidence({"a": 0.7, "b": 0.7})
    for seed in range(5):
        found.predictions["sst"][f"b-{seed}"] = found.predictions["sst"][f"a-{seed}"]
    for kind in ({"kind": "greater"}, {"kind": "equal", "margin": 0.01}):
        made = verdict(found, **kind, experiments=["a"], than=["b"])
        assert (made.decision, made.effect, made.p) == ("undecided", 0.0, None)
        assert "no variance" in made.reason


def test_an_interval_lies_where_the_test_decides() -> None:
    """TOST at 5 % supports exactly where the 90 % interval lies within the margins."""
    found = evidence({"a": 0.7, "b": 0.69})
    own = {"kind": "equal", "experiments": ["a"], "than": ["b"]}
    first = verdict(found, **own, margin=0.5)
    assert first.level == 0.9
    assert first.low is not None
    assert first.high is not None
    edge = max(-first.low, first.high)
    assert verdict(found, **own, margin=edge + 1e-6).decision == "supported"
    assert verdict(found, **own, margin=edge - 1e-6).decision != "supported"


def test_holm_by_hand_and_within_each_report_alone() -> None:
    # 0.01 · 3; 0.02 · 2 and 0.04 · 1, of which none falls
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    found, claim = evidence({"a": 0.7, "worse": 0.5}), {"says": "so", "metric": "sst", **GREATER}
    several = {
        name: validate(Claim, {"study": study, **claim}, where=name)
        for name, study in (("one", "s"), ("two", "s"), ("three", "t"))
    }
    verdicts = judge(several, {"s": found, "t": found})
    assert verdicts["three"].p_holm == verdicts["three"].p
    assert verdicts["one"].p_holm == pytest.approx(2 * verdicts["one"].p)


def test_runs_that_are_missing_leave_the_other_claims_as_they_are() -> None:
    claims = {
        name: validate(
            Claim, {"study": "s", "says": "so", "metric": "sst", **GREATER, **own}, where=name
        )
        for name, own in (("known", {}), ("unknown", {"than": ["other"]}))
    }
    verdicts = judge(claims, {"s": evidence({"a": 0.7, "worse": 0.5})})
    assert verdicts["known"].decision == "supported"
    assert verdicts["unknown"].reason == "not run: other"
    assert judge(claims, {})["known"].decision == "undecided"


def test_delta_m_by_hand() -> None:
    """Gains of 0.1 / 0.5 on SST and 0 on para are 10 % on average."""
    labels = np.zeros(10)
    half, more = np.array([0.0] * 5 + [1.0] * 5), np.array([0.0] * 6 + [1.0] * 4)
    tables = {
        "sst": {"multi-1": more, "one-1": half},
        "para": {"multi-1": half, "one-1": half},
    }
    runs = pd.DataFrame({"strategy": ["multi", "one"], "seed": [1, 1]})
    found = Evidence(
        {task: pd.DataFrame({"label": labels, **own}) for task, own in tables.items()},
        runs,
        draws=5,
    )
    assert delta_m(found, "multi", {"sst": "one", "para": "one"}).effect == pytest.approx(0.1)
