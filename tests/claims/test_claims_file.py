"""The file of claims is read strictly, and ours is whole."""

from pathlib import Path
from typing import Any

import pytest

from mtbert.claims.resampling import METRICS
from mtbert.claims.settings import Claims, Metric, read_claims
from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, validate, write_yaml

FILE = Path(__file__).parents[2] / "studies" / "claims.yaml"
STUDIES = ["wang", "elayattu", "fu_chan", "wu", "smet_walker"]
GREATER = {
    "study": "s", "says": "So.", "kind": "greater", "rows": ["a"], "than": ["b"], "metric": "mean"
}  # fmt: skip


def test_ours_fits() -> None:
    """A claim is called after its study, and each report has some."""
    claims = validate(Claims, read_yaml(FILE), where=str(FILE))
    for name, claim in claims.claims.items():
        assert name.startswith(f"{claim.study}-")
    assert set(claims.rows()) == set(STUDIES)
    assert {one.study for one in claims.untested} <= set(claims.rows())


def test_rows_behind_our_claims_have_several_seeds() -> None:
    claims = read_claims(FILE, known={name: again(name)[0] for name in STUDIES})
    for name, rows in claims.rows().items():
        known, more = again(name)
        assert set(rows) <= set(more["rows"]) <= set(known)
        assert len(more["seeds"]) >= 2


def again(study: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A study's rows, and which of them are run with more seeds."""
    data = read_yaml(FILE.parent / study / "params.yaml")
    return data["strategies"], data["again"]


def test_metrics_are_those_that_can_be_resampled() -> None:
    assert set(Metric.__args__) == set(METRICS)


def test_rows_behind_claims() -> None:
    claims = validate(
        Claims,
        {"claims": {"x": GREATER, "y": GREATER | {"than": ["c", "b"]}}},
        where="",
    )
    assert claims.rows() == {"s": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "graeter"}, "claims.x.kind: unknown kind 'graeter'; did you mean 'greater'?"),
        ({"metric": "avg"}, "claims.x.metric: unknown metric 'avg'"),
        ({"margins": 0.01}, "claims.x: unknown key 'margins'; did you mean 'margin'"),
        ({"kind": "equal"}, "claims.x.margin: required, but not given"),
        ({"kind": "equal", "margin": 0.0}, "claims.x.margin: input should be greater than 0"),
        ({"rows": []}, "claims.x.rows: "),
        ({"than": ["a"]}, "claims.x: each row may stand once in a claim, found 'a' again"),
        ({"than": ["bb"]}, "claims.x.than: unknown row 'bb'; did you mean 'b'? (allowed: a, b)"),
        ({"study": "t"}, "claims.x.study: unknown study 't' (allowed: s)"),
        ({"says": ""}, "claims.x.says: "),
    ],
)
def test_faults_are_located(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    path = tmp_path / "claims.yaml"
    write_yaml(path, {"claims": {"x": GREATER | changes}})
    with pytest.raises(InputError) as caught:
        read_claims(path, known={"s": ["a", "b"]})
    assert told in str(caught.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    write_yaml(path, {"claims": {"x": GREATER}})
    assert read_claims(path, known={"s": ["a", "b"]}).claims["x"].rows == ("a",)
