"""A folder laid out as NLTK's data: a WordNet and a tagger small enough to be read here."""

import json
from pathlib import Path

FILES = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}
LEXNAMES = {"adj.all": 0, "adv.all": 2, "noun.Tops": 3, "noun.feeling": 12, "verb.emotion": 37}
# name -> part of speech, WordNet's file, words, [(pointer, name of the other, its word or "")]
SYNSETS: dict[str, tuple[str, str, list[str], list[tuple[str, str]]]] = {
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
    **dict.fromkeys(["films"], "NNS"),
    **dict.fromkeys(["love", "rise", "fall"], "VB"),
    **dict.fromkeys(["good", "bad", "big", "cold", "hot", "superb", "joyful"], "JJ"),
    **dict.fromkeys(["finely", "not", "never"], "RB"),
    "two": "CD",
}


def write_lexicons(folder: Path) -> Path:
    """Write WordNet and the tagger."""
    write_wordnet(folder / "corpora/wordnet")
    tagger = folder / "taggers/averaged_perceptron_tagger_eng"
    tagger.mkdir(parents=True)
    weights = {
        "bias": {"NN": 0.2, "JJ": 0.1, "VB": 0.1},
        "i suffix ing": {"VB": 0.5},
        "i-1 tag DT": {"NN": 0.1, "JJ": 0.3},
        # A tie: 0.2 and 0.1 + 0.1
        "i pref1 t": {"VB": 0.1},
        # Each place around a word, by a word that the tests draw
        "i-1 tag -START-": {"JJ": 0.4},
        "i-2 tag -START2-": {"RB": 0.35},
        "i-2 tag -START-": {"VB": 0.45},
        "i tag+i-2 tag NN DT": {"RB": 0.9},
        "i-1 word tiger": {"VB": 0.7},
        "i-1 suffix wn": {"RB": 0.8},
        "i-2 word tiger": {"RB": 0.6},
        "i+1 word tree": {"JJ": 0.9},
        "i+1 suffix wn": {"JJ": 1.1},
        "i+2 word tree": {"VB": 0.8},
        "i-1 tag+i word VB unknown": {"CD": 2.0},
        "i word !HYPHEN": {"RB": 1.5},
        "i word !YEAR": {"CD": 1.5},
    }
    for name, content in {
        "weights": weights,
        "tagdict": TAGS,
        "classes": sorted({*TAGS.values(), "NN", "JJ", "VB"}),
    }.items():
        path = tagger / f"averaged_perceptron_tagger_eng.{name}.json"
        path.write_text(json.dumps(content))
    return folder


def write_wordnet(folder: Path) -> None:
    """Write WordNet's database files, whose pointers are byte offsets."""
    folder.mkdir(parents=True)
    offsets: dict[str, int] = dict.fromkeys(SYNSETS, 0)
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
    names = {number: name for name, number in LEXNAMES.items()}
    lexnames = (f"{number:02d}\t{names.get(number, 'other')}\t1\n" for number in range(45))
    (folder / "lexnames").write_text("".join(lexnames))
    for name in ("cntlist.rev", "index.sense"):
        (folder / name).write_text("")


def _line(name: str, offsets: dict[str, int]) -> str:
    part, lexname, words, pointers = SYNSETS[name]
    items = [f"{offsets[name]:08d}", f"{LEXNAMES[lexname]:02d}", part, f"{len(words):02x}"]
    items += [item for word in words for item in (word, "0")]
    items.append(f"{len(pointers):03d}")
    for symbol, other in pointers:
        # Similar meanings join synsets, all else the first words of both.
        ends = "0000" if symbol == "&" else "0101"
        items += [symbol, f"{offsets[other]:08d}", SYNSETS[other][0], ends]
    return " ".join([*items, *(["00"] if part == "v" else []), "|", "meaning"]) + "\n"


def _index(part: str, offsets: dict[str, int]) -> str:
    found: dict[str, list[int]] = {}
    for name, (own, _, words, _) in SYNSETS.items():
        if FILES[own] == part:
            for word in words:
                found.setdefault(word.partition("(")[0], []).append(offsets[name])
    letter = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}[part]
    return "".join(
        f"{word} {letter} {len(at)} 0 {len(at)} 0 " + " ".join(f"{o:08d}" for o in at) + "\n"
        for word, at in sorted(found.items())
    )
