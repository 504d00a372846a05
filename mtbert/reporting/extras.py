"""Columns that a study's page shows where they are asked for: conflicts, and what a step takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtbert.errors import InputError, choices
from mtbert.reporting import gradients
from mtbert.reporting.comparison import summarize
from mtbert.reporting.results import Run, Strategy
from mtbert.reporting.tables import NONE, spread

# Heading of a column -> each strategy's cell, by its name.
Columns = dict[str, dict[str, str]]
# What two runs must share for their times to be compared.
MACHINE = ("device", "hardware", "threads")
TIMES = (
    "Times are the runs' own: the median step, without dev and without what a fixed encoder does "
    "ahead, and that over the real tokens of a step, since strategies may draw other batches; as "
    "a ratio to {base} with the same seed. They hold what else the machine did meanwhile, and "
    "compare only as far as that was the same for every run."
)


@dataclass(frozen=True)
class Extra:
    """What can be asked for: its columns, and what a reader must know of them."""

    columns: Callable[[Sequence[Strategy]], Columns]
    remarks: Callable[[Sequence[Strategy]], str]


def read_extras(names: Sequence[str]) -> tuple[str, ...]:
    """Read what `--extra` asks for, each once.

    Raises:
        InputError: there is no such column.
    """
    if unknown := [name for name in names if name not in EXTRAS]:
        raise InputError(f"--extra: {choices('extra column', unknown[0], EXTRAS)}")
    return tuple(dict.fromkeys(names))


def columns(names: Sequence[str], strategies: Sequence[Strategy]) -> Columns:
    """All columns of some extras, in their order."""
    found: Columns = {}
    for name in names:
        found |= EXTRAS[name].columns(strategies)
    return found


def remarks(names: Sequence[str], strategies: Sequence[Strategy]) -> list[str]:
    """What a reader must know of some extras' columns, a paragraph each."""
    return [said for name in names if (said := EXTRAS[name].remarks(strategies))]


def _conflicts(strategies: Sequence[Strategy]) -> Columns:
    return {"share of conflicts": {one.name: gradients.share(one) for one in strategies}}


def _times(strategies: Sequence[Strategy]) -> Columns:
    base = strategies[0]
    return {
        f"time a {unit} ÷ {base.name}'s": {
            one.name: "1" if one is base else _ratio(one, base, time) for one in strategies
        }
        for unit, time in (("step", _a_step), ("token", _a_token))
    }


def _ratio(one: Strategy, base: Strategy, time: Callable[[Run], float | None]) -> str:
    """Ratio of a time to the baseline's with the same seed, over the seeds."""
    ratios = []
    for run, other in zip(one.runs, base.runs, strict=True):
        own, theirs = time(run), time(other)
        if own is None or theirs is None or _machine(run.facts) != _machine(other.facts):
            return NONE
        ratios.append(own / theirs)
    return spread(summarize(ratios), 2)


def _a_step(run: Run) -> float | None:
    """Seconds of the median step; None where the clock was too coarse, or nobody noted it."""
    seconds: float | None = run.facts.get("step_seconds")
    return seconds or None


def _a_token(run: Run) -> float | None:
    """Seconds a real token; None where the encoder did its work ahead of the steps."""
    seconds = _a_step(run)
    if seconds is None or run.facts["tokens_per_second"] is None:
        return None
    return seconds * float(run.facts["steps"]) / float(run.facts["real_tokens"])


def _machine(facts: Mapping[str, Any]) -> list[Any]:
    return [facts.get(key) for key in MACHINE]


def _time_remarks(strategies: Sequence[Strategy]) -> str:
    base = strategies[0]
    machine = [_machine(run.facts) for run in base.runs]
    others = [one.name for one in strategies if [_machine(r.facts) for r in one.runs] != machine]
    elsewhere = f"On another machine or with other threads: {', '.join(others)}." if others else ""
    return f"{TIMES.format(base=base.name)} {elsewhere}".rstrip()


EXTRAS = {
    "conflicts": Extra(_conflicts, gradients.gaps),
    "time": Extra(_times, _time_remarks),
}
