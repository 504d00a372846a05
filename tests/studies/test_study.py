"""A study's rows under a budget: steps by hand, equal examples, and settings that do not fit."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, validate, write_yaml
from mtbert.experiments.strategies import TrainSettings, read_strategies
from mtbert.modeling.pooling import CLS, Max, Mean
from mtbert.studies.budgets import Cut
from mtbert.studies.study import Study, read_rows, read_study, shortened
from mtbert.training.batches import Subset, stream
from mtbert.training.loop import run_length

from tiny import ROOT

STUDIES = sorted(path.parent.name for path in ROOT.glob("studies/*/params.yaml"))
BATCHES = {"sst": 8, "para": 16, "sts": 8}
MIX = {"sst": 2000, "para": 3000, "sts": 1000}
GOOD = {
    **{"title": "t", "overall": "mean", "train": {}, "strategies": {"exp1": {}}},
    **{"printed": {}, "choices": {"all": "why"}, "seeds": [1], "mix": MIX},
    "again": {"rows": ["exp1"], "seeds": [2]},
}
STUDY = validate(Study, GOOD, where="study")
CUT = Cut(examples_per_epoch=480, whole=MIX)  # 160 of SST, 240 of para, 80 of STS
SIZES = {"sst": 14000, "para": 141498, "sts": 16000}


@cache
def rows_at(budget: str, study: str) -> dict[str, TrainSettings]:
    """A real study's rows under a real budget."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        params = Path(folder) / "params.yaml"
        write_yaml(params, {**read_yaml(ROOT / "params.yaml"), "budget": budget})
        return read_rows(ROOT / "studies" / study / "params.yaml", params, encoder="pretrained")


def row(folder: Path, **changes: Any) -> TrainSettings:
    """A row of 10 epochs at batches of 8, 16 and 8."""
    data = read_yaml(ROOT / "params.yaml")
    rates = {"learning_rate": 1e-5, "head_learning_rate": 1e-5, "adapter_learning_rate": 1e-5}
    made = {"sampler": "all_tasks", "batch_size": BATCHES, "epochs": 10, **rates, **changes}
    data["strategies"] = {"it": made}
    data["budget"] = "paper"
    write_yaml(folder / "params.yaml", data)
    return read_strategies(folder / "params.yaml", encoder="pretrained")["it"]


