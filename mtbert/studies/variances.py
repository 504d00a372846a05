"""Variances of each report's effects, from kept results: what the power of primary claims needs.

variances.csv: study, metric, spread and shared (`mtbert.claims.power`), and the budget and version
of the runs. It was written from the runs of an earlier budget, before those of `whole` were made.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from mtbert.claims.claim import Claim
from mtbert.claims.power import Variances, measure
from mtbert.claims.scores import Evidence
from mtbert.core.errors import InputError
from mtbert.core.outputs import write_text
from mtbert.reporting.runs import read_csv
from mtbert.studies.results import read_results

FILE = "variances.csv"
NUMBERS = ["spread", "shared"]
TEXTS = ["study", "metric", "budget", "version"]


def write_variances(folder: Path, claims: Iterable[Claim]) -> int:
    """Write variances.csv of primary claims from the results of all studies; give its rows."""
    by_study: dict[str, list[Claim]] = {}
    for claim in claims:
        by_study.setdefault(claim.study, []).append(claim)
    rows = []
    for study, own in by_study.items():
        results = read_results(folder / study / "params.yaml")
        evidence = Evidence(results.predictions, results.runs)
        facts = {key: " ".join(sorted(set(results.runs[key]))) for key in ("budget", "version")}
        for metric in dict.fromkeys(claim.metric for claim in own):
            if variances := measure(own, evidence, metric):
                numbers = {key: round(value, 5) for key, value in variances}
                rows.append({"study": study, "metric": metric, **numbers, **facts})
    if not rows:
        raise InputError(
            f"{folder}: no study has results with two seeds of a primary claim's experiments; "
            f"{FILE} stays as it is"
        )
    write_text(folder / FILE, pd.DataFrame(rows).to_csv(index=False))
    return len(rows)


def read_variances(folder: Path) -> Mapping[tuple[str, str], Variances]:
    """Read variances.csv, by study and metric; empty if there is none.

    Raises:
        InputError: it is broken, or lacks a column.
    """
    if not (folder / FILE).is_file():
        return {}
    table = read_csv(folder / FILE, NUMBERS, texts=TEXTS)
    return {
        (row["study"], row["metric"]): Variances(spread=row["spread"], shared=row["shared"])
        for row in table.to_dict("records")
    }
