"""Write the pipeline of each study from the root's: `python docs/pipelines.py`.

A study's `plan`, `train` and `evaluate` are the root's on the study's own file and folders; a test
compares. `train_again` and `evaluate_again` give the rows behind
a claim more seeds; `collect` puts together what there is of a study. studies/dvc.yaml joins
all: `claims` and `page`. Their code deps come from the import graph.
"""

import sys
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "pipeline"))

from imports import as_deps, imported_files  # noqa: E402 - it stands beside the test that uses it

HEADING = "# Written by docs/pipelines.py from the root's dvc.yaml; do not edit.\n\n"
Stage = dict[str, Any]
DATA, REPORTS = "data/studies", "reports/studies"
CODE = DATA + "/{}_code.json"
IN_SHORT = ("plan", "train", "evaluate", "collect")
# Code that the import graph cannot see: what jinja2 reads
TEMPLATES = ("mtbert/reporting/templates", "mtbert/reporting/replication/templates")
# What the plan of a study takes from its own file, or names as a whole
OWN = ("budgets", "seeds", "strategies")


def pipeline(study: str) -> dict[str, Any]:
    """The content of studies/STUDY/dvc.yaml."""
    root = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    stages = {"plan": plan(root["plan"], study)}
    for name in ("train", "evaluate"):
        stages[name] = in_short(moved(root[name], study), name)
        # Hundreds of runs: half of the weights is enough, and nobody has labels of the test splits.
        stages[name]["cmd"] += {"train": " --no-last --no-test", "evaluate": " --no-test"}[name]
        again = deepcopy(stages[name])
        again["matrix"] = {"strategy": "${again.rows}", "seed": "${again.seeds}"}
        stages[f"{name}_again"] = {**again, "desc": f"{again['desc']}; more seeds behind a claim"}
    return {"stages": {**stages, "collect": collect(study)}}


def in_short(stage: Stage, name: str) -> Stage:
    """A stage whose code deps are one file, with what identifies them: there are hundreds of it."""
    other = [dep for dep in stage["deps"] if not dep.startswith(("mtbert/", "stages/"))]
    return {**stage, "deps": [*other, CODE.format(name)]}


def identified(name: str) -> Stage:
    """The stage that writes this file for all studies."""
    sources = code(name)
    return {
        "desc": f"Put what identifies the code of {name} into one file, for all rows",
        "wdir": "..",
        "cmd": " ".join(["python -m stages.code", CODE.format(name), *sources]),
        "deps": sorted({*sources, *code("code")}),
        "outs": kept([CODE.format(name)]),
    }


def collect(study: str) -> Stage:
    """The stage that puts what there is of a study into one file."""
    data, reports, own = (f"{place}/{study}" for place in (DATA, REPORTS, "studies"))
    sweeps = [path for path in [f"{own}/sweeps.csv"] if (ROOT / path).is_file()]
    return {
        "desc": "Put together the study's rows, printed figures, finished runs, answers on dev",
        "wdir": "../..",
        "cmd": f"python -m stages.collect {own}/params.yaml {data}/plans {reports} "
        f"{data}/predictions {reports}/replication.json {reports}/answers"
        + "".join(f" --sweeps {path}" for path in sweeps),
        "deps": [
            f"{data}/plans",
            f"{data}/predictions",
            *(f"{reports}/{folder}" for folder in ("confusion", "metrics", "runs")),
            "studies/figures.yaml",
            f"{own}/params.yaml",
            *sweeps,
            CODE.format("collect"),
        ],
        "params": ["budget", "budgets", "recipes", "tasks", "train"],
        "outs": kept([f"{reports}/replication.json", f"{reports}/answers"]),
    }


def joined(studies: list[str]) -> dict[str, Any]:
    """The content of studies/dvc.yaml."""
    records = [f"{REPORTS}/{study}/replication.json" for study in studies]
    claims, pages = f"{REPORTS}/claims.json", [f"{REPORTS}/claims.md", f"{REPORTS}/studies.html"]
    judge = {
        "desc": "Hold the reports' conclusions against the runs of all studies",
        "wdir": "..",
        "cmd": f"python -m stages.claims studies/claims.yaml {REPORTS} {claims}",
        "deps": [
            "studies/claims.yaml",
            *(f"{REPORTS}/{study}/answers" for study in studies),
            *records,
            *code("claims"),
        ],
        "outs": kept([claims]),
    }
    page = {
        "desc": "Draw the pages of all studies and of the claims",
        "wdir": "..",
        "cmd": f"python -m stages.studies_page {REPORTS}",
        "deps": [claims, *records, *TEMPLATES, *code("studies_page")],
        "outs": kept([*pages, *(f"{REPORTS}/{study}/README.md" for study in studies)]),
    }
    codes = {f"{name}_code": identified(name) for name in IN_SHORT}
    return {"stages": {**codes, "claims": judge, "page": page}}


def code(stage: str) -> list[str]:
    """The files that a stage imports, directly or not."""
    return as_deps(imported_files(f"stages.{stage}", ROOT), ROOT)


def kept(paths: Iterable[str]) -> list[dict[str, Any]]:
    """Small outputs, which stay where they stand when a stage refuses its input."""
    return [{path: {"cache": False, "persist": True}} for path in paths]


def plan(stage: Stage, study: str) -> Stage:
    """The root's plan, for a study's rows."""
    made = in_short(moved(stage, study), "plan")
    made["cmd"] += f" --study studies/{study}/params.yaml"
    own = [name for name in made["params"] if name.partition(".")[0] not in OWN]
    rows = {f"studies/{study}/params.yaml": ["strategies", "train"]}
    return {**made, "params": [*own, "budget", "budgets", rows]}


def moved(stage: Stage, study: str) -> Stage:
    """A stage of the root with the paths of a study."""

    def move(value: Any) -> Any:
        if isinstance(value, dict):
            return {move(key): move(item) for key, item in value.items()}
        if isinstance(value, list):
            return [move(item) for item in value]
        if not isinstance(value, str):
            return value
        for folder in ("plans", "runs", "logs", "predictions"):
            value = value.replace(f"data/{folder}", f"data/studies/{study}/{folder}")
        for folder in ("metrics", "confusion", "runs"):
            value = value.replace(f"reports/{folder}", f"reports/studies/{study}/{folder}")
        return value

    made = {"desc": stage["desc"], "wdir": "../.."} | move(deepcopy(stage))
    # Hundreds of curves are no plot to look at: the studies' page has them.
    plots = [{path: {"cache": False}} for plot in made.pop("plots", []) for path in plot]
    made["outs"] = [*made["outs"], *plots]
    return made


def text(content: dict[str, Any]) -> str:
    """A file as it is written."""
    from io import StringIO

    yaml, stream = YAML(), StringIO()
    yaml.width, yaml.default_flow_style = 100, False
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(content, stream)
    return HEADING + stream.getvalue()


def files() -> dict[Path, str]:
    """All of them."""
    studies = sorted(path.parent.name for path in ROOT.glob("studies/*/params.yaml"))
    own = {ROOT / "studies" / study / "dvc.yaml": text(pipeline(study)) for study in studies}
    return {**own, ROOT / "studies" / "dvc.yaml": text(joined(studies))}


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")
        print(path.relative_to(ROOT))
