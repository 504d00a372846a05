"""A study's experiments under a budget: steps by hand, equal examples, what does not fit."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, validate, write_yaml
from mtbert.experiments.strategies import TrainSettings, resolve_strategies
from mtbert.modeling.pooling import ClsPooling, MaxPooling, MeanPooling
from mtbert.studies.budgets import BudgetLimits
from mtbert.studies.study import Study, read_experiments, read_study, shortened
from mtbert.training.batches import Subset, stream
from mtbert.training.loop import run_length
from mtbert.training.samplers.sampler import Sampler, Step

from tiny import ROOT

STUDIES = sorted(path.parent.name for path in ROOT.glob("studies/*/params.yaml"))
BATCHES = {"sst": 8, "para": 16, "sts": 8}
MIX = {"sst": 2000, "para": 3000, "sts": 1000}
GOOD = {
    **{"title": "t", "overall": "mean", "train": {}, "strategies": {"exp1": {}}},
    **{"printed": {}, "choices": {"all": "why"}, "seeds": [1], "mix": MIX},
    "more_seeds": {"experiments": ["exp1"], "seeds": [2]},
}
STUDY = validate(Study, GOOD, where="study")
LIMITS = BudgetLimits(examples_per_epoch=480, whole=MIX)  # 160 of SST, 240 of para, 80 of STS
SIZES = {"sst": 14000, "para": 141498, "sts": 16000}


@cache
def experiments_at(budget: str, study: str) -> dict[str, TrainSettings]:
    """A real study's experiments under a real budget."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        params = Path(folder) / "params.yaml"
        write_yaml(params, {**read_yaml(ROOT / "studies" / "params.yaml"), "budget": budget})
        return read_experiments(
            ROOT / "studies" / study / "params.yaml", params, encoder="pretrained"
        )


def experiment(folder: Path, **changes: Any) -> TrainSettings:
    """An experiment of 10 epochs at batches of 8, 16 and 8."""
    data = read_yaml(ROOT / "studies" / "params.yaml")
    rates = {"learning_rate": 1e-5, "head_learning_rate": 1e-5, "adapter_learning_rate": 1e-5}
    made = {"sampler": "all_tasks", "batch_size": BATCHES, "epochs": 10, **rates, **changes}
    data["strategies"] = {"it": made}
    data["budget"] = "paper"
    write_yaml(folder / "params.yaml", data)
    return resolve_strategies(folder / "params.yaml", encoder="pretrained")["it"]


def seen(settings: TrainSettings) -> dict[str, int]:
    """Examples that a run draws of each task, counted in its schedule."""
    sizes = {task: SIZES[task] for task in settings.trained}
    own = {t: settings.examples[t].count if t in settings.examples else sizes[t] for t in sizes}
    found: Counter[str] = Counter()
    batches = {task: -(-own[task] // settings.batch_size[task]) for task in own}
    _, epochs, total = run_length(settings, own, batches)
    for epoch in range(1, epochs + 1):
        given = {"epoch": epoch, "epochs": epochs, "sizes": own, "batches": batches}
        generator = stream(1, "tasks of the steps", epoch)
        steps = settings.sampler.epoch_steps(**given, generator=generator)[:total]
        total -= len(steps)
        place: Counter[str] = Counter()
        for task in (task for step in steps for task in step):
            size = min(settings.batch_size[task], own[task] - place[task])
            found[task] += size
            place[task] = (place[task] + size) % own[task]
    return dict(found)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        # Ten epochs of 20 batches, which SST has; para starts again after 15, STS after 10.
        ({}, {"sst": 1600, "para": 3200, "sts": 1600}),
        (
            {"sampler": {"name": "all_tasks", "stop": "shortest"}},
            {"sst": 800, "para": 1600, "sts": 800},
        ),
        ({"sampler": "round_robin"}, {"sst": 1600, "para": 2400, "sts": 800}),
        ({"sampler": "sequential"}, {"sst": 1600, "para": 2400, "sts": 800}),
        ({"sampler": "round_robin", "tasks": ["sst"]}, {"sst": 1600}),
        ({"tasks": ["sst", "para"], "evaluation_only": ["para"]}, {"sst": 1600}),
        # 125 steps of 8, 16 and 8 are a part of 6,000 examples: 10 of 480
        (
            {"sampler": {"name": "all_tasks", "stop": "steps", "steps": 125}},
            {"sst": 800, "para": 1600, "sts": 800},
        ),
        ({"sampler": "round_robin", "epochs": 1}, {"sst": 160, "para": 240, "sts": 80}),
        # A printed number is cut down alike: 1,000 to 80
        (
            {"sampler": "round_robin", "examples": {"para": 1000}},
            {"sst": 1600, "para": 800, "sts": 800},
        ),
    ],
)
def test_examples_by_hand(tmp_path: Path, changes: dict[str, Any], counts: dict[str, int]) -> None:
    balancing = {} if changes.get("sampler") is None else {"balancing": "sum"}
    assert seen(shortened(experiment(tmp_path, **changes, **balancing), LIMITS, STUDY)) == counts


