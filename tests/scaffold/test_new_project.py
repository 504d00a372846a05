"""params.yaml and dvc.yaml of a new project follow those of this one."""

import gzip

import pytest
from ruamel.yaml import YAML

from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml
from mtbert.core.tasks import FileFormat
from mtbert.scaffold.pipeline import params_text, pipeline_text
from mtbert.scaffold.project import Project, check_project_folder
from mtbert.scaffold.proposal import propose

from tiny import ROOT

AUGMENTATION = {"download_lexicons", "augment", "tokenize_augmented"}
OURS = read_yaml(ROOT / "dvc.yaml")["stages"]
STAGES = YAML(typ="safe").load(pipeline_text(["mine", "mine-split"]))["stages"]


def outputs(stage):
    listed = [*stage.get("outs", []), *stage.get("metrics", [])]
    return [next(iter(out)) if isinstance(out, dict) else out for out in listed]


def test_a_new_project_has_all_stages_but_those_of_augmentation():
    assert set(STAGES) == set(OURS) - AUGMENTATION
    for name, stage in STAGES.items():
        assert outputs(stage) == outputs(OURS[name])
        assert stage.get("matrix") == OURS[name].get("matrix")


def test_no_stage_depends_on_code_or_sample():
    written = [out for stage in STAGES.values() for out in outputs(stage)]
    for stage in STAGES.values():
        assert stage["cmd"].startswith("python -m mtbert.stages.")
        assert stage["params"][0] == "mtbert"
        for dep in stage.get("deps", []):
            inside = any(dep.startswith(out) or out.startswith(f"{dep}/") for out in written)
            assert inside or dep in ("mine", "mine-split"), dep
    assert STAGES["download_corpora"]["deps"] == ["mine", "mine-split"]


def test_params_keep_comments_and_all_that_is_not_replaced():
    text, ours = params_text({"train.heads": {"a": "linear"}, "seeds": [3]}), ROOT / "params.yaml"
    new, old = YAML(typ="safe").load(text), read_yaml(ours)
    assert new.pop("mtbert")
    assert (new["train"].pop("heads"), new.pop("seeds")) == ({"a": "linear"}, [3])
    del old["train"]["heads"], old["seeds"], old["augment"], old["lexicons"]
    assert new == old
    comments = {line for line in ours.read_text().splitlines() if line.startswith("  # ")}
    kept = [line for line in text.splitlines() if line in comments]
    assert len(kept) > 60
    assert "  # linear | mlp | cosine" in text


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_with_a_dev_split_stay_where_they_are(here):
    folder = here / "mine"
    folder.mkdir()
    for name in ("a-train.tsv", "a-dev.tsv"):
        (folder / name).write_text("text\tlabel\n" + "so\t1\nno\t0\n" * 3)
    (folder / "b.jsonl").write_text(
        '{"text": "so", "label": 0.5}\n{"text": "no", "label": 2}\n' * 4
    )
    (folder / "b-dev.jsonl").write_text((folder / "b.jsonl").read_text())
    with Project("mine", "scratch", propose(folder)).written() as params:
        tasks, data = read_yaml(params)["tasks"], read_yaml(params)["data"]
    assert data["source"] == "mine"
    assert tasks["a"]["files"] == {"train": "a-train.tsv", "dev": "a-dev.tsv"}
    assert "folder" not in tasks["a"]
    assert (tasks["b"]["format"], "folder" in tasks["b"]) == ("jsonl", False)
    assert not (here / "mine-split").exists()


@pytest.mark.parametrize(
    ("ending", "lines", "expected"),
    [
        ("csv", "text;label\n" + "so, so;1\nno;0\n" * 3, {"format": "csv", "delimiter": ";"}),
        (
            "tsv",
            '0\tso it is\n1\t"No" , said he\n' * 3,
            {"format": "tsv", "header": False, "quoting": False},
        ),
        ("csv.gz", "text,label\n" + "so,1\nno,0\n" * 3, {"format": "csv"}),
    ],
)
def test_how_files_hold_rows_is_written_down(here, ending, lines, expected):
    (here / "mine").mkdir()
    for split, text in (("train", lines), ("dev", lines.replace('"', ""))):
        content = text.encode()
        content = gzip.compress(content) if ending.endswith("gz") else content
        (here / "mine" / f"{split}.{ending}").write_bytes(content)
    with Project("mine", "scratch", propose(here / "mine")).written() as params:
        own = read_yaml(params)["tasks"]["mine"]
    assert {key: own[key] for key in own if key in FileFormat.model_fields} == expected
    assert own["columns"]["text_a"] == ("1" if "header" in expected else "text")


def test_a_fault_leaves_nothing(here):
    folder = here / "mine"
    folder.mkdir()
    (folder / "a.csv").write_text("text,label\n" + "".join(f"so {n},{n % 2}\n" for n in range(20)))
    project = Project("mine", "scratch", propose(folder))
    with pytest.raises(InputError, match="no"), project.written():
        raise InputError("no")
    assert [path.name for path in here.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent", "no such folder"),
        (".", "inside the current one"),
        ("..", "inside the current one"),
        ("data", "the pipeline writes data/names.txt"),
        ("reports/mine", None),
        ("data/raw", "the pipeline writes data/raw/corpora"),
        ("data/text/mine", "the pipeline writes data/text"),
        ("a b", "rename a folder: a name has letters"),
        ("${a}", "rename a folder"),
        ("$(touch x)", "rename a folder"),
        ("own/-x", "rename a folder"),
    ],
)
def test_a_folder_is_one_that_stages_may_name(here, name, message):
    if name != "absent":
        (here / name).mkdir(parents=True, exist_ok=True)
    if message is None:
        assert check_project_folder(here / name) == name
        return
    with pytest.raises(InputError, match=message):
        check_project_folder(here / name)
