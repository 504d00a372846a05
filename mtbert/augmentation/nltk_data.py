"""The folder of lexicons: where NLTK finds its data, what is in it, and nlpaug's quick import."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
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

# nlpaug and NLTK import these where they find them, for parts that are never used here: seconds.
IDLE = frozenset({"torch", "transformers", "sklearn", "scipy", "matplotlib"})
REMEDY = (
    "set lexicons.source to `public`, or to a folder that has it (laid out as NLTK's data), and "
    "run `dvc repro`"
)


class _Hidden(MetaPathFinder):
    """A finder of modules that says of some that they are not installed."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname in IDLE:
            raise ModuleNotFoundError(f"{fullname} is not needed here", name=fullname)


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import nlpaug and NLTK without the heavy packages that they can do without."""
    finder = _Hidden()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def use_folder(lexicons: Path) -> None:
    """Make a folder the only one where NLTK looks for its data."""
    with quick_imports():
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
    with quick_imports():
        from nltk.corpus import wordnet as reader

    reader.ensure_loaded()
    # A forked process shares the place in an open file with the others, and each seeks: it opens
    # the files anew.
    os.register_at_fork(after_in_child=reader._data_file_map.clear)
    return reader
