"""Settings are strict, and their errors say where, what and what else."""

from typing import Annotated, Literal

import pytest
from pydantic import Field

from mtbert.core.errors import InputError
from mtbert.core.params import (
    Settings,
    merge,
    read_json,
    read_section,
    read_yaml,
    validate,
    write_yaml,
)


class Inner(Settings):
    mode: Literal["fast", "slow"] = "fast"
    rate: float = 0.1


class Round(Settings):
    kind: Literal["round"]
    radius: float


class Square(Settings):
    kind: Literal["square"]
    side: float


class Outer(Settings):
    size: Annotated[int, Field(gt=0)]
    inner: Inner = Inner()
    table: dict[str, Inner] = Field(default_factory=dict)
    names: tuple[str, ...] = ()
    shape: Annotated[Round | Square, Field(discriminator="kind")] | None = None
    shapes: tuple[Annotated[Round | Square, Field(discriminator="kind")], ...] = ()
    modes: dict[Literal["day", "night"], Literal["fast", "slow"]] = Field(default_factory=dict)
    level: Literal[1, 2] = 1


def test_settings_are_frozen():
    settings = validate(Outer, {"size": 3, "names": ["a", "b"], "inner": {"rate": 1}}, where="x")
    assert settings.names == ("a", "b")
    assert settings.inner.rate == 1.0
    with pytest.raises(ValueError, match="frozen"):
        settings.size = 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"siez": 1}, ": unknown key 'siez'; did you mean 'size'?"),
        ({"inner": {"mod": "fast"}}, ".inner: unknown key 'mod'"),
        ({"table": {"a": {"rat": 1}}}, ".table.a: unknown key 'rat'"),
        (
            {"inner": {"mode": "fats"}},
            ".inner.mode: unknown mode 'fats'; did you mean 'fast'? (allowed: fast, slow)",
        ),
        ({"modes": {"nihgt": "fast"}}, ".modes: unknown key 'nihgt'; did you mean 'night'?"),
        ({"level": 3}, ".level: input should be 1 or 2, found 3"),
        (
            {"shape": {"kind": "sqare", "side": 1}},
            ".shape.kind: unknown kind 'sqare'; did you mean 'square'? (allowed: round, square)",
        ),
        (
            {"shape": {"kind": "square", "sied": 1}},
            ".shape: unknown key 'sied'; did you mean 'side'? (allowed: kind, side)",
        ),
        ({"shape": {}}, ".shape.kind: required, but not given"),
        ({"size": "3"}, ".size: input should be a valid integer, found '3'"),
        ({"size": 0}, ".size: input should be greater than 0, found 0"),
        ({"inner": {"rate": float("nan")}}, ".inner.rate: input should be a finite number"),
    ],
)
def test_errors_name_place_rule_and_value(data, message):
    with pytest.raises(InputError) as error:
        validate(Outer, {"size": 3, **data}, where="p.yaml: outer")
    assert f"p.yaml: outer{message}" in str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "expected a mapping of keys, found []"),
        ({}, "size: required, but not given"),
        (
            {"size": -1, "inner": {"rate": "x"}},
            "size: input should be greater than 0, found -1\n"
            "p.yaml: inner.rate: input should be a valid number, found 'x'",
        ),
    ],
)
def test_a_file_has_one_line_for_each_fault(data, message):
    with pytest.raises(InputError) as error:
        validate(Outer, data, where="p.yaml")
    assert str(error.value) == f"p.yaml: {message}"


@pytest.mark.parametrize(
    ("reader", "content", "message"),
    [
        (read_json, None, "no such file"),
        (read_json, b'{"a": ', "not valid JSON"),
        (read_json, b'{"a": "\xff"}', "not valid JSON: .* byte 0xff in position 7"),
        (read_json, b"[]", "expected a mapping of keys, found list"),
        (read_yaml, None, "no such file"),
        (read_yaml, b"- 1\n", "expected a mapping"),
        (read_yaml, b"a: [1\n", "not valid YAML"),
        (read_yaml, b"", "expected a mapping"),
        (
            lambda path: read_section(path, "train", Inner),
            b"trian: {}\n",
            r"train: required, but there is no such section \(trian",
        ),
    ],
)
def test_a_broken_file_is_refused(tmp_path, reader, content, message):
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{path}: {message}"):
        reader(path)


def test_yaml_reads_numbers_as_dvc_does_and_reads_back(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("a: 1e-5\nb: 0o17\n")
    assert read_yaml(path) == {"a": 1e-5, "b": 15}
    data = {"b": 1, "a": {"c": [1.5, None, "é"]}}
    write_yaml(path, data, heading="Why.")
    assert path.read_text(encoding="utf-8").startswith("# Why.\nb: 1\n")
    assert read_yaml(path) == data


def test_changes_are_laid_over_key_by_key_but_methods_whole():
    base = {"heads": {"a": {"name": "x", "p": 1}, "b": "y"}, "lr": 1}
    changes = {"heads": {"a": {"name": "z"}}, "lr": 2}
    assert merge(base, changes) == {"heads": {"a": {"name": "z"}, "b": "y"}, "lr": 2}