def seen(row: TrainSettings) -> dict[str, int]:
    """Examples that a run draws of each task, counted in its schedule."""
    sizes = {task: SIZES[task] for task in row.trained}
    own = {t: row.examples[t].count if t in row.examples else sizes[t] for t in row.trained}
    found: Counter[str] = Counter()
    batches = {task: -(-own[task] // row.batch_size[task]) for task in own}
    _, epochs, total = run_length(row.sampler, own, batches, epochs=row.epochs, steps=row.steps)
    for epoch in range(1, epochs + 1):
        given = {"epoch": epoch, "epochs": epochs, "sizes": own, "batches": batches}
        generator = stream(1, "tasks of the steps", epoch)
        steps = row.sampler.epoch_steps(**given, generator=generator)[:total]
        total -= len(steps)
        place: Counter[str] = Counter()
        for task in (task for step in steps for task in step):
            size = min(row.batch_size[task], own[task] - place[task])
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
    assert seen(shortened(row(tmp_path, **changes, **balancing), CUT, STUDY)) == counts


def test_other_examples_take_part_in_each_epoch(tmp_path: Path) -> None:
    found = shortened(row(tmp_path), CUT, STUDY)
    assert found.examples["sts"] == Subset(count=80, redraw="epoch")
    assert (found.epochs, found.sampler, found.batch_size) == (10, row(tmp_path).sampler, BATCHES)


def test_batches_are_cut_where_the_study_says_so(tmp_path: Path) -> None:
    study = STUDY.model_copy(update={"batches": {"para": 0.25}})
    found = shortened(row(tmp_path, sampler="round_robin", balancing="sum"), CUT, study)
    assert found.batch_size["para"] == 4
    assert (found.batch_size["sst"], found.batch_size["sts"]) == (8, 8)
    assert seen(found) == {"sst": 1600, "para": 2400, "sts": 800}
    all_of_them = STUDY.model_copy(update={"batches": dict.fromkeys(BATCHES, 0.25)})
    one = row(tmp_path, sampler={"name": "annealed", "steps_per_epoch": 250}, balancing="sum")
    # Four times as many steps of a quarter each
    assert shortened(one, CUT, all_of_them).sampler.steps_per_epoch == 80


@pytest.mark.parametrize(("evaluations", "every"), [(1, 10), (3, 4), (20, 1)])
def test_dev_is_scored_so_often_at_most(tmp_path: Path, evaluations: int, every: int) -> None:
    assert shortened(row(tmp_path), Cut(evaluations=evaluations), STUDY).evaluate_every == every


def test_rates_go_up_and_heads_keep_a_least(tmp_path: Path) -> None:
    cut = Cut(learning_rate=5.0, head_learning_rate=1e-3, adapter_learning_rate=4e-5)
    found = shortened(row(tmp_path), cut, STUDY)
    assert found.learning_rate == pytest.approx(5e-5)
    assert found.head_learning_rate == 1e-3
    assert found.adapter_learning_rate == pytest.approx(5e-5)


def test_a_drawing_sampler_goes_over_its_part(tmp_path: Path) -> None:
    """250 steps an epoch, where 6,000 examples are whole, are 20 of 480."""
    one = row(tmp_path, sampler={"name": "annealed", "steps_per_epoch": 250}, balancing="sum")
    found = shortened(one, CUT, STUDY)
    assert found.sampler.steps_per_epoch == 20
    assert type(found.sampler) is type(one.sampler)
    own = row(tmp_path, sampler={"name": "annealed"}, balancing="sum")
    assert shortened(own, CUT, STUDY).sampler == own.sampler


def test_steps_follow_from_what_they_hold(tmp_path: Path) -> None:
    """All tasks alike: a step holds 32 / 3 examples as printed, 20 / 3 where para's are of 4.

    250 printed ones go over 4/9 of the 6,000; of 480 that is 32 steps.
    """
    one = row(tmp_path, sampler={"name": "uniform", "steps_per_epoch": 250}, balancing="sum")
    study = STUDY.model_copy(update={"batches": {"para": 0.25}})
    assert shortened(one, CUT, study).sampler.steps_per_epoch == 32


def test_the_data_as_printed_have_the_tasks_of_the_studies(tmp_path: Path) -> None:
    data = read_yaml(ROOT / "params.yaml") | {"budget": "reduced"}
    del data["budgets"]["reduced"]["studies"]["whole"]["para"]
    write_yaml(tmp_path / "params.yaml", data)
    with pytest.raises(InputError, match=r"budgets.reduced.studies.whole: expected sst, para, sts"):
        read_rows(ROOT / "studies/wu/params.yaml", tmp_path / "params.yaml", encoder="pretrained")


def test_another_pooling_stands_for_the_pooler_alone(tmp_path: Path) -> None:
    one = row(tmp_path, pooling={"sst": "pooler", "para": "cls", "sts": "max"})
    found = shortened(one, Cut(pooler="mean"), STUDY)
    assert [type(found.pooling[task]) for task in BATCHES] == [Mean, CLS, Max]
    assert shortened(one, Cut(), STUDY).pooling == one.pooling


def test_at_most_so_many_steps_and_examples(tmp_path: Path) -> None:
    one = row(tmp_path, examples={"sst": 50, "para": {"count": 900, "redraw": "epoch"}})
    found = shortened(one, Cut(steps=3, examples=200), STUDY)
    assert found.steps == 3
    assert {task: own.count for task, own in found.examples.items()} == {
        **{"sst": 50, "para": 200, "sts": 200}
    }


def test_a_row_that_trains_nothing_has_nothing_to_cut(tmp_path: Path) -> None:
    one = row(tmp_path, evaluation_only=["sst", "para", "sts"])
    found = shortened(one, Cut(steps=3, learning_rate=5.0, pooler="mean"), STUDY)
    assert found == one


def test_no_cut_leaves_a_row_as_printed(tmp_path: Path) -> None:
    assert shortened(row(tmp_path), Cut(), STUDY) == row(tmp_path)


@pytest.mark.parametrize("study", STUDIES)
def test_paper_leaves_every_printed_rate_and_length(study: str) -> None:
    asked = read_study(ROOT / "studies" / study / "params.yaml")
    for name, found in rows_at("paper", study).items():
        told = {**asked.train, **(asked.strategies[name] or {})}
        assert found.epochs == told["epochs"]
        assert found.learning_rate == told["learning_rate"]
        assert found.steps is None


def examples() -> int:
    """Examples of an epoch at `reduced`."""
    return int(
        read_yaml(ROOT / "params.yaml")["budgets"]["reduced"]["studies"]["examples_per_epoch"]
    )


# Rows whose epochs have another length than a pass over the data: printed examples an epoch, of
# 156,082. `our-annealed` has as many as a pass, which it only draws in another way.
OTHER_LENGTH = {
    **{"exp6": 40_000, "exp7": 440_000, "exp8": 25_000, "exp9": 100_000},
    **{"our-annealed": 156_082, "our-pal": 40_000},
}


@pytest.mark.parametrize(("name", "printed"), OTHER_LENGTH.items())
def test_reduced_epochs_of_annealed_sampling_are_as_long_as_printed(
    name: str, printed: int
) -> None:
    found = rows_at("reduced", "elayattu")[name]
    asked = found.epochs * examples() * printed / 156_082
    assert sum(seen(found).values()) == pytest.approx(asked, rel=0.12)


@pytest.mark.parametrize("study", [name for name in STUDIES if name != "best"])
def test_reduced_rows_see_as_much_of_a_task_as_each_other(study: str) -> None:
    """An epoch has equally many examples, shared out alike, whatever batches and sampler are.

    The rows of `best` say themselves how many they see.
    """
    mix, total = read_study(ROOT / "studies" / study / "params.yaml").mix, examples()
    for name, found in rows_at("reduced", study).items():
        if not found.trained or (study == "elayattu" and name in OTHER_LENGTH):
            continue
        for task, count in seen(found).items():
            asked = found.epochs * total * mix[task] / sum(mix.values())
            if name == "our-para-small" and task == "para":
                asked *= mix["sst"] / mix["para"]
            # all_tasks, shortest ends with the first task, whose last batch may be small.
            assert 0.7 * asked <= count <= 1.03 * asked, (name, task)


@pytest.mark.parametrize("study", STUDIES)
def test_smoke_rows_take_three_steps(study: str) -> None:
    for found in rows_at("smoke", study).values():
        if found.trained:
            assert found.steps == 3
            assert all(found.examples[task].count <= 200 for task in found.trained)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"printed": {"exp": {"sst": 0.5}}}, "printed: unknown row 'exp'; did you mean 'exp1'"),
        ({"printed": {"exp1": {"sst": 50.0}}}, "printed.exp1.sst: input should be less than or eq"),
        ({"choices": {"exp3": "why"}}, "choices: unknown row 'exp3'"),
        ({"again": {"rows": ["exp2"], "seeds": [2]}}, "again.rows: unknown row 'exp2'"),
        ({"again": {"rows": ["exp1"], "seeds": [2, 1]}}, "again.seeds: 1 is among seeds already"),
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


def test_a_row_s_fault_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    study = read_yaml(ROOT / "studies" / "wu" / "params.yaml")
    study["strategies"]["model"]["samlper"] = "all_tasks"
    write_yaml(path, study)
    with pytest.raises(InputError, match=f"{path}: strategies.model: unknown key 'samlper'"):
        read_rows(path, ROOT / "params.yaml", encoder="scratch")
