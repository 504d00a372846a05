"""The folder of lexicons: its layout, and where NLTK finds its data."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError

# Words -> (word, tag) each, as `nltk.pos_tag` gives them
Tagger = Callable[[list[str]], list[tuple[str, str]]]

WORDNET = Path("corpora/wordnet")
TAGGER = Path("taggers/averaged_perceptron_tagger_eng")
MWA = Path("misc/mwa_ppdb")
PPDB = Path("ppdb")
OPINION = Path("opinion")
# The files that NLTK opens
PARTS = ("adj", "adv", "noun", "verb")
FILES = {
    WORDNET: [
        *("lexnames", "index.sense"),
        *(name for part in PARTS for name in (f"index.{part}", f"data.{part}", f"{part}.exc")),
    ],
    TAGGER: [f"{TAGGER.name}.{kind}.json" for kind in ("weights", "tagdict", "classes")],
}
TITLES = {WORDNET: "WordNet", TAGGER: "NLTK's tagger"}

REMEDY = (
    "set lexicons.source to `public`, or to a folder that has it (laid out as NLTK's data), and "
    "run `dvc repro`"
)


def use_folder(lexicons: Path) -> None:
    """Make a folder the only one where NLTK looks for its data."""
    import nltk

    # NLTK reads no file outside its paths, and DVC may link files to its cache.
    linked = {path.resolve().parent for path in lexicons.rglob("*") if path.is_symlink()}
    nltk.data.path[:] = map(str, [lexicons.resolve(), *sorted(linked)])


def require(lexicons: Path, part: Path, *, where: str) -> None:
    """Raise InputError if the folder lacks a file of WordNet or the tagger, which `where` needs."""
    for path in (part, *(part / name for name in FILES[part])):
        if not (lexicons / path).exists():
            raise InputError(
                f"{where}: needs {TITLES[part]}, and {lexicons} has no {path}; {REMEDY}"
            )


def data_files(folder: Path) -> list[Path]:
    """A folder's files in order of their names, without hidden ones."""
    return sorted(path for path in folder.glob("[!.]*") if path.is_file())


@cache
def wordnet() -> Any:
    """NLTK's WordNet reader, of the folder in use at the first call."""
    from nltk.corpus import wordnet as reader

    reader.ensure_loaded()
    # Forked processes share the position in an open file: each opens the files again.
    os.register_at_fork(after_in_child=reader._data_file_map.clear)
    return reader
