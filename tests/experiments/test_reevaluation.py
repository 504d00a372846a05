"""A run's scores come out again; what changed since is named."""

import json

import pytest
from workspace import plan, workspace

from mtbert.cli.verify import verify_command
from mtbert.core.errors import InputError
from mtbert.core.params import read_json
from mtbert.experiments.reevaluation import reevaluate
from mtbert.experiments.train import train_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of its own workspace: these tests change its files."""
    place = workspace(tmp_path_factory.mktemp("trained"))
    planned = plan(place, {})
    folder, log = place / "runs" / "drawn-1", place / "logs" / "drawn-1"
    for path in (folder, log):
        path.mkdir(parents=True)
    train_run(planned, seed=1, folder=folder, log_folder=log, test=False)
    return place, folder, log


def test_scores_come_out_again(trained, capsys):
    _, folder, _ = trained
    again = reevaluate(folder)
    assert set(again.recorded) == {"sst_accuracy", "para_accuracy", "sts_pearson", "score"}
    assert again.scores == again.recorded
    assert (again.difference, again.changes) == (0, [])
    verify_command(folder)
    assert capsys.readouterr().out.count("again") == 4


def test_what_changed_is_named(trained, monkeypatch, capsys):
    place, folder, log = trained
    facts, path = read_json(log / "run.json"), place / "tokens" / "sst" / "dev.parquet"
    old, other = path.read_bytes(), (path.parent / "test.parquet").read_bytes()
    versions = facts["versions"] | {"torch": "2.0"}
    (log / "run.json").write_text(json.dumps(facts | {"threads": 64, "versions": versions}))
    path.write_bytes(other)
    with pytest.raises(SystemExit) as ended:
        verify_command(folder)
    path.write_bytes(old)
    (log / "run.json").write_text(json.dumps(facts))
    printed = capsys.readouterr()
    assert ended.value.code == 1
    assert "scores differ by up to" in printed.err
    changes = [line for line in printed.out.splitlines() if line.startswith("changed: ")]
    assert [change.split(": ")[1] for change in changes] == [
        str(path),
        "version of torch",
        "threads",
    ]
    assert changes[1].endswith("2.0 in the run")


def test_a_run_of_another_plan_is_refused(trained):
    place, folder, _ = trained
    plan(place, {"learning_rate": 2e-3})
    with pytest.raises(InputError, match=r"drawn.yaml: train: other settings than those of"):
        reevaluate(folder)
