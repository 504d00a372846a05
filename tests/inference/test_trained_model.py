"""A loaded checkpoint predicts what the model in training would, for texts in any shape."""

import doctest
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

import mtbert
from mtbert.core.schemas import decode_tokens
from mtbert.inference.model import CHUNK
from mtbert.modeling.checkpoint import load_checkpoint
from mtbert.modeling.manifest import read_manifest
from mtbert.modeling.packing import RowShape
from mtbert.modeling.prediction import predict
from mtbert.tokenization.encoding import encode_tables
from mtbert.tokenization.vocabulary import load_tokenizer

from tiny import SEQUENCES

A = ["a fine film", "dull", " how old are you? ", "it is good"]
B = ["is it good", "the film", "a", "you are dull"]


def test_predictions_are_those_of_the_pipeline(best, model):
    import pyarrow as pa

    from mtbert.core.schemas import text_schema

    none = [None] * len(A)
    stripped = [text.strip() for text in A]
    rows = {"id": none, "text_a": stripped, "text_b": B, "label": none}
    table = pa.table(rows, schema=text_schema())
    tokens = encode_tables(load_tokenizer(best), {("", ""): table})["", ""]
    shape = RowShape.of(SEQUENCES, row_length=128, packed=True)
    trained = load_checkpoint(best)
    outputs = {
        task: predict(trained, {task: decode_tokens(tokens, paired=task != "sst")}, shape)[task]
        for task in model.tasks
    }
    shares = torch.tensor(outputs["sst"]).softmax(1).numpy()
    for row, prediction in zip(shares, model.predict("sst", A), strict=True):
        assert prediction.label == str(row.argmax())
        np.testing.assert_allclose([*prediction.probabilities.values()], row, atol=1e-5)
    positive = torch.tensor(outputs["para"]).sigmoid().numpy()[:, 0]
    for share, prediction in zip(positive, model.predict("para", A, B), strict=True):
        assert prediction.probabilities["1"] == pytest.approx(share, abs=1e-5)
        assert sum(prediction.probabilities.values()) == pytest.approx(1)
        assert prediction.label == ("1" if share > 0.5 else "0")
    similar = [it.label for it in model.predict("sts", A, B)]
    np.testing.assert_allclose(similar, outputs["sts"][:, 0], atol=1e-5)


def test_texts_come_in_any_shape_and_keep_their_order(model):
    many = model.predict("sst", A)
    assert model.predict("sst", A[0]).label == many[0].label
    for shape in (iter(A), tuple(A), np.array(A), pd.Series(A)):
        assert model.predict("sst", shape) == many
    pairs = model.predict("sts", A, B)
    assert model.predict("sts", zip(A, B, strict=True)) == pairs
    assert model.predict("sts", A[1], B[1]).label == pytest.approx(pairs[1].label, abs=1e-5)
    long = model.predict("sst", A * (CHUNK // 2), progress=False)
    assert len(long) == 2 * CHUNK
    assert [it.label for it in long[-4:]] == [it.label for it in many]


def test_vectors_are_those_that_the_head_compares(model):
    u, v = model.encode(A), model.encode(B)
    cosines = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    similar = [it.label for it in model.predict("sts", A, B)]
    np.testing.assert_allclose(5 * cosines, similar, atol=1e-4)
    np.testing.assert_allclose(model.encode(A[0]), u[0], atol=1e-5)


def test_cut_texts_are_counted(model):
    with pytest.warns(UserWarning, match="sst: 1 of 2 texts have more than 24 tokens"):
        cut = model.predict("sst", ["a " * 99, "a"])
    whole = model.predict("sst", "a " * 22)
    assert cut[0].probabilities == pytest.approx(whole.probabilities, abs=1e-6)


def test_evaluation_scores_names_and_numbers(model, tmp_path):
    frame = pd.DataFrame({"sentence": A, "sentiment": [0, 1.0, "2", 4]})
    scores = mtbert.evaluate(model, "sst", frame)
    right = [it.label for it in model.predict("sst", A)]
    assert next(iter(scores)) == "accuracy"
    assert scores["accuracy"].value == np.mean(np.array(right) == ["0", "1", "2", "4"])
    assert scores["accuracy"].baseline == 0.25
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert mtbert.evaluate(model, "sst", tmp_path / "a.csv") == scores


def test_class_names_and_titles_travel(best):
    manifest = read_manifest(best)
    assert manifest.tasks["sst"].title == "sentiment (SST-5)"
    assert manifest.tasks["sts"].columns.text_b == "sentence2"


def test_the_docstring_is_true(best, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/runs/main-1").mkdir(parents=True)
    (tmp_path / "data/runs/main-1/best").symlink_to(best)
    (tmp_path / "reviews.csv").write_text("review,stars\na fine film,4\nit is dull,0\n")
    failed, attempted = doctest.testmod(mtbert, optionflags=doctest.ELLIPSIS)
    assert attempted > 8
    assert not failed


@pytest.mark.parametrize("code", ["import mtbert", "import mtbert.cli.main"])
def test_importing_loads_neither_torch_nor_pandas(code):
    heavy = "{'torch', 'transformers', 'pandas', 'pyarrow', 'scipy', 'numpy'}"
    code += f"; import sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    assert [name for name in mtbert.__all__ if not hasattr(mtbert, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        mtbert.lode  # noqa: B018
