"""Files of lexicons: which are read, and the errors for broken or missing ones."""

import gzip
import shutil
import tracemalloc

import pytest
from augmenting import PAIRS, link, ppdb, replacer, resources, task

from mtbert.augmentation.mwa import read_mwa
from mtbert.augmentation.nltk_data import TAGGER, wordnet
from mtbert.augmentation.ppdb import find_ppdb, read_ppdb
from mtbert.core.errors import InputError

PPDB = task(source="ppdb")
ANTONYMS = task({"antonyms": True}, source="ppdb")
SENTIMENT = task({"sentiment": "wordnet"}, source="ppdb")
BROKEN = ["no fields at all", "NN ||| a ||| b", "[NN] ||| ||| b", "[NN] ||| a"]


def test_a_ppdb_file_is_read_packed_or_not(tmp_path):
    path = ppdb(tmp_path)
    lexicon = read_ppdb(path)
    # `man` and `old man` are not equally long: nlpaug leaves such a pair out.
    assert (lexicon.lines, len(lexicon.pairs)) == (6, 5)
    assert lexicon.pairs[0] == ("[NN]", "film", "movie")
    assert lexicon.exclusions == {("rise", "fall")}
    assert lexicon.tagger()(["love", "house"]) == [("love", "NN"), ("house", "FW")]
    packed = tmp_path / "pairs.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_ppdb(packed).pairs == lexicon.pairs


def test_a_damaged_packed_file_is_refused(tmp_path):
    packed = gzip.compress(b"[NN] ||| film ||| movie\n" * 100)
    for damaged in (packed[:-9], packed[:10] + b"\xff" + packed[11:]):
        (tmp_path / "pairs.gz").write_bytes(damaged)
        with pytest.raises(InputError, match=r"pairs\.gz: cannot be read to its end"):
            read_ppdb(tmp_path / "pairs.gz")


def test_broken_lines_are_counted_and_tolerated_up_to_a_limit(tmp_path):
    path = ppdb(tmp_path, [*PAIRS, *BROKEN])
    with path.open("ab") as file:
        file.write(b"[NN] ||| caf\xe9 ||| bar\n")
    lexicon = read_ppdb(path)
    lexicon.check(0.5, "limit")
    assert [line for line, _ in lexicon.broken] == [7, 8, 9, 10, 11]
    assert lexicon.broken[-1] == (11, "not UTF-8")
    assert len(lexicon.pairs) == 5
    message = r"pairs\.txt: 5 of 11 lines .* than limit \(40\.00%\): line 7: expected 3"
    with pytest.raises(InputError, match=message):
        lexicon.check(0.4, "limit")


@pytest.mark.parametrize("sign", ["\r", "\x0c", "\x1c", "\u2028"])
def test_a_line_break_inside_a_line_is_a_fault(tmp_path, sign):
    path = tmp_path / "pairs.txt"
    line = f"[NN{sign}] ||| film ||| movie\n[NN] ||| film ||| movie\r\n"
    path.write_bytes(line.encode())
    lexicon = read_ppdb(path)
    assert lexicon.broken == [(1, "a line break inside")]
    assert lexicon.pairs == [("[NN]", "film", "movie")]


def test_an_endless_line_is_never_held_in_memory(tmp_path):
    path = tmp_path / "pairs.gz"
    path.write_bytes(gzip.compress(b"[NN] ||| film ||| movie\n" + b"x" * 2**24))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"pairs\.gz: line 2: more than 65,536 bytes"):
        read_ppdb(path)
    assert tracemalloc.get_traced_memory()[1] < 2**21
    tracemalloc.stop()


@pytest.mark.parametrize("lines", [[], ["[NN] ||| man ||| old man"]])
def test_an_empty_lexicon_is_refused(tmp_path, lines):
    with pytest.raises(InputError, match=r"pairs\.txt: none of \d lines has a word pair"):
        read_ppdb(ppdb(tmp_path, lines)).check(0.0, "limit")


