"""Files of lexicons: which are looked at, and what is said of one that is broken or missing."""

import gzip

import pytest
from augmenting import OFF, opened, ppdb, task
from lexicon_folder import write_lexicons

from mtbert.augmentation.mwa import read_mwa
from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.ppdb import find_ppdb, read_ppdb
from mtbert.core.errors import InputError


def test_a_line_of_word_pairs_that_is_not_utf8_is_broken(lexicons, tmp_path):
    (tmp_path / "pairs").write_bytes(b"film\tmovie\nna\xefve\tfilm\n")
    (tmp_path / ".DS_Store").write_bytes(b"\0\xff\n")
    found = read_mwa(tmp_path, wordnet(), {"film"}, max_bad_share=0.5, where="limit")
    assert (found.lines, found.broken) == (2, [(2, "not UTF-8")])
    assert found.pairs == [("[NN]", "film", "movie")]
    with pytest.raises(InputError, match=r"1 of 2 lines are broken.* line 2: not UTF-8"):
        read_mwa(tmp_path, wordnet(), {"film"}, max_bad_share=0.4, where="limit")


def test_a_hidden_file_is_no_ppdb_file(tmp_path):
    hidden = ppdb(tmp_path, name=".DS_Store")
    with pytest.raises(InputError, match=r"t\.source: needs a PPDB file"):
        find_ppdb(tmp_path, None, where="t.source")
    one = ppdb(tmp_path, name="one.txt")
    assert find_ppdb(tmp_path, None, where="t.source") == one
    with pytest.raises(InputError, match=r"t\.source: augment\.ppdb: unknown PPDB file '\.DS_"):
        find_ppdb(tmp_path, hidden.name, where="t.source")
    ppdb(tmp_path, name="two.txt")
    with pytest.raises(InputError, match=r"t\.source: augment\.ppdb: .* one of one\.txt, two\.txt"):
        find_ppdb(tmp_path, None, where="t.source")


def test_a_packed_file_with_a_broken_stream_is_told(tmp_path):
    packed = bytearray(gzip.compress(b"[NN] ||| film ||| movie\n" * 100))
    packed[10] = 0xFF  # no block of deflate's begins so
    path = tmp_path / "pairs.gz"
    path.write_bytes(packed)
    with pytest.raises(InputError, match=r"pairs\.gz: cannot be read to its end"):
        read_ppdb(path, max_bad_share=0.0, where="limit")


@pytest.mark.parametrize("name", ["lexnames", "index.sense", "data.adv", "noun.exc"])
def test_a_missing_file_of_wordnet_is_named(tmp_path, name):
    write_lexicons(tmp_path)
    settings = task(source="ppdb", guards=OFF | {"antonyms": True})
    ppdb(tmp_path)
    (tmp_path / "corpora/wordnet" / name).unlink()
    told = rf"needs WordNet, and .* has no corpora/wordnet/{name}; set lexicons\.source"
    with pytest.raises(InputError, match=rf"t\.source: {told}"):
        opened(tmp_path, {"t": task()}).check()
    with pytest.raises(InputError, match=rf"t\.guards\.antonyms: {told}"):
        opened(tmp_path, {"t": settings}).check()


def test_a_missing_file_of_the_tagger_is_named(tmp_path):
    write_lexicons(tmp_path)
    (weights,) = tmp_path.glob("taggers/*/*.weights.json")
    weights.unlink()
    with pytest.raises(InputError, match=rf"augment\.tagger: needs .* has no .*/{weights.name}"):
        opened(tmp_path, {"t": task()}).check()
