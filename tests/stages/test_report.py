"""`python -m stages.report` on a made-up workspace."""

from pathlib import Path

import pytest
from reporting.made_up_runs import write_workspace

from mtbert.core.errors import InputError
from mtbert.reporting.results import refresh
from stages.report import main

PLANS, REPORTS, PARAMS = Path("data/plans"), Path("reports"), Path("params.yaml")
WRITTEN = ("results.md", "metrics/strategies.json", "index.html")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    write_workspace(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(**options):
    data = {name: Path("data", name) for name in ("logs", "predictions", "summaries")}
    main(PLANS, REPORTS, **{"params": PARAMS, "readme": None, **data, **options})


def test_same_bytes_again_whatever_else_lies_there(workspace, capsys):
    run()
    first = [(REPORTS / name).read_bytes() for name in WRITTEN]
    assert "round_robin" in capsys.readouterr().out
    (PLANS / "gone.yaml").write_text("not: a plan")
    (REPORTS / "metrics/runs/main-99.json").write_text("{")
    readme = Path("README.md")
    readme.write_text("a\n<!-- results:begin -->\nold\n<!-- results:end -->\nb\n")
    run(readme=readme)
    assert [(REPORTS / name).read_bytes() for name in WRITTEN] == first
    text = readme.read_text()
    assert text.startswith("a\n<!-- results:begin -->\n\n| strategy |")
    assert text.endswith("<!-- results:end -->\nb\n")
    assert "old" not in text


@pytest.mark.parametrize(
    "name",
    [
        *("reports/metrics/runs/main-2.json", "data/logs/main-2/run.json", "data/plans/main.yaml"),
        *("data/predictions/main-2/sst-dev.parquet", "data/summaries/tokens.json"),
    ],
)
def test_a_missing_file_is_named(workspace, name):
    Path(name).unlink()
    with pytest.raises(InputError, match=name):
        run()
    assert not (REPORTS / "results.md").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (PARAMS, "baseline: main", "baseline: mian", "report.baseline: .*'mian'.*main"),
        (PARAMS, "  baseline: main", "  baselin: main", "report: .*'baselin'.*'baseline'"),
        (PARAMS, "- 2\n", "- two\n", "seeds.1: .*integer"),
        (PLANS / "main.yaml", "train:", "trian:", "main.yaml: train: "),
        (PLANS / "main.yaml", "  - sts\n", "  - stss\n", "main.yaml: .*'stss'.*'sts'"),
    ],
)
def test_faulty_settings_are_named(workspace, file, old, new, message):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        run()


def test_a_readme_without_both_marks_is_refused(workspace):
    readme = Path("README.md")
    readme.write_text("<!-- results:begin -->\n")
    with pytest.raises(InputError, match="results:end"):
        refresh(readme, ["x"])
