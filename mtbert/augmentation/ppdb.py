"""PPDB files: checked line by line, and written anew for nlpaug, which a broken line stops."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mtbert.augmentation.nltk_data import MWA, PPDB, REMEDY
from mtbert.core.errors import InputError, choices

SHOWN = 5  # broken lines that a message quotes
# What PPDB 2.0 says of a pair whose words exclude each other
EXCLUSION = "Exclusion"
# nlpaug leaves out lines with these marks of a broken encoding.
MARKS = ("\\ x", "xc3")


@dataclass
class Pairs:
    """The pairs of a PPDB file that nlpaug can use."""

    file: str
    lines: int = 0
    broken: list[tuple[int, str]] = field(default_factory=list)  # line from 1, the reason
    # The file's first fields, of each pair: left-hand side in brackets, phrase, paraphrase
    pairs: list[tuple[str, str, str]] = field(default_factory=list)
    exclusions: set[tuple[str, str]] = field(default_factory=set)
    labelled: bool = False  # whether lines say how their words entail each other

    def tags(self) -> Iterator[tuple[str, str]]:
        """Words with their tags."""
        for constituents, phrase, _ in self.pairs:
            yield phrase, constituents[1:-1].split("/")[0]

    def write(self, path: Path) -> None:
        """Write a file for nlpaug."""
        lines = (" ||| ".join(pair) + "\n" for pair in self.pairs)
        path.write_text("".join(lines), encoding="utf-8")


def find_ppdb(lexicons: Path, name: str | None, *, where: str) -> Path:
    """Find the PPDB file, or the folder of word pairs that stands in for one.

    Args:
        lexicons: the folder.
        name: of a file in its folder `ppdb` that is not hidden, or `mwa_ppdb`; None if there is no
            choice.
        where: the setting that asks for it.

    Raises:
        InputError: there is none, or there are several and none is named.
    """
    found = {path.name: path for path in sorted((lexicons / PPDB).glob("[!.]*")) if path.is_file()}
    if (lexicons / MWA).is_dir():
        found[MWA.name] = lexicons / MWA
    if not found:
        raise InputError(
            f"{where}: needs a PPDB file, and {lexicons} has neither {PPDB}/* nor {MWA}; {REMEDY}"
        )
    if name is None and len(found) > 1:
        raise InputError(
            f"{where}: augment.ppdb: {lexicons} has several PPDB files, name one of "
            f"{', '.join(found)}"
        )
    if name is not None and name not in found:
        raise InputError(f"{where}: augment.ppdb: {choices('PPDB file', name, found)}")
    return found[name or next(iter(found))]


def read_ppdb(path: Path, *, max_bad_share: float, where: str) -> Pairs:
    """Read a file in PPDB's format, packed with gzip or not.

    Args:
        path: the file.
        max_bad_share: of its lines, above which it is refused.
        where: the setting that says so.

    Raises:
        InputError: too many lines are broken, or nothing in it can be used.
    """
    found = Pairs(str(path))
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for line in file:
                found.lines += 1
                if reason := _take(line, found):
                    found.broken.append((found.lines, reason))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read to its end: {error}") from None
    return checked(found, max_bad_share=max_bad_share, where=where)


def checked(found: Pairs, *, max_bad_share: float, where: str) -> Pairs:
    """Refuse a lexicon that is broken, or from which nothing can be taken.

    Raises:
        InputError: too many lines are broken, or there is no pair.
    """
    if len(found.broken) > max_bad_share * found.lines:
        shown = "; ".join(f"line {line}: {reason}" for line, reason in found.broken[:SHOWN])
        raise InputError(
            f"{found.file}: {len(found.broken):,} of {found.lines:,} lines are broken, more than "
            f"{where} ({max_bad_share:.2%}): {shown}"
        )
    if not found.pairs:
        raise InputError(
            f"{found.file}: of {found.lines:,} lines none has a word and another for it that can "
            "be used; expected lines like [NN] ||| word ||| other word"
        )
    return found


def _take(line: bytes, found: Pairs) -> str | None:
    """Take up a line, or say why it is broken."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8"
    fields = [part.strip() for part in text.split("|||")]
    if len(fields) < 3:
        return f"expected 3 fields or more between |||, found {len(fields)}"
    constituents, phrase, paraphrase = fields[:3]
    if not (constituents.startswith("[") and constituents.endswith("]") and constituents[1:-1]):
        return f"expected tags in brackets first, found {constituents!r}"
    if not phrase or not paraphrase:
        return "a word is missing"
    found.labelled |= len(fields) > 5 and bool(fields[5])
    if len(fields) > 5 and fields[5] == EXCLUSION:
        found.exclusions.add((phrase.lower(), paraphrase.lower()))
    if len(phrase.split()) == len(paraphrase.split()) and not any(mark in text for mark in MARKS):
        found.pairs.append((constituents, phrase, paraphrase))
    return None


def lexicon_opposite(
    pairs: Pairs | None, others: Callable[[str, str], bool] | None
) -> Callable[[str, str], bool] | None:
    """Tell opposites by what a PPDB file says, and by what others know; None if neither knows."""
    if pairs is None or not pairs.labelled:
        return others
    known = pairs.exclusions
    return lambda word, other: (
        (word, other) in known or (others is not None and others(word, other))
    )
