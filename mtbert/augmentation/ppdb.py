"""PPDB files: checked line by line, and rewritten for nlpaug, which a broken line stops."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mtbert.augmentation.nltk_data import MWA, PPDB, REMEDY, WORDNET, Tagger, data_files, require
from mtbert.core.errors import InputError, choices

LONGEST = 2**16  # bytes of a line; PPDB 2.0 has 2 kB at most
SHOWN = 5  # broken lines that a message quotes
# PPDB 2.0's label of a pair whose words exclude each other
EXCLUSION = "Exclusion"
# nlpaug leaves out lines with these marks of a broken encoding.
MARKS = ("\\ x", "xc3")


@dataclass
class WordPairs:
    """The pairs of a PPDB file that nlpaug can use."""

    file: str
    lines: int = 0
    broken: list[tuple[int, str]] = field(default_factory=list)  # line from 1, the reason
    # The first three fields of a line: left-hand side in brackets, phrase, paraphrase
    pairs: list[tuple[str, str, str]] = field(default_factory=list)
    exclusions: set[tuple[str, str]] = field(default_factory=set)
    labelled: bool = False  # whether any line has an entailment label

    def read(self, lines: Iterable[bytes], take: Callable[[str], str | None]) -> None:
        """Pass each line to a function that takes it, or returns why it is broken."""
        for line in lines:
            self.lines += 1
            if len(line) > LONGEST:
                raise InputError(f"{self.file}: line {self.lines}: more than {LONGEST:,} bytes")
            try:
                text = line.decode("utf-8")
                # nlpaug would take what stands behind a line break for another line.
                split = len(text.splitlines()) > 1
                reason = "a line break inside" if split else take(text)
            except UnicodeDecodeError:
                reason = "not UTF-8"
            if reason:
                self.broken.append((self.lines, reason))

    def check(self, max_bad_share: float, where: str) -> None:
        """Raise InputError if too many lines are broken, or there are no pairs."""
        if len(self.broken) > max_bad_share * self.lines:
            shown = "; ".join(f"line {line}: {reason}" for line, reason in self.broken[:SHOWN])
            raise InputError(
                f"{self.file}: {len(self.broken):,} of {self.lines:,} lines are broken, more than "
                f"{where} ({max_bad_share:.2%}): {shown}"
            )
        if not self.pairs:
            raise InputError(
                f"{self.file}: none of {self.lines:,} lines has a word pair that can be used; "
                "expected lines like [NN] ||| word ||| other word"
            )

    def tagger(self) -> Tagger:
        """A tagger that gives a word its first tag in the file, and FW to words not in it."""
        tags: dict[str, str] = {}
        for constituents, phrase, _ in self.pairs:
            tags.setdefault(phrase, constituents[1:-1].split("/")[0])
        # nlpaug's PPDB leaves a foreign word alone.
        return lambda words: [(word, tags.get(word, "FW")) for word in words]


def find_ppdb(lexicons: Path, name: str | None, *, where: str) -> Path:
    """Find the PPDB file, or the folder of word pairs that stands in for it and needs WordNet.

    Raises:
        InputError: none has that name, several are there and none is named, or WordNet is missing.
    """
    paths = {path.name: path for path in data_files(lexicons / PPDB)}
    if (lexicons / MWA).is_dir():
        paths[MWA.name] = lexicons / MWA
    if not paths:
        raise InputError(
            f"{where}: needs a PPDB file, and {lexicons} has neither {PPDB}/* nor {MWA}; {REMEDY}"
        )
    if name is None and len(paths) > 1:
        raise InputError(
            f"{where}: augment.ppdb: {lexicons} has several PPDB files, name one of "
            f"{', '.join(paths)}"
        )
    if name is not None and name not in paths:
        raise InputError(f"{where}: augment.ppdb: {choices('PPDB file', name, paths)}")
    path = paths[name or next(iter(paths))]
    if path.name == MWA.name:
        require(lexicons, WORDNET, where=where)
    return path


def read_ppdb(path: Path) -> WordPairs:
    """Read a file in PPDB's format, gzipped or not.

    Raises:
        InputError: its end cannot be read, or a line is longer than `LONGEST`.
    """
    lexicon = WordPairs(str(path))

    def take(line: str) -> str | None:
        fields = [part.strip() for part in line.split("|||")]
        if len(fields) < 3:
            return f"expected 3 fields or more between |||, found {len(fields)}"
        constituents, phrase, paraphrase = fields[:3]
        if not re.fullmatch(r"\[.+\]", constituents, re.DOTALL):
            return f"expected tags in brackets first, found {constituents!r}"
        if not phrase or not paraphrase:
            return "a word is missing"
        label = fields[5] if len(fields) > 5 else ""
        lexicon.labelled |= bool(label)
        if label == EXCLUSION:
            lexicon.exclusions.add((phrase.lower(), paraphrase.lower()))
        # nlpaug drops pairs of unequal length, too.
        same_length = len(phrase.split()) == len(paraphrase.split())
        if same_length and not any(mark in line for mark in MARKS):
            lexicon.pairs.append((constituents, phrase, paraphrase))
        return None

    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            lexicon.read(iter(partial(file.readline, LONGEST + 1), b""), take)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read to its end: {error}") from None
    return lexicon
