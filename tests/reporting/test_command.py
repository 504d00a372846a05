"""The derived command, read back by DVC itself, gives the workspace's params."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from mtbert.errors import InputError
from mtbert.params import read_yaml, write_yaml
from mtbert.reporting.command import command, overrides

OLD: dict[str, Any] = {
    "data": {"source": "sample", "limit": 1, "text": None},
    "heads": {"sts": "cosine", "sst": {"name": "linear", "dropout": 0.1}},
    "strategies": {"main": {}, "joint": {"heads": {"sts": "linear"}}},
    "seeds": [1, 2],
    "lr": 1e-5,
}


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        {**OLD, "seeds": [1], "lr": 2.5e-5},
        {**OLD, "data": {"source": "google-bert/bert@86b5", "text": "null"}},
        {**OLD, "data": {"source": r"it's a \ b, c=d: {e}\\", "limit": True, "text": ""}},
        {**OLD, "heads": {"sts": {"name": "linear", "dropout": 0.0}, "sst": "linear"}},
        {**OLD, "strategies": {"main": {"heads": {"sts": "x"}}, "new": {}, "joint": {}}},
        {**OLD, "more": {"deep": [{"a": 1.5}, "1e-5"]}},
    ],
)
def test_dvc_reads_the_overrides_back(tmp_path: Path, new: dict[str, Any]) -> None:
    from dvc.utils.hydra import apply_overrides

    params = tmp_path / "params.yaml"
    write_yaml(params, OLD)
    apply_overrides(str(params), overrides(OLD, new))
    assert read_yaml(params) == new


def test_spelling() -> None:
    new = {"data": {"source": "cs224n", "text": None}, "seeds": [1]}
    old = {"data": {"source": "sample", "limit": 1, "text": None}, "seeds": [1, 2]}
    assert overrides(old, new) == ["data.source=cs224n", "~data.limit", "seeds=[1]"]


@pytest.mark.parametrize("new", [{"a.b": 1}, {"a": "${b}"}])
def test_what_the_grammar_cannot_say_is_refused(new: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="dvc exp run -S"):
        overrides({}, new)


def test_command_compares_with_git_head(tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    write_yaml(params, OLD)
    with pytest.raises(InputError, match="git HEAD has no such file"):
        command(params)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    assert command(params) == "dvc exp run"
    write_yaml(params, {**OLD, "seeds": [3]})
    assert command(params) == "dvc exp run -S 'seeds=[3]'"
