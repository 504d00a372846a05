"""What a run logs: a row for every step and epoch, and its progress."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from mtbert.core.progress import print_line, progress_bar
from mtbert.training.balancing.gradients import gradient_pairs
from mtbert.training.losses import TaskLosses
from mtbert.training.tracking import Tracker

if TYPE_CHECKING:
    from tqdm import tqdm

TOTALS = ("tokens", "slots", "seconds", "ahead")


class Log:
    """Writes steps.csv, conflicts.csv and epochs.csv, shows progress, and reports to trackers.

    steps.csv has a row for every step: `loss_{task}` is the task's whole loss, `{term}_{task}` what
    a regularizer or an auxiliary loss added to it, `weight_{task}` the balancing's weight of its
    gradient. conflicts.csv has a row for every two tasks in the steps with per-task gradients.
    """

    def __init__(
        self,
        folder: Path,
        tasks: Sequence[str],
        *,
        name: str,
        terms: Sequence[str] = (),
        tracker: Tracker | None = None,
    ) -> None:
        """Open the files; those of an interrupted run grow, see `load_state_dict`.

        `tasks` are the trained ones, `terms` are the columns {term}_{task}, and `name` is the run's
        in its lines of progress; `tracker` is none by default.
        """
        self.name = name
        self.tokens = self.slots = 0
        self.seconds = self.ahead = 0.0  # of all work, and of that before the first step
        self.epochs: list[dict[str, float]] = []
        self._tasks, self._terms = list(tasks), list(terms)
        self._folder = folder
        self._bar: tqdm[Any] | None = None
        self._tracker = tracker or Tracker("", run=name, settings={})
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
        added: Mapping[str, float],
        task_losses: TaskLosses,
        seconds: float,
    ) -> None:
        """Log one update.

        `losses` and `weights` are each task's, `added` is what each term adds, and the gradient
        norm is that before clipping; `task_losses` has the step's examples and tokens.
        """
        tokens, rows = task_losses.tokens, task_losses.rows
        self.tokens, self.slots = self.tokens + tokens, self.slots + task_losses.slots
        self.seconds += seconds
        loss = sum(losses.values())
        self._steps.add(
            [step, epoch, "+".join(rows), f"{learning_rate:.4g}", f"{loss:.5g}"]
            + _columns(losses, self._tasks)
            + _columns(added, self._terms)
            + _columns(weights, self._tasks)
            + [f"{gradient_norm:.4g}", tokens, round(tokens / seconds)]
            + [len(rows[task]) if task in rows else "" for task in self._tasks]
        )
        curves = {"loss": loss, "learning_rate": learning_rate, "gradient_norm": gradient_norm}
        curves |= {f"loss_{task}": value for task, value in losses.items()}
        self._tracker.step(step, total, {**curves, "tokens_per_second": tokens / seconds})
        if self._bar is None:
            self._bar = progress_bar(self.name, total, "steps", done=step - 1)
        rate = f"{self.tokens / self.seconds:,.0f} tokens/s"
        self._bar.set_postfix_str(f"epoch {epoch}, loss {loss:.3f}, {rate}", refresh=False)
        self._bar.update()

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
        done = f"{tokens:,} tokens encoded once, {seconds:.1f} s"
        print_line(f"{self.name}: the encoder is frozen: {done}")

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
        print_line(f"{self.name}: epoch {row['epoch']} on dev: {metrics}")
        scores = {f"eval_{k}": v for k, v in row.items() if k not in ("epoch", "step")}
        self._tracker.log(int(row["step"]), scores)

    def close(self) -> None:
        """Close the files and the bar."""
        if self._bar is not None:
            self._bar.close()
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
