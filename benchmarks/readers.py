"""A small example of every file that the pipeline reads, with its reader."""

import gzip
import json
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from benchmarks.reliability import ROOT

sys.path.insert(0, str(ROOT / "tests"))  # its workspace has most files
Reader = Callable[[Path], Any]
Cases = dict[str, tuple[Path, Reader, bool]]


def readers(folder: Path) -> Cases:
    """By name: a whole file, its reader, and whether a checksum covers it."""
    stages = stage_readers(folder)
    cases = stages | table_readers(folder) | checkpoint_readers(folder) | folder_readers(folder)
    return cases | encoder_readers(folder) | study_readers(folder)


def replaced(whole: Path, path: Path, name: str) -> Any:
    """Copy a folder, with another file in the place of one; a context of the copy."""
    copy = TemporaryDirectory()
    shutil.copytree(whole, copy.name, dirs_exist_ok=True)
    shutil.copyfile(path, Path(copy.name) / name)
    return copy


def table_readers(folder: Path) -> Cases:
    """Tables that users predict on, score or train on."""
    import pandas as pd

    from mtbert.inference.tables import column, read_frame, write_frame

    def frame(path: Path) -> Any:
        return column(read_frame(path), "text", where="table")

    rows = {"text": ["one, two", 'thré "four"', "five"], "label": ["1", "0", "1"]}
    cases = {}
    for ending in ("csv", "tsv", "jsonl", "parquet"):
        path = folder / f"frame.{ending}"
        write_frame(path, pd.DataFrame(rows))
        cases[f"frame {ending}"] = (path, frame, ending == "parquet")
    zipped = folder / "frame.csv.gz"
    zipped.write_bytes(gzip.compress((folder / "frame.csv").read_bytes(), mtime=0))
    # Not sealed: a file repeated behind itself is whole, too.
    return cases | {"frame gzip": (zipped, frame, False)}


def checkpoint_readers(folder: Path) -> Cases:
    """The files of a checkpoint."""
    from mtbert.core.tasks import read_tasks
    from mtbert.modeling.checkpoint import load_checkpoint, save_checkpoint
    from mtbert.modeling.manifest import TrainingFacts, read_manifest

    from tiny import model_settings, tiny_model

    best, model, tasks = (
        folder / "best",
        tiny_model(model_settings()),
        read_tasks(ROOT / "params.yaml"),
    )
    facts = {"strategy": "main", "seed": 1, "data_source": "sample", "encoder": "e", "epoch": 1}
    training = TrainingFacts(
        **facts,
        step=2,
        dev={"sst_accuracy": 0.5},
        dev_examples=dict.fromkeys(model.settings.tasks, 4),
        settings={"epochs": 3},
    )
    saved: Any = {"settings": model.settings, "tasks": tasks, "tokens": folder / "tokens"}
    save_checkpoint(best, model, training=training, **saved)

    def load(path: Path) -> Any:
        with replaced(best, path, path.name) as copy:
            return load_checkpoint(Path(copy)), read_manifest(Path(copy)).card()

    files = ("mtbert.json", "config.json", "model.safetensors", "heads.safetensors")
    return {name: (best / name, load, False) for name in files}


def folder_readers(folder: Path) -> Cases:
    """Files that are read with others beside them: a run's log, an archive of lexicons."""
    from mtbert.augmentation.sentiment import listed_sentiment
    from mtbert.corpora.lexicons import LexiconSettings, fetch_lexicons
    from mtbert.evaluation.scoring import read_training

    logs, lexicons = folder / "logs", folder / "lexicons"
    logs.mkdir()
    (lexicons / "misc").mkdir(parents=True)
    shutil.copyfile(folder / "steps.csv", logs / "steps.csv")
    facts = {"data_source": "sample, own", "encoder": {"name": "scratch"}, "device": "cpu"}
    (logs / "run.json").write_text(json.dumps(facts))
    (folder / "plan.yaml").write_text("tasks: {sst: {}}\n")
    (lexicons / "opinion").mkdir()
    (lexicons / "opinion/words.txt").write_text("; praise\ngood\nfine\n")
    with ZipFile(lexicons / "misc/mwa_ppdb.zip", "w") as file:
        file.writestr("mwa_ppdb/pairs", "film\tmovie\n" * 20)

    def training(path: Path) -> Any:
        with replaced(logs, path, path.name) as copy:
            return read_training(folder / "plan.yaml", Path(copy))

    def unpacked(path: Path) -> Any:
        with replaced(lexicons, path, f"misc/{path.name}") as copy, TemporaryDirectory() as out:
            fetch_lexicons(LexiconSettings(source=copy), Path(out))
            return [own.read_bytes() for own in Path(out).rglob("pairs")]

    def opinion(path: Path) -> Any:
        with replaced(lexicons, path, f"opinion/{path.name}") as copy:
            is_sentiment = listed_sentiment(Path(copy), where="lexicons")
            return [is_sentiment(word) for word in ("good", "film")]

    return {
        "run.json": (logs / "run.json", training, False),
        "opinion words": (lexicons / "opinion/words.txt", opinion, False),
        "lexicons zip": (lexicons / "misc/mwa_ppdb.zip", unpacked, False),
    }


