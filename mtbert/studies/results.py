"""The results that a study keeps in Git, in studies/NAME/results.

scores.csv                strategy, seed, split, task, metric, value
runs.csv                  a row per run: `RUN`
inputs.csv                what the runs of a strategy depend on: strategy, input, MD5
predictions/TASK.parquet  on dev: id, label and a column per run, named strategy-seed
"""

import fcntl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from mtbert.core.errors import InputError
from mtbert.core.outputs import work_path, write_text
from mtbert.core.params import read_json, read_yaml
from mtbert.core.schemas import PREDICTIONS, read_table, write_table
from mtbert.reporting.runs import KEY, SCORE, read_cosines, read_csv, read_facts, read_scores
from mtbert.studies.budgets import read_budget
from mtbert.studies.fingerprint import fingerprint, input_digests
from mtbert.studies.study import read_study

# updates: of the optimizer; examples: seen in training; cosines: sampled between task gradients;
# negative: of those cosines; seconds: in all; fingerprint: of the plan
RUN = [
    *KEY, "budget", "updates", "examples", "cosines", "negative", "seconds", "encoder", "data",
    "hardware", "precision", "version", "fingerprint",
]  # fmt: skip
INPUT = ["strategy", "input", "md5"]
TABLES = {"scores.csv": SCORE, "runs.csv": RUN, "inputs.csv": INPUT}
NUMBERS = {"seed", "value", "updates", "examples", "cosines", "negative", "seconds"}
EXAMPLE = ["id", "label"]
# What of run.json becomes a column of runs.csv
FACTS = {
    **{"total_seconds": "seconds", "encoder.name": "encoder", "data_source": "data"},
    **{"precision.used": "precision", "versions.mtbert": "version"},
}


@dataclass(frozen=True)
class Results:
    """The tables of one study; predictions by task, on dev."""

    scores: pd.DataFrame
    runs: pd.DataFrame
    inputs: pd.DataFrame
    predictions: dict[str, pd.DataFrame]


def run_names(table: pd.DataFrame) -> "pd.Series[str]":
    """The run of each row, as strategy-seed."""
    return table["strategy"].astype(str) + "-" + table["seed"].astype(str)


def read_results(study: Path) -> Results:
    """Read what a study keeps; empty tables where nothing was kept yet.

    Raises:
        InputError: a table is broken, or lacks a column.
    """
    folder = study.parent / "results"
    scores, runs, inputs = (
        read_csv(
            path, [key for key in columns if key in NUMBERS], texts=sorted({*columns} - NUMBERS)
        )
        if (path := folder / name).is_file()
        else pd.DataFrame(columns=columns)
        for name, columns in TABLES.items()
    )
    paths = sorted((folder / "predictions").glob("*.parquet"))
    predictions = {path.stem: read_table(path, EXAMPLE).to_pandas() for path in paths}
    return Results(scores[SCORE], runs[RUN], inputs[INPUT], predictions)


def missing_runs(study: Path, *, budget: str | None = None) -> list[tuple[str, int]]:
    """List the runs (experiment, seed) that the kept results lack, first seeds first.

    With a budget, a run kept at another one counts as missing.

    Raises:
        InputError: a file does not fit.
    """
    kept = read_results(study).runs
    if budget is not None:
        kept = kept[kept["budget"] == budget]
    finished = set(zip(kept["strategy"], kept["seed"], strict=True))
    places = [
        (i, n, s) for n, seeds in read_study(study).runs().items() for i, s in enumerate(seeds)
    ]
    wanted = [(name, seed) for _, name, seed in sorted(places, key=lambda place: place[0])]
    return [run for run in wanted if run not in finished]


