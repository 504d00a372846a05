"""Section `augment`: which settings are refused."""

import pytest
from augmenting import section, task

from mtbert.augmentation.settings import choose_set, read_augment
from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.core.tasks import Task

TASK = {
    "title": "a",
    "files": {"train": "a", "dev": "b"},
    "columns": {"text_a": "t", "label": "l"},
    "labels": {"kind": "binary"},
    "predictions": {"file": "{split}.csv"},
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"share": 1.5}, r"share: input should be less than or equal to 1, found 1\.5"),
        ({"share": 0}, r"share: input should be greater than 0"),
        ({"rows": 5}, r"give either rows .* or copies .*, found rows 5 and copies 1"),
        ({"copies": None}, r"found rows None and copies None"),
        ({"min_words": 3, "max_words": 2}, r"max_words must not be below min_words, found 2 and 3"),
        ({"source": "word_net"}, r"unknown source 'word_net'; did you mean 'wordnet'"),
        ({"parts_of_speech": ["nuon"]}, r"did you mean 'noun'"),
        ({"sides": "third"}, r"unknown sides 'third'"),
        ({"guards": {"number": True}}, r"guards: unknown key 'number'; did you mean 'numbers'"),
    ],
)
def test_settings_that_do_not_fit(changes, message):
    with pytest.raises(InputError, match=message):
        task(**changes)


@pytest.mark.parametrize(
    ("tagger", "name", "tasks", "message"),
    [
        ("perceptron", "s", "sst: {source: wordnet, rows: 10}", None),
        (
            "perceptron",
            "s",
            "sts: {source: wordnet, rows: 10}",
            r"sets\.s: unknown task 'sts'; did",
        ),
        (
            *("perceptron", "s", "sst: {source: wordnet, rows: 10, sides: second}"),
            r"sets\.s\.sst\.sides: the task has single texts",
        ),
        ("lexicon", "s", "sst: {source: wordnet, rows: 10}", r"sst\.source: WordNet's words need"),
        *(
            ("perceptron", name, "sst: {source: wordnet, rows: 10}", r"sets: a set's name has")
            for name in ("none", "'a/b'", "'a b'")
        ),
        ("perceptron", "s", "", r"augment\.sets\.s: .*at least 1"),
    ],
)
def test_settings_are_checked_against_the_tasks(tmp_path, tagger, name, tasks, message):
    params = tmp_path / "params.yaml"
    params.write_text(
        f"augment: {{tagger: {tagger}, max_bad_share: 0, sets: {{{name}: {{{tasks}}}}}}}"
    )
    known = {"sst": validate(Task, TASK, where="tasks")}
    if message is None:
        assert read_augment(params, known).sets["s"]["sst"].rows == 10
    else:
        with pytest.raises(InputError, match=message):
            read_augment(params, known)


@pytest.mark.parametrize(
    ("target", "rows", "message"),
    [
        (10, 10, None),
        (10, 11, r"p: augment\.sets\.s\.t\.rows: .* 11 rows, .* found 10"),
        (42, 2, None),
        (43, 2, r"t\.rows: .* expected 2 to 42, found 43"),
    ],
)
def test_a_target_size_that_the_split_cannot_reach_is_refused(target, rows, message):
    augment = section(task(rows=target, copies=None))
    if message is None:
        assert choose_set(augment, "s", {"t": rows}, where="p: augment")
    else:
        with pytest.raises(InputError, match=message):
            choose_set(augment, "s", {"t": rows}, where="p: augment")
