"""DVC and its stages as forks of this process, which has imported torch and DVC before.

Imports take nearly all the time of a stage of a few rows. Other than `programs` of
tests/preloaded.py, forks keep a run's own process tree: a session that DVC leads, the stage its
child.
"""

import gc
import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from preloaded import outcome, preload

LIMIT = 300.0  # seconds that a program may take


class Fork:
    """A program in a process of its own; as far as DVC needs it, a `subprocess.Popen`."""

    def __init__(
        self, words: Sequence[str], *, cwd: str | Path, env: Mapping[str, str], **options: Any
    ) -> None:
        """Start it; `session` and `output`, a file, are ours, all other options DVC's."""
        self.returncode: int | None = None
        if words[-2] == "-c":  # DVC's shell, which replaces itself by its only command
            words = shlex.split(words[-1])
        self.pid = os.fork()
        if self.pid == 0:
            if options.get("session"):
                os.setsid()
            self._become(list(words), cwd, env, options.get("output"))

    @staticmethod
    def _become(
        words: list[str], cwd: str | Path, env: Mapping[str, str], output: IO[str] | None
    ) -> None:
        """Do what the program does, with no more of its parent than exec would leave."""
        gc.freeze()  # no file of the parent is closed after another got its number
        if output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.closerange(3, 1024)  # DVC's locks among them
        for name in [name for name in sys.modules if name.split(".")[0] in ("mtbert", "stages")]:
            del sys.modules[name]  # the copy of the project has its own
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        os._exit(outcome(words))

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def communicate(self) -> None:
        """Wait for the end."""
        end = time.monotonic() + LIMIT
        while self.poll() is None:
            if time.monotonic() > end:
                os.kill(self.pid, 9)
                raise TimeoutError(f"process {self.pid}: no end within {LIMIT:.0f} s")
            time.sleep(0.02)


def fork_stages() -> None:
    """Import what programs need; from here on DVC forks its stages."""
    preload()
    import dvc.stage.run

    dvc.stage.run.subprocess = SimpleNamespace(Popen=Fork)
