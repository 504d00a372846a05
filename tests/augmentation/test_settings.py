"""Section `augment`: which settings are refused."""

import pytest
from augmenting import section, task

from mtbert.augmentation.settings import choose_set, read_augment
from mtbert.core.errors import InputError
from mtbert.core.tasks import read_tasks

from tiny import ROOT

WORDNET = "sst: {source: wordnet, rows: 9}"
SECOND = "sst: {source: wordnet, rows: 9, sides: second}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"share": 1.5}, r"share: input should be less than or equal to 1, found 1\.5"),
        ({"share": 0}, r"share: input should be greater than 0"),
        ({"rows": 5}, r"give either rows .* or copies .*, found rows 5 and copies 1"),
        ({"copies": None}, r"found rows None and copies None"),
        ({"min_words": 3, "max_words": 2}, r"max_words must be min_words or more, found 2 and 3"),
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
        ("perceptron", "s", "stx: {source: wordnet, rows: 9}", r"sets\.s: unknown task 'stx'; did"),
        ("perceptron", "s", SECOND, r"sets\.s\.sst\.sides: the task has single texts"),
        ("lexicon", "s", WORDNET, r"sst\.source: WordNet's words need"),
        ("perceptron", "none", WORDNET, r"sets: 'none' is a strategy's word for no set"),
        ("perceptron", "a b", WORDNET, r"sets: a name has letters"),
        ("perceptron", "s", "", r"augment\.sets\.s: .*at least 1"),
    ],
)
def test_settings_are_checked_against_the_tasks(tmp_path, tagger, name, tasks, message):
    params = tmp_path / "params.yaml"
    params.write_text(
        f"augment: {{tagger: {tagger}, max_bad_share: 0, sets: {{{name}: {{{tasks}}}}}}}"
    )
    with pytest.raises(InputError, match=message):
        read_augment(params, read_tasks(ROOT / "params.yaml"))


def test_a_target_size_that_the_split_cannot_reach_is_refused():
    for target, rows in [(10, 10), (42, 2)]:
        choose_set(section(task(rows=target, copies=None)), "s", {"t": rows}, where="p")
    for target, rows, message in [
        (10, 11, r"p\.sets\.s\.t\.rows: .* 11 rows, .* found 10"),
        (43, 2, r"t\.rows: .* expected 2 to 42, found 43"),
    ]:
        with pytest.raises(InputError, match=message):
            choose_set(section(task(rows=target, copies=None)), "s", {"t": rows}, where="p")
