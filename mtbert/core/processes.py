"""One stage in several processes: they start together, end together, and report as one.

The first process stands for the stage: it prints, writes and takes signals. What the others print
is kept, and shown where one of them fails by itself.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from mtbert.core.errors import InputError
from mtbert.core.lifetime import end_with_parent

# How many processes a run has. No stage depends on a variable of the environment: a run on another
# number is the same up to rounding and dropout, and is not made again.
PROCESSES = "MTBERT_PROCESSES"
# Set in these processes alone: a folder that they share, and the process that started them
FOLDER, PARENT = "MTBERT_PROCESSES_FOLDER", "MTBERT_PROCESSES_PARENT"
LOST = 75  # exit status of a process that misses another one
LOOK = 0.1  # seconds between two looks at the processes
GRACE = 2.0  # seconds in which the others may end by themselves once one has failed


def process_count() -> int:
    """Read `PROCESSES`, 1 where it is not set."""
    value = os.environ.get(PROCESSES, "1")
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise InputError(f"{PROCESSES}: expected a number of processes above 0, found {value!r}")
    return int(value)


def shared_folder() -> Path | None:
    """Give the folder that the processes of a run share; None in a process of its own."""
    return Path(os.environ[FOLDER]) if FOLDER in os.environ else None


def process_rank() -> int:
    """Give this process's number among those of the run; 0 is the one that writes."""
    return int(os.environ["RANK"]) if FOLDER in os.environ else 0


def take_part() -> None:
    """Go on as the only process of a run or one of several, or start these and end as they do."""
    if PARENT in os.environ:
        end_with_parent(int(os.environ[PARENT]))
    elif (count := process_count()) > 1:
        raise SystemExit(_run_together(count))


def leave(reason: str) -> NoReturn:
    """End this process because another one is gone, and leave the message to what started both."""
    if (folder := shared_folder()) is not None:
        with (folder / f"{process_rank()}.txt").open("a", encoding="utf-8") as file:
            file.write(f"error: the processes of this run lost each other: {reason}\n")
    raise SystemExit(LOST)


def _run_together(count: int) -> int:
    """Run this program again in `count` processes; give the exit status of all.

    Where one fails or is killed, all end, with one message. SIGTERM goes to the first, which may
    save its state; this process then ends by it, too.
    """
    with TemporaryDirectory(prefix="mtbert-") as name:
        folder, processes = Path(name), []
        try:
            processes += [_start(rank, count, folder) for rank in range(count)]
            signal.signal(signal.SIGTERM, lambda *_: processes[0].terminate())
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the first, too
            codes = _wait(processes)
        finally:
            for process in processes:
                process.kill()
                process.wait()
        status = _report(codes, folder)
    if codes[0] == -signal.SIGTERM:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    return status


def _start(rank: int, count: int, folder: Path) -> "subprocess.Popen[bytes]":
    spec = sys.modules["__main__"].__spec__
    assert spec is not None, "a stage is started as a module"
    command = [sys.executable, "-m", spec.name, *sys.argv[1:]]
    own = {FOLDER: str(folder), PARENT: str(os.getpid())}
    own |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}  # as torch and Accelerate read them
    own |= {"WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}
    # Processes on processors talk over the loopback interface alone.
    loopback = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    environment = {**loopback, **os.environ, **own}
    if rank == 0:
        return subprocess.Popen(command, env=environment)
    with (folder / f"{rank}.txt").open("wb") as kept:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=kept,
            start_new_session=True,  # signals to a terminal's group are for the first
        )


def _wait(processes: "list[subprocess.Popen[bytes]]") -> list[int | None]:
    """Wait for all to end, or for one to fail and the others' grace: their exit codes by then."""
    end = float("inf")
    while None in (codes := [process.poll() for process in processes]):
        if any(codes):
            end = min(end, time.monotonic() + GRACE)
        if time.monotonic() > end:
            break
        time.sleep(LOOK)
    return codes


def _report(codes: list[int | None], folder: Path) -> int:
    """Print the message of the process that failed first by itself; give an exit status."""
    failed = [rank for rank, code in enumerate(codes) if code not in (0, None, LOST)]
    failed += [rank for rank, code in enumerate(codes) if code == LOST]
    if not failed:
        return 0
    rank, code = failed[0], codes[failed[0]] or 0
    if code < 0:
        if code != -signal.SIGTERM or rank > 0:
            name, who = signal.Signals(-code).name, f"process {rank + 1} of {len(codes)}"
            print(f"error: {who} was ended by {name}, and all with it", file=sys.stderr)
        return 1
    with suppress(FileNotFoundError):  # the first one has printed its own
        sys.stderr.write((folder / f"{rank}.txt").read_text(encoding="utf-8", errors="replace"))
    return code
