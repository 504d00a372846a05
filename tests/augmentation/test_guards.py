"""Each guard and filter: a case that it stops and one that it lets through."""

import pytest
from augmenting import OFF, opened, ppdb, replacer, task

from mtbert.augmentation.guards import WordGuards, WordNetOpposites, is_negation, is_number
from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.sentiment import ENGLISH, from_lists, from_wordnet
from mtbert.core.errors import InputError


def drawn(lexicons, tmp_path, settings, text, *, seeds=20, **changes):
    """All that a text becomes, and one draw for its counts."""
    ours = replacer(lexicons, settings, tmp_path, **changes)
    draws = [ours.draw([text], seed)[0] for seed in range(seeds)]
    return {draw.text for draw in draws}, draws[0]


@pytest.mark.parametrize(
    ("changes", "text", "kept", "changed"),
    [
        ({"guards": OFF | {"numbers": True}}, "two film", "two", "film"),
        ({"guards": OFF | {"negations": True}}, "not film", "not", "film"),
        ({"guards": OFF | {"sentiment": "wordnet"}}, "superb good film", "good", "film"),
        ({"guards": OFF | {"sentiment": "wordnet"}}, "love film", "love", "film"),
        ({"stop_words": "english"}, "not film", None, "film"),
        ({"parts_of_speech": ["noun"]}, "big film", "big", "film"),
        ({"parts_of_speech": ["adjective", "verb"]}, "film big", "film", "big"),
    ],
)
def test_words_that_stay(lexicons, tmp_path, changes, text, kept, changed):
    without, _ = drawn(lexicons, tmp_path, task(), text)
    texts, draw = drawn(lexicons, tmp_path, task(**changes), text)
    assert all(changed not in t.split() for t in texts)
    if kept:
        assert all(kept in t.split() for t in texts)
        assert any(kept not in t.split() for t in without)
        assert sum(draw.kept.values()) == 1
    else:
        # `not` is no stop word of ours: a guard of its own keeps it.
        assert any("not" not in t.split() for t in texts)


def test_opinion_words_stay(lexicons, tmp_path):
    (tmp_path / "corpora").symlink_to(lexicons / "corpora")
    (tmp_path / "taggers").symlink_to(lexicons / "taggers")
    settings = task(guards=OFF | {"sentiment": "opinion_words"})
    with pytest.raises(InputError, match=r"t\.guards\.sentiment: needs opinion words, and .* no"):
        replacer(tmp_path, settings, tmp_path)
    (tmp_path / "opinion").mkdir()
    (tmp_path / "opinion/.DS_Store").write_bytes(b"\0 1")
    with pytest.raises(InputError, match="has no file in opinion with a word a line"):
        replacer(tmp_path, settings, tmp_path)
    listed = b"\xef\xbb\xbf; na\xefve comment\r\nBig ; yes\r\n\r\nxyz\r\n"
    (tmp_path / "opinion/words.lst").write_bytes(listed)
    texts, draw = drawn(tmp_path, tmp_path, settings, "big film", seeds=5)
    assert all(text.startswith("big ") and text != "big film" for text in texts)
    assert draw.kept == {"sentiment": 1}


@pytest.mark.parametrize("line", [b"good\tpositive", b"very good", b"g\0o\0o\0d\0"])
def test_a_line_that_is_not_one_word_is_refused(tmp_path, line):
    (tmp_path / "opinion").mkdir()
    (tmp_path / "opinion/words.txt").write_bytes(b"; words\nfine\n" + line + b"\n")
    with pytest.raises(InputError, match=r"words\.txt: line 3: expected one word, .* semicolon"):
        from_lists(tmp_path, where="x")


def test_sentiment_does_not_come_in(lexicons, tmp_path):
    ppdb(tmp_path, ["[NN] ||| film ||| joys", "[NN] ||| film ||| movie"])
    for part in ("corpora", "taggers"):
        (tmp_path / part).symlink_to(lexicons / part)
    off, _ = drawn(tmp_path, tmp_path, task(source="ppdb"), "film")
    on = task(source="ppdb", guards=OFF | {"sentiment": "wordnet"})
    texts, draw = drawn(tmp_path, tmp_path, on, "film")
    assert (off, texts) == ({"joys", "movie"}, {"movie"})
    assert draw.refused == {"sentiment": 1}


def test_any_word_of_a_candidate_may_carry_sentiment():
    carries = {"glad", "two-faced", "look_up_to"}.__contains__
    guards = WordGuards(task(), stop_words=(), sentiment=carries)
    for candidate in ["glad_man", "Glad man", "glad-hand", "two-faced", "look up to"]:
        assert guards.refuses("film", candidate) == "sentiment", candidate
    for candidate in ["old man", "look_up", "gladiator"]:
        assert guards.refuses("film", candidate) is None, candidate


def test_a_word_is_looked_up_once():
    asked = []
    guards = WordGuards(task(), stop_words=(), sentiment=lambda word: bool(asked.append(word)))
    for _ in range(3):
        assert guards.stays("film", "NN") is None
    assert asked == ["film"]


