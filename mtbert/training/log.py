"""What a run logs: a row for every step and epoch, and a line of progress now and then."""

import csv
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from mtbert.training.balancing.gradients import gradient_pairs
from mtbert.training.losses import TaskLosses

# Seconds between two lines of progress.
PAUSE = 5.0
TOTALS = ("tokens", "slots", "seconds", "ahead")


class Log:
    """Writes steps.csv, conflicts.csv and epochs.csv, and prints progress.

    steps.csv has a row for every step: `loss_{task}` is the task's whole loss, `{term}_{task}` what
    a regularizer or an auxiliary loss added to it, `weight_{task}` the balancing's weight of its
    gradient. conflicts.csv has a row for every two tasks in the steps with per-task gradients.
    """

    def __init__(
        self, folder: Path, tasks: Sequence[str], *, name: str, terms: Sequence[str] = ()
    ) -> None:
        """Open the files; those of an interrupted run grow, see `load_state_dict`.

        `tasks` are the trained ones, `terms` are the columns {term}_{task}, and `name` is the run's
        in its lines of progress.
        """
        self.name = name
        self.tokens = self.slots = 0
        self.seconds = self.ahead = 0.0  # of all work, and of that before the first step
        self.epochs: list[dict[str, float]] = []
        self._tasks, self._terms = list(tasks), list(terms)
        self._folder = folder
        self._printed = 0.0
        self._steps = CsvFile(
            folder / "steps.csv",
            ["step", "epoch", "tasks", "learning_rate", "loss"]
            + [f"loss_{task}" for task in tasks]
            + self._terms
            + [f"weight_{task}" for task in tasks]
            + ["gradient_norm", "tokens", "tokens_per_second"]
            + [f"examples_{task}" for task in tasks],
        )
        self._pairs = CsvFile(
            folder / "conflicts.csv",
            ["step", "epoch", "first", "second", "cosine", "norm_first", "norm_second"],
        )

    def step(
        self,
        *,
        step: int,
        total: int,
        epoch: int,
        learning_rate: float,
        losses: Mapping[str, float],
        weights: Mapping[str, float],
        gradient_norm: float,
        task_losses: TaskLosses,
        seconds: float,
    ) -> None:
        """Log one update, and print progress if it is time.

        `losses` and `weights` are each task's, and the gradient norm is that before clipping;
        `task_losses` has the step's terms, examples and tokens.
        """
        tokens, rows = task_losses.tokens, task_losses.rows
        self.tokens, self.slots = self.tokens + tokens, self.slots + task_losses.slots
        self.seconds += seconds
        loss = sum(losses.values())
        self._steps.add(
            [step, epoch, "+".join(rows), f"{learning_rate:.4g}", f"{loss:.5g}"]
            + _columns(losses, self._tasks)
            + _columns(task_losses.added, self._terms)
            + _columns(weights, self._tasks)
            + [f"{gradient_norm:.4g}", tokens, round(tokens / seconds)]
            + [len(rows[task]) if task in rows else "" for task in self._tasks]
        )
        if time.monotonic() - self._printed >= PAUSE or step == total:
            self._printed = time.monotonic()
            remaining = (self.seconds - self.ahead) / step * (total - step)
            print(
                f"{self.name}: step {step}/{total}, epoch {epoch}, loss {loss:.3f}, "
                f"{self.tokens / self.seconds:,.0f} tokens/s, {remaining / 60:.1f} min left",
                flush=True,
            )

    def gradient_pairs(self, step: int, epoch: int, gramian: Tensor, tasks: Sequence[str]) -> None:
        """Log the cosine and norms of every two tasks' gradients, from their Gramian."""
        for pair in gradient_pairs(gramian, tasks):
            cosine = "" if pair.cosine is None else f"{pair.cosine:.5f}"
            norms = [f"{pair.norm_first:.5g}", f"{pair.norm_second:.5g}"]
            self._pairs.add([step, epoch, pair.first, pair.second, cosine, *norms])

    def encoded(self, *, tokens: int, slots: int, seconds: float) -> None:
        """Log that all sentences were encoded once, before the first step."""
        self.tokens, self.slots = self.tokens + tokens, self.slots + slots
        self.seconds, self.ahead = self.seconds + seconds, self.ahead + seconds
        print(
            f"{self.name}: the encoder is frozen: {tokens:,} tokens encoded once, {seconds:.1f} s",
            flush=True,
        )

    def epoch(self, row: dict[str, float]) -> None:
        """Log the dev metrics after an epoch."""
        self.epochs.append(row)
        with (self._folder / "epochs.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            writer.writeheader()
            writer.writerows(
                {k: round(v, 6) if isinstance(v, float) else v for k, v in item.items()}
                for item in self.epochs
            )
        metrics = ", ".join(f"{k} {v:.3f}" for k, v in row.items() if k not in ("epoch", "step"))
        print(f"{self.name}: epoch {row['epoch']} on dev: {metrics}", flush=True)

    def close(self) -> None:
        """Close the files."""
        self._steps.file.close()
        self._pairs.file.close()

    def state_dict(self) -> dict[str, Any]:
        """Give the counts, the epochs, and the sizes of the files in bytes."""
        counts = {name: getattr(self, name) for name in TOTALS}
        sizes = {"steps": self._steps.path.stat().st_size, "pairs": self._pairs.path.stat().st_size}
        return {**counts, **sizes, "epochs": [dict(row) for row in self.epochs]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load what `state_dict` gave, and drop the files' rows of later steps."""
        for name in TOTALS:
            setattr(self, name, state[name])
        os.truncate(self._steps.path, state["steps"])
        os.truncate(self._pairs.path, state["pairs"])
        self.epochs = [dict(row) for row in state["epochs"]]


class CsvFile:
    """A CSV file that grows by rows, each written at once."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Open a file; write the header if it is new."""
        self.path = path
        self.file = path.open("a", buffering=1, newline="", encoding="utf-8")
        self.add = csv.writer(self.file, lineterminator="\n").writerow
        if not path.stat().st_size:
            self.add(columns)


def _columns(values: Mapping[str, float], names: Sequence[str]) -> list[str]:
    return [f"{values[name]:.5g}" if name in values else "" for name in names]
