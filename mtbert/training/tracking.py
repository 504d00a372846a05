"""A run's curves in a tracker while it trains, by the callbacks that Transformers has for each.

The tracker's own environment variables (WANDB_PROJECT, MLFLOW_TRACKING_URI,
TENSORBOARD_LOGGING_DIR, …) hold as they do for Transformers' Trainer.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mtbert.core.errors import InputError, choices
from mtbert.core.outputs import write_text
from mtbert.core.processes import process_rank

# No stage depends on a variable of the environment: to track a run otherwise, train nothing anew.
REPORT_TO = "MTBERT_REPORT_TO"
FOLDER = Path("tracking")  # of TensorBoard, CodeCarbon and dvclive; others have their own
POINTS = 500  # of a curve of a whole run, at most twice as many


class Arguments(SimpleNamespace):
    """What the callbacks read of the Trainer's arguments; what a run has none of is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)

    def to_dict(self) -> dict[str, Any]:
        """Give the settings of the run."""
        return dict(self.settings)

    to_sanitized_dict = to_dict

    def to_json_string(self) -> str:
        """Give them as JSON."""
        return json.dumps(self.settings, indent=2)


class Tracker:
    """Sends a run's values to some trackers, or to none; one that fails ends no run."""

    def __init__(self, report_to: str | None, *, run: str, settings: Mapping[str, Any]) -> None:
        """Begin to track.

        Args:
            report_to: Names of trackers, with commas between them; none, or empty, for no tracker.
                None: those of the environment variable `REPORT_TO`.
            run: Name of the run.
            settings: Shown beside its curves, as plain data.

        Raises:
            InputError: there is no such tracker, or its package is not installed.
        """
        self._where = REPORT_TO if report_to is None else "report_to"
        report_to = os.environ.get(REPORT_TO, "") if report_to is None else report_to
        report_to = "" if process_rank() > 0 else report_to  # the first process tracks
        names = [name for name in map(str.strip, report_to.split(",")) if name not in ("", "none")]
        self._folder = FOLDER / run
        self._callbacks = [self._callback(name) for name in names]
        if not names:
            return
        from transformers.trainer_callback import TrainerControl, TrainerState

        arguments = Arguments(settings=settings, run_name=run, output_dir=str(self._folder))
        self._facts, self._state = (arguments, state := TrainerState(), TrainerControl()), state
        self._call("on_train_begin")
        if FOLDER.is_dir():
            write_text(FOLDER / ".gitignore", "*\n")

    def _callback(self, name: str) -> Any:
        from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

        if name not in INTEGRATION_TO_CALLBACK:
            raise InputError(f"{self._where}: {choices('tracker', name, INTEGRATION_TO_CALLBACK)}")
        try:
            if name == "dvclive":
                from dvclive import Live

                # A stage is no experiment of its own.
                live = Live(str(self._folder / name), save_dvc_exp=False, dvcyaml=None)
                return INTEGRATION_TO_CALLBACK[name](live=live)
            return INTEGRATION_TO_CALLBACK[name]()
        except (ImportError, RuntimeError) as error:
            raise InputError(f"{self._where}: {name}: {error}") from None

    def step(self, step: int, total: int, values: Mapping[str, float]) -> None:
        """Track the values of a step, of many steps those of some."""
        if self._callbacks and (step % max(1, total // POINTS) == 0 or step == total):
            self._state.max_steps = total
            self.log(step, values)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Track values; keys with eval_ in front are those on dev."""
        if self._callbacks:
            self._state.global_step = step
            self._call("on_log", logs=dict(values))

    def close(self) -> None:
        """End the run in each tracker."""
        self._call("on_train_end")

    def _call(self, event: str, **values: Any) -> None:
        for callback in list(self._callbacks):
            try:
                getattr(callback, event)(*self._facts, **values)
            except Exception as error:  # each raises its own, as for a network that is gone
                self._callbacks.remove(callback)
                name = type(callback).__name__
                print(f"warning: {name}: {error}; goes on without it", flush=True)
