"""What a run tells while it goes on, and leaves behind: a row for every step and epoch."""

import csv
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Seconds between two lines of progress.
PAUSE = 5.0


class Log:
    """Writes steps.csv and epochs.csv, and a plain line of progress now and then."""

    def __init__(self, folder: Path, tasks: Sequence[str], *, name: str) -> None:
        self.name = name
        self.tokens = self.slots = 0
        self.seconds = 0.0
        self.epochs: list[dict[str, float]] = []
        self._tasks = list(tasks)
        self._folder = folder
        self._spoken = 0.0
        self.ahead = 0.0  # seconds before the first step
        self._steps = (folder / "steps.csv").open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._steps, lineterminator="\n")
        self._writer.writerow(
            ["step", "epoch", "tasks", "learning_rate", "loss"]
            + [f"loss_{task}" for task in tasks]
            + ["gradient_norm", "tokens", "tokens_per_second"]
        )

    def step(
        self,
        *,
        step: int,
        epoch: int,
        total: int,
        learning_rate: float,
        losses: Mapping[str, float],
        gradient_norm: float,
        tokens: int,
        slots: int,
        seconds: float,
    ) -> None:
        """Log one update.

        Args:
            step: Number of the step, from 1.
            epoch: Number of its epoch, from 1.
            total: Steps of the run.
            learning_rate: Rate of this update.
            losses: Loss of each task in the step.
            gradient_norm: L2 norm before clipping.
            tokens: Real tokens in the step's batches.
            slots: The same with padding.
            seconds: Time of the step.
        """
        self.tokens, self.slots = self.tokens + tokens, self.slots + slots
        self.seconds += seconds
        loss = sum(losses.values())
        self._writer.writerow(
            [step, epoch, "+".join(losses), f"{learning_rate:.4g}", f"{loss:.5g}"]
            + [f"{losses[task]:.5g}" if task in losses else "" for task in self._tasks]
            + [f"{gradient_norm:.4g}", tokens, round(tokens / seconds)]
        )
        if time.monotonic() - self._spoken >= PAUSE or step == total:
            self._spoken = time.monotonic()
            left = (self.seconds - self.ahead) / step * (total - step)
            print(
                f"{self.name}: step {step}/{total}, epoch {epoch}, loss {loss:.3f}, "
                f"{self.tokens / self.seconds:,.0f} tokens/s, {left / 60:.1f} min left",
                flush=True,
            )

    def encoded(self, *, tokens: int, slots: int, seconds: float) -> None:
        """Log that all sentences were encoded ahead, once: no step will do it."""
        self.tokens, self.slots = self.tokens + tokens, self.slots + slots
        self.seconds += seconds
        self.ahead += seconds
        print(
            f"{self.name}: the encoder is fixed: {tokens:,} tokens encoded once, {seconds:.1f} s",
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
        told = ", ".join(f"{k} {v:.3f}" for k, v in row.items() if k not in ("epoch", "step"))
        print(f"{self.name}: epoch {row['epoch']} on dev: {told}", flush=True)

    def close(self) -> None:
        """Finish the file of steps."""
        self._steps.close()
