"""Film sentences with five classes: the label is what the parts of a sentence add up to."""

from dataclasses import dataclass
from random import Random

from writer import film_frames as frames
from writer import film_phrases as phrases
from writer import verdicts
from writer.corpus import Row, Task
from writer.grammar import agree, sentence, treebank

STRENGTHS = (-2, -1, 1, 2)


@dataclass(frozen=True)
class Opinion:
    """A finished sentence and its score, from -2 (dreadful) to 2 (superb)."""

    text: str
    score: float


class Critic:
    """Words opinions of a wanted strength, about another aspect of the film each time."""

    def __init__(self, rng: Random) -> None:
        """Starts with a fresh set of aspects to talk about."""
        self.rng = rng
        aspects = [(name, plural) for plural, names in phrases.ASPECTS.items() for name in names]
        self._aspects = rng.sample(aspects, len(aspects))
        self.film = {
            "hero": rng.choice(phrases.HEROES[rng.choice((False, True))]),
            "role": rng.choice(phrases.HEROES[False]),
            "setting": rng.choice(phrases.SETTINGS),
            "star": rng.choice(phrases.STARS),
            "title": rng.choice(phrases.TITLES),
            "genre": rng.choice(phrases.GENRES),
            "kind": rng.choice(phrases.KINDS),
            "plot": self._plot(),
        }

    def aspect(self) -> tuple[str, bool]:
        """An aspect not yet mentioned, and whether it is plural."""
        return self._aspects.pop()

    def quality(self, strength: int) -> str:
        """A bare adjective of the given strength."""
        return self.rng.choice(phrases.QUALITIES[strength])

    def remark(self, strength: int) -> str:
        """An adjective phrase in which an adverb may raise or lower the adjective."""
        sign = 1 if strength > 0 else -1
        adverbs = phrases.INTENSIFIERS if sign > 0 else phrases.NEGATIVE_INTENSIFIERS
        if self.rng.random() < 0.5:
            return self.quality(strength)
        if abs(strength) == 2:
            return f"{self.rng.choice(adverbs)} {self.quality(sign)}"
        return f"{self.rng.choice(phrases.HEDGES)} {self.quality(2 * sign)}"

    def predicate(self, strength: int) -> str:
        """A predicate still carrying its singular/plural alternations."""
        way = self.rng.random()
        if way < 0.35:
            return self.rng.choice(phrases.DEEDS[strength])
        if way < 0.65 and abs(strength) == 1:
            opposite = self.quality(self.rng.choice((-1, -2, -1)) * strength)
            return f"{self.rng.choice(phrases.NEGATIONS)} {opposite}"
        return f"is/are {self.remark(strength)}"

    def clause(self, strength: int) -> str:
        """A full opinion on one aspect."""
        name, plural = self.aspect()
        return agree(f"the {name} {self.predicate(strength)}", plural)

    def _plot(self) -> str:
        plural = self.rng.random() < 0.4
        hero = self.rng.choice(phrases.HEROES[plural])
        quest = agree(self.rng.choice(phrases.QUESTS), plural)
        return f"{hero} {quest} {self.rng.choice(phrases.SETTINGS)}"

    def slots(self, first: int, second: int) -> dict[str, str]:
        """Everything a frame may ask for, given the strengths of its two opinions."""
        (part1, plural1), (part2, plural2) = self.aspect(), self.aspect()
        return self.film | {
            "clause1": self.clause(first),
            "clause2": self.clause(second),
            "quality1": self.quality(first),
            "quality2": self.quality(second),
            "remark1": self.remark(first),
            "part1": f"the {part1}",
            "part1_is": agree(f"the {part1} is/are", plural1),
            "part2_is": agree(f"the {part2} is/are", plural2),
            "aspect2": part2,
        }


Grammar = tuple[tuple[tuple[str, ...], verdicts.Rule, float], ...]

GRAMMAR: Grammar = (
    (frames.ALONE, verdicts.alone, 5),
    (frames.BOTH, verdicts.both, 2.5),
    (frames.LATER, verdicts.later, 3),
    (frames.EARLIER, verdicts.earlier, 2),
    (frames.SECOND_WINS, verdicts.second_wins, 3),
    (frames.FIRST_WINS, verdicts.first_wins, 1.6),
    (frames.RELIEF, verdicts.relief, 0.4),
    (frames.REGRET, verdicts.regret, 0.4),
    (frames.LEVEL, verdicts.level, 2),
    (frames.SPOILED, verdicts.spoiled, 1.2),
    (frames.DENIED, verdicts.denied, 1.5),
    (frames.PLAIN, verdicts.plain, 1.2),
)

WHOLE_FILM: Grammar = (
    (frames.SECOND_WINS, verdicts.second_wins, 3),
    (frames.FIRST_WINS, verdicts.first_wins, 2),
    (frames.RELIEF, verdicts.relief, 1),
    (frames.REGRET, verdicts.regret, 1),
)


def opinion(critic: Critic, grammar: Grammar = GRAMMAR, sign: int = 0) -> Opinion:
    """Draws a frame and two strengths that go together in it, with a score of the given sign."""
    weights = [weight for *_, weight in grammar]
    while True:
        templates, rule, _ = critic.rng.choices(grammar, weights)[0]
        first, second = critic.rng.choice(STRENGTHS), critic.rng.choice(STRENGTHS)
        score = rule(first, second)
        if score is not None and (not sign or score * sign > 0):
            text = critic.rng.choice(templates).format_map(critic.slots(first, second))
            return Opinion(sentence(text), score)


def _draw(rng: Random) -> list[Row]:
    made = opinion(Critic(rng))
    label = str(2 + round(made.score))
    return [Row((treebank(made.text),), label, label)]


SENTIMENT = Task(
    stem="ids-sst",
    columns=("sentence", "sentiment"),
    sizes={"train": 1800, "dev": 300, "test-student": 150},
    shares={"0": 0.13, "1": 0.26, "2": 0.19, "3": 0.27, "4": 0.15},
    draw=_draw,
    padded=True,
    counted_test=True,
)
