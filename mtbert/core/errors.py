"""The one error that a user's input can cause, and the words that help to mend it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class InputError(Exception):
    """Something the user gave cannot be used: a parameter, a file, a row.

    The message names where (file, section, key or row), the rule, the value found and what would
    be accepted. Stages print it as one line and exit with code 2.
    """


def choices(what: str, found: object, allowed: Iterable[str]) -> str:
    """Say that `found` is not among the `allowed` words, and which one comes nearest."""
    words = sorted(allowed)
    near = get_close_matches(str(found), words, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {found!r}{hint} (allowed: {', '.join(words) or 'none'})"


@contextmanager
def located(place: str, *, link: str = ": ") -> Iterator[None]:
    """Put a place in front of the message of an InputError, with what joins the two."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}{link}{error}") from None
