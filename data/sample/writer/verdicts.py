"""How the strengths of two opinions combine; ``None`` where a frame does not allow them."""

from collections.abc import Callable

Rule = Callable[[int, int], float | None]

LEADING_WEIGHT = 0.85
MINOR_WEIGHT = 0.3
SHARED_WEIGHT = 0.65


def _opposed(first: int, second: int) -> bool:
    return first * second < 0


def alone(first: int, second: int) -> float | None:
    """The first opinion is the only one."""
    return first


def both(first: int, second: int) -> float | None:
    """Opinions of one sign add up."""
    return None if _opposed(first, second) else SHARED_WEIGHT * (first + second)


def later(first: int, second: int) -> float | None:
    """Of two opposed opinions the later one leads, the other takes the edge off."""
    return LEADING_WEIGHT * second + MINOR_WEIGHT * first if _opposed(first, second) else None


def earlier(first: int, second: int) -> float | None:
    """Of two opposed opinions the earlier one leads."""
    return later(second, first)


def second_wins(first: int, second: int) -> float | None:
    """Only the second opinion is held, the first is denied."""
    return second if _opposed(first, second) else None


def first_wins(first: int, second: int) -> float | None:
    """Only the first opinion is held."""
    return second_wins(second, first)


def relief(first: int, second: int) -> float | None:
    """Praise that is held against a feared fault."""
    return first if second < 0 < first else None


def regret(first: int, second: int) -> float | None:
    """Blame that is held against a hoped-for quality."""
    return first if first < 0 < second else None


def level(first: int, second: int) -> float | None:
    """Equal and opposed opinions cancel out."""
    return 0 if first == -second else None


def spoiled(first: int, second: int) -> float | None:
    """The second opinion keeps the first from coming true."""
    return second / abs(second) if _opposed(first, second) else None


def denied(first: int, second: int) -> float | None:
    """Both opinions are denied, which is a mild way to say the opposite."""
    return None if _opposed(first, second) else -first / abs(first)


def plain(first: int, second: int) -> float | None:
    """A statement without an opinion."""
    return 0
