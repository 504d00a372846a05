"""Texts as users give them, checked before the model runs: one, many, or pairs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mtbert.core.errors import InputError

# One text, or one an example
Texts = str | Iterable[Any]
# A model reads the first tokens alone: more characters than this are a mistake, such as a file.
MAX_CHARACTERS = 100_000


@dataclass(frozen=True)
class TextExamples:
    """Checked texts, without spaces around them."""

    a: list[str]
    b: list[str] | None  # the second texts of pairs
    single: bool  # whether the user gave one example, not many


def read_texts(
    texts: Texts,
    others: Texts | None = None,
    *,
    paired: bool,
    rule: str,
    place: Callable[[int], str] = "item {}".format,
) -> TextExamples:
    """Check texts, or pairs: two texts, two iterables of texts, or an iterable of 2-tuples.

    `rule` says what is taken, and opens messages; `place` names an item by its position, from 0.

    Raises:
        InputError: there are none, or pairs for single texts, or the other way round; or the first
            and second texts differ in number; an item is no text, empty, or too long.
    """
    single = isinstance(texts, str)
    if not paired:
        if others is not None:
            raise InputError(f"{rule}: found second texts, too")
        checked = _checked([texts] if single else texts, "texts", rule, place)
        return TextExamples(checked, None, single)
    if others is None:
        if single:
            raise InputError(f"{rule}: found one text; give the second one, too")
        pairs = _listed(texts, "pairs", rule)
        for number, pair in enumerate(pairs):
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise InputError(f"{rule}: pair {number}: expected two texts, found {_shown(pair)}")
        texts, others = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    elif single != isinstance(others, str):
        raise InputError(f"{rule}: expected two texts or two lists, found one of each")
    a, b = (
        _checked([side] if single else side, name, rule, place)
        for side, name in ((texts, "first texts"), (others, "second texts"))
    )
    if len(a) != len(b):
        raise InputError(f"{rule}: found {len(a)} first texts and {len(b)} second texts")
    return TextExamples(a, b, single)


def _listed(texts: Any, what: str, rule: str) -> list[Any]:
    """All items of an iterable of texts."""
    if isinstance(texts, Iterable) and not isinstance(texts, str | bytes | Mapping):
        items = list(texts)
        if items:
            return items
        raise InputError(f"{rule}: {what}: expected at least one, found none")
    raise InputError(f"{rule}: {what}: expected a list of them, found {_shown(texts)}")


def _checked(texts: Any, what: str, rule: str, place: Callable[[int], str]) -> list[str]:
    """The texts, stripped as the pipeline strips them."""
    checked = []
    for number, text in enumerate(_listed(texts, what, rule)):
        where = f"{rule}: {what}: {place(number)}"
        if not isinstance(text, str):
            raise InputError(f"{where}: expected a text, found {_shown(text)}")
        if not (stripped := text.strip()):
            raise InputError(f"{where}: expected a text, found an empty one")
        if len(stripped) > MAX_CHARACTERS:
            raise InputError(
                f"{where}: expected at most {MAX_CHARACTERS:,} characters, found "
                f"{len(stripped):,}: is it a whole file? give a list of its texts"
            )
        try:
            stripped.encode()
        except UnicodeEncodeError:
            raise InputError(f"{where}: expected a text, found half of a surrogate pair") from None
        checked.append(stripped)
    return checked


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}… ({type(value).__name__})"
