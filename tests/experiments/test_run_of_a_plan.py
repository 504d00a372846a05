"""Whole runs on a tiny encoder: any strategy that plan accepts, with and without interruption."""

import csv
import json
import os
import re
import signal
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK
from transformers.trainer_callback import TrainerCallback
from workspace import BATCHES, plan, workspace

from mtbert.core.errors import InputError
from mtbert.experiments.train import train_run
from mtbert.training.balancing import BALANCINGS
from mtbert.training.losses import TaskLosses
from mtbert.training.resuming import GRACE, Resuming
from mtbert.training.samplers import SAMPLERS

from tiny import saved_weights

SHARED = {"para": {"name": "shared", "task": "sts"}, "sts": "layers"}
# What a draw may choose of each setting; the default stands first.
CHOICES = {
    "sampler": [
        "all_tasks",
        {"name": "all_tasks", "stop": "shortest"},
        {"name": "all_tasks", "stop": "steps", "steps": 2},
        *sorted(set(SAMPLERS) - {"all_tasks"}),
        {"name": "anneal", "steps_per_epoch": 2},
    ],
    "balancing": [
        *(word for word in BALANCINGS if word != "weights"),
        {"name": "weights", "weights": {"sts": 2.0}},
        {"name": "dwa", "window": 1},
    ],
    "regularizers": [
        *("none", "fgm", "fgsm", "pgd", "smart", "rdrop"),
        ["fgm", "rdrop"],
        ["smart", "pgd"],
        {"sst": {"name": "smart", "mode": "mtdnn", "bregman": 1.0}, "para": ["fgsm", "rdrop"]},
        {"sts": {"name": "pgd", "norm": "sign", "target": "table", "steps": 2}},
    ],
    "auxiliaries": [
        "none",
        {"para": "in_batch_negatives"},
        {"para": "simcse"},
        {"para": "energy_hinge"},
        {"name": "simcse", "mode": "unsupervised"},
        {"para": ["simcse", "energy_hinge"], "sst": {"name": "simcse", "mode": "unsupervised"}},
    ],
    "adaptation": [
        "full",
        "frozen",
        {"name": "pal", "size": 8, "heads": 2},
        {"name": "pal", "size": 8, "heads": 2, "encoder": "frozen"},
        {"name": "lora", "rank": 2},
    ],
    "averaging": ["none", "ema", {"name": "swa", "start": 0.3, "every": 1}],
    "optimizer": ["adamw", "adam"],
    "encoding": [{}, {"para": "joint"}, {"sts": "joint"}],
    "examples": [{}, {"para": 9}, {"sst": {"count": 7, "redraw": "epoch"}}],
    "resampling": [{}, {"para": "balanced"}],
    "layout": ["packed", "padded"],
    "tasks": [["sst", "para", "sts"], ["sts", "cfimdb", "para", "sst"], ["para", "sts"], ["sst"]],
    "evaluation_only": [[], ["para"], ["sst", "sts"], ["sst", "para", "sts"]],
}
# In every second draw, so that combinations are not all refused for one of them.
MOSTLY_DEFAULT = ("sampler", "tasks", "encoding", "layout", "adaptation", "evaluation_only")


def draw(generator, unused):
    """Draw a strategy, with one choice that no accepted strategy has."""
    drawn = {}
    for key, choices in CHOICES.items():
        default = key in MOSTLY_DEFAULT and generator.random() < 0.5
        drawn[key] = choices[0 if default else int(generator.integers(len(choices)))]
    if unused:
        key, choice = unused[int(generator.integers(len(unused)))]
        drawn[key] = choice
    if drawn["encoding"].get("sts") == "joint":
        drawn["heads"] = {"sts": "linear"}
    return drawn