def test_one_of_several_ppdb_files_is_named_and_hidden_ones_are_skipped(tmp_path):
    hidden = ppdb(tmp_path, name=".DS_Store")
    with pytest.raises(InputError, match=r"t\.source: needs a PPDB file"):
        find_ppdb(tmp_path, None, where="t.source")
    first = ppdb(tmp_path, name="pairs.txt")
    assert find_ppdb(tmp_path, None, where="t.source") == first
    second = ppdb(tmp_path, name="more.txt")
    assert find_ppdb(tmp_path, "more.txt", where="t.source") == second
    for name, message in [
        (None, r"several PPDB files, name one of more\.txt, pairs\.txt"),
        ("mor.txt", r"unknown PPDB file 'mor\.txt'; did you mean 'more\.txt'"),
        (hidden.name, r"unknown PPDB file '\.DS_Store'"),
    ]:
        with pytest.raises(InputError, match=rf"t\.source: augment\.ppdb: .*{message}"):
            find_ppdb(tmp_path, name, where="t.source")


def test_mwa_pairs_become_ppdb_pairs(lexicons, tmp_path):
    lines = ["film\tmovie", "rise\tlove", "films\tmovies", "film\tmovies", "the\tfilm"]
    lines += ["film\tfilm.", "film\tzzz", "movie\tguy"]
    (tmp_path / "pairs").write_text("\r\n".join(lines) + "\r\n")
    (tmp_path / ".DS_Store").write_bytes(b"\0\xff\n")
    lexicon = read_mwa(tmp_path, wordnet(), {"film", "films", "love"})
    # Both directions, of words that texts have; not of another form, unknown, or a stop word.
    assert lexicon.pairs == [
        ("[NN]", "film", "movie"),
        ("[VB]", "love", "rise"),
        ("[NN]", "films", "movies"),
    ]
    (tmp_path / "pairs").write_bytes(b"film movie\nna\xefve\tfilm\nfilm\tmovie\n")
    lexicon = read_mwa(tmp_path, wordnet(), {"film"})
    assert lexicon.lines == 3
    assert lexicon.broken == [(1, "expected 2 words, found 1"), (2, "not UTF-8")]
    assert lexicon.pairs == [("[NN]", "film", "movie")]


def test_mwa_pairs_need_wordnet(lexicons, tmp_path):
    link(lexicons, tmp_path, "taggers")
    (tmp_path / "misc/mwa_ppdb").mkdir(parents=True)
    (tmp_path / "misc/mwa_ppdb/pairs").write_text("film\tmovie\n")
    with pytest.raises(InputError, match=r"t\.source: needs WordNet"):
        resources(tmp_path, PPDB)
    link(lexicons, tmp_path, "corpora")
    drawn = replacer(tmp_path, PPDB, words=["film"]).draw(["the film"], 1)
    assert drawn[0].text == "the movie"


@pytest.mark.parametrize(
    ("removed", "settings", "message"),
    [
        ("corpora", task(), r"s\.t\.source: needs WordNet, .* set lexicons\.source to `public`"),
        ("corpora/wordnet/noun.exc", task(), r"t\.source: .* has no corpora/wordnet/noun\.exc"),
        ("corpora/wordnet/data.adv", ANTONYMS, r"t\.guards\.antonyms: .* has no .*/data\.adv"),
        ("corpora", SENTIMENT, r"t\.guards\.sentiment: needs WordNet"),
        ("taggers", PPDB, r"augment\.tagger: needs NLTK's tagger"),
        (f"{TAGGER}/{TAGGER.name}.weights.json", PPDB, r"augment\.tagger: .* no .*weights\.json"),
        ("ppdb", PPDB, r"augment\.sets\.s\.t\.source: needs a PPDB file"),
    ],
)
def test_a_missing_file_is_named_with_its_setting(lexicons, tmp_path, removed, settings, message):
    ppdb(shutil.copytree(lexicons, tmp_path, dirs_exist_ok=True))
    (tmp_path / removed).rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=message):
        resources(tmp_path, settings)
