"""The error that bad input raises, and messages that help to correct the input."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


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
    near = get_close_matches(str(value), words, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {value!r}{hint} (allowed: {', '.join(words) or 'none'})"


@contextmanager
def located(place: str, *, link: str = ": ") -> Iterator[None]:
    """Put a place and `link` in front of the message of an InputError."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}{link}{error}") from None