def test_other_examples_take_part_in_each_epoch(tmp_path: Path) -> None:
    found = shortened(experiment(tmp_path), LIMITS, STUDY)
    assert found.examples["sts"] == Subset(count=80, redraw="epoch")
    assert (found.epochs, found.sampler, found.batch_size) == (
        10,
        experiment(tmp_path).sampler,
        BATCHES,
    )


def test_batches_are_cut_where_the_study_says_so(tmp_path: Path) -> None:
    study = STUDY.model_copy(update={"batches": {"para": 0.25}})
    found = shortened(experiment(tmp_path, sampler="round_robin", balancing="sum"), LIMITS, study)
    assert found.batch_size["para"] == 4
    assert (found.batch_size["sst"], found.batch_size["sts"]) == (8, 8)
    assert seen(found) == {"sst": 1600, "para": 2400, "sts": 800}
    all_of_them = STUDY.model_copy(update={"batches": dict.fromkeys(BATCHES, 0.25)})
    printed = experiment(
        tmp_path, sampler={"name": "anneal", "steps_per_epoch": 250}, balancing="sum"
    )
    # Four times as many steps of a quarter each
    assert shortened(printed, LIMITS, all_of_them).sampler.steps_per_epoch == 80


@pytest.mark.parametrize(("evaluations", "every"), [(1, 10), (3, 4), (20, 1)])
def test_dev_is_scored_so_often_at_most(tmp_path: Path, evaluations: int, every: int) -> None:
    assert (
        shortened(experiment(tmp_path), BudgetLimits(evaluations=evaluations), STUDY).evaluate_every
        == every
    )


def test_rates_go_up_and_heads_keep_a_least(tmp_path: Path) -> None:
    limits = BudgetLimits(learning_rate=5.0, head_learning_rate=1e-3, adapter_learning_rate=4e-5)
    found = shortened(experiment(tmp_path), limits, STUDY)
    assert found.learning_rate == pytest.approx(5e-5)
    assert found.head_learning_rate == 1e-3
    assert found.adapter_learning_rate == pytest.approx(5e-5)


def test_a_drawing_sampler_goes_over_its_part(tmp_path: Path) -> None:
    """250 steps an epoch, where 6,000 examples are whole, are 20 of 480."""
    printed = experiment(
        tmp_path, sampler={"name": "anneal", "steps_per_epoch": 250}, balancing="sum"
    )
    found = shortened(printed, LIMITS, STUDY)
    assert found.sampler.steps_per_epoch == 20
    assert type(found.sampler) is type(printed.sampler)
    own = experiment(tmp_path, sampler={"name": "anneal"}, balancing="sum")
    assert shortened(own, LIMITS, STUDY).sampler == own.sampler


class Own(Sampler):
    """A sampler of one's own: the tasks in turn, for as many steps as it says."""

    steps_per_epoch: int = 600
    burst: int = 2

    def epoch_steps(self, *, batches: Mapping[str, int], **_: Any) -> list[Step]:
        names = list(batches)
        return [(names[i % len(names)],) for i in range(self.steps_per_epoch)]


def test_a_sampler_of_one_s_own_is_shortened(tmp_path: Path) -> None:
    """480 examples an epoch of 6,000 are 8 %: 48 of 600 steps; other options stay."""
    printed = experiment(tmp_path).model_copy(update={"sampler": Own()})
    assert shortened(printed, LIMITS, STUDY).sampler == Own(steps_per_epoch=48)


def test_steps_follow_from_what_they_hold(tmp_path: Path) -> None:
    """All tasks alike: a step holds 32 / 3 examples as printed, 20 / 3 where para's are of 4.

    250 printed ones go over 4/9 of the 6,000; of 480 that is 32 steps.
    """
    printed = experiment(
        tmp_path, sampler={"name": "uniform", "steps_per_epoch": 250}, balancing="sum"
    )
    study = STUDY.model_copy(update={"batches": {"para": 0.25}})
    assert shortened(printed, LIMITS, study).sampler.steps_per_epoch == 32


def test_the_data_as_printed_have_the_tasks_of_the_studies(tmp_path: Path) -> None:
    data = read_yaml(ROOT / "studies" / "params.yaml") | {"budget": "reduced"}
    del data["budgets"]["reduced"]["studies"]["whole"]["para"]
    write_yaml(tmp_path / "params.yaml", data)
    with pytest.raises(InputError, match=r"budgets.reduced.studies.whole: expected sst, para, sts"):
        read_experiments(
            ROOT / "studies/wu/params.yaml", tmp_path / "params.yaml", encoder="pretrained"
        )


def test_another_pooling_stands_for_the_pooler_alone(tmp_path: Path) -> None:
    printed = experiment(tmp_path, pooling={"sst": "pooler", "para": "cls", "sts": "max"})
    found = shortened(printed, BudgetLimits(pooler="mean"), STUDY)
    assert [type(found.pooling[task]) for task in BATCHES] == [MeanPooling, ClsPooling, MaxPooling]
    assert shortened(printed, BudgetLimits(), STUDY).pooling == printed.pooling


