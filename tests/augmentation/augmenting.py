"""Settings, replacers and tables for the tests of augmentation."""

import random
from pathlib import Path

import pyarrow as pa

from mtbert.augmentation.lexicons import load_resources
from mtbert.augmentation.replacing import Replacer, synonym_augmenter
from mtbert.augmentation.settings import Augment, TaskAugmentation
from mtbert.core.params import validate
from mtbert.core.schemas import text_schema

OFF = dict.fromkeys(["antonyms", "numbers", "negations", "duplicates", "held_out"], False)
PAIRS = [
    "[NN] ||| film ||| movie ||| a=1 ||| 0-0 ||| Equivalence",
    "[NN/VB] ||| love ||| adore ||| a=1 ||| 0-0 ||| ForwardEntailment",
    "[VB] ||| rise ||| climb ||| a=1 ||| 0-0 ||| Equivalence",
    "[VB] ||| rise ||| fall ||| a=1 ||| 0-0 ||| Exclusion",
    "[JJ] ||| good ||| fine ||| a=1 ||| 0-0 ||| Equivalence",
    "[NN] ||| man ||| old man ||| a=1 ||| 0-0 ||| Equivalence",
]


def task(guards=None, **changes):
    """One task's settings: all guards off except those given, every word may be replaced."""
    plain = {"source": "wordnet", "copies": 1, "share": 1.0, "max_words": None}
    plain |= {"stop_words": "none", "guards": OFF | dict(guards or {})}
    return validate(TaskAugmentation, plain | changes, where="task")


def section(settings, **changes):
    """Section `augment` with one set, `s`, of one task, `t`."""
    rows = {"t": settings.model_dump(mode="json")}
    plain = {"tagger": "perceptron", "max_bad_share": 0.0, "sets": {"s": rows}}
    return validate(Augment, plain | changes, where="augment")


def resources(folder, settings, *, words=(), **changes):
    return load_resources(folder, section(settings, **changes), "s", words, where="augment")


def replacer(folder, settings, **changes):
    loaded = resources(folder, settings, **changes)
    guards = loaded.guards["t"]
    return Replacer(settings, tagger=loaded.tagger, guards=guards, ppdb=loaded.ppdb)


def ppdb(folder, lines=PAIRS, *, name="pairs.txt"):
    path = folder / "ppdb" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines))
    return path


def link(lexicons, folder, *parts):
    """Add some parts of a folder of lexicons to another."""
    for part in parts:
        (folder / part).symlink_to(lexicons / part)


def plain_nlpaug(settings, texts, seed, ppdb=Path()):
    """What nlpaug itself makes of a row's texts."""
    augmenter = synonym_augmenter(settings, ppdb)
    random.seed(seed)
    return [augmenter.augment(text)[0] for text in texts]


def table(texts, others=None):
    size = len(texts)
    columns = [[f"id{i}" for i in range(size)], list(texts), others or [None] * size, [1.0] * size]
    return pa.table(columns, schema=text_schema())
