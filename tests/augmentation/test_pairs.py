"""PPDB files, word pairs and settings: what is taken, what is counted, what is refused."""

import gzip

import pytest
from augmenting import PAIRS, opened, ppdb, task

from mtbert.augmentation.mwa import read_mwa
from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.ppdb import find_ppdb, read_ppdb
from mtbert.augmentation.settings import check_target, read_augment
from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.core.tasks import Task

BROKEN = ["no fields at all", "NN ||| a ||| b", "[NN] ||| ||| b", "[NN] ||| a"]


def test_a_ppdb_file_is_read_and_written_for_nlpaug(tmp_path):
    path = ppdb(tmp_path)
    found = read_ppdb(path, max_bad_share=0.0, where="limit")
    assert found.lines == 6
    # `man` and `old man` are not equally long: nlpaug leaves such a pair out.
    assert len(found.pairs) == 5
    assert found.exclusions == {("rise", "fall")}
    assert list(found.tags())[:2] == [("film", "NN"), ("love", "NN")]
    found.write(tmp_path / "clean.txt")
    assert (tmp_path / "clean.txt").read_text().splitlines()[0] == "[NN] ||| film ||| movie"
    packed = tmp_path / "pairs.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_ppdb(packed, max_bad_share=0.0, where="limit").pairs == found.pairs
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"pairs\.gz: cannot be read to its end"):
        read_ppdb(packed, max_bad_share=0.0, where="limit")


def test_broken_lines_are_counted_told_and_tolerated_up_to_a_limit(tmp_path):
    path = ppdb(tmp_path, [*PAIRS, *BROKEN])
    with path.open("ab") as file:
        file.write(b"[NN] ||| caf\xe9 ||| bar\n")
    found = read_ppdb(path, max_bad_share=0.5, where="limit")
    assert [line for line, _ in found.broken] == [7, 8, 9, 10, 11]
    assert found.broken[-1] == (11, "not UTF-8")
    assert len(found.pairs) == 5
    told = r"pairs\.txt: 5 of 11 lines are broken, more than limit \(40\.00%\): line 7: expected 3"
    with pytest.raises(InputError, match=told):
        read_ppdb(path, max_bad_share=0.4, where="limit")


@pytest.mark.parametrize("lines", [[], ["[NN] ||| man ||| old man"]])
def test_an_empty_lexicon_is_refused(tmp_path, lines):
    with pytest.raises(InputError, match=r"pairs\.txt: of \d lines none has a word and another"):
        read_ppdb(ppdb(tmp_path, lines), max_bad_share=0.0, where="limit")


def test_one_of_several_ppdb_files_is_named(tmp_path):
    one, two = ppdb(tmp_path), ppdb(tmp_path, name="more.txt")
    with pytest.raises(InputError, match=r"augment\.ppdb: .* several PPDB files, name one of more"):
        find_ppdb(tmp_path, None, where="x")
    with pytest.raises(InputError, match=r"unknown PPDB file 'mor\.txt'; did you mean 'more\.txt'"):
        find_ppdb(tmp_path, "mor.txt", where="x")
    assert find_ppdb(tmp_path, "more.txt", where="x") == two
    two.unlink()
    assert find_ppdb(tmp_path, None, where="x") == one


def test_word_pairs_become_a_ppdb_file(lexicons, tmp_path):
    lines = ["film\tmovie", "rise\tlove", "films\tmovies", "film\tmovies", "the\tfilm"]
    lines += ["film\tfilm.", "film\tzzz", "movie\tguy"]
    (tmp_path / "pairs").write_text("\r\n".join(lines) + "\r\n")
    found = read_mwa(
        tmp_path, wordnet(), {"film", "films", "love"}, max_bad_share=0.0, where="limit"
    )
    # Both directions, of words that texts have; not of another form, unknown, or a stop word.
    assert found.pairs == [
        ("[NN]", "film", "movie"),
        ("[VB]", "love", "rise"),
        ("[NN]", "films", "movies"),
    ]
    (tmp_path / "pairs").write_text("film movie\nfilm\tmovie\n")
    with pytest.raises(InputError, match=r"1 of 2 lines are broken.* line 1: expected 2 words"):
        read_mwa(tmp_path, wordnet(), {"film"}, max_bad_share=0.0, where="limit")


def test_word_pairs_are_used_with_wordnet_alone(lexicons, tmp_path):
    (tmp_path / "taggers").symlink_to(lexicons / "taggers")
    (tmp_path / "misc/mwa_ppdb").mkdir(parents=True)
    (tmp_path / "misc/mwa_ppdb/pairs").write_text("film\tmovie\n")
    found = opened(tmp_path, {"t": task(source="ppdb")}, words=["film"])
    with pytest.raises(InputError, match=r"t\.source: needs WordNet"):
        found.check()
    (tmp_path / "corpora").symlink_to(lexicons / "corpora")
    found.check()
    assert found.replacer("t", tmp_path).draw(["the film"], 1)[0].text == "the movie"


@pytest.mark.parametrize(
    ("changes", "told"),
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
def test_settings_that_do_not_fit(changes, told):
    with pytest.raises(InputError, match=told):
        task(**changes)


def test_settings_are_held_against_the_tasks(tmp_path):
    row = {
        "title": "a",
        "files": {"train": "a", "dev": "b"},
        "columns": {"text_a": "t", "label": "l"},
        "labels": {"kind": "binary"},
        "predictions": {"file": "{split}.csv"},
    }
    tasks = {"sst": validate(Task, row, where="tasks")}
    params = tmp_path / "params.yaml"

    def read(tagger, tasks_of, named="s"):
        section = f"{{tagger: {tagger}, max_bad_share: 0, sets: {{{named}: {{{tasks_of}}}}}}}"
        params.write_text(f"augment: {section}")
        return read_augment(params, tasks)

    assert read("perceptron", "sst: {source: wordnet, rows: 10}").sets["s"]["sst"].rows == 10
    with pytest.raises(InputError, match=r"sets\.s: unknown task 'sts'; did you mean 'sst'"):
        read("perceptron", "sts: {source: wordnet, rows: 10}")
    with pytest.raises(InputError, match=r"sets\.s\.sst\.sides: the task is on single texts"):
        read("perceptron", "sst: {source: wordnet, rows: 10, sides: second}")
    with pytest.raises(InputError, match=r"sst\.source: WordNet's words need the tagger"):
        read("lexicon", "sst: {source: wordnet, rows: 10}")
    for name in ("none", "'a/b'", "'a b'"):
        with pytest.raises(InputError, match=r"augment\.sets: a set's name has letters, digits"):
            read("perceptron", "sst: {source: wordnet, rows: 10}", name)
    with pytest.raises(InputError, match=r"augment\.sets\.s: .*at least 1"):
        read("perceptron", "")


def test_a_target_below_what_is_there_is_refused():
    check_target(task(rows=10, copies=None), 10, where="p: augment.sets.s.t")
    with pytest.raises(InputError, match=r"p: augment\.sets\.s\.t\.rows: .* 11 rows, .*, found 10"):
        check_target(task(rows=10, copies=None), 11, where="p: augment.sets.s.t")
    check_target(task(rows=42, copies=None), 2, where="t")
    with pytest.raises(InputError, match=r"t\.rows: .* expected 2 to 42, found 43"):
        check_target(task(rows=43, copies=None), 2, where="t")
