"""What may become part of a stage's name, a path or a command line."""

import pytest

from mtbert.core.errors import InputError
from mtbert.core.names import check_name, check_pipeline_names, without_place
from mtbert.core.params import write_yaml


@pytest.mark.parametrize("name", ["main", "a-1", "A_b", "7", "x" * 64, 7])
def test_words_are_names(name):
    assert check_name(name, where="here") == str(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "-a", "a-", ".a", "_a", "..", "../a", "/a", "a b", "a;b", "$(a)", "${a}", "a\n"),
        *("a'b", "a|b", "a\0b", "é", "x" * 65),
    ],
)
@pytest.mark.parametrize("dots", [False, True])
def test_all_else_is_refused_by_name(name, dots):
    with pytest.raises(InputError, match=r"^here: a name has letters"):
        check_name(name, where="here", dots=dots)


def test_files_and_folders_may_have_dots():
    assert check_name("own.train.csv", where="here", dots=True) == "own.train.csv"
    with pytest.raises(InputError, match=r"found 'own\.train'"):
        check_name("own.train", where="here")


@pytest.mark.parametrize("name", ["x; touch pwned #", "$(touch pwned)", "a'b", "../x"])
@pytest.mark.parametrize("place", ["augment.sets", "strategies", "ensembles", "seeds"])
def test_names_in_commands_are_checked_in_every_section(tmp_path, place, name):
    value = {"seeds": [1, name]}.get(place, {"main": {}, name: {}})
    params = tmp_path / "params.yaml"
    content = {"augment": {"sets": value}} if place == "augment.sets" else {place: value}
    write_yaml(params, content)
    with pytest.raises(InputError, match=f"^{params}: {place}") as raised:
        check_pipeline_names(params)
    assert repr(name) in str(raised.value)


def test_names_that_fit_pass_and_other_sections_are_not_read(tmp_path):
    params = tmp_path / "params.yaml"
    write_yaml(params, {"augment": {"sets": {"a": {}}}, "strategies": {"b": {}}, "seeds": [1]})
    check_pipeline_names(params)
    write_yaml(params, {"budget": "x; y"})
    check_pipeline_names(params)
    write_yaml(params, {"strategies": ["x; y"]})
    with pytest.raises(InputError, match="strategies: expected a mapping"):
        check_pipeline_names(params)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/home/me/client-acme/bert", "bert"),
        ("~me/bert", "bert"),
        ("../client-acme/bert", "bert"),
        ("data/../../client-acme/bert", "bert"),
        ("data/own/bert", "data/own/bert"),
        ("google-bert/bert-base-uncased", "google-bert/bert-base-uncased"),
    ],
)
def test_a_place_outside_the_project_is_not_named(source, name):
    assert without_place(source) == name
