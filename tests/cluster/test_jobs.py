"""Jobs of a small DVC repository: what they read, and whether it changed."""

import errno
import logging
import os
import shutil
import signal
from logging.handlers import BufferingHandler

import pytest
from dvc.repo import Repo, lock_repo
from dvc.utils.serialize import _yaml

from mtbert.cluster.jobs import find_work, read_digests, record, stages_by_address, unfinished
from mtbert.cluster.scheduling import Scheduler
from mtbert.cluster.states import drop_state, pull_state, push_state
from mtbert.cluster.workspace import Clone, push_results, run_cache
from mtbert.core.lifetime import raise_terminated
from mtbert.core.outputs import WORK
from mtbert.core.params import read_yaml, write_yaml

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # DVC's own
TRAIN, EVALUATE = "python -m stages.train plan run", "python -m stages.evaluate run scores"


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """Two stages of a run, each with a parameter of its own, and a remote."""
    monkeypatch.chdir(tmp_path)
    train = {"cmd": TRAIN, "deps": ["plan"], "params": ["size"], "outs": ["run"]}
    evaluate = {"cmd": EVALUATE, "deps": ["run"], "params": ["metric"], "outs": ["scores"]}
    other = {"cmd": f"{TRAIN} | tee log", "outs": ["log"]}  # for a shell: DVC runs it
    stages = {"train": train, "evaluate": evaluate, "other": other}
    (tmp_path / "plan").write_text("plan")
    write_yaml(tmp_path / "params.yaml", {"size": 1, "metric": "f1"})
    write_yaml(tmp_path / "dvc.yaml", {"stages": stages})
    Repo.init(no_scm=True).close()
    with (tmp_path / ".dvc" / "config").open("a") as file:
        file.write(f"    remote = store\n['remote \"store\"']\n    url = {tmp_path / 'store'}\n")
    with Repo() as opened:
        yield opened


def job_of(repo):
    (job,) = find_work(repo, ()).jobs
    return job


def digests(repo, job):
    with lock_repo(repo):
        return read_digests(stages_by_address(repo), job)


def changed(repo, job, before):
    scheduler = object.__new__(Scheduler)
    scheduler.digests = {job: before}
    with lock_repo(repo):
        return scheduler._changed(job, stages_by_address(repo))


def test_a_job_has_the_stages_that_no_shell_reads(repo):
    assert [step.commands for step in job_of(repo).steps] == [(TRAIN,), (EVALUATE,)]


@pytest.mark.parametrize(
    ("name", "edit", "expected"),
    [
        ("params.yaml", lambda params: params.update(size=2), "params.yaml of dvc.yaml:train"),
        (
            "params.yaml",
            lambda params: params.update(metric="r"),
            "params.yaml of dvc.yaml:evaluate",
        ),
        (
            "dvc.yaml",
            lambda file: file["stages"]["train"].update(cmd=f"{TRAIN} --last"),
            "command of dvc.yaml:train",
        ),
        ("dvc.yaml", lambda file: file["stages"].pop("train"), "command of dvc.yaml:train"),
    ],
)
def test_an_edit_while_a_run_is_at_work_is_noticed(repo, tmp_path, name, edit, expected):
    job = job_of(repo)
    before = digests(repo, job)
    assert changed(repo, job, before) == []
    values = read_yaml(tmp_path / name)
    edit(values)
    write_yaml(tmp_path / name, values)
    assert changed(repo, job, before)[0] == expected
    if name == "dvc.yaml":  # also where it was edited before the runs began
        assert changed(repo, job, digests(repo, job))[0] == expected


def make(repo, tmp_path):
    """Make the run, as a node does that sees the folder."""
    for name in ("run", "scores"):
        (tmp_path / name).write_text(name)
    with lock_repo(repo):
        stages = stages_by_address(repo)
        record(stages[step.stage] for step in job_of(repo).steps)


def test_a_recorded_job_is_up_to_date_and_digests_change_nothing(repo, tmp_path):
    job = job_of(repo)
    assert unfinished(repo, [job]) == [job]
    make(repo, tmp_path)
    (tmp_path / "plan").write_text("another")
    with lock_repo(repo):  # of the same stages that are asked next
        read_digests(stages_by_address(repo), job)
        assert [own.name for own in unfinished(repo, [job])] == [job.name]
    (tmp_path / "plan").write_text("plan")
    assert unfinished(repo, [job]) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_dvc_lock_is_written_whole_before_a_signal_is_handled(repo, tmp_path, monkeypatch, number):
    def dump(data, stream, *options):
        if stream.name.endswith("dvc.lock"):
            signals.append(os.kill(os.getpid(), number))
        return write(data, stream, *options)

    signals, write = [], _yaml._dump
    monkeypatch.setattr(_yaml, "_dump", dump)
    # A shell's background job, which the tests may be, ignores SIGINT.
    raising = {signal.SIGTERM: raise_terminated, signal.SIGINT: signal.default_int_handler}
    previous = {key: signal.signal(key, handler) for key, handler in raising.items()}
    try:
        with pytest.raises(KeyboardInterrupt):
            make(repo, tmp_path)
    finally:
        for key, handler in previous.items():
            signal.signal(key, handler)
    assert set(read_yaml(tmp_path / "dvc.lock")["stages"]) == {"train", "evaluate"}
    assert len(signals) == 1


def test_what_a_full_remote_refuses_is_told(repo, tmp_path, monkeypatch):
    make(repo, tmp_path)
    stages = [step.stage for step in job_of(repo).steps]
    push_results(repo, run_cache(repo, stages))
    assert len([path for path in (tmp_path / "store/files").rglob("*") if path.is_file()]) == 2
    shutil.rmtree(tmp_path / "store")

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Repo() as again:  # DVC remembers what a remote has
        monkeypatch.setattr("dvc_objects.fs.generic._put", refuse)
        monkeypatch.setattr("dvc_objects.fs.generic._try_links", refuse)
        with pytest.raises(OSError, match=r"2 files were not pushed .*No space left on device"):
            push_results(again, run_cache(again, stages))
    kinds = {type(handler) for handler in logging.getLogger("dvc_data").handlers}
    assert BufferingHandler not in kinds


def test_a_state_travels_by_the_remote(repo, tmp_path):
    job, state = job_of(repo), tmp_path / WORK / "run" / "state.pt"
    clone = Clone(tmp_path, tmp_path, lock=None)
    state.parent.mkdir(parents=True)
    state.write_text("step 7")
    push_state(clone, job)
    assert [path.name for path in (tmp_path / "store" / "unfinished").iterdir()] == [
        f"{tmp_path.parent.name}-dvc.yaml:train.tar"
    ]
    state.unlink()
    state.parent.rmdir()
    pull_state(clone, job)
    assert state.read_text() == "step 7"
    drop_state(clone, job)
    assert not any((tmp_path / "store" / "unfinished").iterdir())
