"""Examples of new rows: their source texts with the replaced words marked."""

import re
from typing import NamedTuple

from mtbert.reporting.augmented import Growth, Text

SIDES = {"text_a": "first text", "text_b": "second text"}


class Piece(NamedTuple):
    """A word of a source text, and what took its place; None where it stayed."""

    before: str
    after: str | None

    def markdown(self) -> str:
        """The word; one that was replaced is struck through, with the new one bold beside it."""
        if self.after is None:
            return escape(self.before)
        new = escape(self.after)
        return f"~~{escape(self.before)}~~" + (f" **{new}**" if new else "")


class MarkedText(NamedTuple):
    """A source text with the changes marked."""

    name: str  # which of a pair it is
    pieces: tuple[Piece, ...]

    def markdown(self) -> str:
        """The text in one line."""
        return " ".join(piece.markdown() for piece in self.pieces)


class MarkedRow(NamedTuple):
    """A new row, as what its source row became."""

    source: str  # its id
    texts: tuple[MarkedText, ...]

    def markdown(self) -> str:
        """A list item; one for each text of a pair below it."""
        lines = [text.markdown() for text in self.texts]
        if len(lines) == 1:
            return f"- {escape(self.source)}: {lines[0]}"
        named = (f"  - {text.name}: {line}" for text, line in zip(self.texts, lines, strict=True))
        return "\n".join([f"- {escape(self.source)}:", *named])


def marked_rows(growth: Growth) -> tuple[MarkedRow, ...]:
    """The examples of new rows of one task."""
    return tuple(
        MarkedRow(
            source=one.source,
            texts=tuple(
                MarkedText(SIDES[side], _pieces(text)) for side, text in sorted(one.texts.items())
            ),
        )
        for one in growth.examples
    )


def escape(text: str) -> str:
    """A text in one line that Markdown, GitHub's with its formulas too, shows as it is."""
    return re.sub(r"([\\`*_~|<>\[\]$&])", r"\\\1", " ".join(text.split()))


def _pieces(text: Text) -> tuple[Piece, ...]:
    return tuple(Piece(word, text.replaced.get(i)) for i, word in enumerate(text.words))
