"""Values reach the callbacks that Transformers has for a tracker; their faults end no run."""

import pytest
from transformers.integrations import integration_utils
from transformers.trainer_callback import TrainerCallback

from mtbert.core.errors import InputError
from mtbert.training.tracking import Tracker


@pytest.fixture
def events(monkeypatch):
    """What a made-up tracker, `notebook`, was told."""
    events = []

    class Notebook(TrainerCallback):
        def on_train_begin(self, args, state, control, **_):
            events.append((args.run_name, args.to_dict(), args.project))

        def on_log(self, args, state, control, logs, **_):
            events.append((state.global_step, state.max_steps, logs))
            if "fatal" in logs:
                raise ConnectionError("no route to host")

        def on_train_end(self, args, state, control, **_):
            events.append("end")

    monkeypatch.setitem(integration_utils.INTEGRATION_TO_CALLBACK, "notebook", Notebook)
    return events


def test_a_tracker_gets_settings_curves_and_the_end(events):
    tracker = Tracker("none, notebook", run="main-1", settings={"epochs": 2})
    for step in range(1, 1002):
        tracker.step(step, 1001, {"loss": 1 / step})
    tracker.log(1001, {"eval_sst_accuracy": 0.5})
    tracker.close()
    assert events[0] == ("main-1", {"epochs": 2}, None)
    assert [event[0] for event in events[1:-2]] == [*range(2, 1001, 2), 1001]
    assert events[1] == (2, 1001, {"loss": 0.5})
    assert events[-2:] == [(1001, 1001, {"eval_sst_accuracy": 0.5}), "end"]


def test_a_tracker_that_fails_ends_no_run(events, capsys):
    tracker = Tracker("notebook", run="main-1", settings={})
    for values in ({"fatal": 1.0}, {"loss": 1.0}):
        tracker.log(1, values)
    tracker.close()
    assert len(events) == 2
    assert "warning: Notebook: no route to host; goes on without it" in capsys.readouterr().out


def test_unknown_and_absent_trackers_are_refused(monkeypatch):
    with pytest.raises(InputError, match="report_to: unknown tracker 'tensorbord'; did you"):
        Tracker("tensorbord", run="main-1", settings={})
    monkeypatch.setattr(integration_utils, "is_wandb_available", lambda: False)
    monkeypatch.setenv("MTBERT_REPORT_TO", "wandb")
    with pytest.raises(InputError, match=r"MTBERT_REPORT_TO: wandb: .*`pip install wandb`"):
        Tracker(None, run="main-1", settings={})


def test_git_does_not_see_what_trackers_write(events, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Tracker("notebook", run="main-1", settings={}).close()
    assert not (tmp_path / "tracking").exists()
    (tmp_path / "tracking").mkdir()
    Tracker("notebook", run="main-1", settings={}).close()
    assert (tmp_path / "tracking/.gitignore").read_text() == "*\n"