@pytest.fixture(scope="module")
def accepted(place):
    """At least 40 strategies, drawn until each choice of each setting is in one of them."""
    generator, plans = np.random.default_rng(4), []
    unused = [(key, choice) for key, choices in CHOICES.items() for choice in choices]
    while len(plans) < 40 or unused:
        changes = draw(generator, unused)
        try:
            plans.append((changes, plan(place, changes)))
        except InputError:
            continue
        unused = [(key, choice) for key, choice in unused if changes[key] != choice]
    return plans


def run(planned, folder, *, seed=1, **options):
    """Train; give the files of weights and predictions, and the log without times."""
    out, log = folder / "out", folder / "log"
    for path in (out, log):
        path.mkdir(parents=True, exist_ok=True)
    train_run(planned, seed=seed, folder=out, log_folder=log, **options)
    weights = {path.parent.name: saved_weights(path.parent) for path in out.glob("*/mtbert.json")}
    predictions = {path.name: path.read_bytes() for path in (out / "predictions").iterdir()}
    assert not (out / "state.pt").exists(), "a finished run leaves no state"
    return weights, predictions, rows(log)


def rows(log):
    tables = {}
    for path in sorted(log.glob("*.csv")):
        with path.open() as file:
            tables[path.name] = list(csv.DictReader(file))
        for row in tables[path.name]:
            row.pop("tokens_per_second", None)
    return tables


def same(one, other):
    """Whether two runs came out the same, bit for bit."""
    for name, weights in one[0].items():
        assert weights.keys() == other[0][name].keys()
        for key, value in weights.items():
            np.testing.assert_array_equal(value, other[0][name][key], err_msg=f"{name} {key}")
    assert one[1:] == other[1:]


