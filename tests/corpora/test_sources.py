"""Corpora from a folder, and what a folder's name stands for."""

import json
from pathlib import Path

import pytest

from mtbert.corpora.folders import project_root, resolve
from mtbert.corpora.sources import SAMPLE, check_source, collect, file_names
from mtbert.errors import InputError
from mtbert.params import validate
from mtbert.tasks import Task


def task(**files: str) -> Task:
    row = {
        "title": "a",
        "files": files,
        "columns": {"id": "id", "text_a": "sentence", "label": "label"},
        "labels": {"kind": "binary"},
        "predictions": {"file": "{split}.csv", "column": "a"},
    }
    return validate(Task, row, where="tasks.a")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "root"
    (root / SAMPLE).mkdir(parents=True)
    (root / "out").mkdir()
    monkeypatch.chdir(root)
    return root


def test_files_are_distinct_and_have_no_folder() -> None:
    tasks = [task(train="b.csv", dev="c.csv"), task(train="a.csv", dev="c.csv")]
    assert file_names(tasks) == ["a.csv", "b.csv", "c.csv"]
    with pytest.raises(InputError, match=r"plain file names, found \.\./x\.csv"):
        file_names([task(train="../x.csv", dev="c.csv")])


@pytest.mark.parametrize("source", ["sample", "../mine"])
def test_only_the_named_files_are_copied(project: Path, source: str) -> None:
    folder = project / (SAMPLE if source == "sample" else source)
    folder.mkdir(exist_ok=True)
    for name in ("a.csv", "b.csv", "notes.txt"):
        (folder / name).write_text("hello\n")
    collect(source, ["a.csv", "b.csv"], project / "out")
    assert sorted(path.name for path in (project / "out").iterdir()) == [
        "SOURCE.json", "a.csv", "b.csv",
    ]  # fmt: skip
    facts = json.loads((project / "out/SOURCE.json").read_text())
    assert facts["source"] == source
    # `echo hello | git hash-object --stdin`
    assert facts["files"]["a.csv"]["git_blob_sha1"] == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert facts["files"]["a.csv"]["bytes"] == 6
    assert facts["files"]["a.csv"]["terms"].startswith("Apache" if source == "sample" else "given")


def test_a_missing_file_is_named_with_what_is_there(project: Path) -> None:
    (project / SAMPLE / "quora-dev.csv").touch()
    with pytest.raises(InputError) as caught:
        collect("sample", ["quora-dev.csv", "quora-dve.csv"], project / "out")
    assert "'quora-dve.csv'; did you mean 'quora-dev.csv'?" in str(caught.value)
    assert "looked for quora-dev.csv, quora-dve.csv" in str(caught.value)


def test_an_unknown_source_names_the_allowed_ones(project: Path) -> None:
    told = r"^p\.yaml: data\.source: unknown source 'cs242n'; did you mean 'cs224n'.+ or a folder"
    with pytest.raises(InputError, match=told):
        collect("cs242n", ["a.csv"], project / "out", where="p.yaml: data.source")
    with pytest.raises(InputError, match=told):
        check_source("cs242n", where="p.yaml: data.source")
    for known in ("cs224n", "sample", "out"):
        check_source(known, where="p.yaml: data.source")


@pytest.mark.parametrize("name", ["tmpab12", "standalone/tmpab12"])
def test_a_folder_outside_is_the_same_from_an_experiment(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (project / "untracked").mkdir()
    copy = project / ".dvc/tmp/exps" / name
    (copy / SAMPLE).mkdir(parents=True)
    # Seen from the copy, these exist as well: they are not the user's.
    (copy / "../mine").mkdir()
    monkeypatch.chdir(copy)
    assert project_root() == project
    assert resolve("../mine") == project / "../mine"
    assert resolve("untracked") == project / "untracked"
    assert resolve(str(SAMPLE)) == copy / SAMPLE
    assert resolve("/somewhere") == Path("/somewhere")


def test_a_folder_is_relative_to_the_project(project: Path) -> None:
    assert project_root() == project
    assert resolve("../mine") == project / "../mine"
    assert resolve(str(SAMPLE)) == project / SAMPLE
