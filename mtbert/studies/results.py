"""The results that a study keeps in Git: tables of scores, of runs and, by task, of predictions.

    collect(study, plans=…, metrics=…, predictions=…, logs=…, params=…) -> names of the runs added
    missing(study, plans=…) -> [(experiment, seed), …] that still have to be run
    read_results(study) -> Results

In studies/NAME/results: scores.csv (strategy, seed, split, task, metric, value), runs.csv (one line
a run, `RUN`), predictions/TASK.parquet (id, label, one column a run named `strategy-seed`).
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.core.errors import InputError
from mtbert.core.outputs import work_path, write_text
from mtbert.core.params import read_json, read_yaml
from mtbert.core.schemas import read_table, write_table
from mtbert.reporting.runs import KEY, SCORE, Runs, read_cosines, read_csv, read_facts, read_scores
from mtbert.studies.budgets import read_budget
from mtbert.studies.fingerprint import fingerprint
from mtbert.studies.study import read_study

if TYPE_CHECKING:
    import pandas as pd

# updates: of the optimizer; examples: seen in training; cosines: sampled between task gradients, of
# them negative; seconds: in all; fingerprint: of its plan
RUN = [
    *KEY, "budget", "updates", "examples", "cosines", "negative", "seconds", "encoder", "data",
    "hardware", "precision", "version", "fingerprint",
]  # fmt: skip
NUMBERS = {"seed", "value", "updates", "examples", "cosines", "negative", "seconds"}
EXAMPLE = ["id", "label"]
# What of run.json becomes a column of runs.csv
FACTS = {
    **{"total_seconds": "seconds", "encoder.name": "encoder", "data_source": "data"},
    **{"precision.used": "precision", "versions.mtbert": "version"},
}


@dataclass(frozen=True)
class Results:
    """The tables of one study."""

    scores: "pd.DataFrame"
    runs: "pd.DataFrame"
    predictions: "dict[str, pd.DataFrame]"  # by task, on dev

    def names(self) -> list[str]:
        """Each run as `strategy-seed`."""
        return [f"{name}-{seed}" for name, seed in zip(*(self.runs[k] for k in KEY), strict=True)]


def read_results(study: Path) -> Results:
    """Read what a study keeps; empty tables where nothing was kept yet.

    Args:
        study: The study's file, studies/NAME/params.yaml.

    Raises:
        InputError: a table is broken, or lacks a column.
    """
    folder = study.parent / "results"
    paths = sorted((folder / "predictions").glob("*.parquet"))
    return Results(
        scores=_read_csv(folder / "scores.csv", SCORE),
        runs=_read_csv(folder / "runs.csv", RUN),
        predictions={path.stem: read_table(path).to_pandas() for path in paths},
    )


def missing(
    study: Path, *, plans: Path | None = None, budget: str | None = None
) -> list[tuple[str, int]]:
    """List the runs (experiment, seed) that the kept results lack, first seeds first.

    Args:
        study: The study's file.
        plans: Folder of the experiments' plans; with it, a run kept under another plan than the one
            there counts as missing.
        budget: With it, a run kept at another budget counts as missing.

    Raises:
        InputError: a file does not fit.
    """
    kept = read_results(study).runs
    if budget is not None:
        kept = kept[kept["budget"] == budget]
    if plans is not None:
        now = {path.stem: fingerprint(read_yaml(path)) for path in plans.glob("*.yaml")}
        kept = kept[kept["fingerprint"] == kept["strategy"].map(now)]
    finished = set(zip(kept["strategy"], kept["seed"], strict=True))
    asked = read_study(study).runs()
    most = max(map(len, asked.values()))
    wanted = [(n, seeds[i]) for i in range(most) for n, seeds in asked.items() if i < len(seeds)]
    return [run for run in wanted if run not in finished]


def collect(
    study: Path,
    *,
    plans: Path,
    metrics: Path,
    predictions: Path,
    logs: Path,
    params: Path = Path("params.yaml"),
    replace: bool = False,
) -> tuple[str, ...]:
    """Merge a study's finished runs into its kept results; a newer run replaces an older one.

    May be called after every run, also by several processes at once. Kept runs of a strategy whose
    plan has changed since are dropped: seeds of one experiment share one plan.

    Args:
        study: The study's file, studies/NAME/params.yaml; results/ stands beside it.
        plans: Folder of STRATEGY.yaml.
        metrics: Folder of STRATEGY-SEED.json, which `evaluate` writes.
        predictions: Folder of STRATEGY-SEED/TASK-dev.parquet, which `evaluate` writes.
        logs: Folder of STRATEGY-SEED/{run.json,conflicts.csv}, which `train` writes.
        params: The params file with the budget of these runs.
        replace: Drop kept runs of other budgets, which is refused by default.

    Returns:
        The runs merged, `strategy-seed`.

    Raises:
        InputError: a file does not fit; two runs answered different dev examples; kept runs have
            another budget.
    """
    budget, _ = read_budget(params)
    finished = [
        (name, seed)
        for name, seeds in read_study(study).runs().items()
        for seed in seeds
        if (metrics / f"{name}-{seed}.json").is_file() and _follows(name, seed, plans, logs)
    ]
    if not finished:
        return ()
    new = Results(
        scores=read_scores(metrics, finished),
        runs=_runs(finished, budget, plans, metrics, logs),
        predictions=_predictions(finished, predictions),
    )
    with _held(study):
        folder, old = study.parent / "results", read_results(study)
        stale = _stale(old, new, folder / "runs.csv", replace=replace)
        _write(folder, _merged(old, new, stale))
    return tuple(new.names())


def _follows(name: str, seed: int, plans: Path, logs: Path) -> bool:
    """Whether a run was trained with the settings of the plan that there is now."""
    settings = read_json(logs / f"{name}-{seed}" / "run.json").get("settings")
    return bool(settings == read_yaml(plans / f"{name}.yaml").get("train"))


def _predictions(finished: Runs, folder: Path) -> "dict[str, pd.DataFrame]":
    """By task, what some runs predict on dev."""
    tables: dict[str, pd.DataFrame] = {}
    for name, seed in finished:
        for path in sorted((folder / f"{name}-{seed}").glob("*-dev.parquet")):
            own = read_table(path).select([*EXAMPLE, "prediction"]).to_pandas()
            own = own.rename(columns={"prediction": f"{name}-{seed}"})
            task = path.stem.removesuffix("-dev")
            tables[task] = _joined(tables.get(task), own, where=str(path))
    return tables


def _runs(finished: Runs, budget: str, plans: Path, metrics: Path, logs: Path) -> "pd.DataFrame":
    """The lines of runs.csv."""
    import pandas as pd

    facts = read_facts(logs, metrics, finished)
    cosines = read_cosines(logs, finished).dropna(subset=["cosine"])
    counts = (
        cosines["cosine"]
        .groupby([cosines[key] for key in KEY])
        .agg(cosines="count", negative=lambda values: (values < 0).sum())
    )
    table = facts.rename(columns=FACTS).merge(counts, how="left", left_on=KEY, right_index=True)
    for key in ("encoder", "data"):  # where it lies on one machine tells nobody anything
        table[key] = table[key].map(lambda place: Path(str(place)).name)
    digests = {
        name: fingerprint(read_yaml(plans / f"{name}.yaml")) for name in table["strategy"].unique()
    }
    table["fingerprint"] = table["strategy"].map(digests)
    counted = {key: table[key].fillna(0).astype(int) for key in ("cosines", "negative")}
    return pd.DataFrame(table.assign(budget=budget, **counted)[RUN])


def _stale(old: Results, new: Results, path: Path, *, replace: bool) -> "pd.DataFrame":
    """Kept runs that give way: of another budget, made anew, or of a plan that has changed."""
    import pandas as pd

    runs, budget = old.runs, new.runs["budget"].iloc[0]
    others = runs["budget"] != budget
    if others.any() and not replace:
        first = runs[others].iloc[0]
        raise InputError(
            f"{path}: {others.sum()} runs have another budget than {budget!r}, such as "
            f"{first.strategy}-{first.seed} ({first.budget!r}): one study has one budget; "
            "--replace drops them"
        )
    plans = dict(zip(new.runs["strategy"], new.runs["fingerprint"], strict=True))
    now = runs["strategy"].map(plans)
    again = pd.Index(old.names()).isin(new.names())
    stale: pd.DataFrame = runs.loc[others | (now.notna() & (now != runs["fingerprint"])) | again]
    return stale


def _merged(old: Results, new: Results, stale: "pd.DataFrame") -> Results:
    """Both, without those of the old runs that are stale."""
    import pandas as pd

    gone = [f"{name}-{seed}" for name, seed in zip(*(stale[key] for key in KEY), strict=True)]
    named = old.scores["strategy"] + "-" + old.scores["seed"].astype(str)
    tables = {t: own.drop(columns=gone, errors="ignore") for t, own in old.predictions.items()}
    for task, table in new.predictions.items():
        tables[task] = _joined(tables.get(task), table, where=f"{task}: kept predictions")
    pairs = [
        (old.scores[~named.isin(gone)], new.scores),
        (old.runs.drop(stale.index), new.runs),
    ]
    scores, runs = (
        pd.concat([own for own in pair if len(own)]).sort_values(KEY, kind="stable")
        for pair in pairs
    )
    return Results(scores, runs, tables)


def _joined(table: "pd.DataFrame | None", other: "pd.DataFrame", *, where: str) -> "pd.DataFrame":
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
    import pyarrow as pa

    write_text(folder / "scores.csv", results.scores.to_csv(index=False))
    write_text(folder / "runs.csv", results.runs.to_csv(index=False))
    names = results.names()
    for task, table in results.predictions.items():
        table = table[[*EXAMPLE, *(name for name in names if name in table)]]
        # Predictions that came from float32 outputs need no more room than these.
        short = [
            c
            for c in table.select_dtypes("float64")
            if (table[c] == table[c].astype("float32")).all()
        ]
        table = table.astype(dict.fromkeys(short, "float32"))
        write_table(
            folder / f"predictions/{task}.parquet",
            pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(),
        )


def _read_csv(path: Path, columns: list[str]) -> "pd.DataFrame":
    import pandas as pd

    if not path.is_file():
        return pd.DataFrame(columns=columns)
    numbers = [name for name in columns if name in NUMBERS]
    table = read_csv(path, numbers, texts=[name for name in columns if name not in NUMBERS])
    return table[columns]


@contextmanager
def _held(study: Path) -> Iterator[None]:
    """Let one process at a time merge into a study; the others wait."""
    lock = work_path(study.parent / "results.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
