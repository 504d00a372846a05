"""`python -m stages.collect` and `python -m stages.claims` on made-up runs."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from reporting.replications import row, run, study, write
from reporting.workspace import N, write_workspace

from mtbert.claims.reading import joined, read_tables
from mtbert.core.errors import InputError
from mtbert.core.fingerprint import fingerprint
from mtbert.core.params import read_json, read_yaml, validate, write_yaml
from mtbert.core.schemas import read_table, write_table
from mtbert.core.tasks import LEADERBOARD, read_tasks
from mtbert.experiments.plans import File, Plan, Source, asked
from mtbert.reporting.replication.answers import Answers
from mtbert.reporting.replication.collected import FILE, Replication, Row
from mtbert.reporting.replication.collecting import _parts, collect_row
from mtbert.studies.study import read_rows
from stages import claims, collect

from tiny import ROOT

WU = ROOT / "studies/wu/params.yaml"
TOLD = {"changes": {"sampler": "annealed"}, "printed": {"sst": 0.5, "para": None}, "choice": "so"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Runs of two seeds that say with which settings they were made."""
    write_workspace(tmp_path, names=("main", "annealed", "as-drawn"))
    for name in ("main", "annealed", "as-drawn"):
        plan = read_yaml(tmp_path / f"data/plans/{name}.yaml")
        for seed in (1, 2):
            path = tmp_path / f"reports/runs/{name}-{seed}/run.json"
            path.write_text(json.dumps(read_json(path) | {"plan": fingerprint(plan)}))
    return tmp_path


def row_of(root: Path, name: str, *seeds: int) -> Row:
    tasks = {task: read_tasks(root / "params.yaml")[task] for task in LEADERBOARD}
    plans, reports = root / "data/plans", root / "reports"
    return collect_row(name, TOLD, seeds=seeds, tasks=tasks, plans=plans, reports=reports)


def test_a_row_has_its_runs_and_what_is_missing(workspace: Path) -> None:
    path = workspace / "reports/runs/annealed-2/run.json"
    path.write_text(json.dumps(read_json(path) | {"plan": "another"}))
    found = row_of(workspace, "annealed", 1, 2, 3)
    assert [one.seed for one in found.runs] == [1]
    why = {one.seed: one.why for one in found.missing}
    assert why == {2: "run with another plan", 3: "not run"}
    assert found.printed == {"dev": {"sst": 0.5}}
    (one,) = found.runs
    assert one.metrics["sst"]["accuracy"] == pytest.approx(0.504)
    assert sum(map(sum, one.confusion["sst"])) == N["sst"]
    assert all(len(line.x) <= 40 for line in one.losses.values())
    rates = [line.y for line in one.mixing.values()]
    assert [sum(epoch) for epoch in zip(*rates, strict=True)] == pytest.approx([1.0] * 8, abs=1e-4)
    assert "settings" not in one.facts


def test_other_rows(workspace: Path) -> None:
    """All tasks in every step: no rates; nothing trained: no losses."""
    assert row_of(workspace, "main", 1).runs[0].mixing == {}
    drawn = row_of(workspace, "as-drawn", 1)
    assert drawn.evaluation_only == ("sst", "para", "sts")
    assert drawn.runs[0].losses == {}


def test_a_broken_run_is_named(workspace: Path) -> None:
    (workspace / "reports/runs/main-1/steps.csv").unlink()
    with pytest.raises(InputError, match=r"runs/main-1/steps.csv: no such file"):
        row_of(workspace, "main", 1)


def test_losses_are_means_over_equal_parts_of_the_run() -> None:
    """80 steps in two epochs, the second cut short: 40 parts of two steps, half of them empty."""
    epochs = [1.0] * 50 + [2.0] * 30
    losses = [1.0, 3.0, None, None] * 20
    points = _parts({"epoch": epochs, "loss_sst": losses}, "loss_sst")
    assert len(points) == 20
    assert {loss for _, loss in points} == {2.0}
    assert points[0][0] == pytest.approx(1 / 50)
    assert points[-1][0] == pytest.approx(1 + 27 / 50)


def test_an_unfinished_study_can_be_looked_at_but_is_not_complete(tmp_path: Path) -> None:
    out = tmp_path / "wu" / FILE
    folders = [tmp_path / name for name in ("plans", "reports", "predictions")]
    folders += [out, tmp_path / "wu/answers"]
    options: dict[str, Any] = {
        "exhibits": ROOT / "studies/figures.yaml",
        "params": ROOT / "params.yaml",
    }
    collect.main(WU, *folders, complete=False, **options)
    made = validate(Replication, read_json(out), where=str(out))
    assert made.budget.name == read_yaml(ROOT / "params.yaml")["budget"]
    assert "model-3" in made.missing
    assert not made.done
    assert not read_tables(tmp_path / "wu/answers")
    out.unlink()
    with pytest.raises(InputError, match=r"15 of 15 runs are missing, the first is baseline-1"):
        collect.main(WU, *folders, complete=True, **options)
    assert not out.exists()


