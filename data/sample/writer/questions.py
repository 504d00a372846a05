"""Question pairs: the label says whether both questions ask the same thing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from writer.corpus import Row, Task
from writer.grammar import either, sentence
from writer.question_phrases import TOPICS, VALUES, Topic


@dataclass(frozen=True)
class Meaning:
    """What a question asks, apart from its wording."""

    topic: Topic
    intent: str
    values: dict[str, str]

    @property
    def ordered(self) -> bool:
        """Whether exchanging the slots a and b changes the meaning."""
        return self.intent in self.topic.ordered

    def swapped(self) -> "Meaning":
        """The same question with the roles of a and b exchanged."""
        a, b = self.values["a"], self.values["b"]
        return replace(self, values={**self.values, "a": b, "b": a})

    def worded(self, rng: Random, phrasing: int) -> str:
        """One wording of the meaning, with a synonym drawn for each slot."""
        slots = {name: either(rng, value) for name, value in self.values.items()}
        return sentence(self.topic.intents[self.intent][phrasing].format_map(slots))


def _filled(rng: Random, topic: Topic, intent: str) -> Meaning:
    values: dict[str, str] = {}
    for names, domain in topic.slots.items():
        free = [value for value in VALUES[domain] if value not in values.values()]
        parts = rng.choice(free).split(" > ")
        rng.shuffle(parts)
        values.update(zip(names.split(), parts, strict=True))
    return Meaning(topic, intent, values)


def _meaning(rng: Random) -> Meaning:
    topic = rng.choice(TOPICS)
    return _filled(rng, topic, rng.choice(sorted(topic.intents)))


def _same(rng: Random, meaning: Meaning) -> Meaning | None:
    symmetric = {"a", "b"} <= meaning.values.keys() and not meaning.ordered
    return meaning.swapped() if symmetric and rng.random() < 0.5 else meaning


def _swap(rng: Random, meaning: Meaning) -> Meaning | None:
    return meaning.swapped() if meaning.ordered else None


def _slot(rng: Random, meaning: Meaning) -> Meaning | None:
    other = _filled(rng, meaning.topic, meaning.intent)
    keys = rng.sample(sorted(meaning.topic.slots), rng.randint(1, len(meaning.topic.slots)))
    values = meaning.values | {name: other.values[name] for name in " ".join(keys).split()}
    told_apart = set(values.values()) != set(meaning.values.values())
    distinct = len(set(values.values())) == len(values)
    return replace(other, values=values) if told_apart and distinct else None


def _intent(rng: Random, meaning: Meaning) -> Meaning | None:
    others = sorted(meaning.topic.intents.keys() - {meaning.intent})
    return replace(meaning, intent=rng.choice(others))


def _topic(rng: Random, meaning: Meaning) -> Meaning | None:
    other = _meaning(rng)
    return None if other.topic is meaning.topic else other


@dataclass(frozen=True)
class Kind:
    """How the second question of a pair comes about.

    ``share`` is the part of the rows, ``echo`` how often the phrasing is kept as it was.
    """

    turn: Callable[[Random, Meaning], Meaning | None]
    share: float
    echo: float = 0.0


KINDS = {
    "same": Kind(_same, 0.37, echo=0.5),
    "swap": Kind(_swap, 0.11, echo=0.5),
    "slot": Kind(_slot, 0.14, echo=0.3),
    "intent": Kind(_intent, 0.15),
    "topic": Kind(_topic, 0.23),
}


def _draw(rng: Random) -> list[Row]:
    kind = rng.choice(sorted(KINDS))
    first = _meaning(rng)
    second = KINDS[kind].turn(rng, first)
    if second is None:
        return []
    left, right = (rng.randrange(len(m.topic.intents[m.intent])) for m in (first, second))
    if rng.random() < KINDS[kind].echo:
        right = left
    texts = first.worded(rng, left), second.worded(rng, right)
    return [Row(texts, "1.0" if kind == "same" else "0.0", kind)]


QUESTIONS = Task(
    stem="quora",
    columns=("sentence1", "sentence2", "is_duplicate"),
    sizes={"train": 2400, "dev": 400, "test-student": 150},
    shares={name: kind.share for name, kind in KINDS.items()},
    draw=_draw,
)
