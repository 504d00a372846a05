"""Drawing: nlpaug's own results despite all caching."""

import pytest
from augmenting import link, plain_nlpaug, ppdb, replacer, task

TEXTS = [
    "The good man and a film",
    "two films rise , a cold film falling tonight",
    "  the man  loves two big films not big",
    "I adore hot joy finely",
    "xyz !",
]


@pytest.mark.parametrize(
    "changes", [{}, {"share": 0.3}, {"share": 0.5, "max_words": 1}, {"source": "ppdb"}]
)
def test_draws_are_those_of_nlpaug(lexicons, tmp_path, changes):
    settings, path = task(**changes), ppdb(tmp_path)
    link(lexicons, tmp_path, "corpora", "taggers")
    ours = replacer(tmp_path, settings)
    for _ in range(2):  # the second time all is cached
        for seed in range(20):
            texts = [draw.text for draw in ours.draw(TEXTS, seed)]
            assert texts == plain_nlpaug(settings, TEXTS, seed, ppdb=path)
    assert len({tuple(d.text for d in ours.draw(TEXTS, seed)) for seed in range(20)}) > 1


@pytest.mark.parametrize("text", ["xyz !", "", "The"])
def test_a_text_without_a_replaceable_word_stays(lexicons, text):
    draw = replacer(lexicons, task()).draw([text], 1)[0]
    assert (draw.text, draw.changes, draw.replaceable) == (text, (), False)


def test_punctuation_in_a_lexicon_is_skipped(lexicons, tmp_path):
    ppdb(tmp_path, ["[NN] ||| % ||| percent", "[JJ] ||| good ||| fine"])
    link(lexicons, tmp_path, "taggers")
    ours = replacer(tmp_path, task(source="ppdb"))
    assert ours.predict("%", "n") == ["percent"]
    assert ours.pos_tag(["%"]) == [("%", "NN")]
    mark, word = ours.draw(["%", "good"], 1)
    assert (mark.text, mark.replaceable) == ("%", False)
    assert (word.text, word.replaceable) == ("fine", True)
