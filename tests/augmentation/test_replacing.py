"""Drawing: nlpaug's own results, whatever is remembered; tags as NLTK's."""

import pytest
from augmenting import plain_nlpaug, ppdb, replacer, task

from mtbert.augmentation.tagging import lexicon_tagger

TEXTS = [
    "The good man and a film",
    "two films rise , a cold film falling tonight",
    "  the man  loves two big films not big",
    "I adore hot joy finely",
    "xyz !",
]


@pytest.mark.parametrize("changes", [{}, {"share": 0.3}, {"share": 0.5, "max_words": 1}])
def test_wordnet_gives_what_nlpaug_gives(lexicons, tmp_path, changes):
    settings = task(**changes)
    ours = replacer(lexicons, settings, tmp_path)
    for _ in range(2):  # the second time all is remembered
        for seed in range(20):
            found = [draw.text for draw in ours.draw(TEXTS, seed)]
            assert found == plain_nlpaug(settings, TEXTS, seed)
    assert len({tuple(d.text for d in ours.draw(TEXTS, seed)) for seed in range(20)}) > 1


def test_ppdb_gives_what_nlpaug_gives(lexicons, tmp_path):
    settings = task(source="ppdb", share=0.5)
    path = ppdb(tmp_path)
    (tmp_path / "taggers").symlink_to(lexicons / "taggers")
    ours = replacer(tmp_path, settings, tmp_path)
    for seed in range(20):
        found = [draw.text for draw in ours.draw(TEXTS, seed)]
        assert found == plain_nlpaug(settings, TEXTS, seed, ppdb=path)
    assert "movie" in " ".join(draw.text for draw in ours.draw(["The film"], 1))


def test_changes_say_where(lexicons, tmp_path):
    draw = replacer(lexicons, task(), tmp_path).draw(["The big film"], 1)[0]
    assert draw.replaceable
    changes = {change.position: (change.before, change.after) for change in draw.changes}
    assert changes[1] == ("big", "large")
    assert changes[2][0] == "film"
    assert changes[2][1] in ("movie", "motion picture")
    assert draw.text == f"The large {changes[2][1]}"


def test_a_text_without_a_replaceable_word_stays(lexicons, tmp_path):
    for text in ("xyz !", "", "The"):
        draw = replacer(lexicons, task(), tmp_path).draw([text], 1)[0]
        assert (draw.text, draw.changes, draw.replaceable) == (text, (), False)


def test_a_mark_that_a_lexicon_has_is_passed_over(lexicons, tmp_path):
    ppdb(tmp_path, ["[JJ] ||| % ||| percent", "[JJ] ||| good ||| fine"])
    (tmp_path / "taggers").symlink_to(lexicons / "taggers")
    ours = replacer(tmp_path, task(source="ppdb"), tmp_path)
    assert ours.words.dictionary.predict("%", "a") == ["percent"]
    assert ours.words.tagger(["%"]) == [("%", "JJ")]
    mark, word = ours.draw(["%", "good"], 1)
    assert (mark.text, mark.replaceable) == ("%", False)
    assert (word.text, word.replaceable) == ("fine", True)


def test_a_text_is_tagged_once(lexicons, tmp_path):
    guarded = replacer(lexicons, task(guards={"numbers": True}), tmp_path)
    tagger, asked = guarded.words.tagger, []
    guarded.words.tagger = lambda words: asked.append(words) or tagger(words)
    for seed in range(3):
        draw = guarded.draw(["two big films"], seed)[0]
        assert draw.changes
        assert draw.kept == {"numbers": 1}
    assert asked == [["two", "big", "films"]]


def test_a_lexicon_tags_its_own_words():
    tag = lexicon_tagger([("film", "NN"), ("film", "VB")])
    assert tag(["film", "house"]) == [("film", "NN"), ("house", "FW")]
