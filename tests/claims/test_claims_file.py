"""The file of claims: every study's conclusions, and what does not fit."""

import pytest

from mtbert.claims.claim import read_claims
from mtbert.core.errors import InputError
from mtbert.core.params import write_yaml
from mtbert.studies.study import read_study

from tiny import ROOT

RUNS = {"s": {"a": (1, 2, 3), "b": (1, 2, 3, 4), "c": (1,)}}
GOOD = {
    **{"study": "s", "says": "a beats b", "kind": "greater", "metric": "mean"},
    **{"experiments": ["a"], "than": ["b"]},
}


def test_the_committed_claims_fit_their_studies():
    paths = ROOT.glob("studies/*/params.yaml")
    runs = {path.parent.name: read_study(path).runs() for path in paths}
    claims = read_claims(ROOT / "studies/claims.yaml", runs)
    assert {claim.study for claim in claims.claims.values()} == set(runs)
    assert {claim.study for claim in claims.primary.values()} == set(runs)


def test_primary_claims_of_no_difference_have_margin_and_seeds_as_settled():
    paths = ROOT.glob("studies/*/params.yaml")
    runs = {path.parent.name: read_study(path).runs() for path in paths}
    for name, claim in read_claims(ROOT / "studies/claims.yaml", runs).primary.items():
        if claim.kind in ("equal", "not_greater"):
            assert (claim.margin, claim.seeds) == (0.015, 8), name
        assert claim.seeds in (5, 8)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"study": "t"}, "claims.it.study: unknown study 't'"),
        ({"than": ["d"]}, "claims.it.than: unknown experiment 'd'"),
        ({"than": ["a"]}, "claims.it: 'a' given twice"),
        ({"than": []}, "claims.it: than: required for kind greater"),
        ({"kind": "equal"}, "claims.it: margin: required for kind equal"),
        ({"start": "a"}, "claims.it: start: not an option of kind greater"),
        ({"metric": "conflicts"}, "claims.it: metric: unknown metric 'conflicts'"),
        ({"margin": 0.0}, "claims.it.margin"),
        ({"rows": ["a"]}, "claims.it: unknown key 'rows'"),
        ({"kind": "greter"}, "claims.it.kind: unknown kind 'greter'; did you mean 'greater'"),
        ({"kind": "range_below", "than": [], "margin": 0.1}, "experiments: two or more"),
        ({"seeds": 2}, "claims.it.seeds: input should be greater than or equal to 3"),
        ({"seeds": 4}, "claims.it.seeds: 4, and s runs a with 3"),
        ({"seeds": 3, "undecidable": "why"}, "claims.it: seeds: of a primary claim"),
    ],
)
def test_a_claim_that_does_not_fit(tmp_path, changes, rule):
    path = tmp_path / "claims.yaml"
    write_yaml(path, {"claims": {"it": GOOD}})
    assert read_claims(path, RUNS).claims["it"].than == ("b",)
    write_yaml(path, {"claims": {"it": {**GOOD, **changes}}})
    with pytest.raises(InputError) as error:
        read_claims(path, RUNS)
    assert rule in str(error.value)


def test_a_family_of_more_than_twenty_is_refused(tmp_path):
    path = tmp_path / "claims.yaml"
    many = {f"it{i}": {**GOOD, "seeds": 3} for i in range(21)}
    write_yaml(path, {"claims": many})
    with pytest.raises(InputError, match="claims: at most 20 with `seeds`, found 21"):
        read_claims(path, RUNS)
    write_yaml(path, {"claims": {**many, "it20": GOOD}})
    assert len(read_claims(path, RUNS).primary) == 20
