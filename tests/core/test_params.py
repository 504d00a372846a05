"""Settings are strict, and their errors say where, what and what else."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_json, read_section, read_yaml, validate, write_yaml


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


def test_good_settings_pass_and_are_frozen():
    made = validate(Outer, {"size": 3, "names": ["a", "b"], "inner": {"rate": 1}}, where="x")
    assert made.names == ("a", "b")
    assert made.inner.rate == 1.0
    with pytest.raises(ValueError, match="frozen"):
        made.size = 4


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"size": 3, "siez": 1}, "p.yaml: outer: unknown key 'siez'; did you mean 'size'?"),
        ({"size": 3, "inner": {"mod": "fast"}}, "p.yaml: outer.inner: unknown key 'mod'"),
        ({"size": 3, "table": {"a": {"rat": 1}}}, "p.yaml: outer.table.a: unknown key 'rat'"),
        (
            {"size": 3, "inner": {"mode": "fats"}},
            "p.yaml: outer.inner.mode: unknown mode 'fats'; did you mean 'fast'? "
            "(allowed: fast, slow)",
        ),
        (
            {"size": 3, "modes": {"day": "fats"}},
            "p.yaml: outer.modes.day: unknown modes 'fats'; did you mean 'fast'?",
        ),
        (
            {"size": 3, "modes": {"nihgt": "fast"}},
            "p.yaml: outer.modes: unknown key 'nihgt'; did you mean 'night'?",
        ),
        ({"size": 3, "level": 3}, "p.yaml: outer.level: input should be 1 or 2, found 3"),
        (
            {"size": 3, "shape": {"kind": "sqare", "side": 1}},
            "p.yaml: outer.shape.kind: unknown kind 'sqare'; did you mean 'square'? "
            "(allowed: round, square)",
        ),
        (
            {"size": 3, "shape": {"kind": "square", "sied": 1}},
            "p.yaml: outer.shape: unknown key 'sied'; did you mean 'side'? (allowed: kind, side)",
        ),
        (
            {"size": 3, "shape": {"kind": "square"}},
            "p.yaml: outer.shape.side: required, but not given",
        ),
        (
            {"size": 3, "shapes": [{"kind": "square", "sied": 1}]},
            "p.yaml: outer.shapes.0: unknown key 'sied'; did you mean 'side'?",
        ),
        ({"size": 3, "shape": {}}, "p.yaml: outer.shape.kind: required, but not given"),
        ({}, "p.yaml: outer.size: required, but not given"),
        ({"size": "3"}, "p.yaml: outer.size: input should be a valid integer, found '3'"),
        ({"size": 0}, "p.yaml: outer.size: input should be greater than 0, found 0"),
        ({"size": True}, "found True"),
        ({"size": 3, "inner": {"rate": float("nan")}}, "input should be a finite number"),
        ([], "expected a mapping of keys, found []"),
        (None, "expected a mapping of keys, found None"),
    ],
)
def test_errors_name_place_rule_and_value(data, told):
    with pytest.raises(InputError) as error:
        validate(Outer, data, where="p.yaml: outer")
    assert told in str(error.value)


def test_every_fault_is_told_at_once():
    with pytest.raises(InputError) as error:
        validate(Outer, {"size": -1, "inner": {"rate": "x"}}, where="p")
    assert len(str(error.value).splitlines()) == 2


def test_keys_stand_behind_a_colon_in_a_file_and_a_dot_in_a_section():
    for where, told in (("p.yaml", "p.yaml: size: "), ("p.yaml: outer", "p.yaml: outer.size: ")):
        with pytest.raises(InputError, match=f"^{told}required"):
            validate(Outer, {}, where=where)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file"),
        (b"", "not JSON"),
        (b'{"a": ', "not JSON"),
        (b'{"a": "\xff"}', "not JSON: invalid UTF-8 at byte 8"),
        (b"[]", "expected a JSON object, found list"),
    ],
)
def test_faulty_json_is_told(tmp_path: Path, content, told):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{path}: {told}"):
        read_json(path)
    path.write_text('{"a": "é"}', encoding="utf-8")
    assert read_json(path) == {"a": "é"}


def test_nearest_word_and_allowed_ones():
    assert choices("sampler", "anneled", ["annealed", "sum"]) == (
        "unknown sampler 'anneled'; did you mean 'annealed'? (allowed: annealed, sum)"
    )
    assert "did you mean" not in choices("sampler", "zzz", ["annealed"])


def test_yaml_reads_numbers_as_dvc_does(tmp_path: Path):
    path = tmp_path / "p.yaml"
    path.write_text("a: 1e-5\nb: 0o17\n")
    assert read_yaml(path) == {"a": 1e-5, "b": 15}


@pytest.mark.parametrize(
    ("text", "told"),
    [("- 1\n", "expected a mapping"), ("a: [1\n", "not valid YAML"), ("", "expected a mapping")],
)
def test_broken_yaml_is_told(tmp_path: Path, text, told):
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_yaml(path)


def test_missing_file_and_section(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        read_section(tmp_path / "none.yaml", "a", Inner)
    (tmp_path / "p.yaml").write_text("trian: {}\n")
    with pytest.raises(InputError, match=r"train: required, but there is no such section \(trian"):
        read_section(tmp_path / "p.yaml", "train", Inner)


def test_written_yaml_reads_back(tmp_path: Path):
    data = {"b": 1, "a": {"c": [1.5, None, "x"]}}
    write_yaml(tmp_path / "p.yaml", data, heading="Why.")
    assert (tmp_path / "p.yaml").read_text().startswith("# Why.\nb: 1\n")
    assert read_yaml(tmp_path / "p.yaml") == data
