"""Settings, replacers and rows for the tests of augmentation."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from mtbert.augmentation.lexicons import Lexicons
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


def task(**changes: Any) -> TaskAugmentation:
    """One task's settings: everything off, every word may be replaced."""
    plain = {"source": "wordnet", "copies": 1, "share": 1.0, "max_words": None}
    plain |= {"stop_words": "none", "guards": OFF}
    return validate(TaskAugmentation, plain | changes, where="task")


def opened(
    folder: Path, tasks: dict[str, TaskAugmentation], *, words: Sequence[str] = (), **changes: Any
) -> Lexicons:
    rows = {name: row.model_dump(mode="json") for name, row in tasks.items()}
    plain = {"tagger": "perceptron", "max_bad_share": 0.0, "sets": {"s": rows}}
    settings = validate(Augment, plain | changes, where="augment")
    return Lexicons(folder, settings, "s", frozenset(words), where="augment")


def replacer(folder: Path, settings: TaskAugmentation, work: Path, **changes: Any) -> Replacer:
    found = opened(folder, {"t": settings}, **changes)
    found.check()
    return found.replacer("t", work)


def ppdb(folder: Path, lines: Sequence[str] = PAIRS, *, name: str = "pairs.txt") -> Path:
    path = folder / "ppdb" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines))
    return path


def plain_nlpaug(settings: TaskAugmentation, texts: Sequence[str], seed: int, **files: Any) -> Any:
    """What nlpaug itself makes of an example's texts."""
    augmenter = synonym_augmenter(settings, **files)
    random.seed(seed)
    return [augmenter.augment(text)[0] for text in texts]


def table(texts: Sequence[str], others: Sequence[str] | None = None) -> pa.Table:
    size = len(texts)
    columns = [[f"id{i}" for i in range(size)], list(texts), others or [None] * size, [1.0] * size]
    return pa.table(columns, schema=text_schema())
