"""What a reader must know before any figure: budget, machine, encoder, and what they are worth."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from mtbert.reporting.conditions import SAMPLE
from mtbert.reporting.replication.collected import OTHER_PLAN, Done, Replication
from mtbert.reporting.tables import Table, number, table

Studies = Mapping[str, Replication]

NOISE = (
    "“Within” means that noise alone may explain the difference between the printed figure and "
    "ours: it is no larger than half of a 95 % interval, made of what the size of our dev split "
    "leaves open and, of rows with several seeds, how far one further seed may lie. Of a row with "
    "one seed the noise is that of the dev split alone, which is too little: a difference beyond "
    "it is “open”. Where a report prints test figures alone, ours on dev stand beside them and "
    "nothing is decided; figures that a report itself calls wrong are marked “faulty” and not "
    "compared."
)
OTHER_OVERALL = (
    "The printed overall scores follow no known formula: ours is the mean of the three scores, and "
    "they are not compared."
)
DELTA_M = (
    "Δm is the mean over tasks of a row's relative gain over models of one task each (our-sst, "
    "our-para, our-sts), over the seeds that all of them have, with its 95 % interval; that of one "
    "seed covers the choice of dev examples alone. Where a row has other heads, encodings, numbers "
    "of examples or of epochs than these models, as what is said of them tells, Δm is of that too."
)
QUORA = (
    "all-MiniLM-L6-v2 was trained on pairs of Quora questions, among much else, before any row "
    "fine-tunes it: para figures of ours may be of pairs that the encoder has seen."
)
# Pairs with a label in the course's quora-dev.csv
QUORA_DEV = 20_212
FEWER = (
    "Quora here is a part of the course's files: para is trained on fewer pairs than the reports "
    "had, and scored on {n} dev pairs where theirs were scored on {all}."
)
NOTHING = (
    "These figures mean nothing. A few steps of a tiny encoder on made-up texts show that every "
    "row runs from end to end; they say nothing about the reports."
)


def meaningless(studies: Studies) -> str:
    """The warning that figures mean nothing; empty where they do."""
    smoke = any(one.budget.name == "smoke" for one in studies.values())
    sample = SAMPLE in {str(run.facts["data_source"]) for run in _runs(studies)}
    return NOTHING if smoke or sample else ""


def quora(studies: Studies) -> str:
    """Cautions about para figures: pairs that the encoder has seen, fewer pairs than printed."""
    told = [QUORA] if any("MiniLM" in _encoder(run) for run in _runs(studies)) else []
    sizes = [n for run in _runs(studies) if (n := _sizes(run).get("para"))]
    if sizes and min(sizes) < QUORA_DEV and not meaningless(studies):
        told.append(FEWER.format(n=number(min(sizes)), all=number(QUORA_DEV)))
    return " ".join(told)


def budgets(studies: Studies) -> list[tuple[str, str, list[str]]]:
    """Each budget that is at work: its name, what it says, and the studies that it cut down."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, one in studies.items():
        found.setdefault((one.budget.name, one.budget.says), []).append(name)
    return [(name, says, names) for (name, says), names in found.items()]


def limits(studies: Studies) -> list[str]:
    """What figures at the budgets at work cannot tell."""
    return list(dict.fromkeys(limit for one in studies.values() for limit in one.budget.limits))


def commonest(studies: Studies) -> str:
    """What always naming the commonest class scores on dev; empty without runs."""
    found = {
        f"{task} {number(row['majority'])}"
        for run in _runs(studies)
        for task, row in run.metrics.items()
        if "majority" in row
    }
    told = ", ".join(sorted(found, reverse=True))
    return f"Always naming the commonest class has an accuracy on dev of {told}." if told else ""


def machine(studies: Studies) -> Table:
    """What was run on what: one row a fact, several values where runs differ."""
    runs = _runs(studies)
    wanted = len(runs) + sum(len(one.missing) for one in studies.values())
    minutes = sum(run.facts["total_seconds"] or 0 for run in runs) / 60
    facts = {
        "runs": [f"{number(len(runs))} of {number(wanted)}"],
        "time": [f"{number(minutes, 0)} minutes, added up over runs that may have shared cores"],
        "encoder": map(_encoder, runs),
        "data": (_place(run.facts["data_source"]) for run in runs),
        "examples an epoch": (_named(run.facts["examples"]) for run in runs if len(studies) == 1),
        "dev examples": (_named(_sizes(run)) for run in runs if len(_sizes(run)) > 1),
        "device": (str(run.facts["device"]) for run in runs),
        "hardware": (str(run.facts["hardware"]) for run in runs),
        "threads": (number(run.facts["threads"]) for run in runs),
        "precision": (str((run.facts["precision"] or {}).get("used")) for run in runs),
        "versions": (_named(run.facts["versions"] or {}) for run in runs),
    }
    rows = [
        [name, " · ".join(kept)]
        for name, of in facts.items()
        if (kept := [one for one in dict.fromkeys(of) if one])
    ]
    return table("Runs, machine, data", ["what", "value"], rows, prose=True)


def hardware(studies: Studies) -> str:
    """How many runs were made on what; empty where there are none."""
    counts = Counter(run.facts["hardware"] or "unknown hardware" for run in _runs(studies))
    told = ", ".join(f"{number(count)} on {name}" for name, count in counts.most_common())
    return f"Runs: {told}." if told else ""


def missing(study: Replication) -> str:
    """Which runs are still to be made; empty where all are there."""
    parts = []
    for why in ("not run", OTHER_PLAN):
        names = [name for name, one in study.missing.items() if one.why == why]
        if names:
            parts.append(f"{why[0].upper()}{why[1:]} ({len(names)}): {', '.join(names)}.")
    return " ".join(parts)


def _runs(studies: Studies) -> list[Done]:
    return [run for one in studies.values() for run in one.done]


def _encoder(run: Done) -> str:
    return _last((run.facts["encoder"] or {}).get("name"))


def _last(place: Any) -> str:
    """What a folder is called; where it lies on one machine tells nobody anything."""
    text = str(place)
    return PurePosixPath(text).name if text.startswith((".", "/", "~")) else text


def _place(source: Any) -> str:
    """A word of `data.source`, or what a folder is called."""
    name = _last(source)
    return name if name == str(source) else f"the files in a folder {name}"


def _sizes(run: Done) -> dict[str, int]:
    return {task: found["n"] for task, found in run.metrics.items() if "n" in found}


def _named(values: Mapping[str, Any]) -> str:
    pairs: Iterable[tuple[str, Any]] = values.items()
    return ", ".join(f"{name} {number(value)}" for name, value in pairs)
