"""Finished runs join a study's kept tables: newest wins, nothing is lost, nothing is mixed."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml, write_yaml
from mtbert.core.schemas import write_table
from mtbert.studies.fingerprint import fingerprint
from mtbert.studies.results import collect, missing, read_results

from tiny import ROOT

STUDY = {
    **{"title": "t", "overall": "mean", "train": {}, "strategies": {"a": {}, "b-c": {}}},
    **{"printed": {}, "choices": {}, "seeds": [1], "mix": {"sst": 2, "para": 2, "sts": 2}},
    "more_seeds": {"experiments": ["b-c"], "seeds": [2]},
}
LABELS = [0.0, 1.0, 1.0]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study's file in a project of its own, with the plans of its experiments."""
    monkeypatch.chdir(tmp_path)
    budgets = read_yaml(ROOT / "studies" / "params.yaml")["budgets"]
    write_yaml(tmp_path / "params.yaml", {"budget": "smoke", "budgets": budgets})
    (tmp_path / "studies/it").mkdir(parents=True)
    write_yaml(tmp_path / "studies/it/params.yaml", STUDY)
    plan("a", epochs=1)
    plan("b-c", epochs=1)
    return Path("studies/it/params.yaml")


def plan(name: str, **train: Any) -> None:
    Path("plans").mkdir(exist_ok=True)
    write_yaml(Path("plans") / f"{name}.yaml", {"train": train})


def finish(run: str, *, accuracy: float = 0.5, labels: list[float] = LABELS) -> None:
    """What `train` and `evaluate` leave of a run of the plan that there is."""
    settings = read_yaml(Path("plans") / f"{run.rpartition('-')[0]}.yaml")["train"]
    scores = {"dev": {"sst": {"accuracy": accuracy, "matthews": None}}}
    counts = {"updates": 3, "examples": {"sst": 24, "para": 8}}
    facts = {
        **{"encoder": {"name": "../shared/tiny"}, "data_source": "sample", "hardware": "a CPU"},
        **{
            "settings": settings,
            "precision": {"used": "fp32"},
            "versions": {"mtbert": "1"},
            "total_seconds": 2.5,
        },
    }
    logs = Path("logs") / run
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "run.json").write_text(json.dumps(facts))
    header = "step,epoch,first,second,cosine,norm_first,norm_second\n"
    lines = "1,1,sst,para,-0.1,1,1\n2,1,sst,para,0.2,1,1\n3,1,sst,para,,0,1\n"
    (logs / "conflicts.csv").write_text(header + lines)
    table = {"id": ["x", "y", "z"], "label": labels, "prediction": [1.0, 1.0, accuracy]}
    write_table(Path("predictions") / run / "sst-dev.parquet", pa.table(table))
    Path("metrics").mkdir(exist_ok=True)
    Path(f"metrics/{run}.json").write_text(json.dumps({**scores, **counts}))


def join(study: Path, **options: Any) -> tuple[str, ...]:
    names = ("plans", "metrics", "predictions", "logs")
    return collect(study, **{name: Path(name) for name in names}, **options)


def test_a_finished_run_is_kept_at_once_and_others_stay_missing(study: Path) -> None:
    assert missing(study) == [("a", 1), ("b-c", 1), ("b-c", 2)]
    assert join(study) == ()
    finish("b-c-2")
    assert join(study) == ("b-c-2",)
    kept = read_results(study)
    line = kept.runs.iloc[0].to_dict()
    assert line == {
        **{"strategy": "b-c", "seed": 2, "budget": "smoke", "updates": 3, "examples": 32},
        **{"cosines": 2, "negative": 1, "seconds": 2.5, "encoder": "tiny", "data": "sample"},
        **{"hardware": "a CPU", "precision": "fp32", "version": "1"},
        "fingerprint": fingerprint({"train": {"epochs": 1}}),
    }
    assert list(kept.predictions["sst"]) == ["id", "label", "b-c-2"]
    score = kept.scores.set_index("metric")["value"]
    assert score["accuracy"] == 0.5
    assert pd.isna(score["matthews"])
    assert missing(study) == [("a", 1), ("b-c", 1)]


def test_a_newer_run_replaces_the_kept_one(study: Path) -> None:
    finish("a-1")
    finish("b-c-1")
    join(study)
    Path("metrics/b-c-1.json").unlink()
    finish("a-1", accuracy=0.75)
    assert join(study) == ("a-1",)
    kept = read_results(study)
    assert kept.names() == ["a-1", "b-c-1"]
    assert sorted(kept.scores["value"].dropna()) == [0.5, 0.75]
    assert kept.predictions["sst"]["a-1"].tolist() == [1.0, 1.0, 0.75]
    before = [path.read_bytes() for path in sorted(Path("studies").rglob("results/**/*.*"))]
    join(study)
    again = [path.read_bytes() for path in sorted(Path("studies").rglob("results/**/*.*"))]
    assert before == again


def test_seeds_of_one_experiment_share_one_plan(study: Path) -> None:
    finish("b-c-1")
    join(study)
    plan("b-c", epochs=2)
    assert missing(study, plans=Path("plans")) == [("a", 1), ("b-c", 1), ("b-c", 2)]
    finish("b-c-2")
    join(study)
    assert read_results(study).names() == ["b-c-2"]
    assert list(read_results(study).predictions["sst"]) == ["id", "label", "b-c-2"]


def test_a_run_of_a_former_plan_is_no_run_of_this_one(study: Path) -> None:
    finish("a-1")
    plan("a", epochs=2)
    assert join(study) == ()


def test_budgets_are_not_mixed(study: Path) -> None:
    finish("a-1")
    join(study)
    write_yaml(Path("params.yaml"), {**read_yaml(Path("params.yaml")), "budget": "paper"})
    finish("b-c-1")
    Path("metrics/a-1.json").unlink()
    with pytest.raises(InputError, match=r"runs.csv: 1 runs .* 'paper', such as a-1 \('smoke'\)"):
        join(study)
    join(study, replace=True)
    assert read_results(study).names() == ["b-c-1"]


def test_runs_on_other_examples_are_refused(study: Path) -> None:
    finish("a-1")
    join(study)
    finish("b-c-1", labels=[0.0, 0.0, 1.0])
    with pytest.raises(InputError, match=r"b-c-1/sst-dev.parquet: its dev examples"):
        join(study)
    assert read_results(study).names() == ["a-1"]


def test_a_broken_table_is_told(study: Path) -> None:
    finish("a-1")
    join(study)
    path = Path("studies/it/results/runs.csv")
    path.write_text(path.read_text().replace("budget", "budgte", 1))
    with pytest.raises(InputError, match=r"runs.csv: no column 'budget'"):
        read_results(study)


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("studies/*/results")), ids=lambda p: p.parent.name
)
def test_committed_tables_belong_together(path: Path) -> None:
    kept = read_results(path.parent / "params.yaml")
    names = set(kept.names())
    assert len(names) == len(kept.runs)
    lines = zip(kept.scores["strategy"], kept.scores["seed"], strict=True)
    assert {f"{name}-{seed}" for name, seed in lines} == names
    assert {column for table in kept.predictions.values() for column in table} - names == {
        "id",
        "label",
    }
    assert (kept.runs["budget"] == kept.runs["budget"][0]).all()
