"""Corpora from a folder, and what a folder's name stands for."""

import json
from pathlib import Path

import pytest
from corpora.reading import task as any_task

from mtbert.core.errors import InputError
from mtbert.corpora import sources
from mtbert.corpora.folders import SAMPLE, project_root, resolve
from mtbert.corpora.sources import fetch_corpora


def task(folder=None, **files):
    return any_task(folder=folder, files=files)


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "root"
    (root / SAMPLE).mkdir(parents=True)
    (root / "out").mkdir()
    monkeypatch.chdir(root)
    return root


def written(project):
    out = project / "out"
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())


@pytest.mark.parametrize("source", ["sample", "../mine"])
def test_only_the_named_files_are_copied(project, source):
    folder = project / (SAMPLE if source == "sample" else source)
    folder.mkdir(exist_ok=True)
    for name in ("a.csv", "b.csv", "notes.txt"):
        (folder / name).write_text("hello\n")
    fetch_corpora(source, {"one": task(train="a.csv", dev="b.csv")}, project / "out")
    assert written(project) == ["SOURCE.json", "one/a.csv", "one/b.csv"]
    facts = json.loads((project / "out/SOURCE.json").read_text())
    assert facts["source"] == source
    # `echo hello | git hash-object --stdin`
    file = facts["files"]["one/a.csv"]
    assert file["git_blob_sha1"] == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert file["bytes"] == 6
    assert file["terms"].startswith("Apache" if source == "sample" else "given")


def test_a_task_s_own_folder_stands_beside_the_course_s_files(project, monkeypatch):
    """Files of the same name stay apart; only the course's are fetched."""
    names = {"train": "sts-train.csv", "dev": "sts-dev.csv"}
    (project / "mine").mkdir()
    for name in names.values():
        (project / "mine" / name).write_text("mine\n")

    def fetch(url, name, fault):
        (project / name).write_text(url)
        assert fault(project / name).startswith(f"expected git_blob_sha1 {name}, found ")
        return project / name

    monkeypatch.setattr(sources, "fetch", fetch)
    monkeypatch.setattr(sources, "URL", "https://course")
    tasks = {"sts": task(**names), "own": task("mine", **names)}
    fetch_corpora("cs224n", tasks, project / "out")
    assert (project / "out/sts/sts-dev.csv").read_text() == "https://course/sts-dev.csv"
    assert (project / "out/own/sts-dev.csv").read_text() == "mine\n"
    facts = json.loads((project / "out/SOURCE.json").read_text())
    assert facts["commit"]
    assert list(facts["files"]) == [f"{name}/{file}" for name in tasks for file in names.values()]
    assert "folder" not in facts["files"]["sts/sts-dev.csv"]
    assert facts["files"]["own/sts-dev.csv"]["folder"] == "mine"
    assert facts["files"]["own/sts-dev.csv"]["terms"].startswith("given by the user")


@pytest.mark.parametrize(
    ("source", "folder", "train", "message"),
    [
        ("cs224n", "gone", "a.csv", r"own\.folder: there is no folder .*/gone$"),
        ("cs224n", None, "sts-tarin.csv", r"own\.files\.train: .* of cs224n .*mean 'sts-train\."),
        ("cs224n", None, "mine.csv", r"; one of your own lies in tasks\.own\.folder$"),
        ("sample", None, "quora-dve.csv", r"of data/sample 'quora-dve.*mean 'quora-dev\.csv'"),
        ("cs242n", None, "a.csv", r"unknown source 'cs242n'; did you mean 'cs224n'.* or a folder"),
    ],
)
def test_what_is_missing_is_reported_before_any_fetch(project, source, folder, train, message):
    (project / SAMPLE / "quora-dev.csv").touch()
    own = task(folder, train=train, dev="sts-dev.csv")
    tasks = {"sts": task(train="sts-train.csv", dev="sts-dev.csv"), "own": own}
    with pytest.raises(InputError, match=r"(?s)^p\.yaml: (data|tasks)\..*" + message):
        fetch_corpora(source, tasks, project / "out", where="p.yaml")
    assert written(project) == []


@pytest.mark.parametrize("name", ["tmpab12", "standalone/tmpab12"])
def test_a_folder_outside_is_the_same_from_an_experiment(project, monkeypatch, name):
    assert project_root() == project
    assert resolve(str(SAMPLE)) == project / SAMPLE
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
