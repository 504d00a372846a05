"""Every export predicts what the checkpoint predicts, on texts of the sample, or is refused."""

import ast
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from inference.conftest import save
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import mtbert
from mtbert.core import extras
from mtbert.core.errors import InputError
from mtbert.core.params import read_yaml
from mtbert.inference.export import (
    as_array,
    export_onnx,
    export_sentence_transformers,
    export_transformers,
)
from mtbert.inference.onnx_model import OnnxModel
from mtbert.inference.tables import read_frame

from tiny import ROOT

LINEAR = dict.fromkeys(["sst", "para", "sts"], "linear")
JOINT = {"para": "joint", "sts": "joint"}
PAL = {"name": "pal", "size": 12, "heads": 2}
MODELS = {
    "siamese": {},
    "mixed": {
        "encoding": {"para": "joint", "sts": "siamese"},
        "pooling": {"sst": "cls", "para": "max_mean", "sts": "max"},
        "projections": {"sst": "none", "para": "none", "sts": "layers"},
        "heads": {
            "sst": "mlp",
            "para": {"name": "linear", "logits": 2},
            "sts": {"name": "linear", "range": "sigmoid"},
        },
    },
    "joint": {"encoding": JOINT, "pooling": "pooler", "heads": LINEAR},
}
INT8_ERROR = 0.06  # of a probability or the label range, of tiny random weights

pytestmark = pytest.mark.filterwarnings("ignore:.*only their beginning was read")


def sample(task, count=200):
    """Texts of a task's dev split in the embedded sample, first and second ones."""
    own = read_yaml(ROOT / "params.yaml")["tasks"][task]
    frame = read_frame(ROOT / "data/sample" / own["files"]["dev"]).head(count)
    return [
        frame[own["columns"][key]].tolist() for key in ("text_a", "text_b") if key in own["columns"]
    ]


def error(checkpoint, exported, task):
    """The largest difference, of a probability or as a share of the label range."""
    expected = as_array(mtbert.load(checkpoint), task, *sample(task))
    predicted = exported.predict(task, *sample(task))
    assert predicted.shape == expected.shape
    assert len(predicted) == 200
    return np.abs(predicted - expected).max() / (5 if task == "sts" else 1)


@pytest.fixture(scope="module", params=MODELS)
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    best = save(folder, **MODELS[request.param])
    export_onnx(best, folder / "onnx")
    return best, folder / "onnx"


@pytest.mark.parametrize("task", ["sst", "para", "sts"])
def test_a_graph_predicts_what_the_checkpoint_predicts(exported, task):
    best, folder = exported
    assert error(best, OnnxModel(folder), task) <= 1e-4


def test_graph_json_names_inputs_and_outputs(exported):
    graph = json.loads((exported[1] / "graph.json").read_text())
    session = OnnxModel(exported[1]).session
    assert graph["inputs"] == [item.name for item in session.get_inputs()]
    assert [*graph["outputs"]] == [item.name for item in session.get_outputs()]
    assert ("pairs" in graph["inputs"]) == (
        "pairs" in {o["rows"] for o in graph["outputs"].values()}
    )
    assert graph["outputs"]["sst"]["labels"] == list("01234")
    assert graph["outputs"]["sts"]["range"] == [0, 5]


def test_a_text_alone_predicts_as_in_a_batch(exported):
    exported = OnnxModel(exported[1])
    (texts,) = sample("sst", 5)
    alone = [exported.predict("sst", [text])[0] for text in texts]
    np.testing.assert_allclose(alone, exported.predict("sst", texts), atol=1e-5)


