"""What DVC started ends with it: as its child, below a shell, and where DVC was killed before."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from mtbert.core.lifetime import DVC_STAGE

# Prints its process id once it is tied to its parent, then would run for a minute.
STAGE = (
    "import os, time; from mtbert.core.lifetime import end_with_dvc\n"
    "end_with_dvc(); print(os.getpid(), flush=True); time.sleep(60)"
)
# Stands for DVC: runs a command and waits.
DVC = "import subprocess, sys; subprocess.run(sys.argv[1:])"


def start(*words, **variables):
    own = {key: value for key, value in os.environ.items() if key != DVC_STAGE}
    environment = own | {"STAGE": STAGE, **variables}
    command = [sys.executable, "-c", DVC, *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def ends(number, *, seconds):
    """Whether a process that is no child of ours ends in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and psutil.pid_exists(number):
        if psutil.Process(number).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return not psutil.pid_exists(number)


# Looks for its parent only once that is gone.
LATE = (
    "import os, time; from mtbert.core.lifetime import end_with_dvc\n"
    "parent = os.getppid(); print(os.getpid(), flush=True)\n"
    "while os.getppid() == parent: time.sleep(0.01)\n"
    "end_with_dvc(); time.sleep(60)"
)
SHELL = '"$0" -c "$STAGE"; true'  # a second command: the shell stays


@pytest.mark.parametrize(
    "words",
    [
        (sys.executable, "-c", STAGE),
        ("sh", "-c", SHELL, sys.executable),
        (sys.executable, "-c", LATE),
    ],
    ids=["its child", "below a shell", "killed before it looked"],
)
def test_a_stage_ends_with_a_killed_dvc(words):
    with start(*words, **{DVC_STAGE: "train"}) as dvc:
        stage = int(dvc.stdout.readline())
        dvc.kill()
        assert ends(stage, seconds=5)


def test_what_dvc_did_not_start_outlives_its_parent():
    with start(sys.executable, "-c", STAGE) as shell:
        command = int(shell.stdout.readline())
        shell.kill()
        assert not ends(command, seconds=0.5)
        psutil.Process(command).kill()
