"""YAML and JSON that would take time or memory are refused at once, in one message."""

import time

import pytest

from mtbert.core.documents import mapping_of, read_json, read_yaml
from mtbert.core.errors import InputError

# Eight levels of nine aliases each: 9^9 values
LEVELS = range(1, 9)
LISTS = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in LEVELS
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 9)}]}}\n" for n in LEVELS
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{LISTS}report: {{title: *a8}}", "aliases unfold to"),
        (f"{LISTS}seeds: *a8", "aliases unfold to"),
        (MERGES, "aliases unfold to"),
        ("seeds: &s [1, *s]", "nested more than 64 deep"),
        ("report: &r\n  title: *r", "nested more than 64 deep"),
        ("seeds: " + "[" * 3000 + "]" * 3000, "nested more than 64 deep"),
        ("# ]]]" * 3000 + "\na: " + "[" * 3000, "nested more than 64 deep"),
        ("? " * 3000, "nested more than 64 deep"),
        ("seeds: [" + "9" * 5000 + "]", "limit .* for integer"),
        ('source: "a\\0b"', r"control character '\\x00' in 'a\\x00b'"),
        ('title: "\\e[31mred"', r"control character '\\x1b'"),
        ("a\0b: 1", "not valid YAML"),
        ("? {a: b}\n: c", "unhashable key"),
        ("a: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("# " + "x" * 2**18, "262,146 bytes; YAML has 262,144 at most"),
        ("", "expected a mapping of keys, found NoneType"),
        ("- a", "expected a mapping of keys, found list"),
    ],
)
def test_what_is_no_yaml_of_ours_is_refused_at_once(tmp_path, text, message):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    started = time.process_time()
    with pytest.raises(InputError, match=f"^{path}: .*{message}"):
        read_yaml(path)
    assert time.process_time() - started < 1


def test_a_later_anchor_of_the_same_name_counts_from_there_on(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("a: [&x 1, *x]\nb: [&x 2, *x]\n")
    assert read_yaml(path) == {"a": [1, 1], "b": [2, 2]}


def test_some_aliases_and_some_depth_are_fine(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(
        "a: &a {b: [1]}\nc: {<<: *a, d: [*a, *a]}\ne: " + "[" * 60 + "]" * 60 + "\n# [" * 70
    )
    read = read_yaml(path)
    assert read["c"] == {"b": [1], "d": [{"b": [1]}] * 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":' * 3000 + "1" + "}" * 3000, "nested more than 64 deep"),
        ('{"a":' + "[" * 64 + "]" * 64 + "}", "nested more than 64 deep"),
        ('{"a": ' + "9" * 5000 + "}", "limit .* for integer"),
        ('{"title": ["\\u001b]0;x"]}', r"control character '\\x1b' in '\\x1b\]0;x'"),
        ("[1]", "expected a mapping of keys, found list"),
        ("\0", "not valid JSON"),
    ],
)
def test_what_is_no_json_of_ours_is_refused(tmp_path, text, message):
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(InputError, match=f"^{path}: .*{message}"):
        read_json(path)


def test_a_mapping_in_a_document():
    data = {"sizes": {"sst": 3}, "none": None, "name": "bert"}
    assert mapping_of(data, "sizes", "run.json") == {"sst": 3}
    assert mapping_of(data, "none", "run.json") == mapping_of(data, "gone", "run.json") == {}
    with pytest.raises(
        InputError, match=r"^run\.json: name: expected a mapping of keys, found 'be"
    ):
        mapping_of(data, "name", "run.json")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="Is a directory"):
        read_yaml(tmp_path)
