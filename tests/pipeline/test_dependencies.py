"""The pipelines tell the truth: a stage depends on the packages that it imports."""

from pathlib import Path

import grimp
import pytest
from ruamel.yaml import YAML

from tiny import ROOT

GRAPH = grimp.build_graph("mtbert", "stages")
PIPELINES = ["dvc.yaml", "studies/dvc.yaml", "studies/wang/dvc.yaml"]
STAGES = {
    f"{path}:{name}": stage
    for path in PIPELINES
    for name, stage in YAML(typ="safe").load(ROOT / path)["stages"].items()
    if name != "code"
}


def imported(stage):
    """The packages of mtbert that a stage's module imports, directly or not."""
    module = stage["cmd"].split()[2]
    return {m.split(".")[1] for m in GRAPH.find_upstream_modules(module) if m.count(".") > 0} - {
        "stages"
    }


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_the_packages_that_it_imports(name):
    deps = [Path(dep) for dep in STAGES[name]["deps"]]
    if name.startswith("studies"):
        listed = {path.stem for path in deps if path.suffix == ".md5"}
        own = STAGES[name]["cmd"].split()[2]
        assert own in listed
        listed -= {own}
    else:
        listed = {path.name for path in deps if path.parent == Path("mtbert")}
        assert f"stages/{STAGES[name]['cmd'].split()[2].split('.')[1]}.py" in map(str, deps)
    assert listed == {m for m in imported(STAGES[name]) if (ROOT / "mtbert" / m).is_dir()}


@pytest.mark.parametrize("name", STAGES)
def test_every_path_of_a_command_is_a_dependency_or_an_output(name):
    stage = STAGES[name]
    paths = [*stage["deps"]]
    for key in ("outs", "metrics"):
        paths += [next(iter(o)) if isinstance(o, dict) else o for o in stage.get(key, [])]
    for word in stage["cmd"].split():
        if word.startswith(("data/", "../data/", "reports")):
            assert any(path.startswith(word) for path in paths), word


def upstream(pipeline, name):
    """Names of the stages of a pipeline that a stage waits for, and its own."""
    stages = {n.split(":")[1]: s for n, s in STAGES.items() if n.startswith(f"{pipeline}:")}
    wait, seen = [name], set()
    while wait:
        seen.add(own := wait.pop())
        for dep in stages[own]["deps"]:
            wait += [n for n, s in stages.items() if n not in seen and dep in outputs(s)]
    return seen


def outputs(stage):
    """Paths that a stage writes, and the folders that they lie in."""
    paths = [next(iter(o)) if isinstance(o, dict) else o for o in stage.get("outs", [])]
    return (
        {*paths, *(str(parent) for path in paths for parent in Path(path).parents)}
        | {f"{path}/${{item.strategy}}.yaml" for path in paths}
        | {f"{path}/{name}" for path in paths for name in ("sequences.json", "tokenizer.json")}
    )


@pytest.mark.parametrize("name", [n for n, s in STAGES.items() if "${" in str(s["cmd"])])
def test_names_are_checked_before_they_are_part_of_a_command(name):
    pipeline, stage = name.split(":")
    before = upstream(pipeline, stage)
    if pipeline.count("/") < 2:
        assert "names" in before
        return
    assert "plan" in before - {stage}
    checked = {p for p in STAGES[f"{pipeline}:plan"]["params"] if isinstance(p, str)}
    assert {"strategies", "seeds", "more_seeds", "most_seeds"} <= checked


def test_every_study_has_the_same_pipeline():
    texts = {path.read_text() for path in (ROOT / "studies").glob("*/dvc.yaml")}
    assert len(texts) == 1


def test_only_download_can_open_a_connection():
    for name, stage in STAGES.items():
        modules = GRAPH.find_upstream_modules(stage["cmd"].split()[2])
        fetches = {m for m in modules if m.endswith((".fetching", ".backbones"))}
        assert bool(fetches) == ("download" in name)
