"""The pipeline with real training, on tasks of a user's own."""

import csv
from itertools import cycle, islice

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from checkout import arriving, build
from ruamel.yaml import YAML
from stub_train import write_logs

from mtbert.core.params import read_json as read
from mtbert.modeling.manifest import read_manifest

# Tasks as a user writes them: one from CSV, one from Parquet.
TASKS = """
tasks:
  reviews:
    folder: ../own
    format: csv
    files: {train: train.csv, dev: dev.csv, test: test.csv}
    columns: {text_a: text, label: sentiment}
    labels: {kind: binary, names: [negative, positive]}
    metric: f1
  topics:
    folder: ../own
    format: parquet
    files: {train: train.parquet, dev: dev.parquet}
    columns: {id: number, text_a: title, text_b: body, label: topic}
    labels: {kind: classes, names: [sport, science, cooking]}
    metric: matthews
main:
  tasks: [reviews, topics]
  encoding: {topics: joint}
  heads: {reviews: linear, topics: linear}
  objectives: {reviews: binary_cross_entropy, topics: {name: cross_entropy, weights: balanced}}
  batch_size: {reviews: 16, topics: 8}
  resampling: {reviews: balanced}
"""
REVIEWS = [('"Dull, slow"\nand "long"', "negative"), ("A joy, throughout", "positive")]
TOPICS = [("Cup", "They won .", "sport"), ("Cells", "They divide .", "science")]


def write_files(folder):
    """Forty examples each; the last topic of train has no body."""
    folder.mkdir()
    for split in ("train", "dev", "test"):
        with (folder / f"{split}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            width = 1 if split == "test" else 2
            writer.writerow(["text", "sentiment"][:width])
            writer.writerows(row[:width] for row in islice(cycle(REVIEWS), 40))
    for start, split in ((100, "train"), (200, "dev")):
        title, body, topic = zip(*islice(cycle(TOPICS), 40), strict=True)
        last = None if split == "train" else body[-1]
        number = range(start, start + 40)
        columns = {"number": number, "title": title, "body": [*body[:-1], last], "topic": topic}
        pq.write_table(pa.table(columns), folder / f"{split}.parquet")


def add_tasks(path):
    """Add the tasks to a params file, with one strategy that trains on them alone."""
    yaml = YAML()
    params, own = yaml.load(path), yaml.load(TASKS)
    params["tasks"].update(own["tasks"])
    params["strategies"] = {"main": own["main"]}
    params["data"]["max_bad_share"] = 0.05
    yaml.dump(params, path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, fast):
    """The project after `dvc repro` on these tasks, and what that printed."""
    place = tmp_path_factory.mktemp("trained")
    project = build(place, fast, stub=False)
    write_files(place / "own")
    add_tasks(project.folder / "params.yaml")
    return project, project.run("dvc", "repro")


def test_what_is_not_usable_is_named(trained):
    project, printed = trained
    assert "train.parquet: row 40: not used: no text_b" in printed
    facts = read(project.folder / "data/summaries/text.json")
    assert facts["reviews"]["train"]["label_distribution"] == {"negative": 20, "positive": 20}
    assert facts["topics"]["train"]["usable"] == 39
    source = read(project.folder / "data/raw/corpora/SOURCE.json")
    assert source["files"]["reviews/train.csv"]["folder"] == "../own"


def test_every_usable_row_arrives_in_order(trained):
    reviews = {("reviews", split): 40 for split in ("train", "dev", "test")}
    topics = {("topics", "train"): 39, ("topics", "dev"): 40}
    assert arriving(trained[0], "main-1") == reviews | topics


def test_metrics_and_results_are_of_these_tasks(trained):
    project, _ = trained
    epochs = pd.read_csv(project.folder / "data/logs/main-1/epochs.csv")
    assert [*epochs] == ["epoch", "step", "reviews_f1", "topics_matthews", "score"]
    metrics = read(project.folder / "reports/metrics/runs/main-1.json")
    assert set(metrics["dev"]) == {"reviews", "topics"}
    assert "reviews f1" in (project.folder / "reports/results.md").read_text()
    assert "topics" in (project.folder / "reports/index.html").read_text()


def test_submissions_name_the_classes(trained):
    folder = trained[0].folder / "data/predictions/main-1"
    lines = (folder / "reviews-test-output.csv").read_text().splitlines()
    assert lines[0] == "id \t Predicted_Label "
    assert [line.split(" , ")[0] for line in lines[1:3]] == ["test-1", "test-2"]
    assert {line.split(" , ")[1].strip() for line in lines[1:]} <= {"negative", "positive"}
    assert (folder / "topics-dev-output.csv").read_text().splitlines()[1].startswith("200 , ")


def test_the_checkpoint_is_whole(trained):
    best = trained[0].folder / "data/runs/main-1/best"
    names = {"config.json", "model.safetensors", "heads.safetensors", "mtbert.json"}
    names |= {"sequences.json", "tokenizer.json", "tokenizer_config.json"}
    assert {path.name for path in best.iterdir()} == names
    manifest = read_manifest(best)
    assert manifest.tasks["topics"].labels.names == ("sport", "science", "cooking")
    assert manifest.tasks["topics"].columns.text_b == "body"
    assert manifest.training.dev_examples == {"reviews": 40, "topics": 40}


def test_the_same_seed_gives_the_same_bits(trained):
    project, _ = trained

    def digest():
        lock = YAML(typ="safe").load(project.folder / "dvc.lock")
        outs = lock["stages"]["train@main-1"]["outs"]
        return next(out["md5"] for out in outs if out["path"] == "data/runs/main-1")

    before = digest()
    assert project.repro("-f", "-s", "train@main-1") == {"train@main-1"}
    assert digest() == before


def test_the_stub_of_the_dag_s_tests_logs_what_training_logs(trained, tmp_path):
    """Otherwise a passing DAG would say nothing of the real one."""
    folder = trained[0].folder
    plan = YAML(typ="safe").load(folder / "data/plans/main.yaml")
    write_logs(tmp_path, plan, plan["train"]["tasks"], 1)
    for name in ("steps.csv", "epochs.csv", "conflicts.csv"):
        assert [*pd.read_csv(tmp_path / name)] == [*pd.read_csv(folder / "data/logs/main-1" / name)]
    assert set(read(tmp_path / "run.json")) == set(read(folder / "data/logs/main-1/run.json"))
