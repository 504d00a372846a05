"""Drawing: nlpaug's own results, whatever is remembered; tags as NLTK's."""

import random

import nltk
import pytest
from augmenting import plain_nlpaug, ppdb, replacer, task
from lexicon_folder import TAGS
from nltk.tag.perceptron import PerceptronTagger

from mtbert.augmentation.nltk_data import wordnet
from mtbert.augmentation.synsets import words_only
from mtbert.augmentation.tagging import QuickTagger, lexicon_tagger, perceptron_tagger

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


def test_tags_are_nltks(lexicons):
    tag = perceptron_tagger()
    words = ["the", "tree", "testing", "house", "unknown", "tiger", "A-b", "1999", *TAGS]
    for seed in range(50):
        drawn = random.Random(seed).choices(words, k=9)
        assert tag(drawn) == nltk.pos_tag(drawn)


def test_close_scores_are_left_to_nltk(lexicons):
    tagger = PerceptronTagger()
    tagger.model.weights = {
        "bias": {"VB": 0.3},
        "i suffix xyz": {"NN": 0.1},
        "i word axyz": {"NN": 0.1},
        "i word bxyz": {"NN": 0.2},
    }
    quick = QuickTagger(tagger)
    asked = []
    predict = tagger.model.predict
    tagger.model.predict = lambda features, *_: asked.append(features) or predict(features)
    assert quick.tag(["axyz"]) == [("axyz", "VB")]
    assert not asked
    # 0.1 + 0.2 is not 0.3 in floating point: which one wins is up to the order.
    found = quick.tag(["bxyz"])
    assert len(asked) == 1
    assert found == tagger.tag(["bxyz"])


def test_another_nltk_is_refused(lexicons):
    tagger = PerceptronTagger()
    tagger._get_features = lambda *_: {"i word": 1}
    with pytest.raises(RuntimeError, match="other features"):
        QuickTagger(tagger)


def test_a_lexicon_tags_its_own_words():
    tag = lexicon_tagger([("film", "NN"), ("film", "VB")])
    assert tag(["film", "house"]) == [("film", "NN"), ("house", "FW")]


def test_synsets_with_words_alone_have_the_same_words(lexicons):
    def names(reader, word, pos):
        return [[x.name() for x in s.lemmas("eng")] for s in reader.synsets(word, pos, lang="eng")]

    reader = wordnet()
    quick = words_only(reader)
    for word in [*reader.all_lemma_names(), "films", "rising", "nothing"]:
        for pos in (None, *"nvasr"):
            assert names(quick, word, pos) == names(reader, word, pos)
    assert names(quick, "films", "n") == [["film", "movie", "motion_picture"]]
    # What they are made for is not what others ask the reader itself for.
    assert reader.synsets("good")[0].similar_tos()