def encoder_readers(folder: Path) -> Cases:
    """The files of a pretrained encoder as others publish it."""
    from mtbert.corpora.backbones import check_folder
    from mtbert.tokenization.vocabulary import load_tokenizer, template

    encoder, words = folder / "published", folder / "published_words"
    encoder.mkdir()
    words.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(folder / "best" / name, encoder / name)
    shutil.copyfile(folder / "tokens/tokenizer.json", encoder / "tokenizer.json")
    (words / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nfilm\n##s\n")
    (words / "tokenizer_config.json").write_text('{"do_lower_case": true, "strip_accents": null}')

    def published(path: Path) -> Any:
        with replaced(encoder, path, path.name) as copy:
            return check_folder(Path(copy))

    def tokenizer(path: Path) -> Any:
        whole = encoder if path.name == "tokenizer.json" else words
        with replaced(whole, path, path.name) as copy:
            read = load_tokenizer(Path(copy))
            return template(read), read.encode("a film, 123 films").ids

    return {
        "encoder config": (encoder / "config.json", published, False),
        "encoder weights": (encoder / "model.safetensors", published, False),
        "tokenizer.json": (encoder / "tokenizer.json", tokenizer, False),
        "vocab.txt": (words / "vocab.txt", tokenizer, False),
        "tokenizer_config": (words / "tokenizer_config.json", tokenizer, False),
    }


STUDY = """title: t
overall: mean
train: {steps: 3}
strategies: {a: {}, b: {sampler: sqrt}}
printed: {a: {sst: 0.5}}
choices: {all: c}
seeds: [1, 2]
more_seeds: {experiments: [a], seeds: [3]}
most_seeds: {experiments: [b], seeds: [4]}
"""


def study_readers(folder: Path) -> Cases:
    """A study's file and its kept results."""
    from mtbert.studies.results import read_results
    from mtbert.studies.study import read_study

    study, results = folder / "study", folder / "study/results"
    results.mkdir(parents=True)
    (study / "params.yaml").write_text(STUDY)
    for name in ("scores.csv", "runs.csv"):
        lines = (ROOT / "studies/elayattu/results" / name).read_text().splitlines()
        (results / name).write_text("\n".join(lines[:4]) + "\n")

    def kept(path: Path) -> Any:
        with replaced(study, path, f"results/{path.name}") as copy:
            return read_results(Path(copy) / "params.yaml")

    return {
        "study": (study / "params.yaml", read_study, False),
        "study scores": (results / "scores.csv", kept, False),
        "study runs": (results / "runs.csv", kept, False),
    }


def stage_readers(folder: Path) -> Cases:
    """What stages read: params, plans, tables, corpora, states."""
    import pyarrow as pa
    import torch
    from workspace import plan, workspace

    from mtbert.augmentation.ppdb import read_ppdb
    from mtbert.core.labels import Classes
    from mtbert.core.params import read_json, read_section, validate
    from mtbert.core.schemas import OUTPUTS, TEXT, read_table, read_tokens, text_schema, write_table
    from mtbert.core.seeds import read_seeds
    from mtbert.core.sequences import read_sequences
    from mtbert.core.tasks import Task, read_tasks
    from mtbert.corpora.validation import Data, read_split
    from mtbert.evaluation.predictions import decode
    from mtbert.experiments.plans import read_plan
    from mtbert.reporting.runs import long_scores, long_steps, read_prediction
    from mtbert.training.resuming import Resuming

    workspace(folder)
    plan(folder, {})
    labels = Classes(kind="classes", count=3)
    outputs = pa.table({
        "id": list("abc"), "label": [0.0, 1.0, None],
        "output": pa.array([[0.0, 1.0, 2.0]] * 3, pa.list_(pa.float32())),
    })  # fmt: skip
    write_table(folder / "outputs.parquet", outputs)
    where = {"labelled": False, "where": "outputs"}
    write_table(folder / "predictions.parquet", decode(outputs, labels, **where).table())
    rows = [{"id": f"{n}", "text_a": "one two", "label": n % 2} for n in range(9)]
    write_table(folder / "text.parquet", pa.Table.from_pylist(rows, schema=text_schema()))
    lines = [f'{n}\tid{n}\tone, "two" thré\t{n % 2}\n' for n in range(6)]
    (folder / "corpus.tsv").write_text("".join(["\tid\ttext_a\tlabel\n", *lines]))
    (folder / "corpus.csv").write_text('id,text_a,label\na,"one, two",1\nb,"thré\nfour",0\n')
    (folder / "corpus.jsonl").write_text('{"id": "a", "text_a": "one", "label": 1}\n')
    (folder / "pairs.txt").write_text("[NN] ||| film ||| movie ||| x ||| y ||| Equivalence\n" * 5)
    (folder / "metrics.json").write_text(json.dumps({"dev": {"sst": {"accuracy": 0.5}}}))
    (folder / "steps.csv").write_text(
        "step,epoch,loss_sst,weight_sst,examples_sst\n1,1,0.5,1,4\n2,1,0.25,1,4\n"
    )
    (folder / "params.yaml").write_text(
        "seeds: [1, 2]\ndata: {source: sample, max_bad_share: 0.1, max_characters: 99}\ntasks:\n"
        "  sst:\n    files: {train: a.csv, dev: b.csv}\n    columns: {text_a: t, label: l}\n"
        "    labels: {kind: classes, count: 5}\n"
    )
    resuming = Resuming(folder / "state.pt", "this run")
    resuming.save(3, {"w": torch.arange(9.0)})
    columns = {"id": "id", "text_a": "text_a", "label": "label"}
    entry = {"title": "t", "files": {"train": "a", "dev": "b"}, "columns": columns,
             "labels": {"kind": "binary"}, "predictions": {"file": "{split}"}}  # fmt: skip
    data = Data(source="sample", max_bad_share=0.5, max_characters=99)

    def corpus(path: Path, format: str) -> Any:
        task = validate(Task, {**entry, "format": format})
        return read_split(path, task, data, split="train")

    def state(path: Path) -> Any:
        saved = Resuming(path, "this run").saved
        return "none" if saved is None else saved["parameters"]["w"].tolist()

    def params(path: Path) -> Any:
        return read_tasks(path), read_seeds(path), read_section(path, "data", Data)

    def scores(path: Path) -> Any:
        return long_scores({("main", 1): read_json(path)}, where="metrics")

    return {
        "params": (folder / "params.yaml", params, False),
        "plan": (folder / "plans/drawn.yaml", read_plan, False),
        "sequences": (folder / "tokens/sequences.json", lambda p: read_sequences(p.parent), False),
        "metrics": (folder / "metrics.json", scores, False),
        "steps": (folder / "steps.csv", long_steps, False),
        "text": (folder / "text.parquet", lambda p: read_table(p, TEXT).to_pydict(), True),
        "tokens": (folder / "tokens/para/dev.parquet", partial(read_tokens, paired=True), True),
        "outputs": (folder / "outputs.parquet",
                    lambda p: decode(read_table(p, OUTPUTS), labels, **where), True),
        "predictions": (folder / "predictions.parquet", read_prediction, True),
        "corpus tsv": (folder / "corpus.tsv", partial(corpus, format="tsv"), False),
        "corpus csv": (folder / "corpus.csv", partial(corpus, format="csv"), False),
        "corpus jsonl": (folder / "corpus.jsonl", partial(corpus, format="jsonl"), False),
        "corpus parquet": (folder / "text.parquet", partial(corpus, format="parquet"), False),
        "ppdb": (folder / "pairs.txt", read_ppdb, False),
        "state": (folder / "state.pt", state, True),
    }  # fmt: skip