def test_a_number_does_not_come_in(lexicons, tmp_path):
    lines = ["[NN] ||| film ||| two", "[NN] ||| film ||| movie"]
    ppdb(tmp_path, lines)
    (tmp_path / "taggers").symlink_to(lexicons / "taggers")
    off, _ = drawn(tmp_path, tmp_path, task(source="ppdb"), "film")
    on = task(source="ppdb", guards=OFF | {"numbers": True})
    texts, draw = drawn(tmp_path, tmp_path, on, "film")
    assert (off, texts) == ({"two", "movie"}, {"movie"})
    assert draw.refused == {"numbers": 1}


def test_an_antonym_does_not_come_in(lexicons, tmp_path):
    """By the file's own word (`Exclusion`), and by WordNet, which the first folder lacks."""
    (tmp_path / "taggers").symlink_to(lexicons / "taggers")
    on = task(source="ppdb", guards=OFF | {"antonyms": True})
    ppdb(tmp_path)
    assert drawn(tmp_path, tmp_path, task(source="ppdb"), "rise")[0] == {"climb", "fall"}
    texts, draw = drawn(tmp_path, tmp_path, on, "rise")
    assert texts == {"climb"}
    assert draw.refused == {"antonyms": 1}
    ppdb(tmp_path, ["[VB] ||| rise ||| falls", "[VB] ||| rise ||| climb"])
    with pytest.raises(InputError, match=r"t\.guards\.antonyms: nothing here knows opposites"):
        replacer(tmp_path, on, tmp_path)
    (tmp_path / "corpora").symlink_to(lexicons / "corpora")
    assert drawn(tmp_path, tmp_path, on, "rise")[0] == {"climb"}


def test_opposites_in_any_form_and_by_way_of_a_similar_word(lexicons):
    opposite = WordNetOpposites(wordnet())
    for words in [("rise", "fall"), ("rises", "falls"), ("climb", "fall"), ("chilly", "hot")]:
        assert opposite(*words), words
    # `fast` has two opposites of one name, each with a similar word of its own.
    assert opposite("fast", "heavy")
    assert opposite("fast", "leaden")
    for words in [("rise", "climb"), ("good", "superb"), ("film", "man")]:
        assert not opposite(*words), words


def test_words_of_sentiment(lexicons):
    carries = from_wordnet(wordnet())
    # Seeds and what is near, opposites, feelings in any form, what is derived from either.
    for word in ["good", "fine", "superb", "bad", "joy", "joys", "adores", "glad", "finely"]:
        assert carries(word), word
    for word in ["film", "man", "rise", "big", "cold"]:
        assert not carries(word), word


def test_numbers_and_negations():
    for word in """
        two 21st 3.5 twenty-one half ½ ones zeros halves doubled hundredth thousandth millionth
        hundreds seconds nineties ii xiv c x mcmxc
    """.split():  # noqa: SIM905 - a list would take a line for each
        assert is_number(word), word
    for word in """
        not n't don't ca never non-fiction no-one naught nary nowise nope lack lacks lacked lacking
    """.split():  # noqa: SIM905 - a list would take a line for each
        assert is_negation(word), word
    for word in ["film", "note", "tone", "nonsense", "black", "civil", "dim", "iiii", "lax", ""]:
        assert not is_number(word), word
        assert not is_negation(word), word


def test_a_pronoun_is_no_number_where_it_is_not_tagged_as_one():
    guards = WordGuards(task(guards=OFF | {"numbers": True}), stop_words={"i"})
    assert guards.stays("I", "PRP") == "stop_words"
    assert guards.stays("I", "CD") == "numbers"
    assert guards.refuses("one", "I") == "numbers"


def test_function_words_are_stop_words():
    for word in """
        us also even yet though since upon every something someone anything everything let despite
        near like another within whatever oh
    """.split():  # noqa: SIM905 - a list would take a line for each
        assert word in ENGLISH, word
    # These have guards of their own, whatever the filter.
    for word in ["not", "never", "two", "good", "film"]:
        assert word not in ENGLISH, word


def test_what_a_setting_needs_is_told(lexicons, tmp_path):
    (tmp_path / "taggers").symlink_to(lexicons / "taggers")
    for settings, told in [
        (task(), r"sets\.s\.t\.source: needs WordNet, .* set lexicons\.source to `public`"),
        (task(source="ppdb"), r"augment\.sets\.s\.t\.source: needs a PPDB file"),
    ]:
        with pytest.raises(InputError, match=told):
            opened(tmp_path, {"t": settings}).check()
    ppdb(tmp_path)
    both = task(source="ppdb", guards=OFF | {"sentiment": "wordnet"})
    with pytest.raises(InputError, match=r"t\.guards\.sentiment: needs WordNet"):
        opened(tmp_path, {"t": both}).check()
    (tmp_path / "taggers").unlink()
    with pytest.raises(InputError, match=r"augment\.tagger: needs NLTK's tagger"):
        opened(tmp_path, {"t": task(source="ppdb")}).check()
    opened(tmp_path, {"t": task(source="ppdb")}, tagger="lexicon").check()
