"""Each kind of claim on made runs: supported, contradicted, or undecided with its reason."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mtbert.claims.claim import Claim
from mtbert.claims.scores import Evidence
from mtbert.claims.verdicts import holm, judge, relative_gains
from mtbert.core.params import validate

SIZE = 400


def evidence(right, *, seeds=5, conflicts=(0, 0), **runs):
    """Runs that answer a share of each task's examples right, the same but for chance."""
    random = np.random.default_rng(0)
    own = {name: runs.get(name.replace("-", "_"), seeds) for name in right}
    labels = {"sst": np.zeros(SIZE), "para": np.zeros(SIZE), "sts": random.normal(size=SIZE)}
    common = random.uniform(size=SIZE)
    tables = {}
    for task, label in labels.items():
        columns = {"id": range(SIZE), "label": label}
        for name, share in right.items():
            for seed in range(own[name]):
                chance = 0.9 * common + 0.1 * random.uniform(size=SIZE)
                wrong = (chance > share).astype(float)
                noise = (1 - share) * random.normal(size=SIZE)
                columns[f"{name}-{seed}"] = label + noise if task == "sts" else wrong
        tables[task] = pd.DataFrame(columns)
    counts = {"negative": conflicts[0], "cosines": conflicts[1]}
    lines = [
        {"strategy": name, "seed": seed, "precision": "fp32", **counts}
        for name, count in own.items()
        for seed in range(count)
    ]
    return Evidence(tables, pd.DataFrame(lines), draws=200)


def verdict(runs, **claim):
    content = {"study": "s", "says": "so", "metric": "sst", "seeds": 5, **claim}
    return judge({"it": validate(Claim, content, where="claim")}, {"s": runs})["it"]


GROUP = {"a": 0.7, "b": 0.7, "worse": 0.5, "frozen": 0.5, "half": 0.6, "c": 0.702}
CHANGES = {"kind": "explains", "start": "worse", "end": "a"}
ALONE = {"metric": "delta_m", "single": {"sst": "b", "para": "c"}}


@pytest.mark.parametrize(
    ("kind", "experiments", "options", "decision"),
    [
        ("greater", "ab", {"than": ["worse"]}, "supported"),
        ("greater", ["worse"], {"than": ["a", "b"]}, "contradicted"),
        ("greater", "a", {"than": ["worse", "c"]}, "undecided"),
        ("greater", "a", {"than": ["worse"], "margin": 0.5}, "contradicted"),
        ("not_greater", "a", {"than": ["b"], "margin": 0.05}, "supported"),
        ("not_greater", "a", {"than": ["worse"], "margin": 0.05}, "contradicted"),
        ("equal", "a", {"than": ["b", "c"], "margin": 0.05}, "supported"),
        ("equal", ["worse"], {"than": ["a"], "margin": 0.05}, "contradicted"),
        ("range_below", "abc", {"margin": 0.05}, "supported"),
        ("range_below", ["a", "worse"], {"margin": 0.05}, "contradicted"),
        ("explains", "", {**CHANGES, "first": "half", "second": "frozen"}, "supported"),
        ("explains", "", {**CHANGES, "first": "frozen", "second": "half"}, "contradicted"),
        ("like_single", "a", {**ALONE, "margin": 0.1}, "supported"),
    ],
)
def test_a_kind_of_claim(kind, experiments, options, decision):
    claim = {"kind": kind, "experiments": list(experiments), **options}
    assert verdict(evidence(GROUP), **claim).decision == decision


@pytest.mark.parametrize(
    ("counts", "decision"),
    [((2, 200), "supported"), ((60, 200), "contradicted"), ((10, 200), "undecided")],
)
def test_a_share_of_conflicts(counts, decision):
    claim = {"kind": "share_below", "metric": "conflicts", "experiments": ["a"], "margin": 0.05}
    judged = verdict(evidence({"a": 0.7}, conflicts=counts), **claim)
    assert judged.decision == decision
    assert judged.effect == pytest.approx(counts[0] / counts[1])


GREATER = {"kind": "greater", "experiments": ["a"], "than": ["worse"]}


@pytest.mark.parametrize(
    ("seeds", "reason"),
    [(4, "4 of 5 seeds"), (1, "1 of 5 seeds"), (0, "no runs yet of a")],
)
def test_too_few_seeds_leave_a_claim_undecided(seeds, reason):
    judged = verdict(evidence({"a": 0.7, "worse": 0.5}, a=seeds), **GREATER)
    assert (judged.decision, judged.reason, judged.p) == ("undecided", reason, None)


def test_a_verdict_is_of_the_seeds_that_were_named():
    """Runs with more seeds change nothing; of a secondary claim all count."""
    runs, more = (evidence({"a": 0.7, "worse": 0.5}, seeds=7) for _ in range(2))
    for seed in (5, 6):
        more.predictions["sst"][f"a-{seed}"] = 1.0
    assert verdict(more, **GREATER) == verdict(runs, **GREATER)
    assert verdict(more, **GREATER).seeds == (0, 1, 2, 3, 4)
    assert verdict(runs, **GREATER, seeds=None).seeds == tuple(range(7))


def test_a_later_seed_does_not_stand_for_one_that_lacks():
    runs = evidence({"a": 0.7, "worse": 0.5}, seeds=7, conflicts=(2, 200))
    runs = replace(runs, planned={"a": range(7), "worse": range(7)})
    share = {"kind": "share_below", "metric": "conflicts", "experiments": ["a"], "margin": 0.05}
    for claim in (GREATER, share):
        assert verdict(runs, **claim).decision == "supported"
    lacking = replace(runs, runs=runs.runs[runs.runs["seed"] != 4])
    for claim in (GREATER, share):
        judged = verdict(lacking, **claim)
        assert (judged.reason, judged.seeds) == ("4 of 5 seeds", (0, 1, 2, 3))
    later = replace(runs, runs=runs.runs[runs.runs["seed"] > 4])
    assert verdict(later, **GREATER).reason == "0 of 5 seeds"


