"""A process ends with the one that started it, even where that one is killed.

A stage that outlives DVC would hold its output against the rerun, and cores that nobody waits for.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# DVC sets this for its stages alone: what `nohup` starts by hand outlives its shell.
DVC_STAGE = "DVC_STAGE"
# What may stand between DVC and a stage. Most shells replace themselves by their only command.
WRAPPERS = frozenset({"bash", "csh", "dash", "fish", "ksh", "sh", "tcsh", "timeout", "uv", "zsh"})
SECONDS = 1.0  # between two looks at the parents
PR_SET_PDEATHSIG = 1  # of Linux; ctypes does not read prctl.h


def end_with_dvc() -> None:
    """Send this process SIGTERM when the DVC that started it ends; without DVC do nothing."""
    if DVC_STAGE not in os.environ:
        return
    import psutil  # DVC needs it, too

    chain = [psutil.Process()]
    while (parent := chain[-1].parent()) is not None:
        chain.append(parent)
        if parent.name() not in WRAPPERS:
            break
    if len(chain) == 1:
        return
    parent = chain[-1]
    # Where DVC was killed before this line, a process of the system has taken its place.
    system = parent.pid == 1 or parent.name() == "systemd"
    if system and os.getpgid(parent.pid) != os.getpgrp():
        os.kill(os.getpid(), signal.SIGTERM)
    end_with_parent(chain[1].pid)
    if len(chain) > 2:
        _watch(lambda: chain[-2].is_running() and chain[-2].ppid() == parent.pid)


def end_with_parent(parent: int) -> None:
    """Send this process SIGTERM when its parent, of that process id, ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
    else:
        _watch(lambda: os.getppid() == parent)


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Let a block end before SIGINT or SIGTERM is handled, as it is in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    handlers = [(each, signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM)]
    handlers = [(each, handler) for each, handler in handlers if handler is not None]  # not of C
    for each, _ in handlers:
        signal.signal(each, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for each, handler in handlers:
            signal.signal(each, handler)
        for number in received[:1]:
            os.kill(os.getpid(), number)


class Terminated(KeyboardInterrupt):
    """SIGTERM, as `kill`, Slurm and clouds send it: all ends as by Ctrl-C."""


def raise_terminated(*_: object) -> None:
    """Handle SIGTERM: raise `Terminated`."""
    raise Terminated


def _watch(alive: Callable[[], bool]) -> None:
    """Send this process SIGTERM once `alive` says no."""

    def look() -> None:
        while alive():
            time.sleep(SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()
