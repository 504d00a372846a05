"""Each guard and filter: a case that it stops and one that it lets through."""

import pytest
from augmenting import link, ppdb, replacer, task

from mtbert.augmentation.guards import WordGuards, is_negation, is_number, wordnet_opposites
from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.sentiment import listed_sentiment, wordnet_sentiment
from mtbert.core.errors import InputError


def drawn(folder, settings, text, *, seeds=20):
    """All that a text becomes, and one draw for its counts."""
    ours = replacer(folder, settings)
    draws = [ours.draw([text], seed)[0] for seed in range(seeds)]
    return {draw.text for draw in draws}, draws[0]


@pytest.mark.parametrize(
    ("changes", "text", "kept", "changed"),
    [
        ({"guards": {"numbers": True}}, "two film", "two", "film"),
        ({"guards": {"negations": True}}, "not film", "not", "film"),
        ({"guards": {"sentiment": "wordnet"}}, "superb good film", "good", "film"),
        ({"guards": {"sentiment": "wordnet"}}, "love film", "love", "film"),
        ({"parts_of_speech": ["noun"]}, "big film", "big", "film"),
        ({"parts_of_speech": ["adjective", "verb"]}, "film big", "film", "big"),
    ],
)
def test_words_that_stay(lexicons, changes, text, kept, changed):
    without, _ = drawn(lexicons, task(), text)
    texts, draw = drawn(lexicons, task(**changes), text)
    assert all(changed not in t.split() and kept in t.split() for t in texts)
    assert any(kept not in t.split() for t in without)
    assert sum(draw.kept.values()) == 1


def test_opinion_words_stay(lexicons, tmp_path):
    link(lexicons, tmp_path, "corpora", "taggers")
    settings = task({"sentiment": "opinion_words"})
    (tmp_path / "opinion").mkdir()
    (tmp_path / "opinion/.DS_Store").write_bytes(b"\0 1")
    needed = r"t\.guards\.sentiment: needs opinion words, and .* no file in opinion with a word"
    with pytest.raises(InputError, match=needed):
        replacer(tmp_path, settings)
    listed = b"\xef\xbb\xbf; na\xefve comment\r\nBig ; yes\r\n\r\nxyz\r\n"
    (tmp_path / "opinion/words.lst").write_bytes(listed)
    texts, draw = drawn(tmp_path, settings, "big film", seeds=5)
    assert all(text.startswith("big ") and text != "big film" for text in texts)
    assert draw.kept == {"sentiment": 1}


@pytest.mark.parametrize("line", [b"good\tpositive", b"very good", b"g\0o\0o\0d\0"])
def test_a_line_that_is_not_one_word_is_refused(tmp_path, line):
    (tmp_path / "opinion").mkdir()
    (tmp_path / "opinion/words.txt").write_bytes(b"; words\nfine\n" + line + b"\n")
    with pytest.raises(InputError, match=r"words\.txt: line 3: expected one word, .* semicolon"):
        listed_sentiment(tmp_path, where="x")


@pytest.mark.parametrize(
    ("guards", "word", "refused", "other"),
    [
        ({"sentiment": "wordnet"}, "film", "joys", "movie"),
        ({"numbers": True}, "film", "two", "movie"),
        ({"negations": True}, "film", "nothing", "movie"),
        ({"antonyms": True}, "rise", "falls", "climb"),
    ],
)
def test_candidates_that_are_refused(lexicons, tmp_path, guards, word, refused, other):
    ppdb(tmp_path, [f"[NN/VB] ||| {word} ||| {candidate}" for candidate in (refused, other)])
    link(lexicons, tmp_path, "corpora", "taggers")
    assert drawn(tmp_path, task(source="ppdb"), word)[0] == {refused, other}
    texts, draw = drawn(tmp_path, task(guards, source="ppdb"), word)
    assert texts == {other}
    assert draw.refused == dict.fromkeys(guards, 1)


def test_antonyms_by_the_labels_of_the_file(lexicons, tmp_path):
    link(lexicons, tmp_path, "taggers")
    on = task({"antonyms": True}, source="ppdb")
    ppdb(tmp_path)
    texts, draw = drawn(tmp_path, on, "rise")
    assert texts == {"climb"}
    assert draw.refused == {"antonyms": 1}
    ppdb(tmp_path, ["[VB] ||| rise ||| falls"])
    with pytest.raises(InputError, match=r"t\.guards\.antonyms: no lexicon of antonyms"):
        replacer(tmp_path, on)


def test_any_word_of_a_candidate_may_carry_sentiment():
    guards = WordGuards(task(), sentiment={"glad", "look_up_to"}.__contains__)
    candidates = ["glad_man", "Glad man", "glad-hand", "look up to"]
    others = ["old man", "look_up", "gladiator"]
    assert [word for word in (*candidates, *others) if guards.refuses("film", word)] == candidates


def test_opposites_in_any_form_and_by_way_of_a_similar_word(lexicons):
    opposite = wordnet_opposites(wordnet())
    pairs = [("rise", "fall"), ("rises", "falls"), ("climb", "fall"), ("chilly", "hot")]
    # `fast` has two opposites of one name, each with a similar word of its own.
    pairs += [("fast", "heavy"), ("fast", "leaden")]
    others = [("rise", "climb"), ("good", "superb"), ("film", "man")]
    assert [pair for pair in (*pairs, *others) if opposite(*pair)] == pairs


def test_words_of_sentiment(lexicons):
    # Seeds and what is near, opposites, feelings in any form, what is derived from either.
    words = ["good", "fine", "superb", "bad", "joy", "joys", "adores", "glad", "finely"]
    others = ["film", "man", "rise", "big", "cold"]
    assert [*filter(wordnet_sentiment(wordnet()), (*words, *others))] == words


def test_numbers_and_negations():
    numbers = """
        two 21st 3.5 twenty-one half ½ ones zeros halves doubled hundredth thousandth millionth
        hundreds seconds nineties ii xiv c x mcmxc
    """.split()  # noqa: SIM905 - a list would take a line for each
    negations = """
        not n't don't ca never non-fiction nary nowise nope lack lacks lacked lacking naught
    """.split()  # noqa: SIM905 - a list would take a line for each
    others = ["film", "note", "tone", "nonsense", "black", "civil", "dim", "iiii", "lax", ""]
    assert [*filter(is_number, numbers + negations + others)] == numbers
    assert [*filter(is_negation, numbers + negations + others)] == negations


def test_i_is_a_pronoun_unless_tagged_as_a_number():
    guards = WordGuards(task({"numbers": True}, stop_words="english"))
    assert guards.stays("I", "PRP") == guards.stays("Every", "DT") == "stop_words"
    assert guards.stays("I", "CD") == "numbers"
    assert guards.refuses("one", "I") == "numbers"
