"""Budgets: the present one changes its sections; what does not fit is refused."""

import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import read_params, read_yaml, validate, write_yaml
from mtbert.studies.budgets import BudgetLimits, read_budget

from tiny import ROOT

PARAMS = ROOT / "studies" / "params.yaml"
CHANGED = ("data", "encoder", "lexicons", "augment")


def written(folder, **changes):
    """The studies' params file with some top-level keys changed."""
    path = folder / "params.yaml"
    write_yaml(path, {**read_yaml(PARAMS), **changes})
    return path


@pytest.mark.parametrize(
    ("budget", "source", "encoder", "rows"),
    [
        ("smoke", "../data/sample", "scratch", None),
        (
            "whole",
            "cs224n",
            "sentence-transformers/all-MiniLM-L6-v2@c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
            14000,
        ),
        ("paper", "cs224n", "google-bert/bert-base-uncased", 14000),
    ],
)
def test_a_budget_changes_sections_and_leaves_what_it_does_not_name(
    tmp_path, budget, source, encoder, rows
):
    path = written(tmp_path, budget=budget)
    read, plain = read_params(path), read_yaml(path)
    assert read["data"] == plain["data"] | {"source": source}
    assert read["encoder"]["pretrained"] == encoder
    assert read["encoder"]["scratch"] == plain["encoder"]["scratch"]
    assert rows is None or read["augment"]["sets"]["synonyms"]["sst"]["rows"] == rows
    same = [key for key in plain if key not in CHANGED]
    assert {key: read[key] for key in same} == {key: plain[key] for key in same}


def test_the_default_is_smoke_and_paper_limits_nothing():
    assert read_budget(PARAMS)[0] == "smoke"
    own = read_yaml(PARAMS)["budgets"]["paper"]["studies"]
    assert validate(BudgetLimits, own, where="paper") == BudgetLimits()


@pytest.mark.parametrize(
    ("section", "key", "own"),
    [
        ("data", "source", "../mine"),
        ("encoder", "pretrained", "me/bert"),
        ("lexicons", "source", "x"),
    ],
)
def test_a_source_that_a_budget_would_replace_is_refused(tmp_path, section, key, own):
    mine = {section: {**read_yaml(PARAMS)[section], key: own}}
    path = written(tmp_path, budget="paper", **mine)
    with pytest.raises(InputError, match=f"{section}.{key}: '{own}', and budget 'paper' would"):
        read_params(path)
    budgets = read_yaml(PARAMS)["budgets"]
    budgets["paper"][section][key] = own
    path = written(tmp_path, budget="paper", budgets=budgets, **mine)
    assert read_params(path)[section][key] == own


def test_an_unknown_budget_is_refused(tmp_path):
    path = written(tmp_path, budget="smok")
    for read in (read_budget, read_params):
        with pytest.raises(InputError, match="budget: unknown budget 'smok'; did you mean 'smoke'"):
            read(path)
    with pytest.raises(InputError, match="budgets: expected a mapping of names, found 3"):
        read_budget(written(tmp_path, budgets=3))
    with pytest.raises(InputError, match=r"budgets\.smoke: expected a mapping of keys, found None"):
        read_budget(written(tmp_path, budgets={"smoke": None}))


@pytest.mark.parametrize(
    ("studies", "message"),
    [
        ({"step": 3}, "studies: unknown key 'step'; did you mean 'steps'"),
        ({"examples": {"sst": 0}}, "studies.examples.sst: input should be greater than 0"),
        ({"steps": 0}, "studies.steps: input should be greater than 0, found 0"),
        ({"pooler": "pooler"}, "studies.pooler: unknown pooler 'pooler'"),
    ],
)
def test_a_fault_in_another_budget_is_named_as_well(tmp_path, studies, message):
    budgets = read_yaml(PARAMS)["budgets"]
    budgets["paper"]["studies"] = studies
    with pytest.raises(InputError, match=f"budgets.paper.{message}"):
        read_budget(written(tmp_path, budgets=budgets))
