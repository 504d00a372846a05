"""Progress of runs: a live table on a terminal, elsewhere a line for each start and end."""

import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from mtbert.cluster.worker import Event, Outcome
from mtbert.core.errors import printable

SHOWN = 20  # rows of the table, at most
WAITING = 60.0  # seconds between two lines that say that runs wait


class Display:
    """Shows jobs and writes their logs to files."""

    def __init__(self, total: int, logs: Path) -> None:
        self.total, self.logs, self.began = total, logs, time.monotonic()
        self.idle = self.began  # since when no run has been in progress
        self.done, self.failures, self.recording = 0, 0, 0.0
        self.shares: Counter[str] = Counter()
        self.running: dict[str, tuple[str, float, str]] = {}  # node, start, last line
        self.live: Any = None
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        if sys.stdout.isatty():
            from rich.live import Live

            self.live = Live(get_renderable=self.table, refresh_per_second=2)
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()
        shares = ", ".join(f"{count} on {node}" for node, count in self.shares.most_common())
        seconds, where = time.monotonic() - self.began, f": {shares}" if shares else ""
        print(
            f"{self.done} of {self.total} runs in {seconds:.0f} s{where}; DVC took "
            f"{self.recording:.1f} s to record them",
            flush=True,
        )

    def log(self, job: str) -> Path:
        """The file of a job's log."""
        return self.logs / f"{job.replace('/', '-')}.log"

    def add(self, events: Iterable[Event]) -> None:
        """Show events of jobs."""
        for event in events:
            if not event.text:
                again = " again" if event.job in self.running else ""
                self.running[event.job] = (event.node, time.monotonic(), "")
                self.log(event.job).write_text("")
                self._print(f"{event.job}: started{again} on {event.node}")
            else:
                with self.log(event.job).open("a") as file:
                    file.write(event.text)
                node, began, _ = self.running.get(event.job, (event.node, time.monotonic(), ""))
                last = printable(event.text.strip().rpartition("\n")[2])
                self.running[event.job] = (node, began, last)

    def end(self, job: str, outcome: Outcome) -> None:
        """Count a job whose results are recorded."""
        self.done += 1
        self.shares[outcome.node.name] += 1
        self.running.pop(job, None)
        self._print(
            f"{job}: done in {outcome.seconds:.0f} s on {outcome.node.name}; {self.count()}"
        )

    def fail(self, job: str, why: str) -> None:
        """Count a failed job; show the first line of the reason and the last line of its log."""
        self.failures += 1
        self.running.pop(job, None)
        lines = why.splitlines()
        text = ": ".join(dict.fromkeys((lines[0], lines[-1])))
        self._print(f"{job}: failed: {printable(text)}; {self.count()}")

    def note_waiting(self, runs: int, cpus: int, gpus: float) -> None:
        """Report now and then that all runs wait."""
        now = time.monotonic()
        if self.running or not runs:
            self.idle = now
        elif now - self.idle > WAITING:
            self.idle = now
            self._print(f"{runs} runs wait for a node with {cpus} CPUs and {gpus:g} GPUs")

    def count(self) -> str:
        """How many runs are done, and how long the rest may take."""
        text = f"{self.done} of {self.total} runs"
        text += f", {self.failures} failed" if self.failures else ""
        ended = self.done + self.failures
        if max(1, len(self.running)) <= ended < self.total:
            seconds = (time.monotonic() - self.began) / ended * (self.total - ended)
            rest = f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
            text += f", about {rest} left"
        return text

    def table(self) -> Any:
        """The runs in progress, for rich."""
        from rich.table import Table

        look: dict[str, Any] = {"box": None, "title_justify": "left", "pad_edge": False}
        table = Table(title=self.count(), expand=True, **look)
        for name in ("run", "node", "s"):
            table.add_column(name, justify="right" if name == "s" else "left", no_wrap=True)
        table.add_column("last line of its log", no_wrap=True, ratio=1)
        for job, (node, began, last) in list(self.running.items())[:SHOWN]:
            table.add_row(job, node, f"{time.monotonic() - began:.0f}", last)
        return table

    def _print(self, line: str) -> None:
        if self.live:
            self.live.console.print(line, markup=False, highlight=False)
        else:
            print(line, flush=True)
