"""The folder of lexicons: what is in it, and where NLTK finds its data."""

import os
from functools import cache
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError

WORDNET = Path("corpora/wordnet")
TAGGER = Path("taggers/averaged_perceptron_tagger_eng")
MWA = Path("misc/mwa_ppdb")
PPDB = Path("ppdb")
OPINION = Path("opinion")
# What NLTK opens of the parts that are its own
FILES = {
    WORDNET: (
        *("lexnames", "index.sense"),
        *(
            f"{kind}.{part}"
            for kind in ("index", "data")
            for part in ("adj", "adv", "noun", "verb")
        ),
        *(f"{part}.exc" for part in ("adj", "adv", "noun", "verb")),
    ),
    TAGGER: tuple(f"{TAGGER.name}.{kind}.json" for kind in ("weights", "tagdict", "classes")),
}

REMEDY = (
    "set lexicons.source to `public`, or to a folder that has it (laid out as NLTK's data), and "
    "run `dvc repro`"
)


def use_folder(lexicons: Path) -> None:
    """Make a folder the only one where NLTK looks for its data."""
    import nltk

    # NLTK reads no file outside of its paths, and links of DVC's lead to its cache.
    linked = {path.resolve().parent for path in lexicons.rglob("*") if path.is_symlink()}
    nltk.data.path[:] = map(str, [lexicons.resolve(), *sorted(linked)])


def need(lexicons: Path, part: Path, *, what: str, where: str) -> Path:
    """The path of a part of the lexicons.

    Args:
        lexicons: the folder.
        part: a folder in it.
        what: the part's name.
        where: the setting that asks for it.

    Raises:
        InputError: it is not there, or not all of it, with what to do.
    """
    for path in (part, *(part / name for name in FILES.get(part, ()))):
        if not (lexicons / path).exists():
            raise InputError(f"{where}: needs {what}, and {lexicons} has no {path}; {REMEDY}")
    return lexicons / part


@cache
def wordnet() -> Any:
    """NLTK's WordNet reader, of the folder that was in use when it was first asked for."""
    from nltk.corpus import wordnet as reader

    reader.ensure_loaded()
    # A forked process shares the place in an open file with the others, and each seeks: it opens
    # the files anew.
    os.register_at_fork(after_in_child=reader._data_file_map.clear)
    return reader
