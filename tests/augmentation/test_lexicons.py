"""Files of lexicons: which are read, and the errors for broken or missing ones."""

import gzip

import pytest
from augmenting import PAIRS, link, ppdb, replacer, resources, task
from lexicon_folder import write_lexicons

from mtbert.augmentation.mwa import read_mwa
from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.ppdb import find_ppdb, read_ppdb
from mtbert.core.errors import InputError

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


@pytest.mark.parametrize("damage", ["cut", "deflate"])
def test_a_damaged_packed_file_is_refused(tmp_path, damage):
    packed = bytearray(gzip.compress(b"[NN] ||| film ||| movie\n" * 100))
    packed[10] = 0xFF if damage == "deflate" else packed[10]  # no block of deflate's begins so
    path = tmp_path / "pairs.gz"
    path.write_bytes(packed[:-9] if damage == "cut" else packed)
    with pytest.raises(InputError, match=r"pairs\.gz: cannot be read to its end"):
        read_ppdb(path)


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
    settings = task(source="ppdb")
    with pytest.raises(InputError, match=r"t\.source: needs WordNet"):
        resources(tmp_path, settings)
    link(lexicons, tmp_path, "corpora")
    drawn = replacer(tmp_path, settings, words=["film"]).draw(["the film"], 1)
    assert drawn[0].text == "the movie"


@pytest.mark.parametrize(
    ("parts", "settings", "message"),
    [
        (["taggers"], task(), r"s\.t\.source: needs WordNet, .* lexicons\.source to `public`"),
        (["taggers"], task(source="ppdb"), r"augment\.sets\.s\.t\.source: needs a PPDB file"),
        (["ppdb"], task(source="ppdb"), r"augment\.tagger: needs NLTK's tagger"),
        (
            *(["taggers", "ppdb"], task({"sentiment": "wordnet"}, source="ppdb")),
            r"t\.guards\.sentiment: needs WordNet",
        ),
    ],
)
def test_a_missing_lexicon_is_named_with_its_setting(lexicons, tmp_path, parts, settings, message):
    if "ppdb" in parts:
        ppdb(tmp_path)
    link(lexicons, tmp_path, *set(parts) - {"ppdb"})
    with pytest.raises(InputError, match=message):
        resources(tmp_path, settings)
    if settings.source == "ppdb" and "ppdb" in parts and settings.guards.sentiment == "none":
        resources(tmp_path, settings, tagger="lexicon")


@pytest.mark.parametrize(
    "name",
    [
        *(
            f"corpora/wordnet/{name}"
            for name in ("lexnames", "index.sense", "data.adv", "noun.exc")
        ),
        "taggers/averaged_perceptron_tagger_eng/averaged_perceptron_tagger_eng.weights.json",
    ],
)
def test_a_missing_file_of_nltks_is_named(tmp_path, name):
    write_lexicons(tmp_path)
    ppdb(tmp_path)
    (tmp_path / name).unlink()
    settings = [task(), task({"antonyms": True}, source="ppdb")]
    places = [r"t\.source", r"t\.guards\.antonyms"]
    for row, place in zip(settings, places, strict=True):
        place = r"augment\.tagger" if name.startswith("taggers") else place
        with pytest.raises(InputError, match=rf"{place}: needs .*, and .* has no {name}; set lex"):
            resources(tmp_path, row)