def test_at_most_so_many_steps_and_examples(tmp_path: Path) -> None:
    printed = experiment(tmp_path, examples={"sst": 50, "para": {"count": 900, "redraw": "epoch"}})
    found = shortened(printed, BudgetLimits(steps=3, examples=200), STUDY)
    assert found.steps == 3
    assert {task: own.count for task, own in found.examples.items()} == {
        **{"sst": 50, "para": 200, "sts": 200}
    }


def test_an_experiment_that_trains_nothing_has_nothing_to_cut(tmp_path: Path) -> None:
    printed = experiment(tmp_path, evaluation_only=["sst", "para", "sts"])
    found = shortened(printed, BudgetLimits(steps=3, learning_rate=5.0, pooler="mean"), STUDY)
    assert found == printed


def test_no_limit_leaves_an_experiment_as_printed(tmp_path: Path) -> None:
    assert shortened(experiment(tmp_path), BudgetLimits(), STUDY) == experiment(tmp_path)


@pytest.mark.parametrize("study", STUDIES)
def test_paper_leaves_every_printed_rate_and_length(study: str) -> None:
    asked = read_study(ROOT / "studies" / study / "params.yaml")
    for name, found in experiments_at("paper", study).items():
        told = {**asked.train, **(asked.strategies[name] or {})}
        assert found.epochs == told["epochs"]
        assert found.learning_rate == told["learning_rate"]
        assert found.steps is None


def examples() -> int:
    """Examples of an epoch at `reduced`."""
    return int(
        read_yaml(ROOT / "studies" / "params.yaml")["budgets"]["reduced"]["studies"][
            "examples_per_epoch"
        ]
    )


# Printed examples an epoch, of 156,082, of experiments whose epochs are no pass over the data.
# `our-annealed` has as many as a pass, which it only draws in another way.
OTHER_LENGTH = {
    **{"exp6": 40_000, "exp7": 440_000, "exp8": 25_000, "exp9": 100_000},
    **{"our-annealed": 156_082, "our-pal": 40_000},
}


@pytest.mark.parametrize(("name", "printed"), OTHER_LENGTH.items())
def test_reduced_epochs_of_annealed_sampling_are_as_long_as_printed(
    name: str, printed: int
) -> None:
    found = experiments_at("reduced", "elayattu")[name]
    asked = found.epochs * examples() * printed / 156_082
    assert sum(seen(found).values()) == pytest.approx(asked, rel=0.12)


@pytest.mark.parametrize("study", [name for name in STUDIES if name != "best"])
def test_reduced_experiments_see_as_much_of_a_task_as_each_other(study: str) -> None:
    """An epoch has equally many examples, shared out alike, whatever batches and sampler are.

    The experiments of `best` say themselves how many they see.
    """
    mix, total = read_study(ROOT / "studies" / study / "params.yaml").mix, examples()
    for name, found in experiments_at("reduced", study).items():
        if not found.trained or (study == "elayattu" and name in OTHER_LENGTH):
            continue
        for task, count in seen(found).items():
            asked = found.epochs * total * mix[task] / sum(mix.values())
            if name == "our-para-small" and task == "para":
                asked *= mix["sst"] / mix["para"]
            # all_tasks, shortest ends with the first task, whose last batch may be small.
            assert 0.7 * asked <= count <= 1.03 * asked, (name, task)


@pytest.mark.parametrize("study", STUDIES)
def test_smoke_experiments_take_three_steps(study: str) -> None:
    for found in experiments_at("smoke", study).values():
        if found.trained:
            assert found.steps == 3
            assert all(found.examples[task].count <= 200 for task in found.trained)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"printed": {"exp": {"sst": 0.5}}},
            "printed: unknown experiment 'exp'; did you mean 'exp1'",
        ),
        ({"printed": {"exp1": {"sst": 50.0}}}, "printed.exp1.sst: input should be less than or eq"),
        ({"choices": {"exp3": "why"}}, "choices: unknown experiment 'exp3'"),
        (
            {"more_seeds": {"experiments": ["exp2"], "seeds": [2]}},
            "more_seeds.experiments: unknown experiment 'exp2'",
        ),
        ({"more_seeds": {"experiments": [], "seeds": [2, 1]}}, "more_seeds.seeds: 1 is among"),
        ({"again": {"rows": ["exp1"], "seeds": [2]}}, "again: renamed; write more_seeds"),
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
def test_a_study_that_does_not_fit(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    path = tmp_path / "params.yaml"
    write_yaml(path, GOOD)
    assert read_study(path).strategies == {"exp1": {}}
    write_yaml(path, {**GOOD, **changes})
    with pytest.raises(InputError) as error:
        read_study(path)
    assert str(error.value).startswith(str(path))
    assert told in str(error.value)


def test_an_experiment_s_fault_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    study = read_yaml(ROOT / "studies" / "wu" / "params.yaml")
    study["strategies"]["model"]["samlper"] = "all_tasks"
    write_yaml(path, study)
    with pytest.raises(InputError, match=f"{path}: strategies.model: unknown key 'samlper'"):
        read_experiments(path, ROOT / "studies" / "params.yaml", encoder="scratch")
