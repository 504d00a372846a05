"""Jobs of a small DVC repository: what they read, and whether it changed."""

import pytest
from dvc.repo import Repo

from mtbert.cluster.jobs import find_work, read_digests
from mtbert.cluster.scheduling import Scheduler
from mtbert.cluster.states import drop_state, pull_state, push_state
from mtbert.cluster.workspace import Clone
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


def changed(repo, job, before):
    scheduler = object.__new__(Scheduler)
    scheduler.repo, scheduler.digests = repo, {job: before}
    return scheduler._changed(job)


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
    ],
)
def test_an_edit_while_a_run_is_at_work_is_noticed(repo, tmp_path, name, edit, expected):
    job = job_of(repo)
    before = read_digests(repo, job)
    assert changed(repo, job, before) == []
    values = read_yaml(tmp_path / name)
    edit(values)
    write_yaml(tmp_path / name, values)
    assert changed(repo, job, before) == [expected]
    if name == "dvc.yaml":  # also where it was edited before the runs began
        assert changed(repo, job, read_digests(repo, job)) == [expected]


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
