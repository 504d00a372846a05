"""Connecting to Ray: shares of GPUs, what a clone gets, addresses where nothing listens."""

import importlib
import os
import signal
import socket
from pathlib import Path

import pytest
import ray

from mtbert import cluster
from mtbert.cluster import connection
from mtbert.cluster.connection import (
    Cluster,
    check_reachable,
    connected,
    copy_files,
    gpus_of_run,
)
from mtbert.core.errors import InputError
from mtbert.core.lifetime import Terminated


def local(jobs):
    return Cluster(None, jobs, cpus=1, gpus=None, retries=0, clones=False, push_states=0)


@pytest.mark.parametrize(
    ("gpus", "jobs", "processes", "expected"),
    [
        (4, 4, 1, 1),
        (4, 6, 1, 0.5),  # 0.67 would leave room for four runs only
        (1, 4, 1, 0.25),
        (4, 3, 2, 1),  # not 1.33, which Ray refuses
        (4, 2, 4, 2),
        (0, 2, 1, 0),
    ],
)
def test_gpus_are_divided_so_that_all_runs_have_room(monkeypatch, gpus, jobs, processes, expected):
    nodes = [{"Resources": {"CPU": 8, "GPU": gpus}}]
    monkeypatch.setattr(connection, "alive_nodes", lambda: nodes)
    monkeypatch.setenv("MTBERT_PROCESSES", str(processes))
    assert gpus_of_run(local(jobs)) == expected


def test_a_clone_gets_no_credentials_and_nothing_that_git_ignores(tmp_path):
    root, target = tmp_path / "project", tmp_path / "copy"
    files = (".dvc/config", ".dvc/config.local", ".dvc/cache/ab", "code.py", "secret.env")
    for name in files:  # without a .gitignore in .dvc, as after `dvc init --no-scm`
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / ".gitignore").write_text("*.env\n")
    copy_files(root, target)
    copied = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert copied == {".dvc/config", ".gitignore", "code.py"}


def test_an_address_where_nothing_listens_is_refused_at_once():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        check_reachable(address)
    with pytest.raises(InputError, match=f"--address {address}: Connection refused"):
        check_reachable(address)
    check_reachable("auto")


def test_ray_reports_to_nobody_and_leaves_uv_alone_unless_the_user_says_so(monkeypatch):
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "1")
    importlib.reload(cluster)
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] == "1"


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.default_int_handler])
def test_sigterm_ends_runs_as_ctrl_c_does(monkeypatch, handler):
    monkeypatch.setattr(ray, "init", lambda **_: signal.signal(signal.SIGTERM, handler))
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with pytest.raises(Terminated), connected(local(1), Path()):
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is handler
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_the_ray_of_another_mtbert_run_is_not_joined(monkeypatch):
    begun = []
    monkeypatch.setattr(ray, "init", lambda **options: begun.append(options))
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with connected(local(1), Path()):
        pass
    nodes = [{"Resources": begun[0]["resources"] | {"CPU": 2.0}}]
    monkeypatch.setattr(connection, "alive_nodes", lambda: nodes)
    monkeypatch.setattr(connection, "copy_files", lambda root, target: None)
    other = Cluster("auto", 1, cpus=1, gpus=None, retries=0, clones=False, push_states=0)
    with pytest.raises(InputError, match="--address auto: belongs to another `mtbert run`"):
        connected(other, Path()).__enter__()


def test_ray_is_our_own_and_ends_in_a_message(monkeypatch):
    begun = []
    monkeypatch.setattr(ray, "init", lambda **options: begun.append(options))
    monkeypatch.setattr(ray, "shutdown", lambda: begun.append("shut down"))

    def lose_a_node():
        with connected(local(2), Path()):
            raise ray.exceptions.RayError("Traceback:\nNo module named 'mtbert'\n")

    with pytest.raises(InputError, match="--address local: No module named 'mtbert'"):
        lose_a_node()
    assert begun[0]["address"] == "local"
    assert begun[0]["num_cpus"] == 2
    assert begun[1:] == ["shut down"]
