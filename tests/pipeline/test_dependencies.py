"""dvc.yaml tells the truth: a stage's code deps are its transitive imports, no more, no less."""

import sys

import pytest
from ruamel.yaml import YAML

from imports import as_deps, imported_files
from tiny import ROOT

sys.path.insert(0, str(ROOT / "docs"))
from pipelines import files

STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
# The studies' pipelines; in those of single studies one file stands for the code of a stage.
JOINED = YAML(typ="safe").load(ROOT / "studies/dvc.yaml")["stages"]
EVERY = {**STAGES, **JOINED}
# Code that the import graph cannot see: what jinja2 reads.
SHARED = "mtbert/reporting/templates"
UNSEEN = {"report": {SHARED}, "page": {SHARED, "mtbert/reporting/replication/templates"}}


def test_the_studies_pipelines_follow_from_the_root_s():
    assert {path: path.read_text(encoding="utf-8") for path in files()} == files()


def code(deps):
    return {dep for dep in deps if dep.startswith(("mtbert/", "stages/"))}


@pytest.mark.parametrize("stage", EVERY)
def test_code_deps_are_the_transitive_imports(stage):
    module = EVERY[stage]["cmd"].split()[2]
    expected = set(as_deps(imported_files(module, ROOT), ROOT)) | UNSEEN.get(stage, set())
    if stage.endswith("_code"):
        other = imported_files(f"stages.{stage.removesuffix('_code')}", ROOT)
        expected |= set(as_deps(other, ROOT))
        assert set(EVERY[stage]["cmd"].split()[4:]) == set(as_deps(other, ROOT))
    assert code(EVERY[stage]["deps"]) == expected


@pytest.mark.parametrize("stage", EVERY)
def test_every_path_of_a_command_is_a_dep_or_an_output(stage):
    row = EVERY[stage]
    known = [*row["deps"]]
    for key in ("outs", "metrics", "plots"):
        known += [next(iter(o)) if isinstance(o, dict) else o for o in row.get(key, [])]
    for word in row["cmd"].split():
        if word.startswith(("data/", "reports")):
            assert any(path.startswith(word) for path in known), word


@pytest.mark.parametrize("stage", EVERY)
def test_every_stage_has_a_description(stage):
    assert EVERY[stage]["desc"]


def test_a_change_in_training_leaves_tokenize_and_prepare_alone():
    for stage in ("download_corpora", "download_encoder", "prepare", "tokenize"):
        files = imported_files(STAGES[stage]["cmd"].split()[2], ROOT)
        assert not [f for f in files if "/training/" in f or "/modeling/" in f]


def test_only_download_can_open_a_connection():
    for stage, row in STAGES.items():
        files = imported_files(row["cmd"].split()[2], ROOT)
        fetches = {f for f in files if f.endswith(("fetching.py", "backbones.py"))}
        assert bool(fetches) == stage.startswith("download")
