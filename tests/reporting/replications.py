"""A study as `replication.json` has it, and the answers to its claims, made by hand."""

from pathlib import Path
from typing import Any

from mtbert.core.params import read_yaml, validate
from mtbert.reporting.records import dumps
from mtbert.reporting.replication.answers import FILE as CLAIMS
from mtbert.reporting.replication.answers import Answers
from mtbert.reporting.replication.collected import FILE, Replication, digest

PARAMS = Path(__file__).parents[2] / "params.yaml"
N = {"sst": 1101, "para": 2500, "sts": 863}


def run(seed: int, sst: float, para: float, sts: float, **changes: Any) -> dict[str, Any]:
    """A run of all three tasks in two epochs."""
    main = {"sst": "accuracy", "para": "accuracy", "sts": "pearson"}
    scores = {"sst": sst, "para": para, "sts": sts}
    metrics: dict[str, dict[str, Any]] = {
        task: {main[task]: value, "n": N[task]} for task, value in scores.items()
    }
    metrics["sst"]["majority"], metrics["para"]["majority"] = 0.262, 0.625
    mean = (sst + para + sts) / 3
    metrics["overall"] = {"mean": mean, "leaderboard": (sst + para + (sts + 1) / 2) / 3}
    pair = {"first": "sst", "second": "para", "steps": 20, "negative": 5}
    pair |= {"mean": 0.0625, "median": 0.05, "ratio": 1.5}
    made: dict[str, Any] = {
        "seed": seed,
        "metrics": metrics,
        "facts": {
            "encoder": {"kind": "pretrained", "name": "../models/all-MiniLM-L6-v2"},
            "data_source": "cs224n",
            "device": "cpu",
            "hardware": "a made-up processor",
            "threads": 1,
            "examples": {"sst": 26, "para": 435, "sts": 19},
            "precision": {"asked": "bf16", "used": "fp32"},
            "versions": {"python": "3.11.7"},
            "steps": 40,
            "epochs": 2,
            "total_seconds": 90.0,
        },
        "losses": {task: {"x": [0.5, 1.5], "y": [1.25, 0.75]} for task in scores},
        "dev": {task: {"x": [1, 2], "y": [0.25, value]} for task, value in scores.items()},
        "confusion": {"para": [[1500, 30], [70, 900]]},
        "conflicts": {"met": 40, "pairs": [pair]},
        "mixing": {task: {"x": [1, 2], "y": [0.25, 0.5]} for task in scores},
        "seen": 4800,
    }
    return {**made, **changes}


def row(*runs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A row with some runs."""
    made = {
        "changes": {"balancing": "pcgrad"},
        "printed": {},
        "other": {},
        "choice": "",
        "tasks": list(N),
        "evaluation_only": [],
        "runs": list(runs),
        "missing": [],
    }
    return {**made, **changes}


def study(**changes: Any) -> dict[str, Any]:
    """A study of a row with two seeds, one with one seed of two, and one without."""
    tasks = read_yaml(PARAMS)["tasks"]
    first = {"sst": 0.5, "para": 0.9, "sts": 0.75, "overall": 0.716}
    rows = {
        "both": row(
            run(1, 0.40, 0.70, 0.8),
            run(2, 0.42, 0.72, 0.8),
            printed={"dev": first, "test": {"sst": 0.498}},
            other={"sts": {"pearson": 0.7511}},
            choice="We doubled <it> & more.",
        ),
        "half": row(
            run(1, 0.41, 0.71, 0.805),
            printed={"test": {"sst": 0.42}},
            missing=[{"seed": 2, "why": "run with another plan"}],
        ),
        "none": row(
            printed={"dev": {"sst": 0.333}}, missing=[{"seed": 1, "why": "not run"}], changes={}
        ),
    }
    made = {
        "study": "one",
        "title": "One <b>study</b>",
        "overall": "mean",
        "budget": {"name": "reduced", "says": "a smaller one", "limits": ["None comes twice."]},
        "choice": "For all rows.",
        "tasks": {task: tasks[task] for task in N},
        "rows": rows,
        "exhibits": [
            {"kind": "bars", "title": "Some bars", "rows": ["both", "none"]},
            {"kind": "losses", "title": "Some losses", "rows": ["both", "half"]},
            {"kind": "mixing", "title": "Some rates", "rows": ["half", "none"]},
            {"kind": "confusion", "title": "A matrix", "rows": ["both"], "tasks": ["para"]},
            {"kind": "sweep", "title": "A sweep", "x": "x", "series": {"s": {"1": "both"}}},
        ],
    }  # fmt: skip
    return {**made, **changes}


def claim(**changes: Any) -> dict[str, Any]:
    """A claim with an answer."""
    made = {
        "study": "one",
        "says": "Half < both.",
        "kind": "greater",
        "rows": {"rows": ["both"], "than": ["half"]},
        "metric": "mean",
        "verdict": "supported",
        "effect": 0.042,
        "low": 0.012,
        "high": 0.172,
        "p": 0.0104,
        "p_holm": 0.0208,
        "examples": N,
        "seeds": [1, 2],
        "answer": "a word on it",
    }
    return {**made, **changes}


def write(folder: Path, *, of: dict[str, Any] | None = None, **claims: dict[str, Any]) -> None:
    """Write a study and its claims below a folder."""
    made = validate(Replication, of or study(), where="study")
    (folder / made.study).mkdir(parents=True)
    (folder / made.study / FILE).write_text(dumps(made), encoding="utf-8")
    open_claim = claim(verdict="not decidable", effect=None, missing=["half"])
    gain = {"effect": -0.031, "low": -0.052, "high": -0.01, "seeds": [1]}
    answers = {
        "draws": 100,
        "records": {made.study: digest(folder, made.study)},
        "claims": claims or {"one-a": claim(), "one-b": open_claim},
        "untested": [{"study": "one", "says": "Nothing.", "why": "Said in passing."}],
        "delta_m": {"one": {"both": gain}},
    }  # fmt: skip
    text = dumps(validate(Answers, answers, where="answers"))
    (folder / CLAIMS).write_text(text, encoding="utf-8")
