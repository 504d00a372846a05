"""The error that bad input raises, and messages that help to correct the input."""

import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

# What others call our words
SYNONYMS = {
    **{"regression": "similarity", "multiclass": "classes", "classification": "classes"},
    **{"bi-encoder": "siamese", "cross-encoder": "joint"},
}


class InputError(Exception):
    """The user's input (a parameter, a file, a row) cannot be used.

    The message names the place (file, section, key or row), the rule, the value and what would be
    accepted. Stages print it without a traceback and exit with code 2.
    """


def printable(line: str) -> str:
    """A line in which characters that would control a terminal are written out."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)


def choices(what: str, value: object, allowed: Iterable[str]) -> str:
    """Say that `value` is not among the `allowed` words, and which one is nearest."""
    words = sorted(allowed)
    near = [word for word in words if word == SYNONYMS.get(str(value))]
    near = near or get_close_matches(str(value), words, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {value!r}{hint} (allowed: {', '.join(words) or 'none'})"


@contextmanager
def located(place: str, *, link: str = ": ") -> Iterator[None]:
    """Put a place and `link` in front of the message of an InputError."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}{link}{error}") from None


@contextmanager
def renamed(copy: str, original: str) -> Iterator[None]:
    """Name in the message of an InputError what the user wrote, not our copy of it."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error).replace(copy, original)) from None


_FULL = "free space there"
_CLOSED = "expected a place to read and write: change its permissions, or move the project"
# What to do about a file that cannot be written, or read
REMEDIES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "expected a file system that holds files of that size",
    errno.EIO: "the disk fails: copy from it what you need",
    errno.EROFS: _CLOSED,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
}


def write_fault(error: Exception) -> str | None:
    """Say what a disk refused and what to do; None if it is not the disk's fault.

    Names the file, or the output that was being written, the note on the error.
    """
    number = getattr(error, "errno", None)
    # Errors of shutil and of libraries in Rust have it in their text alone.
    if number is None and (match := re.search(r"\[Errno (\d+)\]|\(os error (\d+)\)", str(error))):
        number = int(match[1] or match[2])
    if number not in REMEDIES:
        return None
    names = [getattr(error, name, None) for name in ("filename2", "filename")]
    names += getattr(error, "__notes__", [])
    place = next((str(name) for name in names if name), "a file")
    reason = os.strerror(number)
    return f"{place}: {reason}; {REMEDIES[number]}, then run again"
