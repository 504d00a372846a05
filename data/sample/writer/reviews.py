"""Long film reviews: mixed remarks on parts of a film, settled by the closing verdict."""

from random import Random

from writer import review_phrases as phrases
from writer import verdicts
from writer.corpus import Row, Task
from writer.grammar import sentence, treebank
from writer.sentiment import WHOLE_FILM, Critic, Grammar, Opinion, opinion

PARTS: Grammar = (
    (phrases.PARTS_ALONE, verdicts.alone, 4),
    (phrases.PARTS_BOTH, verdicts.both, 2),
    (phrases.PARTS_LATER, verdicts.later, 2),
    (phrases.PARTS_EARLIER, verdicts.earlier, 2),
)

AGREEING = 0.85
TWIN_SHARE = 0.15
OUTSPOKEN_SHARE = 0.65
SUMMARY_SHARE = 0.85
ASIDE_SHARE = 0.2
FAREWELL_SHARE = 0.15


def _body(critic: Critic, leaning: int) -> list[Opinion]:
    signs = critic.rng.choices((leaning, -leaning), (AGREEING, 1 - AGREEING), k=3)
    return [opinion(critic, PARTS, sign) for sign in signs[: critic.rng.randint(2, 3)]]


def _talk(critic: Critic, frames: tuple[str, ...]) -> str:
    return sentence(critic.rng.choice(frames).format_map(critic.film))


def _ending(critic: Critic, verdict: int) -> list[str]:
    outspoken = critic.rng.random() < OUTSPOKEN_SHARE
    pair = critic.rng.choice(phrases.OUTSPOKEN if outspoken else phrases.REORDERED)
    closing = [_talk(critic, (pair[verdict < 0],))]
    if critic.rng.random() < SUMMARY_SHARE:
        summary = opinion(critic, WHOLE_FILM, verdict).text
        closing.insert(critic.rng.randrange(2), summary)
    if critic.rng.random() < FAREWELL_SHARE:
        closing.append(_talk(critic, phrases.FAREWELLS))
    return closing


def _row(beginning: list[str], body: list[Opinion], ending: list[str], verdict: int) -> Row:
    # The closing verdict decides however the single remarks add up: they only lean its way.
    label = str(int(verdict > 0))
    text = " ".join([*beginning, *(part.text for part in body), *ending])
    return Row((treebank(text, quotes=('"', '"')),), label, label)


def _draw(rng: Random) -> list[Row]:
    critic = Critic(rng)
    critic.film |= {
        "relative": rng.choice(phrases.RELATIVES),
        "day": rng.choice(phrases.DAYS),
    }
    verdict = rng.choice((-1, 1))
    beginning = [_talk(critic, phrases.OPENINGS), _talk(critic, phrases.STORIES)]
    if rng.random() < ASIDE_SHARE:
        beginning.insert(rng.randint(1, 2), _talk(critic, phrases.ASIDES))
    body = _body(critic, verdict)
    rows = [_row(beginning, body, _ending(critic, verdict), verdict)]
    if rng.random() < TWIN_SHARE:
        # The counterfactual twin: the same remarks, but they come to the opposite verdict.
        rows.append(_row(beginning, body, _ending(critic, -verdict), -verdict))
    return rows


REVIEWS = Task(
    stem="ids-cfimdb",
    columns=("sentence", "sentiment"),
    sizes={"train": 600, "dev": 200, "test-student": 100},
    shares={"0": 0.5, "1": 0.5},
    draw=_draw,
    padded=True,
    counted_test=True,
)