def test_plans_of_another_budget_are_refused(tmp_path: Path) -> None:
    params = ROOT / "params.yaml"
    train = read_rows(WU, params, encoder="scratch")["model"]
    steps = (train.steps or 0) + 1
    for settings in (train, train.model_copy(update={"steps": steps})):
        plan = Plan(
            strategy="model",
            **asked(settings, read_tasks(params), "sample"),
            encoder=Source(folder="e", kind="scratch", name="scratch", files=()),
            sequences=File(path="s", md5="0"),
            tokenizer=File(path="t", md5="0"),
            tokens={},
        )
        write_yaml(tmp_path / "model.yaml", plan.model_dump(mode="json"))
        if settings is train:
            collect.check_plans(WU, params, tmp_path)
    with pytest.raises(InputError, match=r"model.yaml: not what .*wu/params.yaml and the budget"):
        collect.check_plans(WU, params, tmp_path)


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A study whose row `a` is right twice as often as the single-task rows, on 40 examples."""
    both = (run(1, 0, 0, 0), run(2, 0, 0, 0))
    rows = {name: row(*both) for name in ("a", "our-sst", "our-para", "our-sts")}
    rows |= {"gone": row(missing=[{"seed": 1, "why": "not run"}])}
    for task in LEADERBOARD:
        rows[f"our-{task}"] |= {"tasks": [task]}
    write(tmp_path, of=study(rows=rows, exhibits=[]))
    for name, own in rows.items():
        right = 40 if name == "a" else 20
        for task in own["tasks"] if own["runs"] else ():
            labels = [float(i % 2) for i in range(40)]
            said = [label if i < right else 1 - label for i, label in enumerate(labels)]
            if task == "sts":
                said = [
                    v + (0.0 if name == "a" else 2.0 * (i % 4 < 2)) for i, v in enumerate(labels)
                ]
            columns = {"id": list(map(str, range(40))), "label": labels}
            own_runs = {f"{name}-{seed}": said for seed in (1, 2)}
            path = tmp_path / f"one/answers/{task}.parquet"
            table = pa.table({**columns, **own_runs})
            if path.is_file():
                table = joined(read_table(path), table, where=name)
            write_table(path, table)
    asked = {"study": "one", "says": "So.", "kind": "greater", "metric": "sst"}
    file = {
        "better": {**asked, "rows": ["a"], "than": ["our-sst"]},
        "unknown": {**asked, "rows": ["gone"], "than": ["a"]},
        "conflicts": {
            "study": "one", "says": "So.", "kind": "share_below", "row": "a", "metric": "conflicts",
            "margin": 0.05,
        },
    }  # fmt: skip
    write_yaml(tmp_path / "claims.yaml", {"claims": file})
    return tmp_path


def answers(root: Path) -> Answers:
    claims.main(root / "claims.yaml", root, root / "out.json")
    return validate(Answers, read_json(root / "out.json"), where="out.json")


def test_claims_are_answered_from_predictions(judged: Path) -> None:
    """40 of 40 against 20 of 40; 5 of 20 sampled cosines are negative; Δm of (2, 2, 1 / r) − 1."""
    found = answers(judged)
    better, unknown, conflicts = found.claims.values()
    assert better.verdict == "supported"
    assert better.effect == pytest.approx(0.5)
    assert better.examples == {"sst": 40}
    assert (unknown.effect, unknown.verdict) == (None, "not decidable")
    assert "gone" in unknown.answer
    assert conflicts.effect == pytest.approx(0.25)
    assert list(found.delta_m["one"]) == ["a"]
    # Labels have a variance of 1/4, what is added to them one of 1, apart from each other.
    r = 0.25 / (0.5 * (0.25 + 1) ** 0.5)
    assert found.delta_m["one"]["a"].effect == pytest.approx((1 + 1 + 1 / r - 1) / 3)


def test_missing_answers_are_named(judged: Path) -> None:
    path = judged / "one/answers/sts.parquet"
    write_table(path, read_table(path).drop_columns(["a-1"]))
    with pytest.raises(InputError, match=r"answers/sts.parquet: no answers of a-1"):
        answers(judged)
    path.unlink()
    with pytest.raises(InputError, match=r"answers/sts.parquet: no answers of a-1"):
        answers(judged)
