"""A study's rows under a budget: steps by hand, equal examples, and settings that do not fit."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mtbert.budgets import Cut
from mtbert.errors import InputError
from mtbert.modeling.pooling import CLS, Max, Mean
from mtbert.params import read_yaml, write_yaml
from mtbert.strategies import TrainSettings, read_strategies
from mtbert.studies import read_rows, read_study, shortened
from mtbert.training.batches import Subset

from tiny import ROOT

STUDIES = sorted(path.parent.name for path in ROOT.glob("studies/*/params.yaml"))
BATCHES = {"sst": 8, "para": 16, "sts": 8}
CUT = Cut(examples_per_epoch=480, whole=156082, epochs=4)


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


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({}, 150),  # 10 · 480 / (8 + 16 + 8)
        ({"sampler": "round_robin", "balancing": "sum"}, 450),  # 10 · 480 / (32 / 3)
        ({"tasks": ["sst"]}, 200),  # 10 · 480 / 3 / 8
        ({"tasks": ["sst", "para"], "untrained": ["para"]}, 200),  # the same
        ({"tasks": ["sst", "sts"]}, 200),  # 10 · 480 · 2/3 / 16
        # Of 156,082 examples an epoch, 2,400 steps of 32 / 3 are a share: 10 · 480 · that / (32/3)
        ({"sampler": {"name": "annealed", "steps_per_epoch": 2400}, "balancing": "sum"}, 74),
        ({"epochs": 1}, 15),
    ],
)
def test_steps_by_hand(tmp_path: Path, changes: dict[str, Any], steps: int) -> None:
    assert shortened(row(tmp_path, **changes), CUT).steps == steps


def test_rates_go_up_and_heads_keep_a_least(tmp_path: Path) -> None:
    cut = Cut(learning_rate=5.0, head_learning_rate=1e-3, adapter_learning_rate=4e-5)
    found = shortened(row(tmp_path), cut)
    assert found.learning_rate == pytest.approx(5e-5)
    assert found.head_learning_rate == 1e-3
    assert found.adapter_learning_rate == pytest.approx(5e-5)


def test_a_drawing_sampler_gets_the_epochs_that_its_rates_fall_over(tmp_path: Path) -> None:
    one = row(tmp_path, sampler={"name": "annealed"}, balancing="sum")
    found = shortened(one, CUT)
    assert found.steps == 450
    assert found.sampler.steps_per_epoch == 113  # 450 / 4, so that four epochs hold all steps
    assert type(found.sampler) is type(one.sampler)


def test_a_sequential_sampler_comes_to_every_task(tmp_path: Path) -> None:
    one = row(tmp_path, sampler="sequential", balancing="sum", examples={"sst": 100})
    found = shortened(one, CUT)
    assert (found.steps, found.epochs) == (450, 4)
    # 450 · 32/3 examples, a third of each, over four epochs; the row's own count stands.
    assert found.examples["para"] == Subset(count=400, redraw="epoch")
    assert found.examples["sst"] == Subset(count=100)


def test_another_pooling_stands_for_the_pooler_alone(tmp_path: Path) -> None:
    one = row(tmp_path, pooling={"sst": "pooler", "para": "cls", "sts": "max"})
    found = shortened(one, Cut(pooler="mean"))
    assert [type(found.pooling[task]) for task in BATCHES] == [Mean, CLS, Max]
    assert shortened(one, Cut()).pooling == one.pooling


def test_at_most_so_many_steps_and_examples(tmp_path: Path) -> None:
    one = row(tmp_path, examples={"sst": 50, "para": {"count": 900, "redraw": "epoch"}})
    found = shortened(one, Cut(steps=3, examples=200))
    assert found.steps == 3
    assert {task: own.count for task, own in found.examples.items()} == {
        **{"sst": 50, "para": 200, "sts": 200}
    }


def test_a_row_that_trains_nothing_has_nothing_to_cut(tmp_path: Path) -> None:
    one = row(tmp_path, untrained=["sst", "para", "sts"])
    found = shortened(one, Cut(steps=3, learning_rate=5.0, pooler="mean"))
    assert found == one


def test_no_cut_leaves_a_row_as_printed(tmp_path: Path) -> None:
    assert shortened(row(tmp_path), Cut()) == row(tmp_path)


@pytest.mark.parametrize("study", STUDIES)
def test_paper_leaves_every_printed_rate_and_length(study: str) -> None:
    asked = read_study(ROOT / "studies" / study / "params.yaml")
    for name, found in rows_at("paper", study).items():
        told = {**asked.train, **(asked.strategies[name] or {})}
        assert found.epochs == told["epochs"]
        assert found.learning_rate == told["learning_rate"]
        assert found.steps is None


@pytest.mark.parametrize("study", STUDIES)
def test_reduced_rows_of_as_many_epochs_see_as_many_examples(study: str) -> None:
    """But for what a whole number of steps leaves; a batch may differ by row."""
    printed = rows_at("paper", study)
    for name, found in rows_at("reduced", study).items():
        if not found.trained or getattr(printed[name].sampler, "steps_per_epoch", None):
            continue
        sizes = [found.batch_size[task] for task in found.trained]
        batch = sum(sizes) / (len(sizes) if found.sampler.one_task else 1)
        asked = printed[name].epochs * 480 * len(found.trained) / 3
        assert found.steps is not None
        assert abs(found.steps * batch - asked) <= batch / 2, name


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
        ({"overall": "median"}, "overall: unknown overall 'median'"),
        ({"titel": "t"}, "unknown key 'titel'; did you mean 'title'"),
    ],
)
def test_a_study_that_does_not_fit(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    path = tmp_path / "params.yaml"
    good = {
        **{"title": "t", "overall": "mean", "train": {}, "strategies": {"exp1": {}}},
        **{"printed": {}, "choices": {"all": "why"}, "seeds": [1]},
        "again": {"rows": ["exp1"], "seeds": [2]},
    }
    write_yaml(path, good)
    assert read_study(path).strategies == {"exp1": {}}
    write_yaml(path, {**good, **changes})
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
