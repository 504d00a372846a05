"""`mtbert check` reads every section before a stage has spent time."""

import re
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from typer.testing import CliRunner

from mtbert.cli.check import check_params
from mtbert.cli.main import app
from mtbert.cli.run import check_lists
from mtbert.core.errors import InputError

from tiny import ROOT

PARAMS = ROOT / "params.yaml"


def test_the_committed_params_fit():
    result = CliRunner().invoke(app, ["check", "--params", str(PARAMS)])
    assert result.exit_code == 0
    assert re.fullmatch(
        rf"{PARAMS}: every section fits; [\d,]+ rows of 12 files read\n", result.stdout
    )


def test_it_names_what_is_to_be_fetched(tmp_path, capsys):
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS.read_text().replace("source: sample", "source: cs224n", 1))
    tasks = "sst, para, sts, cfimdb"
    assert check_params(path) == f"not read, as they are still to be fetched: files of {tasks}"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("source: sample", "source: 3", "data.source: .*3"),
        ("source: sample", "source: smaple", "data.source: "),
        ("max_length: 128", "max_length: 1", "tokenize.max_length: "),
        ("pretrained: scratch", "pretrained: []", "encoder.pretrained: "),
        ("pretrained: scratch", "pretrained: scrach", "encoder.pretrained: "),
        ("pretrained: scratch", "pretrained: me/bert", "encoder.pretrained: "),
        ("sampler: all_tasks", "sampler: all", "'all'"),
        ("seeds: [1, 2]", "seeds: [1, 1]", "each seed once"),
        ("baseline: main", "baseline: mian", "report.baseline: .*'main'"),
        ("low: 0, high: 5", "low: 9, high: 5", "tasks.sts"),
        ("kind: similarity, low: 0", "kind: regression, low: 0", "did you mean 'similarity'"),
        ("para: siamese", "para: cross-encoder", "did you mean 'joint'"),
        ("  main_ensemble: {of: [main], average: predictions}\n", "", "ensembles: .* {} for none"),
        (
            "average: predictions",
            "average: weights",
            "ensembles.main_ensemble: .* main-1 starts from random weights of seed 1, main-2",
        ),
        (
            "seeds:",
            "stratgies: {}\nseeds:",
            "unknown section 'stratgies'; did you mean 'strategies'",
        ),
    ],
)
def test_a_fault_in_any_section_is_named(tmp_path, right, wrong, message):
    path, text = tmp_path / "params.yaml", PARAMS.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong, 1))
    with pytest.raises(InputError, match=f"^{path}: .*{message}"):
        check_params(path)


def test_in_the_folder_of_the_studies_it_checks_every_experiment(tmp_path, monkeypatch):
    studies = tmp_path / "studies"
    copytree(ROOT / "studies", studies, ignore=ignore_patterns("results", "data"))
    copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    monkeypatch.chdir(studies)
    check_params(Path("params.yaml"))
    for name, right, wrong, message in (
        ("wu/params.yaml", "epochs: 20", "epochs: 0", "epochs: input should be greater than 0"),
        ("claims.yaml", "[model]", "[modle]", "'modle'; did you mean"),
        ("params.yaml", "budget: smoke", "budget: smok", "did you mean 'smoke'"),
    ):
        text = (studies / name).read_text()
        assert right in text
        (studies / name).write_text(text.replace(right, wrong, 1))
        with pytest.raises(InputError, match=message):
            check_params(Path("params.yaml"))
        (studies / name).write_text(text)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("seeds: [1, 2]", "seeds: 3", "seeds: expected a list, found 3"),
        ("  main_ensemble: {of: [main], average: predictions}\n", "", "ensembles: expected a map"),
        ("  sets:\n", "  sets:\n  other:\n", "augment"),
    ],
)
def test_run_names_what_dvc_cannot_go_through(tmp_path, right, wrong, message):
    path, text = tmp_path / "params.yaml", PARAMS.read_text()
    check_lists(PARAMS)
    check_lists(ROOT / "studies/params.yaml")
    check_lists(tmp_path / "absent.yaml")
    assert right in text
    path.write_text(text.replace(right, wrong, 1))
    with pytest.raises(InputError, match=f"^{path}: .*{message}"):
        check_lists(path)
