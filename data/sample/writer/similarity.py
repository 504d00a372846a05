"""Sentence pairs scored from 0 to 5 by what the two events have in common."""

import re
from dataclasses import dataclass, replace
from random import Random

from writer.corpus import Row, Task
from writer.grammar import agree, either, sentence
from writer.scene_phrases import DOMAINS, SCENES, Scene

KIN = 0.5
UNSAID = 0.6
EXCHANGED = 0.45
DENIAL_COST = 2.0
EXCHANGE_SHARE = 0.45
DENIAL_SHARE = 0.15
SAME_SCENE_SHARE = 0.94
JITTER = (-1, 0, 0, 0, 1)
PLURAL = re.compile(r"(two|three|some|several|you)\b|.*[^s]s$")
COMPARED = ("step", "taste")


@dataclass(frozen=True)
class Event:
    """A filled scene: one value per slot, and whether it is asserted or denied."""

    scene: Scene
    values: dict[str, str]
    denied: bool = False

    def worded(self, rng: Random) -> str:
        """One of the wordings, with a synonym and the asked form drawn for each slot."""
        template = rng.choice(self.scene.denials if self.denied else self.scene.wordings)
        forms: dict[str, str] = {}
        for name, value in self.values.items():
            left, _, right = either(rng, value).partition(">")
            forms |= {name: left, f"{name}_alt": right}
        subject = forms[template.split("{")[1].split("}")[0]]
        text = agree(template, bool(PLURAL.match(subject))).format_map(forms)
        return sentence(" ".join(text.split()).replace(" .", ".").replace(" ,", ","))

    def exchanged(self) -> "Event":
        """The same event with its two roles exchanged."""
        assert self.scene.roles
        a, b = self.scene.roles
        return replace(self, values={**self.values, a: self.values[b], b: self.values[a]})


def _kin(domain: str, value: str) -> set[str]:
    return {other for group in DOMAINS[domain] if value in group for other in group}


def _likeness(domain: str, left: str, right: str) -> float:
    if left == right:
        return 1.0
    if not left or not right:
        return UNSAID
    return KIN if right in _kin(domain, left) else 0.0


def score(left: Event, right: Event) -> float:
    """Adds up what the slots are worth, less what an exchange or a denial takes away."""
    if left.scene is not right.scene:
        return 0.0
    roles = left.scene.roles
    turned = roles is not None and left.values[roles[0]] == right.values[roles[1]]
    turned = turned and left.values[roles[1]] == right.values[roles[0]]
    total = 0.0
    for name, (domain, worth) in left.scene.slots.items():
        likeness = _likeness(domain, left.values[name], right.values[name])
        total += worth * (EXCHANGED if turned and name in roles else likeness)
    return max(0.0, total - DENIAL_COST * (left.denied != right.denied))


def _value(rng: Random, domain: str) -> str:
    return rng.choice(rng.choice(DOMAINS[domain]))


def _event(rng: Random, scene: Scene) -> Event:
    values = {name: _value(rng, domain) for name, (domain, _) in scene.slots.items()}
    if scene.roles:
        first, second = scene.roles
        domain = scene.slots[second][0]
        if domain in COMPARED:
            values[second] = rng.choice(sorted(_kin(domain, values[first])))
    return Event(scene, values, bool(scene.denials) and rng.random() < DENIAL_SHARE)


def _altered(rng: Random, event: Event) -> Event:
    scene = event.scene
    if scene.roles and rng.random() < EXCHANGE_SHARE:
        event = event.exchanged()
    values = dict(event.values)
    for name in rng.sample(sorted(values), rng.randint(0, len(values))):
        domain = scene.slots[name][0]
        near = sorted(_kin(domain, values[name]) - {values[name]})
        values[name] = rng.choice(near) if near and rng.random() < 0.5 else _value(rng, domain)
    denied = event.denied ^ (bool(scene.denials) and rng.random() < DENIAL_SHARE)
    return Event(scene, values, denied)


def _sensible(event: Event) -> bool:
    if event.scene.roles is None:
        return True
    first, second = (event.values[role] for role in event.scene.roles)
    domain = event.scene.slots[event.scene.roles[0]][0]
    # A comparison or an order of steps only makes sense between neighbours; a chase does not.
    return first != second and (domain not in COMPARED or second in _kin(domain, first))


def _draw(rng: Random) -> list[Row]:
    left = _event(rng, rng.choice(SCENES))
    kept = rng.random() < SAME_SCENE_SHARE
    right = _altered(rng, left) if kept else _event(rng, rng.choice(SCENES))
    if not _sensible(left) or not _sensible(right):
        return []
    step = left.scene.step
    exact = score(left, right)
    jitter = rng.choice(JITTER) if 0 < exact < 5 else 0
    label = min(5.0, max(0.0, round((round(exact / step) + jitter) * step, 2)))
    return [Row((left.worded(rng), right.worded(rng)), str(label), str(min(4, int(label))))]


SIMILARITY = Task(
    stem="sts",
    columns=("sentence1", "sentence2", "similarity"),
    sizes={"train": 1800, "dev": 300, "test-student": 150},
    shares={"0": 0.17, "1": 0.18, "2": 0.20, "3": 0.22, "4": 0.23},
    draw=_draw,
)