def test_the_exported_model_refuses_what_does_not_fit(exported):
    model = OnnxModel(exported[1])
    with pytest.raises(ValueError, match=r"no task 'nope'; the tasks are: .*sst"):
        model.predict("nope", ["a fine film"])
    with pytest.raises(ValueError, match="sts is a task on pairs of texts"):
        model.predict("sts", ["a fine film"])
    with pytest.raises(ValueError, match="sst is a task on single texts"):
        model.predict("sst", ["a fine film"], ["it is dull"])
    done = subprocess.run(
        [sys.executable, exported[1] / "predict.py", "nope", "a"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr[:22]) == (1, "error: no task 'nope';")


def test_the_script_in_the_folder_needs_no_mtbert(exported, tmp_path):
    best, folder = exported
    words = [sys.executable, "-X", "importtime", folder / "predict.py", "sst", "a fine film"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    shares = mtbert.load(best).predict("sst", "a fine film").probabilities
    assert ast.literal_eval(done.stdout) == pytest.approx(shares, abs=1e-4)
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert imported & {"onnxruntime", "mtbert", "torch", "transformers"} == {"onnxruntime"}


def test_int8_is_near_but_not_the_same(tmp_path):
    best = save(tmp_path)
    export_onnx(best, tmp_path / "int8", int8=True)
    small = OnnxModel(tmp_path / "int8")
    assert small.graph["precision"] == "int8"
    assert (tmp_path / "int8/model.onnx").read_bytes().count(b"MatMulInteger") >= 12
    errors = [error(best, small, task) for task in ("sst", "para", "sts")]
    assert 1e-4 < max(errors) < INT8_ERROR


def test_what_no_graph_computes_is_refused(tmp_path):
    best = save(tmp_path, adaptation=PAL)
    with pytest.raises(InputError, match="onnx: the encoder's layers differ from task to task"):
        export_onnx(best, tmp_path / "out")
    assert [path.name for path in tmp_path.glob("*out*")] == []


def test_a_missing_extra_is_named(best, tmp_path, monkeypatch):
    monkeypatch.setitem(extras.EXTRAS, "onnx", ("no_such_package",))
    with pytest.raises(InputError, match=r"not installed: install mtbert with its extra onnx"):
        export_onnx(best, tmp_path / "out")


POOLER = {"pooling": "pooler", "heads": LINEAR, "encoding": JOINT}
TANH = {"name": "mlp", "activation": "tanh"}
FIRST = {"pooling": "cls", "heads": dict.fromkeys(LINEAR, TANH), "encoding": JOINT}
TWO = {**POOLER, "heads": {**LINEAR, "para": {"name": "linear", "logits": 2}}}


@pytest.mark.parametrize("task", ["sst", "para", "sts"])
@pytest.mark.parametrize("changes", [POOLER, FIRST, TWO])
def test_transformers_classifies_as_the_checkpoint_does(tmp_path, changes, task):
    best, out = save(tmp_path, **changes), tmp_path / "out"
    export_transformers(best, out, task=task)
    tokenizer = AutoTokenizer.from_pretrained(out)
    model = AutoModelForSequenceClassification.from_pretrained(out).eval()
    texts = sample(task)
    inputs = tokenizer(*texts, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
    predicted = (logits[:, 0] if task == "sts" else logits.softmax(1)).numpy()
    expected = as_array(mtbert.load(best), task, *texts)
    np.testing.assert_allclose(predicted, expected, atol=1e-4)
    names = {"sst": "01234", "para": "01", "sts": ["similarity"]}[task]
    assert model.config.id2label == dict(enumerate(names))


@pytest.mark.parametrize(
    ("changes", "task", "message"),
    [
        ({}, None, "give --task, one of sst, para, sts"),
        ({}, "sent", "unknown task 'sent'"),
        ({}, "sst", r"not mean\. What works: AutoModel"),
        ({}, "sts", "compares two vectors"),
        ({"adaptation": PAL}, "sst", "PAL.*What works: mtbert.load"),
        ({**POOLER, "projections": "layers"}, "sst", "has a projection"),
        ({**POOLER, "heads": {**LINEAR, "sst": "mlp"}}, "sst", "has 1 linear .* head has 2 linear"),
        ({**FIRST, "heads": {**LINEAR, "sst": "mlp"}}, "sst", "differ from the checkpoint's by"),
        ({**FIRST, "heads": LINEAR}, "sst", "has 2 linear layers .* the head has 1 linear layer"),
        (
            {**POOLER, "heads": {**LINEAR, "sts": {"name": "linear", "range": "sigmoid"}}},
            "sts",
            "ends in a sigmoid",
        ),
    ],
)
def test_other_heads_than_transformers_has_are_refused(tmp_path, changes, task, message):
    best = save(tmp_path, **changes)
    with pytest.raises(InputError, match=message):
        export_transformers(best, tmp_path / "out", task=task)
    assert [path.name for path in tmp_path.glob("*out*")] == []


def test_sentence_transformers_gets_the_files_of_the_checkpoint(best, tmp_path):
    export_sentence_transformers(best, tmp_path / "out")
    files = {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*")}
    assert all(
        (best / path).read_bytes() == (tmp_path / "out" / path).read_bytes() for path in files
    )
    assert len(files) == 7
    sentence_transformers = pytest.importorskip("sentence_transformers")
    texts = [text for side in sample("sts") for text in side]
    other = sentence_transformers.SentenceTransformer(str(tmp_path / "out"), device="cpu")
    np.testing.assert_allclose(other.encode(texts), mtbert.load(best).encode(texts), atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"adaptation": PAL}, "PAL"),
        ({"encoding": JOINT, "heads": LINEAR}, "no task compares"),
        ({"pooling": "max_mean"}, "no such pooling"),
        ({"projections": "layers", "heads": LINEAR}, "different vectors"),
    ],
)
def test_other_vectors_than_sentence_transformers_has_are_refused(tmp_path, changes, message):
    best = save(tmp_path, **changes)
    with pytest.raises(InputError, match=message):
        export_sentence_transformers(best, tmp_path / "out")
