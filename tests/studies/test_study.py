"""A study's experiments under a budget: steps by hand, equal examples, what does not fit."""

from collections.abc import Callable

import pytest
from studies.drawn import examples_drawn

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, validate, write_yaml
from mtbert.experiments.strategies import TrainSettings, resolve_strategies
from mtbert.modeling.pooling import ClsPooling, MaxPooling, MeanPooling
from mtbert.studies.budgets import BudgetLimits
from mtbert.studies.study import Study, read_experiments, read_study, shortened
from mtbert.training.batches import Subset
from mtbert.training.samplers.sampler import Sampler

from tiny import ROOT

BATCHES = {"sst": 8, "para": 16, "sts": 8}
MIX = {"sst": 2000, "para": 3000, "sts": 1000}
GOOD = {
    **{"title": "t", "overall": "mean", "train": {}, "strategies": {"exp1": {}}},
    **{"printed": {}, "choices": {"all": "why"}, "seeds": [1], "mix": MIX},
    "more_seeds": {"experiments": ["exp1"], "seeds": [2]},
}
STUDY = validate(Study, GOOD, where="study")
LIMITS = BudgetLimits(examples_per_epoch=480, whole=MIX)  # 160 of SST, 240 of para, 80 of STS


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
        # Ten epochs of 20 batches, which SST has; para starts again after 15, STS after 10.
        ({}, [1600, 3200, 1600]),
        ({"sampler": {"name": "all_tasks", "stop": "shortest"}}, [800, 1600, 800]),
        ({"sampler": "round_robin"}, [1600, 2400, 800]),
        ({"sampler": "sequential"}, [1600, 2400, 800]),
        ({"sampler": "round_robin", "tasks": ["sst"]}, [1600]),
        ({"tasks": ["sst", "para"], "evaluation_only": ["para"]}, [1600]),
        # 125 steps of 8, 16 and 8 are a part of 6,000 examples: 10 of 480
        ({"sampler": {"name": "all_tasks", "stop": "steps", "steps": 125}}, [800, 1600, 800]),
        ({"sampler": "round_robin", "epochs": 1}, [160, 240, 80]),
        # A printed number is cut down alike: 1,000 to 80
        ({"sampler": "round_robin", "examples": {"para": 1000}}, [1600, 800, 800]),
    ],
)
def test_examples_by_hand(printed, changes, counts):
    balancing = {"balancing": "sum"} if "sampler" in changes else {}
    drawn = examples_drawn(shortened(printed(**changes, **balancing), LIMITS, STUDY))
    assert [drawn[task] for task in BATCHES if task in drawn] == counts


def test_other_examples_take_part_in_each_epoch(printed):
    cut = shortened(printed(), LIMITS, STUDY)
    assert cut.examples["sts"] == Subset(count=80, redraw="epoch")
    assert (cut.epochs, cut.sampler, cut.batch_size) == (10, printed().sampler, BATCHES)


def test_batches_are_cut_where_the_study_says_so(printed):
    study = STUDY.model_copy(update={"batches": {"para": 0.25}})
    cut = shortened(printed(sampler="round_robin", balancing="sum"), LIMITS, study)
    assert {task: cut.batch_size[task] for task in BATCHES} == {"sst": 8, "para": 4, "sts": 8}
    assert examples_drawn(cut) == {"sst": 1600, "para": 2400, "sts": 800}


class Own(Sampler):
    """A sampler of one's own: the tasks in turn, for as many steps as it says."""

    steps_per_epoch: int = 600
    burst: int = 2

    def epoch_steps(self, *, batches, **_):
        names = list(batches)
        return [(names[i % len(names)],) for i in range(self.steps_per_epoch)]


