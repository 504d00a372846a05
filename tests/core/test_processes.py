"""Two processes of one program start, fail and end as one."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from mtbert.core.errors import InputError
from mtbert.core.processes import PROCESSES, process_count

from tiny import ROOT

PROGRAM = """
import os, signal, sys, time
from mtbert.core import processes
processes.GRACE = 0.5
processes.take_part()
rank = processes.process_rank()
def fail(text, code=2):
    print(f"error: {text}", file=sys.stderr)
    sys.exit(code)
def wait():
    print(os.getpid(), flush=True)
    time.sleep(60)
"""
REFUSED = 'fail("no such file")'
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
SAVES = """
def save(*_):
    print("saved", flush=True)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
signal.signal(signal.SIGTERM, save)
wait()
"""


def start(folder, first, second):
    """Start a program whose two processes run these lines."""
    both = f"exec({[first, second]!r}[rank])\n"
    (folder / "program.py").write_text(PROGRAM + both)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), PROCESSES: "2", "TMPDIR": str(folder)}
    options = {"cwd": folder, "env": environment, "text": True, "start_new_session": True}
    words = [sys.executable, "-m", "program"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


@pytest.mark.parametrize(
    ("first", "second", "code", "printed", "message"),
    [
        ("print('done')", "print('done')", 0, "done\n", ""),
        ("time.sleep(0.3); print('late')", "pass", 0, "late\n", ""),
        (REFUSED, REFUSED, 2, "", "error: no such file\n"),
        ("time.sleep(60)", REFUSED, 2, "", "error: no such file\n"),
        ("processes.leave('closed')", 'fail("disk full", 1)', 1, "", "error: disk full\n"),
        (
            *("processes.leave('closed')", KILLED, 1, ""),
            "error: process 2 of 2 was ended by SIGKILL, and all with it\n",
        ),
        (KILLED, "wait()", 1, "", "error: process 1 of 2 was ended by SIGKILL, and all with it\n"),
        (
            *("processes.leave('closed')", "wait()", 75, ""),
            "error: the processes of this run lost each other: closed\n",
        ),
    ],
)
def test_one_message_and_one_status(tmp_path, first, second, code, printed, message):
    process = start(tmp_path, first, second)
    assert process.communicate(timeout=30) == (printed, message)
    assert process.returncode == code


def test_sigterm_lets_the_first_process_save(tmp_path):
    with start(tmp_path, SAVES, "wait()") as process:
        process.stdout.readline()
        process.terminate()
        assert process.communicate(timeout=30) == ("saved\n", "")
    assert process.returncode == -signal.SIGTERM


def test_no_process_outlives_the_one_that_started_it(tmp_path):
    second = "print(os.getpid(), file=open('pid', 'w'), flush=True); wait()"
    with start(tmp_path, "wait()", second) as process:
        pids = [int(process.stdout.readline())]
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.02)
        pids.append(int((tmp_path / "pid").read_text()))
        process.kill()
        process.wait()
    end = time.monotonic() + 10
    while any(map(psutil.pid_exists, pids)):
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(("value", "count"), [(None, 1), ("1", 1), ("12", 12)])
def test_number_of_processes(monkeypatch, value, count):
    monkeypatch.delenv(PROCESSES, raising=False)
    if value is not None:
        monkeypatch.setenv(PROCESSES, value)
    assert process_count() == count


@pytest.mark.parametrize("value", ["", "0", "-2", "two", "1.5", "²"])
def test_what_is_no_number_of_processes_is_refused(monkeypatch, value):
    monkeypatch.setenv(PROCESSES, value)
    with pytest.raises(InputError, match=f"{PROCESSES}: expected .* above 0, found '{value}'"):
        process_count()