def test_a_seed_in_two_precisions_decides_nothing():
    runs = evidence({"a": 0.7, "worse": 0.5})
    runs.runs.loc[runs.runs["seed"] == 3, "precision"] = "bf16"
    assert verdict(runs, **GREATER).decision == "supported"  # both runs of the seed
    runs.runs.loc[runs.runs.index[3], "precision"] = "fp32"
    judged = verdict(runs, **GREATER)
    assert (judged.decision, judged.p) == ("undecided", None)
    assert judged.reason.startswith("runs of one seed are in bf16 and in fp32, ")


def test_a_secondary_claim_has_an_effect_and_no_verdict():
    runs = evidence({"a": 0.7, "worse": 0.5})
    first = verdict(runs, **GREATER)
    other = verdict(runs, **GREATER, seeds=None)
    assert (other.decision, other.p, other.p_holm) == ("secondary", None, None)
    assert (other.effect, other.low, other.high) == (first.effect, first.low, first.high)
    lonely = verdict(evidence({"a": 0.7, "worse": 0.5}, a=1), **GREATER, seeds=None)
    assert lonely.low < lonely.effect < lonely.high


def test_secondary_claims_cost_the_primary_ones_nothing():
    runs = {"s": evidence({"a": 0.7, "worse": 0.5})}
    verdicts = judged_claims(runs, first={}, other={"seeds": None})
    assert verdicts["first"].p_holm == verdicts["first"].p


def test_an_undefined_score_is_named_and_decides_nothing():
    runs = evidence({"a": 0.7, "worse": 0.5})
    runs.predictions["sts"]["a-0"] = 1.0
    equal = {"kind": "equal", "experiments": ["worse"], "than": ["a"], "margin": 0.9}
    for claim in (
        {**GREATER, "metric": "sts"},
        {**GREATER, "metric": "mean"},
        {**equal, "metric": "sts"},
    ):
        judged = verdict(runs, **claim)
        assert (judged.decision, judged.effect, judged.p) == ("undecided", None, None)
        assert "not a number" in judged.reason


def test_equal_answers_are_no_certainty():
    runs = evidence({"a": 0.7, "b": 0.7})
    for seed in range(5):
        runs.predictions["sst"][f"b-{seed}"] = runs.predictions["sst"][f"a-{seed}"]
    for kind in ({"kind": "greater"}, {"kind": "equal", "margin": 0.01}):
        judged = verdict(runs, **kind, experiments=["a"], than=["b"])
        assert (judged.decision, judged.effect, judged.p) == ("undecided", 0.0, None)
        assert "no variance" in judged.reason


def test_an_interval_lies_where_the_test_decides():
    """TOST at 5 % supports exactly where the 90 % interval lies within the margins."""
    runs, claim = evidence({"a": 0.7, "b": 0.69}), {**GREATER, "kind": "equal", "than": ["b"]}
    first = verdict(runs, **claim, margin=0.5)
    assert first.level == 0.9
    edge = max(-float(first.low or 0), float(first.high or 0))
    assert verdict(runs, **claim, margin=edge + 1e-6).decision == "supported"
    assert verdict(runs, **claim, margin=edge - 1e-6).decision != "supported"


def judged_claims(studies, **claims):
    """Verdicts on several claims like `GREATER`."""
    plain = {"study": "s", "says": "so", "metric": "sst", "seeds": 5, **GREATER}
    return judge(
        {name: validate(Claim, {**plain, **own}, where=name) for name, own in claims.items()},
        studies,
    )


def test_holm_by_hand_and_within_each_report_alone():
    # 0.01 · 3; 0.02 · 2 and 0.04 · 1, of which none falls
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    runs = evidence({"a": 0.7, "worse": 0.5})
    verdicts = judged_claims({"s": runs, "t": runs}, first={}, second={}, other={"study": "t"})
    assert verdicts["other"].p_holm == verdicts["other"].p
    assert verdicts["first"].p_holm == pytest.approx(2 * verdicts["first"].p)


def test_missing_runs_leave_the_other_claims_as_they_are():
    studies = {"s": evidence({"a": 0.7, "worse": 0.5})}
    verdicts = judged_claims(studies, complete={}, lacking={"than": ["other"]})
    assert verdicts["complete"].decision == "supported"
    assert verdicts["lacking"].reason == "no runs yet of other"
    # Two claims were named: more runs may decide the other, and change nothing here.
    assert verdicts["complete"].p_holm == pytest.approx(2 * verdicts["complete"].p)
    assert judged_claims({}, complete={})["complete"].decision == "undecided"


def test_delta_m_by_hand():
    """Gains of 0.1 / 0.5 on SST and 0 on para are 10 % on average."""
    half, more = np.array([0.0] * 5 + [1.0] * 5), np.array([0.0] * 6 + [1.0] * 4)
    answers = {
        "sst": {"multi-1": more, "alone-1": half},
        "para": {"multi-1": half, "alone-1": half},
    }
    tables = {task: pd.DataFrame({"label": 0.0, **own}) for task, own in answers.items()}
    runs = pd.DataFrame({"strategy": ["multi", "alone"], "seed": [1, 1]})
    evidence = Evidence(tables, runs, draws=5)
    gains = relative_gains(evidence, "multi", {"sst": "alone", "para": "alone"}, (1,))
    assert gains[0] == pytest.approx([0.1])
