"""`mtbert run` goes round again where inputs changed meanwhile, and ends."""

import pytest

from mtbert.cluster import driver
from mtbert.cluster.connection import Cluster

LOCAL = Cluster(None, 2, cpus=1, gpus=None, retries=0, clones=False, push_states=0)


@pytest.fixture
def rounds(monkeypatch):
    """What each round finds to do, by name of a job the digest of its plan; what was then made."""
    todo, made = [], []

    class Repo:
        root_dir = "."

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    class Scheduler:
        def __init__(self, repo, cluster):
            self.digests = {}

        def make(self, jobs):
            made.append(jobs)
            self.digests = dict(jobs)
            return {"broken-1": "exit status 1"} if "broken-1" in jobs else {}

    monkeypatch.setattr(driver, "open_repo", Repo)
    monkeypatch.setattr(driver, "Scheduler", Scheduler)
    monkeypatch.setattr(driver, "_prepare", lambda targets: todo.pop(0) if todo else {})
    monkeypatch.setattr(driver, "all_up_to_date", lambda repo, targets: False)
    monkeypatch.setattr(driver, "_repro", lambda targets, folder: made.append("dvc repro"))
    return todo, made


def test_runs_whose_plan_changed_meanwhile_are_made_side_by_side_too(rounds):
    todo, made = rounds
    todo += [{"main-1": "a", "main-2": "a"}, {"main-1": "b"}]
    assert driver.run_targets([], LOCAL) == {}
    assert made == [{"main-1": "a", "main-2": "a"}, {"main-1": "b"}, "dvc repro"]


def test_what_dvc_never_finds_up_to_date_is_not_made_for_ever(rounds):
    todo, made = rounds
    todo += [{"main-1": "a"}] * 9
    assert driver.run_targets([], LOCAL) == {}
    assert made == [{"main-1": "a"}, {"main-1": "a"}, "dvc repro"]


def test_nothing_follows_from_a_run_that_failed(rounds):
    todo, made = rounds
    todo += [{"main-1": "a", "broken-1": "a"}, {"main-1": "b"}]
    assert driver.run_targets([], LOCAL) == {"broken-1": "exit status 1"}
    assert made == [{"main-1": "a", "broken-1": "a"}]
