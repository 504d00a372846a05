"""Tables on how scores came about: mixing rates, per-task gradients, cost, settings, machine."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from mtbert.evaluation.intervals import wilson
from mtbert.reporting.report import Report
from mtbert.reporting.tables import NONE, number, rounded, spread

# Column, its key in run.json, decimals
COST = (
    ("parameters", "parameters.total", 0),
    ("trainable", "parameters.trainable", 0),
    ("adapter, % of the encoder", "adapter_percent", 2),
    ("epochs", "epochs", 1),
    ("best epoch", "best_epoch", 1),
    ("train seconds", "train_seconds", 1),
    ("total seconds", "total_seconds", 1),
    ("processor, J", "joules.processor", 0),
    ("GPU, J", "joules.gpu", 0),
    ("tokens/s", "tokens_per_second", 0),
    ("real tokens among slots", "packed_share", 3),
)
MACHINE = ("data_source", "encoder", "device", "hardware", "precision", "versions")


def mixing_rates(steps: pd.DataFrame, parts: int = 1) -> pd.DataFrame:
    """Each task's share of the batches and of the examples over time; in every part they sum to 1.

    Where a step has one task, its share of the batches is its share of the steps: the
    observed rate of a sampler's p_i. Shares of the examples show what batch sizes make of it.
    An epoch is cut into `parts` of equally many steps.

    Returns:
        strategy, epoch, task, batches, examples; means over seeds. A part's `epoch` is its middle,
        where epoch n reaches from n - 0.5 to n + 0.5.
    """
    epoch = steps.groupby(["strategy", "seed", "epoch"], sort=False)["step"]
    first, last = epoch.transform("min"), epoch.transform("max")
    part = ((steps["step"] - first) * parts // (last - first + 1)).astype(int)
    steps = steps.assign(epoch=steps["epoch"] + (part + 0.5) / parts - 0.5)
    keys = ["strategy", "seed", "epoch"]
    counts = steps.groupby([*keys, "task"], sort=False)["examples"].agg(["size", "sum"])
    shares = counts / counts.groupby(keys, sort=False).transform("sum")
    # A task that a part never drew has a share of 0.
    full = shares.unstack("task", fill_value=0.0).stack("task", future_stack=True)
    means = full.groupby(["strategy", "epoch", "task"], sort=False).mean().reset_index()
    means = means.rename(columns={"size": "batches", "sum": "examples"})
    return means[means.groupby(["strategy", "task"])["examples"].transform("sum") > 0]


def mixing_table(steps: pd.DataFrame) -> pd.DataFrame:
    """Strategies × each task's share, in the first → last epoch where they differ."""
    rates = mixing_rates(steps).melt(["strategy", "epoch", "task"], var_name="unit")
    texts = rates.groupby(["strategy", "unit", "task"], sort=False)["value"].agg(_ends)
    table = texts.unstack(["unit", "task"], sort=False, fill_value=NONE)
    table.columns = [f"{pair[1]}, of {pair[0]}" for pair in table.columns.to_flat_index()]
    return table.sort_index(axis=1, key=lambda names: names.str.contains("of examples"))


def samples_tasks(report: Report, strategy: str) -> bool:
    """Whether some step of a strategy lacks a batch of a task that it trains on."""
    own = report.steps[report.steps["strategy"] == strategy]
    return bool(len(own)) and len(own) < len(own.groupby(["seed", "step"])) * own["task"].nunique()


def gradient_table(cosines: pd.DataFrame) -> pd.DataFrame:
    """Strategies and pairs of tasks × conflicts, cosine, ratio of norms; empty without a cosine.

    Shares are of all seeds, with Wilson's 95 % interval as if steps were independent. Cosines and
    ratios are means over seeds of each run's mean or median.
    """
    defined = cosines[cosines["cosine"].notna()]
    norms = defined[["norm_first", "norm_second"]].astype(float)
    defined = defined.assign(ratio=norms.max(axis=1) / norms.min(axis=1))
    rows = []
    for (strategy, tasks), own in defined.groupby(["strategy", "tasks"], sort=False):
        n, seeds = len(own), own.groupby("seed")
        share = float((own["cosine"] < 0).mean())
        means = [seeds["cosine"].mean(), seeds["cosine"].median(), seeds["ratio"].median()]
        texts = [spread(m.mean(), m.std(), d) for m, d in zip(means, (3, 3, 2), strict=True)]
        bounds = " to ".join(number(bound) for bound in wilson(share, n))
        rows.append((strategy, tasks, number(n), number(share), bounds, *texts))
    names = ["strategy", "tasks", "steps", "negative", "95 % interval", "mean cosine"]
    names += ["median cosine", "norms, larger ÷ smaller"]
    return pd.DataFrame(rows, columns=names).set_index("strategy")


def cost_table(facts: pd.DataFrame) -> pd.DataFrame:
    """Strategies × time, energy, speed and size: means over seeds. Without what no run has."""
    adapter, encoder = (f"parameters.parts.{part}.total" for part in ("adapter", "encoder"))
    if adapter in facts:  # PAL's and LoRA's weights
        facts = facts.assign(adapter_percent=100 * facts[adapter] / facts[encoder])
    columns = [column for column in COST if column[1] in facts and facts[column[1]].notna().any()]
    means = facts.groupby("strategy", sort=False)[[key for _, key, _ in columns]].mean()
    return pd.DataFrame(
        {name: [rounded(value, digits) for value in means[key]] for name, key, digits in columns},
        index=means.index,
    )


def machine_table(facts: pd.DataFrame) -> pd.DataFrame:
    """Data, encoder, machine and versions of the runs; several values where runs differ."""
    rows = {}
    for section in MACHINE:
        keys = [key for key in map(str, facts) if f"{key}.".startswith(f"{section}.")]
        texts = [
            ", ".join(
                f"{key.removeprefix(section).lstrip('.')} {value}".strip()
                for key, value in zip(keys, values, strict=True)
                if value and not pd.isna(value)
            )
            for values in facts[keys].itertuples(index=False)
        ]
        rows[section.replace("_", " ")] = " · ".join(dict.fromkeys(texts))
    return pd.DataFrame({"value": rows}).rename_axis("what")


def changes_table(report: Report) -> pd.DataFrame:
    """What each strategy changes in section `train`."""
    texts = {
        name: "; ".join(f"{key}: {value}" for key, value in flat(changes)) or "nothing"
        for name, changes in report.scope.strategies.items()
    }
    return pd.DataFrame({"changes": texts}).rename_axis("strategy")


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of nested settings as (dotted key, value in YAML's flow style)."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and "name" not in value:
            yield from flat(value, f"{name}.")
        else:
            yield name, setting(value)


def setting(value: Any) -> str:
    """A setting as it would be written in YAML's flow style."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {setting(item)}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(setting(item) for item in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _ends(shares: pd.Series) -> str:
    return " → ".join(dict.fromkeys(number(float(shares.iloc[place])) for place in (0, -1)))
