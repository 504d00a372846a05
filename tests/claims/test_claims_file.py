"""The file of claims: every study's conclusions, and what does not fit."""

import pytest

from mtbert.claims.claim import read_claims
from mtbert.core.errors import InputError
from mtbert.core.params import write_yaml
from mtbert.studies.study import read_study

from tiny import ROOT

EXPERIMENTS = {"s": ["a", "b", "c"]}
GOOD = {
    **{"study": "s", "says": "a beats b", "kind": "greater", "metric": "mean"},
    **{"experiments": ["a"], "than": ["b"]},
}


def test_the_committed_claims_fit_their_studies():
    paths = ROOT.glob("studies/*/params.yaml")
    experiments = {path.parent.name: read_study(path).strategies for path in paths}
    claims = read_claims(ROOT / "studies/claims.yaml", experiments).claims
    assert {claim.study for claim in claims.values()} == set(experiments) - {"best"}


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
    ],
)
def test_a_claim_that_does_not_fit(tmp_path, changes, rule):
    path = tmp_path / "claims.yaml"
    write_yaml(path, {"claims": {"it": GOOD}})
    assert read_claims(path, EXPERIMENTS).claims["it"].than == ("b",)
    write_yaml(path, {"claims": {"it": {**GOOD, **changes}}})
    with pytest.raises(InputError) as error:
        read_claims(path, EXPERIMENTS)
    assert rule in str(error.value)
