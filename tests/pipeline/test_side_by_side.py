"""`mtbert run` on the real DAG, training stubbed: on this machine and on nodes with clones."""

import re
import signal
import time
from contextlib import chdir
from itertools import count

import pytest
from dvc.repo import Repo

from mtbert.cluster.jobs import find_work, unfinished
from mtbert.cluster.worker import send
from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # DVC's own
RUNS = {"main-1", "round_robin-1"}
SECOND = {"main-2", "round_robin-2"}  # with one seed more
NUMBERS = count(1)


@pytest.fixture
def changed(project):
    """Two strategies with one seed more, and settings of every run whose results no cache has."""
    params = read_yaml(project.folder / "params.yaml")
    del params["strategies"]["four_tasks"]
    params["seeds"], params["train"]["warmup"] = [1, 2], next(NUMBERS) / 100
    write_yaml(project.folder / "params.yaml", params)
    yield project
    project.restore()


def work(project, *targets):
    with chdir(project.folder), Repo() as repo:
        return find_work(repo, targets), repo


def test_a_job_is_the_stages_of_a_run_and_names_all_that_it_reads(project):
    found, _ = work(project)
    assert {job.name for job in found.jobs} == RUNS | {"four_tasks-1"}
    job = next(job for job in found.jobs if job.name == "main-1")
    assert [step.stage for step in job.steps] == [
        "dvc.yaml:train@main-1",
        "dvc.yaml:evaluate@main-1",
    ]
    assert job.steps[0].commands[0].startswith("python -m stages.train data/plans/main.yaml 1 ")
    assert {"data/plans", "data/tokens", "data/encoder"} <= set(job.inputs)
    assert "data/runs/main-1" in job.steps[0].outputs
    assert "dvc.yaml:plan" in found.before
    assert not {stage for stage in found.before if "train@" in stage or "report" in stage}


def test_targets_choose_jobs(project):
    assert [job.name for job in work(project, "evaluate@main-1")[0].jobs] == ["main-1"]
    assert work(project, "plan")[0].jobs == ()
    with chdir(project.folder / "studies"), Repo() as repo:
        found = find_work(repo, ["wu/dvc.yaml:evaluate@model-1"])
    assert [job.name for job in found.jobs] == ["wu/model-1"]
    assert found.jobs[0].steps[0].folder == "wu"


def test_an_unknown_target_is_refused_by_name(project):
    with pytest.raises(InputError, match="nonsense"):
        work(project, "nonsense")


def test_jobs_begin_where_neither_dvc_lock_nor_the_run_cache_has_a_result(changed):
    changed.repro("plan", "evaluate@main-1")
    entries = read_yaml(changed.folder / "dvc.lock")
    del entries["stages"]["train@main-1"], entries["stages"]["evaluate@main-1"]
    write_yaml(changed.folder / "dvc.lock", entries)
    with chdir(changed.folder), Repo() as repo:
        jobs = {job.name: job for job in unfinished(repo, find_work(repo, ()).jobs)}
    assert jobs.keys() == RUNS | SECOND
    assert len(jobs["main-2"].steps) == 2
    # DVC's run cache takes no stage with an output that Git keeps.
    assert [step.stage for step in jobs["main-1"].steps] == ["dvc.yaml:evaluate@main-1"]
    assert "data/runs/main-1" in jobs["main-1"].inputs
    assert changed.repro("evaluate@main-1") == {"evaluate@main-1"}


def test_runs_side_by_side_leave_nothing_to_do(changed):
    printed = changed.run("mtbert", "run", "--jobs", "2", "--cpus-per-run", "1")
    made = set(re.findall(r"^(\S+): done", printed, re.M))
    assert made == RUNS | SECOND
    assert "0 of 4 runs are up to date" in printed
    assert changed.repro() == set()


def test_a_run_that_tells_its_news_keeps_its_core():
    import ray
    from ray.util.queue import Queue

    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        news = Queue(actor_options={"num_cpus": 0})

        @ray.remote(num_cpus=1)
        def make(name):
            began = time.monotonic()
            for _ in range(20):
                send(news, name)
                time.sleep(0.02)
            return began, time.monotonic()

        first, second = sorted(ray.get([make.remote("a"), make.remote("b")]))
        assert first[1] <= second[0]
        while news.qsize() < 40:
            time.sleep(0.02)
        assert news.get_nowait_batch(40) == ["a"] * 20 + ["b"] * 20
    finally:
        ray.shutdown()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.fixture
def cluster(tmp_path):
    """Address of two nodes with a processor each, and folders of their own."""
    from ray.cluster_utils import Cluster

    nodes = Cluster()
    for number in range(2):
        nodes.add_node(num_cpus=1, env_vars={"MTBERT_NODE_FOLDER": str(tmp_path / f"{number}")})
    yield nodes.address
    nodes.shutdown()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Ray has a handler of its own


def test_nodes_that_share_a_remote_alone_make_the_runs_and_a_clone_pulls_them(
    changed, cluster, tmp_path
):
    changed.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    printed = changed.run("mtbert", "run", "evaluate", "--address", cluster, "--clones")
    assert set(re.findall(r"^(\S+): done", printed, re.M)) == RUNS | SECOND
    assert len(set(re.findall(r"done in \d+ s on (\S+);", printed))) == 2
    assert changed.repro("evaluate") == set()
    changed.run("dvc", "push")
    changed.run("git", "add", "-A")
    changed.run("git", "commit", "-qm", "Runs of two nodes")
    try:
        changed.run("git", "clone", "-q", str(changed.folder), str(tmp_path / "clone"))
        clone = type(changed)(tmp_path / "clone", changed.offline, changed.programs)
        clone.run("dvc", "pull")
        assert clone.repro() == {"members@main_ensemble", "ensemble@main_ensemble", "report"}
    finally:
        changed.run("git", "reset", "-q", "--hard", "HEAD~1")
