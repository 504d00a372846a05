"""`python -m stages.report` and `python -m stages.record` on a made-up workspace."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reporting.workspace import write_workspace

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml
from stages import record, render, report

from tiny import ROOT

PLANS, REPORTS, PARAMS = Path("data/plans"), Path("reports"), Path("params.yaml")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_workspace(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(**options: Path) -> None:
    report.main(PLANS, REPORTS, **{"params": PARAMS, "readme": None, **options})


def keep(title: str = "x", *, replace: bool = False, **options: Any) -> None:
    record.main(
        Path("studies/one"),
        title=title,
        **{"note": "", "strategy": ["main"], "rows": "", "columns": "", "metric": None, **options},
        replace=replace,
        params=PARAMS,
        plans=PLANS,
        reports=REPORTS,
    )


def commit(root: Path) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "params.yaml"], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=root, check=True)


def test_stale_files_change_nothing(workspace: Path) -> None:
    run()
    files = [workspace / "reports" / name for name in ("results.md", "data.md", "index.html")]
    first = [path.read_bytes() for path in files]
    (PLANS / "gone.yaml").write_text("not: a plan")
    (REPORTS / "metrics/gone-1.json").write_text("{")
    (REPORTS / "metrics/main-99.json").write_text("{")
    run()
    assert [path.read_bytes() for path in files] == first


@pytest.mark.parametrize(
    "name",
    [
        "metrics/joint-2.json",
        "runs/joint-2/run.json",
        "runs/joint-2/conflicts.csv",
        "confusion/joint-2/sst.csv",
    ],
)
def test_a_missing_file_is_named(workspace: Path, name: str) -> None:
    (REPORTS / name).unlink()
    with pytest.raises(InputError, match=f"reports/{name}: no such file"):
        run()
    assert not (REPORTS / "results.md").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("baseline: main", "baseline: mian", "report.baseline: unknown strategy 'mian'; did you"),
        ("  baseline: main", "  baselin: main", "report: unknown key 'baselin'; did you mean"),
        ("- 2\n", "- 1\n", "each seed may stand once"),
        ("- 2\n", "- two\n", "seeds.1: input should be a valid integer"),
    ],
)
def test_faulty_settings_are_named(workspace: Path, old: str, new: str, message: str) -> None:
    text = PARAMS.read_text()
    assert old in text
    PARAMS.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        run()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("runs/main-1/steps.csv", lambda t: b"", "no column 'step'"),
        ("runs/main-1/steps.csv", lambda t: t[: t.index(b"\n") + 1], "cut off after line 1"),
        ("runs/main-1/steps.csv", lambda t: t[:-9], "cut off after line 321"),
        ("runs/main-1/steps.csv", lambda t: t + b"1,2\n", "line 322: expected 14 cells, found 2"),
        ("runs/main-1/epochs.csv", lambda t: b"", "no column 'epoch'"),
        ("runs/main-1/epochs.csv", lambda t: t.replace(b"sst_acc", b"acc"), "no column 'sst_acc"),
        ("runs/main-1/epochs.csv", lambda t: t.replace(b"1,40", b"x,40"), "line 2: epoch: expecte"),
        ("runs/main-1/conflicts.csv", lambda t: b"", "no column 'step'"),
        ("runs/main-1/conflicts.csv", lambda t: t + b"9,1,sst,qqp,0,1,1\n", "expected two of the"),
        ("confusion/main-1/sst.csv", lambda t: t + b"5,0\n", "line 1103: expected classes from 0 "),
        ("confusion/main-1/sts.csv", lambda t: t + b"1.5,0\n", "expected classes from 0 to 5, fou"),
        ("confusion/main-1/sst.csv", lambda t: t + b",0\n", "found '' and '0'"),
        ("confusion/main-1/sst.csv", lambda t: t.replace(b"actual", b"a"), "no column 'actual'"),
        ("runs/main-1/steps.csv", lambda t: t + b"\xff\n", "not UTF-8"),
        ("metrics/main-1.json", lambda t: b'{"sst": 3}', "sst: expected metrics, found 3"),
        ("data/tokens.json", lambda t: b"{}", "vocabulary: required"),
        ("data/tokens.json", lambda t: b"[]", "expected a JSON object"),
        ("data/text.json", lambda t: t.replace(b"text |", b"\xff"), "invalid UTF-8"),
        ("data/text.json", lambda t: b'{"sst": {"train": 3}}', "tasks.sst.train: input should be"),
    ],
)
def test_a_broken_file_is_named_with_what_mends_it(
    workspace: Path, name: str, change: Callable[[bytes], bytes], message: str
) -> None:
    text = (REPORTS / name).read_bytes()
    assert change(text) != text
    (REPORTS / name).write_bytes(change(text))
    with pytest.raises(InputError, match=f"(?s)^reports/{name}: .*{message}.*dvc repro"):
        run()
    assert not (REPORTS / "results.md").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("train:", "trian:", "train: no settings with a list of tasks"),
        ("  - sts\n", "  - stss\n", "unknown task 'stss'; did you mean 'sts'"),
    ],
)
def test_a_plan_of_other_tasks_is_refused(
    workspace: Path, old: str, new: str, message: str
) -> None:
    path = PLANS / "main.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=f"^data/plans/main.yaml: {message}.*dvc repro"):
        run()


def test_titles_and_spelling_do_not_make_a_record_stale(workspace: Path) -> None:
    commit(workspace)
    PARAMS.write_text(PARAMS.read_text().replace("title: sentiment (SST-5)", "title: another"))
    keep()
    assert Path("studies/one/record.json").is_file()


def test_metrics_older_than_the_plan_are_refused(workspace: Path) -> None:
    path = REPORTS / "metrics/main-1.json"
    scores = json.loads(path.read_text())
    del scores["sts"]
    path.write_text(json.dumps(scores))
    with pytest.raises(InputError, match=r"main-1\.json: sts: no pearson"):
        run()


def test_an_undefined_metric_is_a_gap(workspace: Path) -> None:
    for seed in (1, 2):
        path = REPORTS / f"metrics/main-{seed}.json"
        scores = json.loads(path.read_text())
        scores["sts"]["pearson"] = None
        scores["overall"] = {"mean": None, "leaderboard": None}
        path.write_text(json.dumps(scores))
    run()
    assert (
        "| main | 0.506 ± 0.003 | 0.806 ± 0.003 | – | – | – |"
        in Path("reports/results.md").read_text()
    )


def test_record_then_readme(workspace: Path) -> None:
    commit(workspace)
    PARAMS.write_text(PARAMS.read_text() + "extra: 1\n")
    keep("BERT")
    study = Path("studies/one")
    logs = {f"{log}-{seed}.csv" for log in ("steps", "epochs", "conflicts") for seed in (1, 2)}
    assert {path.name for path in study.glob("runs/main/*")} == {"plan.yaml", *logs}
    readme = Path("README.md")
    readme.write_text("<!-- results:begin -->\n<!-- results:end -->\n")
    run(readme=readme, studies=Path("studies"))
    assert "BERT (`main`)\n\n```sh\ndvc exp run -S +extra=1\n```" in readme.read_text()
    with pytest.raises(InputError, match=r"record\.json: exists already; give --replace"):
        keep()
    keep("again", replace=True)
    assert json.loads((study / "record.json").read_text())["title"] == "again"
    page = (study / "README.md").read_text()
    assert page.startswith("# again\n")
    (study / "README.md").unlink()
    render.main(Path("studies"))
    assert (study / "README.md").read_text() == page


def test_a_study_of_all_strategies(workspace: Path) -> None:
    commit(workspace)
    cross = {"rows": "encoding.sts", "columns": "sampler", "metric": ["sts.pearson"]}
    keep("Three", strategy=None, **cross)
    page = Path("studies/one/README.md").read_text()
    assert "| siamese | 0.806 ± 0.003 | 0.816 ± 0.003 |\n| joint | **0.866 ± 0.003** |  |" in page
    assert "share of conflicts" not in page
    keys = "| sampler | encoding.{para, sts} | heads.sts | trainable / all parameters |"
    assert f"| strategy {keys} sst accuracy" in page
    row = "| joint | all_tasks | joint | linear | 1.1 M / 1.1 M | 0.516 ± 0.003 | **0.866 ± 0.003**"
    assert row in page
    assert "- sst accuracy, best joint: any other" in page
    assert Path("studies/one/runs/joint/plan.yaml").is_file()


def test_a_study_of_names_with_hyphens_and_untrained_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_workspace(tmp_path, names=("main", "sst-alone", "as-drawn"))
    monkeypatch.chdir(tmp_path)
    commit(tmp_path)
    keep(strategy=["sst-alone", "as-drawn", "main"], conflicts=True)
    study = Path("studies/one")
    page = (study / "README.md").read_text()
    assert "| strategy | untrained | trainable / all parameters | sst accuracy" in page
    assert "| as-drawn | [sst, para, sts] | 1.1 M / 1.1 M | 0.146 ± 0.003 |" in page
    assert "Nothing is trained, no gradient: as-drawn." in page
    assert (study / "runs/as-drawn/steps-2.csv").read_text().count("\n") == 1
    render.main(Path("studies"))
    assert (study / "README.md").read_text() == page


def test_a_study_with_conflicts_and_times(workspace: Path) -> None:
    commit(workspace)
    names = read_yaml(PARAMS)["strategies"]
    measured = {"command": "c", "hardware": "h", "threads": 2}
    measured["strategies"] = {name: {"ratio": 1 + i / 4} for i, name in enumerate(names)}
    Path("times.json").write_text(json.dumps(measured))
    keep(strategy=None, conflicts=True, times=Path("times.json"))
    study = Path("studies/one")
    page = (study / "README.md").read_text()
    assert "| time a step ÷ main's | share of conflicts |" in page
    assert "| 1.25 | – |" in page
    kept = json.loads((study / "record.json").read_text())
    assert kept["strategies"][0]["conflicts"][1]["met"] == 320
    assert kept["strategies"][1]["conflicts"][1] == {"met": 0, "pairs": []}
    render.main(Path("studies"))
    assert (study / "README.md").read_text() == page


def test_a_study_overwrites_nothing_and_leaves_nothing_half_made(workspace: Path) -> None:
    commit(workspace)
    with pytest.raises(InputError, match=r"--rows: unknown setting that varies here 'head\.sts'"):
        keep(strategy=None, rows="head.sts", columns="sampler", metric=["sts.pearson"])
    assert not Path("studies").exists()
    Path("studies/one").mkdir(parents=True)
    Path("studies/one/README.md").write_text("mine")
    with pytest.raises(InputError, match=r"README\.md: exists already"):
        keep()
    assert Path("studies/one/README.md").read_text() == "mine"


def test_record_refuses_what_the_params_no_longer_give(workspace: Path) -> None:
    commit(workspace)
    PARAMS.write_text(PARAMS.read_text().replace("row_length: 128", "row_length: 256"))
    with pytest.raises(InputError, match=r"not what params\.yaml gives now"):
        keep()
    with pytest.raises(InputError, match="unknown strategy 'mian'; did you mean 'main'"):
        keep(strategy=["mian"])
    assert not Path("studies").exists()


def test_report_needs_no_torch(workspace: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path as P; "
        "from stages.report import main; "
        "main(P('data/plans'), P('reports'), params=P('params.yaml'), readme=None); "
        "assert not {'torch', 'transformers', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(ROOT)], cwd=workspace, check=True)
