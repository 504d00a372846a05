"""What may become part of a stage's name, a path or a command line."""

import pytest

from mtbert.core.errors import InputError
from mtbert.core.names import check_name


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
