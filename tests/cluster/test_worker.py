"""What a job meets on a node: a run left over, another user's folder, an end by Ctrl-C."""

import os
import shutil
from pathlib import Path

import pytest
import ray

from mtbert.cluster import worker, workspace
from mtbert.cluster.jobs import RunJob, Step
from mtbert.cluster.scheduling import Scheduler
from mtbert.core.errors import InputError
from mtbert.core.outputs import WORK, held

JOB = RunJob("main-1", (Step("train", (), ".", ("data/run",)),), ())


def test_a_job_waits_for_a_process_that_still_writes_its_output(tmp_path, monkeypatch):
    (tmp_path / WORK).mkdir(parents=True)
    lock = held(tmp_path / WORK / "data-run.lock", Path("data/run"))
    lock.__enter__()
    monkeypatch.setattr(worker, "WRITERS", -1.0)
    with pytest.raises(InputError, match=f"data/run: process {os.getpid()} is still writing it"):
        worker._wait_for_writers(JOB, tmp_path)
    pauses = []

    def end(seconds):
        pauses.append(seconds)
        lock.__exit__(None, None, None)

    monkeypatch.setattr(worker, "WRITERS", 60.0)
    monkeypatch.setattr(workspace.time, "sleep", end)
    worker._wait_for_writers(JOB, tmp_path)
    assert pauses == [workspace.PAUSE]


def test_another_users_folder_for_clones_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv(workspace.FOLDER, raising=False)
    monkeypatch.setattr(workspace.tempfile, "gettempdir", lambda: str(tmp_path))
    assert workspace.node_folder("p") == tmp_path / f"mtbert-{os.getuid()}" / "p"
    other = os.getuid() + 1
    (tmp_path / f"mtbert-{other}").mkdir()
    monkeypatch.setattr(workspace.os, "getuid", lambda: other)
    with pytest.raises(InputError, match=f"mtbert-{other}: another user's; set MTBERT_NODE_FOLDER"):
        workspace.node_folder("p")


def test_a_clone_is_made_though_ray_unpacks_the_code_meanwhile(tmp_path, monkeypatch):
    monkeypatch.setenv(workspace.FOLDER, str(tmp_path / "node"))
    monkeypatch.setattr(workspace.time, "sleep", lambda _: (code / "params.yaml").touch())
    copytree, code, failures = shutil.copytree, tmp_path / "code", []
    (code / ".dvc").mkdir(parents=True)

    def copy(*paths, **options):
        if not failures:
            failures.append(shutil.Error([(*paths, "No such file or directory")]))
            raise failures[0]
        return copytree(*paths, **options)

    monkeypatch.setattr(workspace.shutil, "copytree", copy)
    monkeypatch.chdir(tmp_path)
    clone = workspace.make_clone("project", code, Path())
    assert clone.folder == Path.cwd() == tmp_path / "node" / "project" / "clone-0"
    assert (clone.folder / "params.yaml").is_file()
    clone.lock.close()


class FakeDisplay:
    def __init__(self):
        self.failed = []

    def add(self, events):
        pass

    def fail(self, job, why):
        self.failed.append((job, why))


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (ray.exceptions.TaskCancelledError(), []),  # Ctrl-C is no failure
        (AssertionError(), [("main-1", "AssertionError")]),  # without a text
        (OSError("disk"), [("main-1", "disk")]),
    ],
)
def test_a_job_that_ends_without_a_result(monkeypatch, error, failed):
    def get(reference):
        raise error

    monkeypatch.setattr(ray, "get", get)
    scheduler = object.__new__(Scheduler)
    scheduler.display, scheduler.failed = FakeDisplay(), {}
    assert scheduler._outcome(JOB, None) is None
    assert scheduler.display.failed == failed
    assert scheduler.failed == dict(failed)
