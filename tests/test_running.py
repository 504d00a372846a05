"""Whole runs on a tiny encoder: any strategy that plan accepts, unbroken and broken off."""

import csv
import json

import numpy as np
import pytest
from safetensors.numpy import load_file
from workspace import plan, workspace

from mtbert.errors import InputError
from mtbert.registry import spell
from mtbert.running import train_run
from mtbert.training.balancing import BALANCINGS
from mtbert.training.resuming import Resuming
from mtbert.training.samplers import SAMPLERS

# What a draw may choose of each setting; the default stands first.
CHOICES = {
    "sampler": [
        "all_tasks",
        {"name": "all_tasks", "stop": "shortest"},
        {"name": "all_tasks", "stop": "steps", "steps": 2},
        *sorted(set(SAMPLERS) - {"all_tasks"}),
        {"name": "annealed", "steps_per_epoch": 2},
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
}
# In every second draw, so that combinations are not all refused for one of them.
MOSTLY_DEFAULT = ("sampler", "tasks", "encoding", "layout", "adaptation")


def draw(generator, unused):
    """Draw a strategy, with one choice that no accepted one has."""
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
def place(tmp_path_factory):
    return workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def accepted(place):
    """64 and more strategies, drawn until every choice of every setting is in one of them."""
    generator, found, refused = np.random.default_rng(4), [], []
    unused = [(key, choice) for key, choices in CHOICES.items() for choice in choices]
    while len(found) < 64 or unused:
        changes = draw(generator, unused)
        try:
            found.append((changes, plan(place, changes)))
        except InputError as error:
            refused.append(str(error))
            continue
        unused = [(key, choice) for key, choice in unused if changes[key] != choice]
    assert refused, "draws that do not fit are among them"
    assert all("strategies.drawn" in told for told in refused), "a refusal names its place"
    return found


def run(planned, folder, *, seed=1):
    """Train; give the files of weights and predictions, and the log without times."""
    out, log = folder / "out", folder / "log"
    for path in (out, log):
        path.mkdir(parents=True, exist_ok=True)
    train_run(planned, seed=seed, folder=out, log_folder=log)
    weights = {name: load_file(out / name / "model.safetensors") for name in ("best", "last")}
    predictions = {path.name: path.read_bytes() for path in (out / "predictions").iterdir()}
    assert not (out / "state.pt").exists(), "a finished run leaves no state"
    return weights, predictions, rows(log)


def rows(log):
    told = {}
    for path in sorted(log.glob("*.csv")):
        with path.open() as file:
            told[path.name] = [
                {key: value for key, value in row.items() if key != "tokens_per_second"}
                for row in csv.DictReader(file)
            ]
    return told


def same(one, other):
    """Whether two runs came out the same, bit for bit."""
    for name, weights in one[0].items():
        assert weights.keys() == other[0][name].keys()
        for key, value in weights.items():
            np.testing.assert_array_equal(value, other[0][name][key], err_msg=f"{name} {key}")
    assert one[1:] == other[1:]


def test_whatever_plan_accepts_runs_and_goes_on_where_it_was_broken_off(
    place, accepted, tmp_path, monkeypatch
):
    for number, (changes, planned) in enumerate(accepted):
        unbroken = run(planned, tmp_path / f"{number}")
        assert len(unbroken[2]["steps.csv"]) == 3, changes
        for weights in unbroken[0].values():
            assert all(np.isfinite(value).all() for value in weights.values()), changes
        with monkeypatch.context() as patched:
            patched.setattr("mtbert.running.Resuming", breaks(after=1 + number % 2))
            with pytest.raises(KeyboardInterrupt):
                run(planned, tmp_path / f"{number}-broken")
        same(unbroken, run(planned, tmp_path / f"{number}-broken"))


def breaks(*, after):
    """A state is saved after so many steps; in the next one, or at the end, the run breaks off."""

    class Breaks(Resuming):
        asked = 0

        def due(self):
            self.asked += 1
            if self.asked > after:
                raise KeyboardInterrupt
            return self.asked == after

        def close(self):
            raise KeyboardInterrupt

    return Breaks


SHORT = {"steps": None, "epochs": 3}


def test_a_run_goes_on_across_its_epochs(place, tmp_path, monkeypatch, capsys):
    changes = {**SHORT, "averaging": "ema", "balancing": {"name": "dwa"}, "examples": {"para": 12}}
    planned = plan(place, changes)
    unbroken = run(planned, tmp_path / "unbroken")
    steps = len(unbroken[2]["steps.csv"])
    assert steps == 15
    for after in range(1, steps):
        folder = tmp_path / f"{after}"
        with monkeypatch.context() as patched:
            patched.setattr("mtbert.running.Resuming", breaks(after=after))
            with pytest.raises(KeyboardInterrupt):
                run(planned, folder)
        capsys.readouterr()
        same(unbroken, run(planned, folder))
        assert f"goes on after step {after}" in capsys.readouterr().out
        facts = json.loads((folder / "log" / "run.json").read_text())
        assert facts["resumed_after"] == after


@pytest.mark.parametrize("other", [{"seed": 2}, {"learning_rate": 2e-3}])
def test_another_run_starts_anew(place, tmp_path, monkeypatch, capsys, other):
    with monkeypatch.context() as patched:
        patched.setattr("mtbert.running.Resuming", breaks(after=1))
        with pytest.raises(KeyboardInterrupt):
            run(plan(place, {}), tmp_path / "broken")
    assert (tmp_path / "broken" / "out" / "state.pt").exists()
    (tmp_path / "broken" / "out" / "left").mkdir()
    seed = other.pop("seed", 1)
    planned = plan(place, other)
    expected = run(planned, tmp_path / "whole", seed=seed)
    same(expected, run(planned, tmp_path / "broken", seed=seed))
    assert "goes on" not in capsys.readouterr().out
    assert not (tmp_path / "broken" / "out" / "left").exists()


def test_a_state_that_is_not_whole_is_none(place, tmp_path):
    planned = plan(place, {})
    expected = run(planned, tmp_path / "whole")
    (tmp_path / "broken" / "out").mkdir(parents=True)
    (tmp_path / "broken" / "out" / "state.pt").write_bytes(b"PK half of it")
    same(expected, run(planned, tmp_path / "broken"))


def test_averaging_and_telemetry_alone_do_not_change_the_training(place, tmp_path):
    plain = run(plan(place, {**SHORT, "conflicts_every": 0}), tmp_path / "plain")
    averaged = plan(place, {**SHORT, "conflicts_every": 0, "averaging": "ema"})
    other = run(averaged, tmp_path / "ema")
    assert plain[2]["steps.csv"] == other[2]["steps.csv"]
    assert plain[2]["conflicts.csv"] == []
    key = "heads.sst.2.bias"
    assert not np.array_equal(plain[0]["last"][key], other[0]["last"][key])


def test_conflicts_are_logged_at_the_rate_asked_for(place, tmp_path):
    told = run(plan(place, {**SHORT, "conflicts_every": 4}), tmp_path / "a")[2]["conflicts.csv"]
    assert [row["step"] for row in told] == [str(step) for step in (1, 5, 9, 13) for _ in range(3)]
    assert [(row["first"], row["second"]) for row in told[:3]] == [
        ("sst", "para"),
        ("sst", "sts"),
        ("para", "sts"),
    ]
    assert all(-1 <= float(row["cosine"]) <= 1 for row in told)
    alone = plan(place, {**SHORT, "sampler": "uniform", "conflicts_every": 1})
    assert run(alone, tmp_path / "b")[2]["conflicts.csv"] == []


def test_a_loss_that_is_no_number_stops_and_keeps_what_was_good(place, tmp_path, monkeypatch):
    planned = plan(place, {"steps": None, "epochs": 2, "sampler": "round_robin"})
    whole = run(planned, tmp_path / "whole")
    steps = whole[2]["steps.csv"]
    fatal = next(row for row in steps if row["epoch"] == "2" and row["tasks"] == "sts")
    with monkeypatch.context() as patched:
        poison(patched, task="sts", count=sum(row["tasks"] == "sts" for row in steps) // 2 + 1)
        with pytest.raises(InputError) as error:
            run(planned, tmp_path / "broken")
    told = str(error.value)
    assert f"step {fatal['step']}: loss of sts is nan" in told
    assert told.count("sts-train-") == 5, "the examples of the batch"
    out = tmp_path / "broken" / "out"
    assert f"{out / 'last_good'}: the model before that step" in told
    assert f"{out / 'best'}: its best epoch" in told
    good = load_file(out / "last_good" / "model.safetensors")
    assert all(np.isfinite(value).all() for value in good.values())
    assert good.keys() == whole[0]["best"].keys()
    assert len(rows(tmp_path / "broken" / "log")["steps.csv"]) == int(fatal["step"]) - 1


def poison(patched, *, task, count):
    """Let a task's loss be no number the `count`-th time that it is asked for."""
    from mtbert.training.losses import Losses

    asked, give = [], Losses.__call__

    def call(self, tasks):
        found = give(self, tasks)
        if task in tasks:
            asked.append(1)
            if len(asked) == count:
                found[task] = found[task] * float("nan")
        return found

    patched.setattr(Losses, "__call__", call)


def test_a_plan_names_the_samplers_that_fit(place):
    for word in BALANCINGS:
        spec = {"name": "weights", "weights": {"sst": 1.0}} if word == "weights" else word
        changes = {"balancing": spec, "sampler": "annealed"}
        if not BALANCINGS[word].needs_several:
            plan(place, changes)
            continue
        with pytest.raises(InputError) as error:
            plan(place, changes)
        assert f"strategies.drawn.sampler: balancing {word} needs several tasks" in str(error.value)
        assert str(error.value).endswith("samplers that fit: all_tasks")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"balancing": "pcgrad", "adaptation": "frozen"}, "balancing: pcgrad combines the tasks'"),
        ({"balancing": "pcgrad", "tasks": ["sst"]}, "balancing: pcgrad needs several tasks"),
        ({"balancing": {"name": "weights", "weights": {"stt": 1}}}, "did you mean 'sts'?"),
        ({"regularizers": "fgm", "adaptation": "frozen"}, "regularizers.sst: fgm: perturbs tokens"),
        ({"regularizers": {"sst": ["fgm", "fgm"]}}, "regularizers.sst: fgm: may stand once"),
        ({"regularizers": ["fgm", "fmg"]}, "regularizers.1: unknown regularizer 'fmg'; did you"),
        ({"regularizers": {"st": "fgm"}}, "regularizers: unknown task 'st'; did you mean 'sts'?"),
        ({"auxiliaries": "simcse"}, "auxiliaries.sst: simcse: needs labels of kind binary"),
        (
            {"auxiliaries": {"para": "simcse"}, "encoding": {"para": "joint"}},
            "auxiliaries.para: simcse: needs two vectors",
        ),
        ({"examples": {"sst": 21}}, "examples.sst.count: at most the 20 train examples there are"),
        ({"averaging": {"name": "ema", "decay": 1.0}}, "averaging.decay: input should be less"),
        ({"optimizer": "adamm"}, "optimizer: unknown optimizer 'adamm'; did you mean 'adam'?"),
    ],
)
def test_what_does_not_fit_is_refused_at_plan_time(place, changes, told):
    with pytest.raises(InputError) as error:
        plan(place, changes)
    assert "strategies.drawn" in str(error.value)
    assert told in str(error.value)


def test_anneal_is_a_name_for_annealed(place):
    short, long = (plan(place, {"sampler": word}).train for word in ("anneal", "annealed"))
    assert short == long
    assert spell(SAMPLERS, short.sampler)["name"] == "annealed"


def test_none_is_written_in_one_way(place):
    ways = ["none", [], {}, {"sst": "none"}, {"sst": [], "para": "none"}]
    assert len({plan(place, {"regularizers": way}).model_dump_json() for way in ways}) == 1
