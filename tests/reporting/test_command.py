"""The derived command, read back by DVC itself, gives the workspace's params."""

import json
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.reporting.command import command, overrides, spread_out

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
        {**OLD, "more": {"deep": [{"a": 1.5}, "1e-5", ".5"]}},
        {**OLD, "data": {"source": "sample", "limit": None, "text": {}}},
        {**OLD, "data": {"source": "sample", "limit": {"train": 1}}},
        {
            **OLD,
            "strategies": {
                "main": None,
                "wide": {
                    "encoding": {"sts": "joint"},
                    "heads": {"sts": {"name": "mlp", "layers": 1, "features": ["u", "abs_diff"]}},
                    "adaptation": {"name": "pal", "heads": 12, "rank": None, "scale": 1e-3},
                },
            },
        },
    ],
)
def test_dvc_reads_the_overrides_back(tmp_path: Path, new: dict[str, Any]) -> None:
    from dvc.utils.hydra import apply_overrides

    params = tmp_path / "params.yaml"
    write_yaml(params, OLD)
    apply_overrides(str(params), overrides(OLD, new))
    assert read_yaml(params) == new


KEYS = st.sampled_from(["main", "joint", "heads", "sts", "name", "x_1", "a-b"])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    # DVC itself writes no more than some 15 digits of a float.
    | st.floats(-1e9, 1e9).map(lambda x: float(f"{x:.6g}"))
    | st.sampled_from(
        ["1e-5", "null", "~", "it's", "a\\", "x,y", "a:b", "", " a", ".5", "@", "./a"]
    )
)
VALUES = st.recursive(
    LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=8
)
TREES = st.dictionaries(KEYS, VALUES, max_size=3)


@given(TREES, TREES)
@settings(max_examples=100, deadline=None)
def test_dvc_reads_any_change_back(old: dict[str, Any], new: dict[str, Any]) -> None:
    from dvc.utils.cli_parse import to_path_overrides
    from dvc.utils.hydra import apply_overrides

    with TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        write_yaml(path, old)
        apply_overrides(str(path), to_path_overrides(overrides(old, new)).get("params.yaml", []))
        # As text, because to Python True equals 1.
        assert json.dumps(read_yaml(path), sort_keys=True) == json.dumps(new, sort_keys=True)


def test_a_long_command_pasted_into_bash_is_the_same_command() -> None:
    changes = overrides(
        {"a": {"b": 1}}, {"a": {}, "c": [1, {"x": "it's $HOME `ls` \\"}], "d": "e f"}
    )
    words = ["dvc", "exp", "run", *(word for one in changes * 3 for word in ("-S", one))]
    long = spread_out(shlex.join(words))
    assert long.count(" \\\n  -S ") == 3 * len(changes)
    shown = 'dvc() { printf "%s\\0" dvc "$@"; }\n'
    told = subprocess.run(["bash", "-c", shown + long], capture_output=True, text=True, check=True)
    assert told.stdout.split("\0")[:-1] == words
    assert spread_out("dvc exp run -S a=1") == "dvc exp run -S a=1"


def test_spelling() -> None:
    new = {"data": {"source": "cs224n", "text": None}, "seeds": [1]}
    old = {"data": {"source": "sample", "limit": 1, "text": None}, "seeds": [1, 2]}
    assert overrides(old, new) == ["data.source=cs224n", "~data.limit", "seeds=[1]"]


@pytest.mark.parametrize("new", [{"a.b": 1}, {"a": "${b}"}, {"a": ["???"]}, {"a": {"null": 1}}])
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