@pytest.mark.parametrize(
    ("sampler", "batches", "steps"),
    [
        # 480 examples an epoch of 6,000 are 8 %.
        ({"name": "anneal", "steps_per_epoch": 250}, {}, 20),
        # Four times as many steps of a quarter each
        ({"name": "anneal", "steps_per_epoch": 250}, dict.fromkeys(BATCHES, 0.25), 80),
        # All tasks alike: a step holds 32 / 3 examples as printed, 20 / 3 where para's are of 4.
        # 250 printed ones go over 4/9 of the 6,000; of 480 that is 32 steps.
        ({"name": "uniform", "steps_per_epoch": 250}, {"para": 0.25}, 32),
        ({"name": "anneal"}, {}, None),
        (Own(), {}, 48),
    ],
)
def test_a_sampler_shortens_itself(printed, sampler, batches, steps):
    own = isinstance(sampler, Own)
    settings = printed(**{} if own else {"sampler": sampler, "balancing": "sum"})
    settings = settings.model_copy(update={"sampler": sampler} if own else {})
    cut = shortened(settings, LIMITS, STUDY.model_copy(update={"batches": batches}))
    # All other options stay.
    assert cut.sampler == settings.sampler.model_copy(update={"steps_per_epoch": steps})


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"evaluations": 1}, {"evaluate_every": 10}),
        ({"evaluations": 3}, {"evaluate_every": 4}),
        ({"evaluations": 20}, {"evaluate_every": 1}),
        (
            {"learning_rate": 5.0, "head_learning_rate": 1e-3, "adapter_learning_rate": 4e-5},
            {"learning_rate": 5e-5, "head_learning_rate": 1e-3, "adapter_learning_rate": 5e-5},
        ),
        ({}, {}),
    ],
)
def test_evaluations_and_rates(printed, limits, expected):
    cut, whole = shortened(printed(), BudgetLimits(**limits), STUDY), printed()
    assert cut == whole.model_copy(update={key: getattr(cut, key) for key in expected})
    assert {key: getattr(cut, key) for key in expected} == pytest.approx(expected)


def test_another_pooling_stands_for_the_pooler_alone(printed):
    settings = printed(pooling={"sst": "pooler", "para": "cls", "sts": "max"})
    cut = shortened(settings, BudgetLimits(pooler="mean"), STUDY)
    assert [type(cut.pooling[task]) for task in BATCHES] == [MeanPooling, ClsPooling, MaxPooling]


def test_at_most_so_many_steps_and_examples(printed):
    settings = printed(examples={"sst": 50, "para": {"count": 900, "redraw": "epoch"}})
    cut = shortened(settings, BudgetLimits(steps=3, examples=200), STUDY)
    assert cut.steps == 3
    counts = {task: own.count for task, own in cut.examples.items()}
    assert counts == {"sst": 50, "para": 200, "sts": 200}


def test_an_experiment_that_trains_nothing_has_nothing_to_cut(printed):
    settings = printed(evaluation_only=["sst", "para", "sts"])
    limits = BudgetLimits(steps=3, learning_rate=5.0, pooler="mean")
    assert shortened(settings, limits, STUDY) == settings


def test_all_examples_of_the_data_are_those_of_the_studies_tasks(tmp_path):
    data = read_yaml(ROOT / "studies" / "params.yaml") | {"budget": "reduced"}
    del data["budgets"]["reduced"]["studies"]["whole"]["para"]
    params = tmp_path / "params.yaml"
    write_yaml(params, data)
    with pytest.raises(InputError, match=r"budgets.reduced.studies.whole: expected sst, para, sts"):
        read_experiments(ROOT / "studies/wu/params.yaml", params, encoder="pretrained")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"printed": {"exp": {}}}, "printed: unknown experiment 'exp'; did you mean 'exp1'"),
        ({"printed": {"exp1": {"sst": 50.0}}}, "printed.exp1.sst: input should be less than or eq"),
        ({"choices": {"exp3": "why"}}, "choices: unknown experiment 'exp3'"),
        ({"more_seeds": {"experiments": ["exp2"], "seeds": [2]}}, "more_seeds.experiments: unkn"),
        ({"more_seeds": {"experiments": [], "seeds": [2, 1]}}, "more_seeds.seeds: 1 is among"),
        ({"again": {"rows": ["exp1"], "seeds": [2]}}, "'again' is now called 'more_seeds'"),
        (
            {"sweeps": [{"title": "t", "x": "x", "series": {"a": {"1": "exp9"}}}]},
            "sweeps: unknown experiment 'exp9'",
        ),
        ({"seeds": [1, 1]}, "seeds"),
        ({"strategies": {}}, "strategies"),
        ({"mix": {"sst": 1}}, "mix: expected sst, para, sts, found sst"),
        ({"batches": {"sts": 2.0}}, "batches.sts: input should be less than or equal to 1"),
        ({"mix": {**MIX, "sts": 0}}, "mix.sts: input should be greater than 0, found 0"),
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
