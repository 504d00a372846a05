"""`python -m stages.augment` with the embedded lexicon."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from mtbert.augmentation.sets import augmented_schema
from mtbert.core.errors import InputError
from mtbert.core.params import read_section
from mtbert.core.schemas import read_table, text_schema, write_table
from mtbert.corpora.lexicons import LexiconSettings, fetch_lexicons
from stages.augment import main

from tiny import ROOT

TASKS = """
tasks:
  a:
    files: {train: t, dev: d}
    columns: {text_a: s, label: l}
    labels: {kind: binary}
  b:
    files: {train: t, dev: d, test: e}
    columns: {text_a: s, text_b: o, label: l}
    labels: {kind: binary}
"""
AUGMENT = """
augment:
  tagger: lexicon
  max_bad_share: 0.0
  sets:
    grown:
      a: {source: ppdb, copies: 2, stop_words: none, guards: {sentiment: opinion_words}}
      b: {source: ppdb, rows: 5, share: 1.0, sides: second, guards: {held_out: false}}
"""
FILMS = ["a good film", "two films and a dog", "not a word"]


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, split in [("a", "train"), ("a", "dev"), ("b", "train"), ("b", "dev"), ("b", "test")]:
        size = len(FILMS)
        second = FILMS[::-1] if name == "b" else [None] * size
        texts = FILMS if split == "train" else [f"{text} {split}" for text in FILMS]
        columns = [[f"{split}{i}" for i in range(size)], texts, second, [1.0] * size]
        table = pa.table(columns, schema=text_schema())
        write_table(tmp_path / "text" / name / f"{split}.parquet", table)
    (tmp_path / "params.yaml").write_text(TASKS + AUGMENT)
    sample = LexiconSettings(source=str(ROOT / "data/sample/lexicons"))
    (tmp_path / "lexicons").mkdir()
    fetch_lexicons(sample, tmp_path / "lexicons")
    return tmp_path


def run(name="grown"):
    main(name, *map(Path, ("text", "lexicons", "out", "out.json")), processes=2)
    return json.loads(Path("out.json").read_text())


def test_rows_are_added_and_reported(inputs, capsys):
    facts = run()
    single, pairs = (read_table(inputs / f"out/{name}/train.parquet") for name in "ab")
    assert single.schema.equals(augmented_schema())
    assert single["text_a"].to_pylist()[:3] == FILMS
    assert set(single["text_a"].to_pylist()[3:5]) == {"a good movie", "a good picture"}
    assert pairs.num_rows == 5
    assert set(pairs["text_a"].to_pylist()) == set(FILMS)
    assert facts["tasks"]["a"]["guards"]["words_kept"]["sentiment"] == 2
    assert facts["tasks"]["a"]["rows"]["missing"] == 2
    assert facts["tasks"]["a"]["rows_without_replaceable_words"] == 1
    assert facts["lexicon"]["pairs"] == 640
    shared = {"train": "a train", "held_out": "b dev", "texts": 3}
    assert shared in facts["shared_texts"]["original"]
    assert "warning: a: 2 new rows fewer" in capsys.readouterr().err


def test_nothing_is_left_of_a_failure(inputs):
    (inputs / "params.yaml").write_text(TASKS + AUGMENT.replace("rows: 5", "rows: 2"))
    with pytest.raises(InputError, match=r"params\.yaml: augment\.sets\.grown\.b\.rows: .* 3 rows"):
        run()
    (inputs / "params.yaml").write_text(TASKS + AUGMENT)
    with (inputs / "lexicons/ppdb/sample.txt").open("a") as file:
        file.write("broken\n")
    with pytest.raises(InputError, match=r"sample\.txt: 1 of 641 lines are broken"):
        run()
    with pytest.raises(InputError, match=r"sets: unknown set 'gron'; did you mean 'grown'"):
        run(name="gron")
    assert not Path("out").exists()
    (inputs / "params.yaml").write_text(TASKS + AUGMENT.replace("share: 0.0", "share: 0.01"))
    assert run()["lexicon"]["broken"] == [
        {"line": 641, "reason": "expected 3 fields or more between |||, found 1"}
    ]


def test_the_projects_own_settings_fit():
    from mtbert.augmentation.settings import read_augment
    from mtbert.core.tasks import read_tasks

    params = ROOT / "params.yaml"
    assert read_augment(params, read_tasks(params)).sets
    assert read_section(params, "lexicons", LexiconSettings).source == "sample"


def test_another_lexicon_than_a_setting_needs_is_refused_before_anything_runs(tmp_path):
    from mtbert.cli.check import check_params

    text = (ROOT / "params.yaml").read_text()
    for old, new, message in [
        ("tagger: lexicon", "tagger: perceptron", "augment.tagger: needs tagger"),
        ("{source: ppdb, copies: 1}", "{source: wordnet, copies: 1}", "need the tagger"),
        ("ppdb_size: s", "ppdb_size: x", "lexicons.ppdb_size"),
        ("  source: sample\n  # Of `public`", "  source: public\n  # Of `public`", "opinion_words"),
    ]:
        assert old in text
        (tmp_path / "params.yaml").write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match=message):
            check_params(tmp_path / "params.yaml")


def test_help_is_light():
    heavy = "{'torch', 'transformers', 'pandas', 'pyarrow', 'nlpaug', 'nltk', 'numpy'}"
    code = (
        "import runpy, sys; sys.argv[1:] = ['--help']\n"
        "try: runpy.run_module('stages.augment', run_name='__main__')\n"
        f"finally: print('HEAVY', sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "Usage" in done.stdout
    assert "HEAVY []" in done.stdout
