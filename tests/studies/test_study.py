"""A study's experiments under a budget: steps by hand, equal examples, what does not fit."""

from collections.abc import Callable

import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, validate, write_yaml
from mtbert.experiments.strategies import TrainSettings, resolve_strategies
from mtbert.modeling.pooling import ClsPooling, MaxPooling, MeanPooling
from mtbert.studies.budgets import BudgetLimits, Cut
from mtbert.studies.order import examples_drawn
from mtbert.studies.study import Study, read_experiments, read_study, shortened
from mtbert.training.batches import Subset

from tiny import ROOT

BATCHES = {"sst": 8, "para": 16, "sts": 8}
SIZES = {"sst": 2000, "para": 3000, "sts": 1000}
GOOD = {
    **{"title": "t", "overall": "mean", "train": {}, "strategies": {"exp1": {}}},
    **{"printed": {}, "choices": {"all": "why"}, "seeds": [1]},
    "more_seeds": {"experiments": ["exp1"], "seeds": [2]},
    "most_seeds": {"experiments": [], "seeds": [3]},
}
NONE, TENTH = BudgetLimits(), Cut(epochs=0.1)


Experiment = Callable[..., TrainSettings]


@pytest.fixture
def printed(tmp_path):
    """Makes an experiment of 10 epochs at batches of 8, 16 and 8, with some changes."""

    def resolve(**changes):
        rates = {"learning_rate": 1e-5, "head_learning_rate": 1e-5, "adapter_learning_rate": 1e-5}
        settings = {"sampler": "all_tasks", "batch_size": BATCHES, "epochs": 10, **rates, **changes}
        params = {**read_yaml(ROOT / "studies" / "params.yaml"), "budget": "paper"}
        write_yaml(tmp_path / "params.yaml", {**params, "strategies": {"it": settings}})
        return resolve_strategies(tmp_path / "params.yaml", encoder="pretrained")["it"]

    return resolve


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        # One epoch of 250 batches, which SST has; para starts again after 188, STS after 125.
        ({}, [2000, 3992, 2000]),
        ({"sampler": {"name": "all_tasks", "stop": "shortest"}}, [1000, 2000, 1000]),
        ({"sampler": "round_robin"}, [2000, 3000, 1000]),
        ({"sampler": "round_robin", "tasks": ["sst"]}, [2000]),
        ({"tasks": ["sst", "para"], "evaluation_only": ["para"]}, [2000]),
        ({"sampler": "round_robin", "epochs": 1}, [2000, 3000, 1000]),
        ({"sampler": "round_robin", "epochs": 20}, [4000, 6000, 2000]),
        ({"sampler": "round_robin", "examples": {"para": 1000}}, [2000, 1000, 1000]),
    ],
)
def test_examples_by_hand(printed, changes, counts):
    balancing = {"balancing": "sum"} if "sampler" in changes else {}
    drawn = examples_drawn(shortened(printed(**changes, **balancing), NONE, TENTH), SIZES)
    assert [drawn[task] for task in BATCHES if task in drawn] == counts


def test_a_study_s_cut_draws_others_in_each_epoch_and_a_limit_does_not(printed):
    settings = printed(examples={"sst": 50, "para": {"count": 900, "redraw": "epoch"}})
    limits = BudgetLimits(steps=3, examples={"sst": 200, "para": 200, "sts": 200})
    cut = shortened(settings, limits, Cut(examples={"para": 300, "sts": 80}))
    assert cut.steps == 3
    assert cut.examples == {
        "sst": Subset(count=50),
        "para": Subset(count=200),
        "sts": Subset(count=80, redraw="epoch"),
    }
    assert (cut.epochs, cut.sampler, cut.batch_size) == (10, settings.sampler, BATCHES)


def test_batches_are_cut_where_the_study_says_so(printed):
    cut = shortened(printed(), NONE, Cut(batches={"para": 0.25}))
    assert {task: cut.batch_size[task] for task in BATCHES} == {"sst": 8, "para": 4, "sts": 8}


@pytest.mark.parametrize(
    ("sampler", "batches", "steps"),
    [
        # A tenth of the steps, and half of para's examples: 250 · (4,500 / 6,000) / 10, where all
        # tasks alike make a step of 32 / 3
        ("uniform", {}, 19),
        # and steps of 20 / 3: 250 · (32 / 20) · (4,500 / 6,000) / 10
        ("uniform", {"para": 0.25}, 30),
        ("uniform", {"sst": 0.5, "para": 0.5, "sts": 0.5}, 38),
    ],
)
def test_given_steps_shrink_and_the_epochs_stay(printed, sampler, batches, steps):
    settings = printed(sampler={"name": sampler, "steps_per_epoch": 250}, balancing="sum")
    limits = BudgetLimits(printed=SIZES, examples={"para": 1500})
    cut = shortened(settings, limits, Cut(epochs=0.1, batches=batches))
    assert cut.sampler == settings.sampler.model_copy(update={"steps_per_epoch": steps})
    assert (cut.epochs, cut.evaluate_every) == (10, 10)


