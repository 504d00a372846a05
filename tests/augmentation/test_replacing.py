"""Drawing: nlpaug's own results despite all caching."""

import pytest
from augmenting import link, plain_nlpaug, ppdb, replacer, resources, task

from mtbert.augmentation.replacing import Replacer

TEXTS = [
    "The good man and a film",
    "two films rise , a cold film falling tonight",
    "  the man  loves two big films not big",
    "I adore hot joy finely",
    "xyz !",
]


@pytest.mark.parametrize("changes", [{}, {"share": 0.3}, {"share": 0.5, "max_words": 1}])
def test_wordnet_gives_what_nlpaug_gives(lexicons, changes):
    settings = task(**changes)
    ours = replacer(lexicons, settings)
    for _ in range(2):  # the second time all is cached
        for seed in range(20):
            texts = [draw.text for draw in ours.draw(TEXTS, seed)]
            assert texts == plain_nlpaug(settings, TEXTS, seed)
    assert len({tuple(d.text for d in ours.draw(TEXTS, seed)) for seed in range(20)}) > 1


def test_ppdb_gives_what_nlpaug_gives(lexicons, tmp_path):
    settings = task(source="ppdb", share=0.5)
    path = ppdb(tmp_path)
    link(lexicons, tmp_path, "taggers")
    ours = replacer(tmp_path, settings)
    for seed in range(20):
        texts = [draw.text for draw in ours.draw(TEXTS, seed)]
        assert texts == plain_nlpaug(settings, TEXTS, seed, ppdb=path)
    assert "movie" in " ".join(draw.text for draw in ours.draw(["The film"], 1))


def test_changes_have_positions_and_words(lexicons):
    draw = replacer(lexicons, task()).draw(["The big film"], 1)[0]
    assert draw.replaceable
    changes = {change.position: (change.before, change.after) for change in draw.changes}
    assert changes[1] == ("big", "large")
    assert changes[2][0] == "film"
    assert changes[2][1] in ("movie", "motion picture")
    assert draw.text == f"The large {changes[2][1]}"


@pytest.mark.parametrize("text", ["xyz !", "", "The"])
def test_a_text_without_a_replaceable_word_stays(lexicons, text):
    draw = replacer(lexicons, task()).draw([text], 1)[0]
    assert (draw.text, draw.changes, draw.replaceable) == (text, (), False)


def test_punctuation_in_a_lexicon_is_skipped(lexicons, tmp_path):
    ppdb(tmp_path, ["[JJ] ||| % ||| percent", "[JJ] ||| good ||| fine"])
    link(lexicons, tmp_path, "taggers")
    ours = replacer(tmp_path, task(source="ppdb"))
    assert ours.predict("%", "a") == ["percent"]
    assert ours.pos_tag(["%"]) == [("%", "JJ")]
    mark, word = ours.draw(["%", "good"], 1)
    assert (mark.text, mark.replaceable) == ("%", False)
    assert (word.text, word.replaceable) == ("fine", True)


def test_a_text_is_tagged_once(lexicons):
    settings, calls = task({"numbers": True}), []
    loaded = resources(lexicons, settings)
    guarded = Replacer(
        settings,
        tagger=lambda words: calls.append(words) or loaded.tagger(words),
        guards=loaded.guards["t"],
        ppdb=None,
    )
    for seed in range(3):
        draw = guarded.draw(["two big films"], seed)[0]
        assert draw.changes
        assert draw.kept == {"numbers": 1}
    assert calls == [["two", "big", "films"]]