def merge_runs(study: Path, params: Path, *, replace: bool = False) -> list[str]:
    """Merge a study's finished runs into its kept results; a newer run replaces an older one.

    May be called after every run, also by several processes at once. Seeds of one experiment share
    one plan, and all runs of a study one budget.

    Args:
        study: The study's file, studies/NAME/params.yaml; beside it stand results/ and data/, where
            `plan`, `train` and `evaluate` have written plans/, logs/, metrics/ and predictions/.
        params: The params file with the budget of these runs.
        replace: Drop kept runs of other budgets and plans, which is refused by default.

    Returns:
        The runs merged, strategy-seed.

    Raises:
        InputError: a file does not fit; two runs answered different dev examples; kept runs have
            another budget.
    """
    data, folder = study.parent / "data", study.parent / "results"
    budget, _ = read_budget(params)
    finished = [
        (name, seed)
        for name, seeds in read_study(study).runs().items()
        for seed in seeds
        if (data / f"metrics/{name}-{seed}.json").is_file() and _follows_its_plan(data, name, seed)
    ]
    if not finished:
        return []
    plans = {name: read_yaml(data / f"plans/{name}.yaml") for name, _ in finished}
    scores, runs = read_scores(data / "metrics", finished), _runs(data, plans, finished, budget)
    names = run_names(runs).tolist()
    new = Results(scores, runs, _inputs(plans), _predictions(data / "predictions", names))
    lock = work_path(study.parent / "results.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # one process at a time; the others wait
        _write(folder, _merged(read_results(study), new, folder / "runs.csv", replace=replace))
    return names


def _follows_its_plan(data: Path, name: str, seed: int) -> bool:
    """Whether a run was trained with the settings of the present plan."""
    settings = read_json(data / f"logs/{name}-{seed}/run.json").get("settings")
    return bool(settings == read_yaml(data / f"plans/{name}.yaml").get("train"))


def _predictions(folder: Path, runs: Sequence[str]) -> dict[str, pd.DataFrame]:
    """By task, what the runs predict on dev."""
    tables: dict[str, pd.DataFrame] = {}
    for run in runs:
        for path in sorted((folder / run).glob("*-dev.parquet")):
            own = read_table(path, PREDICTIONS).select(PREDICTIONS).to_pandas()
            own = own.rename(columns={"prediction": run})
            task = path.stem.removesuffix("-dev")
            tables[task] = _joined(tables.get(task), own, where=str(path))
    return tables


def _inputs(plans: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The rows of inputs.csv."""
    rows = [(name, *pair) for name, plan in plans.items() for pair in input_digests(plan).items()]
    return pd.DataFrame(rows, columns=INPUT)


def _runs(
    data: Path,
    plans: Mapping[str, Mapping[str, Any]],
    finished: Sequence[tuple[str, int]],
    budget: str,
) -> pd.DataFrame:
    """The rows of runs.csv."""
    logs = data / "logs"
    facts = read_facts(logs, data / "metrics", finished).rename(columns=FACTS)
    cosines = read_cosines(logs, finished).dropna(subset=["cosine"])
    by_run = cosines.assign(negative=cosines["cosine"] < 0).groupby(KEY)
    counts = by_run.agg(cosines=("cosine", "count"), negative=("negative", "sum"))
    table = facts.merge(counts, how="left", left_on=KEY, right_index=True)
    for key in ("cosines", "negative"):
        table[key] = table[key].fillna(0).astype(int)
    for key in ("encoder", "data"):  # the name alone: the folder is that of one machine
        table[key] = table[key].map(lambda place: Path(str(place)).name)
    digests = {name: fingerprint(plan) for name, plan in plans.items()}
    return table.assign(budget=budget, fingerprint=table["strategy"].map(digests))[RUN]


def _merged(old: Results, new: Results, path: Path, *, replace: bool) -> Results:
    """Both, but of the old runs those of another budget or plan, and those that `new` repeats."""
    budget, names = new.runs["budget"].iloc[0], run_names(old.runs)
    plans = dict(zip(new.runs["strategy"], new.runs["fingerprint"], strict=True))
    plan = old.runs["strategy"].map(plans).fillna(old.runs["fingerprint"])
    other = (old.runs["budget"] != budget) | (plan != old.runs["fingerprint"])
    if other.any() and not replace:
        raise InputError(
            f"{path}: {_difference(old, new, other)}: one study has one budget, and the seeds of "
            "an experiment one plan; --replace drops the kept runs"
        )
    gone = names[other | names.isin(run_names(new.runs))]
    tables = {t: own.drop(columns=gone, errors="ignore") for t, own in old.predictions.items()}
    for task, table in new.predictions.items():
        tables[task] = _joined(tables.get(task), table, where=f"{task}: kept predictions")
    kept = old.runs[~names.isin(gone)]
    others = old.inputs["strategy"].isin(set(kept["strategy"]) - set(plans))
    scores = _stacked(old.scores[~run_names(old.scores).isin(gone)], new.scores, KEY)
    inputs = _stacked(old.inputs[others], new.inputs, INPUT)
    return Results(scores, _stacked(kept, new.runs, KEY), inputs, tables)


def _stacked(old: pd.DataFrame, new: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """The rows of both in this order."""
    tables = [table for table in (old, new) if len(table)]
    return pd.concat(tables).sort_values(order, kind="stable")


def _difference(old: Results, new: Results, other: "pd.Series[bool]") -> str:
    """Of the first kept run that does not fit: in what."""
    first, budget = old.runs[other].iloc[0], new.runs["budget"].iloc[0]
    text = f"{other.sum()} kept runs do not fit, such as {first['strategy']}-{first['seed']}"
    if first["budget"] != budget:
        return f"{text}, of budget {first['budget']!r}, where the active one is {budget!r}"
    inputs = (own.inputs[own.inputs["strategy"] == first["strategy"]] for own in (old, new))
    former, present = (table.set_index("input")["md5"] for table in inputs)
    former, present = former.align(present, fill_value="")
    changed = former.index[former != present] if any(former) else ["not recorded in what"]
    return f"{text}, whose inputs differ ({', '.join(changed)})"


def _joined(table: pd.DataFrame | None, other: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Put the columns of `other` beside those of `table`.

    Raises:
        InputError: they are of different examples.
    """
    if table is None:
        return other
    if not table[EXAMPLE].equals(other[EXAMPLE].astype(table[EXAMPLE].dtypes)):
        raise InputError(
            f"{where}: its dev examples (id, label) differ from those of the runs kept beside it; "
            "a paired comparison needs the same examples in the same order"
        )
    return table.join(other.drop(columns=EXAMPLE))


def _write(folder: Path, results: Results) -> None:
    for name, table in zip(TABLES, (results.scores, results.runs, results.inputs), strict=True):
        write_text(folder / name, table.to_csv(index=False))
    for task, table in results.predictions.items():
        table = table[[*EXAMPLE, *(run for run in run_names(results.runs) if run in table)]]
        # Predictions that came from float32 outputs lose nothing in it.
        wide = table.select_dtypes("float64")
        short = [key for key in wide if (wide[key] == wide[key].astype("float32")).all()]
        arrow = pa.Table.from_pandas(
            table.astype(dict.fromkeys(short, "float32")), preserve_index=False
        )
        write_table(folder / f"predictions/{task}.parquet", arrow.replace_schema_metadata())