def test_another_pooling_stands_for_the_pooler_alone(printed):
    settings = printed(pooling={"sst": "pooler", "para": "cls", "sts": "max"})
    cut = shortened(settings, BudgetLimits(pooler="mean"), Cut())
    assert [type(cut.pooling[task]) for task in BATCHES] == [MeanPooling, ClsPooling, MaxPooling]


def test_an_experiment_that_trains_nothing_has_nothing_to_cut(printed):
    settings = printed(evaluation_only=["sst", "para", "sts"])
    limits = BudgetLimits(steps=3, pooler="mean")
    assert shortened(settings, limits, TENTH) == settings


def test_rates_of_the_recipe_or_in_proportion(tmp_path):
    data = read_yaml(ROOT / "studies" / "params.yaml") | {"budget": "whole"}
    write_yaml(tmp_path / "params.yaml", data)
    faster = {"learning_rate": 2e-5, "head_learning_rate": 2e-5}
    study = {"train": {"learning_rate": 1e-5, "head_learning_rate": 1e-5, "epochs": 10}}
    study |= {"strategies": {"exp1": {}, "fast": faster, "other": faster}}
    write_yaml(tmp_path / "it.yaml", {**GOOD, **study, "cuts": {"whole": {"rates": ["fast"]}}})
    own = read_experiments(tmp_path / "it.yaml", tmp_path / "params.yaml", encoder="pretrained")
    rates = {name: (s.learning_rate, s.head_learning_rate) for name, s in own.items()}
    assert rates == {"exp1": (5e-5, 1e-3), "fast": (1e-4, 2e-3), "other": (5e-5, 1e-3)}


def test_a_cut_is_of_a_budget(tmp_path):
    write_yaml(tmp_path / "it.yaml", {**GOOD, "cuts": {"hole": {}}})
    with pytest.raises(InputError, match=r"cuts: unknown budget 'hole'; did you mean 'whole'"):
        read_experiments(
            tmp_path / "it.yaml", ROOT / "studies" / "params.yaml", encoder="pretrained"
        )


def test_a_seed_has_the_stage_of_its_group():
    study = validate(Study, GOOD, where="study")
    assert study.runs() == {"exp1": (1, 2)}
    stages = [study.stage("train", seed) for seed in (1, 2, 3)]
    assert stages == ["train", "train_more", "train_most"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"printed": {"exp": {}}}, "printed: unknown experiment 'exp'; did you mean 'exp1'"),
        ({"printed": {"exp1": {"sst": 50.0}}}, "printed.exp1.sst: input should be less than or eq"),
        ({"choices": {"exp3": "why"}}, "choices: unknown experiment 'exp3'"),
        ({"more_seeds": {"experiments": ["exp2"], "seeds": [2]}}, "more_seeds.experiments: unkn"),
        ({"more_seeds": {"experiments": [], "seeds": [2, 1]}}, "more_seeds.seeds: 1 is among"),
        ({"most_seeds": {"experiments": [], "seeds": [3, 2]}}, "most_seeds.seeds: 2 is among"),
        ({"again": {"rows": ["exp1"], "seeds": [2]}}, "'again' is now called 'more_seeds'"),
        (
            {"sweeps": [{"title": "t", "x": "x", "series": {"a": {"1": "exp9"}}}]},
            "sweeps: unknown experiment 'exp9'",
        ),
        ({"seeds": [1, 1]}, "seeds"),
        ({"strategies": {}}, "strategies"),
        ({"cuts": {"whole": {"epochs": 2.0}}}, "cuts.whole.epochs: input should be less than"),
        ({"cuts": {"whole": {"rates": ["exp2"]}}}, "cuts.whole.rates: unknown experiment"),
        ({"overall": "median"}, "overall: unknown overall 'median'"),
        ({"titel": "t"}, "unknown key 'titel'; did you mean 'title'"),
    ],
)
def test_a_study_that_does_not_fit(tmp_path, changes, message):
    path = tmp_path / "params.yaml"
    write_yaml(path, {**GOOD, **changes})
    with pytest.raises(InputError, match=f"^{path}: .*{message}"):
        read_study(path)


def test_an_experiment_s_fault_names_its_file(tmp_path):
    path = tmp_path / "params.yaml"
    study = read_yaml(ROOT / "studies" / "wu" / "params.yaml")
    study["strategies"]["model"]["samlper"] = "all_tasks"
    write_yaml(path, study)
    with pytest.raises(InputError, match=f"{path}: strategies.model: unknown key 'samlper'"):
        read_experiments(path, ROOT / "studies" / "params.yaml", encoder="scratch")
