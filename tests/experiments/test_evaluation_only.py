"""Tasks that a strategy evaluates but does not train, from its plan to the outputs of its run."""

import csv
import json

import numpy as np
import pytest
from workspace import SIZES, plan

from mtbert.experiments.run import Run
from mtbert.experiments.train import train_run

from tiny import saved_weights

ALL = ["sst", "para", "sts"]
PAL = {"name": "pal", "size": 8, "heads": 2}
SHORT = {"steps": None, "epochs": 3}


def run(planned, folder):
    """Train; give the weights before, the best and last ones, run.json and a reader of the logs."""
    out, log = folder / "out", folder / "log"
    out.mkdir()
    log.mkdir()
    start = {k: v.numpy() for k, v in Run(planned, seed=1).model.state_dict().items()}
    train_run(planned, seed=1, folder=out, log_folder=log)
    ends = [saved_weights(out / name) for name in ("best", "last")]
    assert {path.stem for path in (out / "predictions").iterdir()} == {
        f"{task}-{split}" for task in planned.tasks for split in ("dev", "test")
    }
    facts = json.loads((log / "run.json").read_text())
    return (
        start,
        ends,
        facts,
        lambda name: list(csv.DictReader((log / name).read_text().splitlines())),
    )


def moved(before, after):
    """The parts of the model whose weights changed."""
    changed = [key for key, value in before.items() if not np.array_equal(value, after[key])]
    return {".".join(key.split(".")[: 3 if "task_parts" in key else 2]) for key in changed}


def test_evaluation_only_tasks_keep_their_initial_weights(place, tmp_path):
    changes = {**SHORT, "evaluation_only": ["para", "sts"], "adaptation": PAL, "conflicts_every": 1}
    planned = plan(place, {**changes, "projections": "layers"})
    start, ends, facts, log = run(planned, tmp_path)
    for weights in ends:
        own = {part for part in moved(start, weights) if not part.startswith("encoder.")}
        assert own == {"heads.sst", "projections.sst", "adapter.task_parts.sst"}
        assert any(part.startswith("encoder.") for part in moved(start, weights))
    parts = facts["parameters"]["parts"]
    assert parts["heads.para"]["trainable"] == parts["projections.sts"]["trainable"] == 0
    assert parts["heads.sst"]["trainable"] == parts["heads.sst"]["total"] > 0
    assert facts["examples"] == {"sst": SIZES["train"]}
    steps = log("steps.csv")
    assert {row["tasks"] for row in steps} == {"sst"}
    assert not any(key.endswith(("_para", "_sts")) for key in steps[0])
    assert not log("conflicts.csv")
    for row in log("epochs.csv"):
        assert row["score"] == row["sst_accuracy"]
        assert {"para_accuracy", "sts_pearson"} <= row.keys()


def test_the_optimizer_has_nothing_of_evaluation_only_tasks(place):
    model = Run(plan(place, {"evaluation_only": ["para"], "adaptation": PAL}), seed=1).model
    learning = {id(p) for group in model.groups() for p in group.parameters}
    names = [name for name, p in model.named_parameters() if id(p) in learning]
    assert {part for name in names for part in name.split(".") if part in ALL} == {"sst", "sts"}


@pytest.mark.parametrize(("evaluation_only", "best"), [([], 1), (["sts"], 2)])
def test_chance_does_not_choose_the_best_epoch(place, tmp_path, monkeypatch, evaluation_only, best):
    scripted = {"accuracy": iter([0.1, 0.3, 0.2]), "pearson": iter([0.9, 0.0, 0.5])}
    monkeypatch.setattr(
        "mtbert.experiments.run.main_score", lambda metric, *_: next(scripted[metric])
    )
    changes = {**SHORT, "tasks": ["sst", "sts"], "evaluation_only": evaluation_only}
    *_, facts, log = run(plan(place, changes), tmp_path)
    assert facts["best_epoch"] == best
    assert [row["sts_pearson"] for row in log("epochs.csv")] == ["0.9", "0.0", "0.5"]


@pytest.mark.parametrize("changes", [{}, {"adaptation": "frozen"}, {"balancing": "pcgrad"}])
def test_where_nothing_is_trained_the_start_is_scored(place, tmp_path, changes):
    start, ends, facts, log = run(plan(place, {"evaluation_only": ALL, **changes}), tmp_path)
    assert [moved(start, weights) for weights in ends] == [set(), set()]
    (row,) = log("epochs.csv")
    assert (row["epoch"], row["step"]) == ("0", "0")
    scores = [float(row[key]) for key in ("sst_accuracy", "para_accuracy", "sts_pearson")]
    assert float(row["score"]) == pytest.approx(np.mean(scores), abs=1e-6)
    assert not log("steps.csv")
    assert (facts["epochs"], facts["steps"], facts["best_epoch"]) == (0, 0, 0)
    assert facts["parameters"]["trainable"] == facts["real_tokens"] == 0
    assert facts["packed_share"] is facts["tokens_per_second"] is None
    assert facts["examples"] == {}


def test_the_seed_draws_the_heads(place):
    planned = plan(place, {"evaluation_only": ALL})
    one, same, other = (Run(planned, seed=seed).model.state_dict() for seed in (1, 1, 2))
    assert all(np.array_equal(value, same[key]) for key, value in one.items())
    assert not np.array_equal(one["heads.sst.2.bias"], other["heads.sst.2.bias"])


def test_the_plan_holds_what_training_reads_alone(place):
    short = plan(place, {"evaluation_only": ["para", "sts"]})
    assert {task: list(files) for task, files in short.tokens.items()} == {
        "sst": ["train", "dev", "test"],
        "para": ["dev", "test"],
        "sts": ["dev", "test"],
    }
    how = {"batch_size": {"sts": 2}, "examples": {"para": 3}, "regularizers": {"sts": "fgm"}}
    assert plan(place, {"evaluation_only": ["sts", "para"], **how}) == short