def interrupt(monkeypatch, planned, folder, *, after, rest=1, train=run):
    """Save a state after so many steps; interrupt the run `rest` steps later, or at its end."""

    class Interrupted(Resuming):
        steps = 0

        def due(self):
            self.steps += 1
            if self.steps == after + rest:
                raise KeyboardInterrupt
            return self.steps == after

        def close(self):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("mtbert.experiments.train.Resuming", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(planned, folder)


def test_every_accepted_strategy_runs_and_resumes(place, accepted, tmp_path, monkeypatch):
    for number, (changes, planned) in enumerate(accepted):
        whole, folder = run(planned, tmp_path / f"{number}"), tmp_path / f"{number}-resumed"
        assert len(whole[2]["steps.csv"]) == (3 if planned.train.trained else 0), changes
        for weights in whole[0].values():
            assert all(np.isfinite(value).all() for value in weights.values()), changes
        interrupt(monkeypatch, planned, folder, after=1 + number % 2)
        same(whole, run(planned, folder))


SHORT = {"steps": None, "epochs": 3}


def test_a_run_resumes_anywhere(place, tmp_path, monkeypatch, capsys):
    changes = {**SHORT, "averaging": "ema", "balancing": {"name": "dwa"}, "examples": {"para": 12}}
    planned = plan(place, changes)
    whole = run(planned, tmp_path / "whole")
    steps = len(whole[2]["steps.csv"])
    assert steps == 15
    for after in range(1, steps):
        folder = tmp_path / f"{after}"
        interrupt(monkeypatch, planned, folder, after=after)
        capsys.readouterr()
        same(whole, run(planned, folder))
        assert f"resumes after step {after}" in capsys.readouterr().out
        facts = json.loads((folder / "log" / "run.json").read_text())
        assert facts["resumed_after"] == after


def test_heads_that_start_fitted(place, tmp_path, monkeypatch, capsys):
    runs = {}
    for start in ("random", "fitted"):
        heads = {task: {"name": "linear", "start": start} for task in ("sst", "para", "sts")}
        planned = plan(place, {"heads": heads, "examples": {"para": 12}, "averaging": "ema"})
        runs[start] = run(planned, tmp_path / start)
    printed = capsys.readouterr().out
    counts = {"sst": 20, "para": 12, "sts": 20}
    assert [f"{t} fitted to {n} examples" in printed for t, n in counts.items()] == [True] * 3
    losses = [float(runs[start][2]["steps.csv"][0]["loss"]) for start in ("fitted", "random")]
    assert losses[0] < losses[1]
    interrupt(monkeypatch, planned, tmp_path / "resumed", after=1)
    capsys.readouterr()
    same(runs["fitted"], run(planned, tmp_path / "resumed"))
    assert "fitted to" not in capsys.readouterr().out


def test_a_task_in_fp32_among_others_in_bf16_is_told(place, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mtbert.experiments.run.choose_precision", lambda *_: ("bf16", ""))
    run(plan(place, {"regularizers": {"sst": "smart", "para": "fgm"}}), tmp_path)
    printed = capsys.readouterr().out
    assert "training sst in fp32, not bf16: smart would be rounded away" in printed
    assert "training para in fp32" not in printed


def test_predicting_shows_how_far_it_is(place, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mtbert.core.progress.EVERY", 1e-9)
    run(plan(place, {"steps": 1}), tmp_path)
    printed = capsys.readouterr().err
    for split, count in (("dev", 24), ("test", 12)):
        assert re.search(rf"drawn-1: predicting {split}: {count} of {count} examples", printed)


def test_a_run_resumes_more_than_once(place, tmp_path, monkeypatch):
    planned = plan(place, {**SHORT, "conflicts_every": 4})
    whole = run(planned, tmp_path / "whole")
    # Rows are added to conflicts.csv less often than states are saved.
    for after in (2, 1, 3, 1, 1):
        interrupt(monkeypatch, planned, tmp_path / "resumed", after=after, rest=2)
    same(whole, run(planned, tmp_path / "resumed"))


def test_the_stage_resumes(place, tmp_path, monkeypatch, capsys):
    from stages.train import main

    monkeypatch.chdir(tmp_path)
    plan(place, {})
    args = (place / "plans" / "drawn.yaml", 1, Path("out"), Path("log"))
    interrupt(monkeypatch, None, None, after=2, train=lambda *_: main(*args))
    assert not Path("out").exists()
    main(*args)
    assert "resumes after step 2" in capsys.readouterr().out
    assert sorted(path.name for path in Path("out").iterdir()) == ["best", "last", "predictions"]


def test_sigterm_ends_a_run_that_resumes(place, tmp_path, monkeypatch, capsys):
    planned = plan(place, {})
    whole = run(planned, tmp_path / "whole")

    class Signalled(Resuming):
        def due(self):
            os.kill(os.getpid(), signal.SIGTERM)
            return super().due()

    with monkeypatch.context() as patched:
        patched.setattr("mtbert.experiments.train.Resuming", Signalled)
        patched.setattr("mtbert.training.resuming._end", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(planned, tmp_path / "ended")
    assert 0 < signal.alarm(0) <= GRACE  # it would have ended by then in any case
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert "ended by a signal; the next run goes on after step 1" in capsys.readouterr().out
    (tmp_path / "ended/out/best").mkdir()
    (tmp_path / "ended/out/best/.tmpX").touch()  # half a file of weights
    same(whole, run(planned, tmp_path / "ended"))
    assert "resumes after step 1" in capsys.readouterr().out
    assert not (tmp_path / "ended/out/best/.tmpX").exists()


def test_a_state_after_every_step(place, tmp_path, monkeypatch):
    steps, save = [], Resuming.save
    keep = lambda self, step, *a, **parts: (steps.append(step), save(self, step, *a, **parts))  # noqa: E731
    monkeypatch.setattr(Resuming, "save", keep)
    run(plan(place, {}), tmp_path, save_every=0.0)
    assert steps == [1, 2]  # of three; after the last the run is done


@pytest.mark.parametrize("other", [{"seed": 2}, {"learning_rate": 2e-3}, {"state": b"PK half"}])
def test_the_state_of_another_run_is_deleted(place, tmp_path, monkeypatch, capsys, other):
    interrupt(monkeypatch, plan(place, {}), tmp_path / "other", after=1)
    (tmp_path / "other/out/folder").mkdir()
    state = tmp_path / "other/out/state.pt"
    state.write_bytes(other.get("state", state.read_bytes()))
    planned = plan(place, {k: v for k, v in other.items() if k == "learning_rate"})
    seed = other.get("seed", 1)
    whole = run(planned, tmp_path / "whole", seed=seed)
    same(whole, run(planned, tmp_path / "other", seed=seed))
    assert "resumes" not in capsys.readouterr().out
    assert not (tmp_path / "other/out/folder").exists()


def test_a_state_that_cannot_be_saved_does_not_stop_the_run(place, tmp_path, monkeypatch, capsys):
    planned = plan(place, {})
    whole = run(planned, tmp_path / "whole")
    monkeypatch.setattr(Resuming, "due", lambda self: True)
    monkeypatch.setattr("torch.save", Mock(side_effect=RuntimeError("no space left on device")))
    same(whole, run(planned, tmp_path / "full"))
    assert "the run's state could not be saved: no space left" in capsys.readouterr().out


def test_the_last_weights_and_test_may_be_left_out(place, tmp_path):
    planned = plan(place, {})
    whole, dev = run(planned, tmp_path / "a"), run(planned, tmp_path / "b", last=False, test=False)
    assert set(dev[0]) == {"best"}
    assert set(dev[1]) == {f"{task}-dev.parquet" for task in planned.tasks}
    whole[0].pop("last")
    same(dev, (whole[0], {name: whole[1][name] for name in dev[1]}, whole[2]))


def test_averaging_does_not_change_the_training(place, tmp_path):
    plain = run(plan(place, SHORT), tmp_path / "plain")
    other = run(plan(place, {**SHORT, "averaging": "ema"}), tmp_path / "ema")
    assert plain[2]["steps.csv"] == other[2]["steps.csv"]
    key = "heads.sst.2.bias"
    assert not np.array_equal(plain[0]["last"][key], other[0]["last"][key])


def test_logging_conflicts_changes_the_order_of_dropout_alone(tmp_path):
    still = workspace(tmp_path / "still", dropout=0.0)
    heads = {task: {"name": "linear", "dropout": 0.0} for task in BATCHES}
    losses = []
    for every in (0, 1):
        planned = plan(still, {**SHORT, "heads": heads, "conflicts_every": every})
        log = run(planned, tmp_path / f"{every}")[2]
        losses.append([float(row["loss"]) for row in log["steps.csv"]])
        assert bool(log["conflicts.csv"]) == bool(every)
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_passes_that_no_dropout_tells_apart_are_refused(tmp_path):
    still = workspace(tmp_path / "still", dropout=0.0)
    twice = {**SHORT, "auxiliaries": {"sst": {"name": "simcse", "mode": "unsupervised"}}}
    message = "drawn-1: {} of sst compares the {} of two passes, .* rates before them are 0"
    with pytest.raises(InputError, match=message.format("simcse", "vectors")):
        run(plan(still, twice), tmp_path / "a")
    dropped = {"sst": {"name": "layers", "layers": 0, "input_dropout": 0.1}}
    run(plan(still, {**twice, "projections": dropped}), tmp_path / "b")
    lora = {"adaptation": {"name": "lora", "dropout": 0.1}}
    run(plan(still, {**twice, **lora}), tmp_path / "c")
    run(plan(still, {**SHORT, "regularizers": {"sst": "rdrop"}}), tmp_path / "d")
    bare = {"regularizers": {"sst": "rdrop"}, "heads": {"sst": {"name": "linear", "dropout": 0.0}}}
    with pytest.raises(InputError, match=message.format("rdrop", "logits")):
        run(plan(still, {**SHORT, **bare}), tmp_path / "e")


def test_an_average_of_one_sample_is_named(place, tmp_path, capsys):
    run(plan(place, {**SHORT, "averaging": "swa"}), tmp_path / "a")
    assert "drawn-1: nothing is averaged: swa takes one sample" in capsys.readouterr().out
    run(plan(place, {**SHORT, "averaging": {"name": "swa", "every": 1}}), tmp_path / "b")
    assert "nothing is averaged" not in capsys.readouterr().out


def test_conflicts_are_logged_every_few_steps(place, tmp_path):
    logged = run(plan(place, {**SHORT, "conflicts_every": 4}), tmp_path / "a")[2]["conflicts.csv"]
    pairs = [("sst", "para"), ("sst", "sts"), ("para", "sts")]
    expected = [(f"{step}", *pair) for step in (1, 5, 9, 13) for pair in pairs]
    assert [(row["step"], row["first"], row["second"]) for row in logged] == expected
    assert all(-1 <= float(row["cosine"]) <= 1 for row in logged)
    alone = plan(place, {**SHORT, "sampler": "uniform", "conflicts_every": 1})
    assert run(alone, tmp_path / "b")[2]["conflicts.csv"] == []


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_loss_that_is_not_finite_stops_the_run(place, tmp_path, monkeypatch, value):
    planned = plan(place, {"steps": None, "epochs": 2, "sampler": "round_robin"})
    steps = run(planned, tmp_path / "whole")[2]["steps.csv"]
    fatal = next(row for row in steps if row["epoch"] == "2" and row["tasks"] == "sts")
    drawn, call, before = [row["tasks"] for row in steps], TaskLosses.__call__, {}

    def poisoned(self, tasks):
        losses = call(self, tasks)
        del drawn[0]
        if len(drawn) == len(steps) - int(fatal["step"]):
            before.update({k: v.detach().clone() for k, v in self.model.state_dict().items()})
            losses["sts"] = losses["sts"] * float(value)
        return losses

    with monkeypatch.context() as patched:
        patched.setattr(TaskLosses, "__call__", poisoned)
        with pytest.raises(InputError) as error:
            run(planned, tmp_path / "stopped")
    message, out = str(error.value), tmp_path / "stopped" / "out"
    assert f"step {fatal['step']}: loss of sts is {value}" in message
    assert message.count("sts-train-") == 5, "the examples of the batch"
    assert f"{out / 'before_stop'}: the weights as they were then" in message
    assert f"{out / 'best'}: its best epoch" in message
    kept = saved_weights(out / "before_stop")
    for name, weight in before.items():
        np.testing.assert_array_equal(kept[name], weight)
    assert len(rows(tmp_path / "stopped" / "log")["steps.csv"]) == int(fatal["step"]) - 1
    run(planned, tmp_path / "stopped")
    assert not (out / "before_stop").exists()


def test_outputs_that_are_not_finite_stop_the_run(place, tmp_path):
    rates = {"learning_rate": 1e30, "head_learning_rate": 1e30, "warmup": 0.0, "steps": 1}
    with pytest.raises(InputError, match=r"epoch 1, step 1: 8 of 8 outputs of sst on dev are NaN"):
        run(plan(place, {"tasks": ["sst"], **rates}), tmp_path)
    assert not (tmp_path / "out" / "best").exists()


@pytest.mark.parametrize("word", [w for w, kind in BALANCINGS.items() if kind.needs_several])
def test_a_refusal_names_the_samplers_that_fit_a_balancing(place, word):
    with pytest.raises(InputError) as error:
        plan(place, {"balancing": word, "sampler": "anneal"})
    assert f"strategies.drawn.sampler: balancing {word} needs several tasks" in str(error.value)
    assert str(error.value).endswith("samplers that fit: all_tasks")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"balancing": "pcgrad", "adaptation": "frozen"}, "balancing: pcgrad combines the tasks'"),
        ({"balancing": {"name": "weights", "weights": {"stt": 1}}}, "balancing.weights: unknown"),
        ({"regularizers": "fgm", "adaptation": "frozen"}, "regularizers.sst: fgm: perturbs tokens"),
        ({"regularizers": {"sst": ["fgm", "fgm"]}}, "regularizers.sst: fgm: given twice"),
        ({"regularizers": ["fgm", "fmg"]}, "regularizers.1: unknown regularizer 'fmg'; did you"),
        ({"regularizers": {"st": "fgm"}}, "regularizers: unknown task 'st'; did you mean 'sts'?"),
        ({"auxiliaries": "simcse"}, "auxiliaries.sst: simcse: needs labels of kind binary"),
        (
            {"steps": 9, "examples_seen": 99},
            "steps: 9, and examples_seen: 99 ends the run, too",
        ),
        ({"examples": {"sst": 21}}, "examples.sst.count: at most the 20 train examples there are"),
        ({"examples": {"st": "all"}}, "examples: unknown task 'st'; did you mean 'sts'?"),
        ({"evaluation_only": ["stss"]}, "evaluation_only: unknown task 'stss'; did you mean 'sts'"),
        ({"evaluation_only": ["sst", "sst"]}, "evaluation_only: each task once, found ['sst', "),
        (
            {"evaluation_only": ["cfimdb"]},
            "evaluation_only: 'cfimdb' is not among the strategy's tasks: sst, para, sts",
        ),
        (
            {"evaluation_only": ["sts"], "projections": SHARED},
            "projections.para: shares that of 'sts', which is evaluation-only",
        ),
        (
            {"evaluation_only": ["para", "sts"], "balancing": "pcgrad"},
            "balancing: pcgrad needs several tasks, found sst alone",
        ),
        (
            {"evaluation_only": ["sst", "para"], "adaptation": "frozen"},
            "adaptation: frozen, and neither a head nor a projection has parameters",
        ),
        (
            {"evaluation_only": ["sst", "sts"], "extra_data": "synonyms"},
            "extra_data: synonyms has rows for ",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_plan_time(place, changes, message):
    with pytest.raises(InputError) as error:
        plan(place, changes)
    assert f"strategies.drawn.{message}" in str(error.value)


def test_a_run_that_cannot_begin_ends_it_in_the_tracker(place, tmp_path, monkeypatch):
    ended = []
    monkeypatch.setattr("mtbert.experiments.train.Tracker.close", lambda _: ended.append(1))
    monkeypatch.setattr("mtbert.experiments.train.Run", None)
    with pytest.raises(TypeError):
        run(plan(place, {}), tmp_path)
    assert ended == [1]


def test_a_tracker_changes_no_result(place, tmp_path, monkeypatch, capsys):
    logged = []
    monkeypatch.setattr("mtbert.core.progress.EVERY", 1e-9)

    class Notebook(TrainerCallback):
        def on_log(self, args, state, control, logs, **_):
            logged.append((state.global_step, logs))

    monkeypatch.setitem(INTEGRATION_TO_CALLBACK, "notebook", Notebook)
    monkeypatch.chdir(tmp_path)
    planned = plan(place, {})
    tracked = run(planned, tmp_path / "tracked", report_to="notebook")
    same(run(planned, tmp_path / "plain"), tracked)
    rows = tracked[2]["steps.csv"]
    assert [f"{logs['loss']:.5g}" for _, logs in logged[:3]] == [row["loss"] for row in rows]
    epoch = tracked[2]["epochs.csv"][-1]
    assert logged[-1][0] == int(epoch["step"])
    assert logged[-1][1]["eval_score"] == pytest.approx(float(epoch["score"]), abs=1e-6)
    assert not (tmp_path / "tracking").exists()
    progress = capsys.readouterr().err
    for line in ("3 of 3 steps", "predicting dev: 24 of 24 ex", "predicting test: 12 of 12 ex"):
        assert f"drawn-1: {line}" in progress
