"""Tasks of a user's own, from commas and from Parquet, through the real DAG."""

import csv
import json
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

# The rows that the README shows, and beside them one from Parquet.
ROWS = """
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


def write_rows(folder: Path) -> None:
    """Forty rows each; the last topic of train has no body."""
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


def add_rows(path: Path) -> None:
    """Add the rows to the params file, for one strategy of them alone."""
    yaml = YAML()
    params, rows = yaml.load(path), yaml.load(ROWS)
    params["tasks"].update(rows["tasks"])
    params["strategies"] = {"main": rows["main"]}
    params["data"]["max_bad_share"] = 0.05
    yaml.dump(params, path)


def test_two_tasks_of_one_s_own(project, tmp_path):
    own = project.copy(tmp_path / "project")
    write_rows(tmp_path / "own")
    add_rows(own.folder / "params.yaml")
    own.run("dvc", "config", "--local", "core.no_scm", "true")
    told = own.run("dvc", "repro")
    assert "train.parquet: row 40: not used: no text_b" in told

    source = json.loads((own.folder / "data/raw/corpora/SOURCE.json").read_text())
    assert source["source"] == "sample"
    assert source["files"]["reviews/train.csv"]["folder"] == "../own"
    assert "folder" not in source["files"]["sst/ids-sst-train.csv"]

    reports = own.folder / "reports"
    facts = json.loads((reports / "data/text.json").read_text())
    assert facts["reviews"]["train"]["label_distribution"] == {"negative": 20, "positive": 20}
    assert facts["topics"]["train"]["usable"] == 39
    epochs = (reports / "runs/main-1/epochs.csv").read_text().splitlines()[0]
    assert epochs == "epoch,step,reviews_f1,topics_matthews,score"
    metrics = json.loads((reports / "metrics/main-1.json").read_text())
    assert set(metrics) == {"reviews", "topics"}
    assert "| strategy | reviews f1 | topics matthews |" in (reports / "results.md").read_text()
    pairs = (reports / "confusion/main-1/topics.csv").read_text()
    assert {line.split(",")[0] for line in pairs.splitlines()[1:]} == {"sport", "science"}

    handed = own.folder / "data/predictions/main-1"
    lines = (handed / "reviews-test-output.csv").read_text().splitlines()
    assert lines[0] == "id \t Predicted_Label "
    assert [line.split(" , ")[0] for line in lines[1:3]] == ["test-1", "test-2"]
    assert {line.split(" , ")[1].strip() for line in lines[1:]} <= {"negative", "positive"}
    assert (handed / "topics-dev-output.csv").read_text().splitlines()[1].startswith("200 , ")
