"""Budgets: the one at work changes its sections, and what does not fit is told before it runs."""

from pathlib import Path
from typing import Any

import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import read_params, read_section, read_yaml, validate, write_yaml
from mtbert.studies.budgets import BudgetLimits, read_budget

from tiny import ROOT

PARAMS = ROOT / "studies" / "params.yaml"


def written(folder: Path, **changes: Any) -> Path:
    """The studies' params file with some top-level keys changed."""
    path = folder / "params.yaml"
    write_yaml(path, {**read_yaml(PARAMS), **changes})
    return path


def test_the_default_is_smoke_on_the_sample() -> None:
    name, _ = read_budget(PARAMS)
    assert name == "smoke"
    read = read_params(PARAMS)
    assert read["data"]["source"] == "../data/sample"
    assert read["encoder"]["pretrained"] == "scratch"
    assert read["augment"] == read_yaml(PARAMS)["augment"]


@pytest.mark.parametrize(
    ("budget", "encoder"),
    [
        ("reduced", "sentence-transformers/all-MiniLM-L6-v2"),
        ("paper", "google-bert/bert-base-uncased"),
    ],
)
def test_a_budget_changes_sections_and_leaves_what_it_does_not_name(
    tmp_path: Path, budget: str, encoder: str
) -> None:
    from mtbert.corpora.backbones import Encoder
    from mtbert.corpora.validation import Data

    path = written(tmp_path, budget=budget)
    read, plain = read_params(path), read_yaml(path)
    assert read_section(path, "data", Data).source == "cs224n"
    assert read_section(path, "encoder", Encoder).pretrained == encoder
    assert read["data"]["max_bad_share"] == plain["data"]["max_bad_share"]
    assert read["encoder"]["scratch"] == plain["encoder"]["scratch"]
    assert read["augment"]["sets"]["synonyms"]["sst"]["rows"] == 14000
    same = [key for key in plain if key not in ("data", "encoder", "lexicons", "augment")]
    assert {key: read[key] for key in same} == {key: plain[key] for key in same}


def test_paper_limits_nothing() -> None:
    own = read_yaml(PARAMS)["budgets"]["paper"]["studies"]
    assert validate(BudgetLimits, own, where="p") == BudgetLimits()


@pytest.mark.parametrize(
    ("section", "key", "own"),
    [
        ("data", "source", "../mine"),
        ("encoder", "pretrained", "me/bert"),
        ("lexicons", "source", "x"),
    ],
)
def test_what_a_budget_would_replace_is_told(
    tmp_path: Path, section: str, key: str, own: str
) -> None:
    mine = {**read_yaml(PARAMS)[section], key: own}
    path = written(tmp_path, budget="paper", **{section: mine})
    with pytest.raises(
        InputError, match=f"{section}.{key}: '{own}', and budget 'paper' would repl"
    ):
        read_params(path)
    budgets = read_yaml(PARAMS)["budgets"]
    budgets["paper"][section][key] = own
    path = written(tmp_path, budget="paper", budgets=budgets, **{section: mine})
    assert read_params(path)[section][key] == own


def test_an_unknown_budget_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, budget="smok")
    for read in (read_budget, read_params):
        with pytest.raises(InputError, match="budget: unknown budget 'smok'; did you mean 'smoke'"):
            read(path)
    with pytest.raises(InputError, match="budgets: expected a mapping of names, found 3"):
        read_budget(written(tmp_path, budgets=3))


@pytest.mark.parametrize(
    ("studies", "told"),
    [
        ({"step": 3}, "budgets.paper.studies: unknown key 'step'; did you mean 'steps'"),
        (
            {"whole": {"sst": 4}},
            "budgets.paper.studies: examples_per_epoch and whole: give both, or neither",
        ),
        ({"steps": 0}, "budgets.paper.studies.steps: input should be greater than 0, found 0"),
        ({"pooler": "pooler"}, "budgets.paper.studies.pooler: unknown pooler 'pooler'"),
    ],
)
def test_a_fault_in_a_budget_that_is_not_at_work_is_told_as_well(
    tmp_path: Path, studies: dict[str, Any], told: str
) -> None:
    budgets = read_yaml(PARAMS)["budgets"]
    budgets["paper"]["studies"] = studies
    with pytest.raises(InputError) as error:
        read_budget(written(tmp_path, budgets=budgets))
    assert told in str(error.value)


def test_a_file_without_budgets_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("data: {source: here}\nbudget: none\n")
    assert read_params(path) == {"data": {"source": "here"}, "budget": "none"}
