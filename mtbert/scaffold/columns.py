"""Guess which columns hold texts, labels and ids, by their names and then by their values."""

import re
from collections.abc import Mapping, Sequence

from mtbert.core.errors import InputError
from mtbert.core.tasks import Columns, Split
from mtbert.inference.tables import place_of
from mtbert.scaffold.files import TableFile

# Usual names, the likeliest first
LABELS = (
    *("label", "labels", "gold_label", "class", "category", "target", "topic", "intent"),
    *("sentiment", "polarity", "emotion", "is_duplicate", "duplicate", "is_paraphrase"),
    *("similarity", "stars", "rating", "score", "y"),
)
TEXTS = (
    *("text", "sentence", "message", "review", "body", "content", "comment", "question", "query"),
    *("utterance", "tweet", "document", "description", "title"),
)
IDS = ("id", "idx", "index", "guid", "uuid")
PAIRS = (("premise", "hypothesis"), ("query", "passage"), ("query", "document"))
NUMBERED = re.compile(r"(?P<stem>\w*?)_?(?P<side>1|(?<=_)a|2|(?<=_)b)")
WORDS = 2  # of a text on average, less one, where columns have numbers for names
FEW = 0.1  # distinct values over rows, of a column of labels that no name gives away


def guess_columns(files: Mapping[Split, TableFile]) -> tuple[Columns, list[str]]:
    """Guess a task's columns.

    Returns:
        The columns, and notes on what is not used.

    Raises:
        InputError: no column can be texts or labels, or ids occur twice in a file.
    """
    train = files["train"]
    names = [str(name) for name in train.frame.columns if str(name)]
    if len(names) < 2:
        name = names[0] if names else ""
        raise InputError(
            f"{train.path}: expected a column of texts and one of labels, found one with a name, "
            f"{name!r}"
        )
    label = _label(train, names)
    identity = _id(files, [name for name in names if name != label])
    sides = _sides(train, [name for name in names if name not in (label, identity)])
    used = {label, identity, *sides}
    unused = [name for name in names if name not in used]
    notes = [f"not used: {', '.join(unused)}"] if unused else []
    text_a, text_b = sides
    return Columns(id=identity, text_a=text_a, text_b=text_b, label=label), notes


def plain(name: str) -> str:
    """A column's name in lower case, with _ for all that is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _first(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """The column with the likeliest of the usual names."""
    by_name = {plain(name): name for name in reversed(names)}
    return next((by_name[word] for word in usual if word in by_name), None)


def _label(table: TableFile, names: Sequence[str]) -> str:
    if (named := _first(names, LABELS)) is not None:
        return named
    most = max(2, FEW * len(table.frame))
    few = [name for name in names if 2 <= len({*table.texts(name)}) <= most]
    numbers = [name for name in few if all(map(_is_number, table.texts(name)))]
    for likely in (few, numbers):
        if len(likely) == 1:
            return likely[0]
    raise InputError(
        f"{table.path}: no column of labels: none of {', '.join(names)} has a usual name, such as "
        f"{', '.join(LABELS[:2])}; with few distinct values, as labels have: "
        f"{', '.join(few) or 'none'}; rename the column of labels to label"
    )


def _id(files: Mapping[Split, TableFile], names: Sequence[str]) -> str | None:
    """The column of ids, if there is one that all files have and that holds each id once."""
    name = _first(names, IDS) or next((n for n in names if plain(n).endswith("_id")), None)
    if name is None and names and _counts(files["train"].texts(names[0])):
        name = names[0]
    if name is None or not all(name in table.frame.columns for table in files.values()):
        return None
    for table in files.values():
        places: dict[str, int] = {}
        for row, value in enumerate(table.texts(name)):
            if (first := places.setdefault(value, row)) != row:
                what = f"id {value!r}" if value else "an empty id"
                raise InputError(
                    f"{table.path}: column {name!r}: {what} in {place_of(table.frame, first)} and "
                    f"{place_of(table.frame, row)}; give each row another, or remove the column: "
                    "rows are then counted"
                )
    return name


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _counts(values: Sequence[str]) -> bool:
    """Whether values are all distinct and each one word with a digit, as in T1, T2."""
    words = all(re.fullmatch(r"\S*\d\S*", value) for value in values)
    return words and len({*values}) == len(values)


def _sides(table: TableFile, names: Sequence[str]) -> tuple[str, str | None]:
    """The column of texts, or the two of pairs."""
    by_name = {plain(name): name for name in names}
    for first, second in PAIRS:
        if first in by_name and second in by_name:
            return by_name[first], by_name[second]
    for name, column in by_name.items():
        if (match := NUMBERED.fullmatch(name)) and match["side"] in "1a":
            other = name[:-1] + {"1": "2", "a": "b"}[match["side"]]
            if other in by_name:
                return column, by_name[other]
    if (named := _first(names, TEXTS)) is not None:
        return named, None
    values = {name: table.texts(name) for name in names}
    # Letters are what texts have and numbers and dates mostly lack.
    letters = {
        name: sum(sum(map(str.isalpha, text)) for text in texts) for name, texts in values.items()
    }
    worded = [
        n for n, texts in values.items() if sum(t.count(" ") for t in texts) > WORDS * len(texts)
    ]
    if len(worded) == 2 and all(map(str.isdecimal, names)):
        return worded[0], worded[1]
    longest = max(letters, key=letters.__getitem__, default=None)
    if longest is None or not letters[longest]:
        raise InputError(
            f"{table.path}: no column of texts beside labels and ids: "
            f"{', '.join(names) or 'no other column'}; call it text, or text1 and text2 for pairs"
        )
    return longest, None
