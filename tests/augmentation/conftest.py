"""A folder laid out as NLTK's data: a WordNet and a tagger small enough to be read here."""

import json

import pytest

from mtbert.augmentation.nltk_data import TAGGER, WORDNET, use_folder

FILES = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}
LEXNAMES = {"adj.all": 0, "adv.all": 2, "noun.Tops": 3, "noun.feeling": 12, "verb.emotion": 37}
# name -> part of speech, WordNet's file, words, [(pointer, name of the other, its word or "")]
SYNSETS = {
    "film": ("n", "noun.Tops", ["film", "movie", "motion_picture"], []),
    "man": ("n", "noun.Tops", ["man", "guy"], []),
    "deuce": ("n", "noun.Tops", ["two", "deuce"], []),
    "pair": ("n", "noun.Tops", ["brace", "two"], []),
    "joy": ("n", "noun.feeling", ["joy", "delight"], [("+", "joyful")]),
    "love": ("v", "verb.emotion", ["love", "adore"], []),
    "rise": ("v", "noun.Tops", ["rise", "climb"], [("!", "fall")]),
    "fall": ("v", "noun.Tops", ["fall", "drop"], [("!", "rise")]),
    "good": ("a", "adj.all", ["good", "fine"], [("!", "bad"), ("&", "superb")]),
    "bad": ("a", "adj.all", ["bad", "poor"], [("!", "good")]),
    "superb": ("s", "adj.all", ["superb"], [("&", "good")]),
    "hot": ("a", "adj.all", ["hot"], [("!", "cold")]),
    "cold": ("a", "adj.all", ["cold"], [("!", "hot"), ("&", "chilly")]),
    "chilly": ("s", "adj.all", ["chilly", "nippy"], [("&", "cold")]),
    "slow": ("a", "adj.all", ["slow"], [("!", "swift"), ("&", "heavy")]),
    "heavy": ("s", "adj.all", ["heavy"], [("&", "slow")]),
    "swift": ("a", "adj.all", ["fast"], [("!", "slow")]),
    "stolid": ("a", "adj.all", ["slow"], [("!", "firm"), ("&", "leaden")]),
    "leaden": ("s", "adj.all", ["leaden"], [("&", "stolid")]),
    "firm": ("a", "adj.all", ["fast"], [("!", "stolid")]),
    "big": ("a", "adj.all", ["big(a)", "large"], []),
    "joyful": ("a", "adj.all", ["joyful", "glad"], [("+", "joy")]),
    "well": ("r", "adv.all", ["finely"], [("\\", "good")]),
    "not": ("r", "adv.all", ["not", "never"], []),
}
TAGS = {
    **dict.fromkeys(["the", "a", "The"], "DT"),
    **dict.fromkeys(["film", "man", "joy", "house"], "NN"),
    "films": "NNS",
    **dict.fromkeys(["love", "rise", "fall"], "VB"),
    **dict.fromkeys(["good", "bad", "big", "large", "cold", "hot", "superb", "joyful"], "JJ"),
    **dict.fromkeys(["finely", "not", "never"], "RB"),
    "two": "CD",
}


@pytest.fixture(scope="session")
def lexicons(tmp_path_factory):
    # NLTK keeps the first WordNet that it loads: all tests share one.
    folder = tmp_path_factory.mktemp("lexicons")
    write_wordnet(folder / WORDNET)
    (folder / TAGGER).mkdir(parents=True)
    weights = {
        "bias": {"NN": 0.2, "JJ": 0.1, "VB": 0.1},
        "i suffix ing": {"VB": 0.5},
        "i-1 tag DT": {"NN": 0.1, "JJ": 0.3},
    }
    classes = sorted({*TAGS.values()})
    for name, content in [("weights", weights), ("tagdict", TAGS), ("classes", classes)]:
        (folder / TAGGER / f"{TAGGER.name}.{name}.json").write_text(json.dumps(content))
    use_folder(folder)
    return folder


def write_wordnet(folder):
    """Write WordNet's database files, whose pointers are byte offsets."""
    folder.mkdir(parents=True)
    offsets = dict.fromkeys(SYNSETS, 0)
    # Offsets have eight digits each, so that the second time round they are right.
    for _ in range(2):
        texts = dict.fromkeys(FILES.values(), "")
        for name in SYNSETS:
            offsets[name] = len(texts[FILES[SYNSETS[name][0]]])
            texts[FILES[SYNSETS[name][0]]] += _line(name, offsets)
    for part, text in texts.items():
        (folder / f"data.{part}").write_text(text)
        (folder / f"index.{part}").write_text(_index(part, offsets))
        (folder / f"{part}.exc").write_text("")
    names = dict.fromkeys(range(45), "other") | {number: n for n, number in LEXNAMES.items()}
    lexnames = "".join(f"{number:02d}\t{name}\t1\n" for number, name in names.items())
    (folder / "lexnames").write_text(lexnames)
    (folder / "index.sense").touch()


def _line(name, offsets):
    part, lexname, words, pointers = SYNSETS[name]
    items = [f"{offsets[name]:08d}", f"{LEXNAMES[lexname]:02d}", part, f"{len(words):02x}"]
    items += [item for word in words for item in (word, "0")]
    items.append(f"{len(pointers):03d}")
    for symbol, other in pointers:
        # Similar meanings join synsets, all else the first words of both.
        ends = "0000" if symbol == "&" else "0101"
        items += [symbol, f"{offsets[other]:08d}", SYNSETS[other][0], ends]
    return " ".join([*items, *(["00"] if part == "v" else []), "|", "meaning"]) + "\n"


def _index(part, offsets):
    found = {}
    for name, (own, _, words, _) in SYNSETS.items():
        if FILES[own] == part:
            for word in words:
                found.setdefault(word.partition("(")[0], []).append(offsets[name])
    letter = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}[part]
    return "".join(
        f"{word} {letter} {len(at)} 0 {len(at)} 0 " + " ".join(f"{o:08d}" for o in at) + "\n"
        for word, at in sorted(found.items())
    )
