"""Averages of predictions by hand, and section `ensembles`."""

import numpy as np
import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from mtbert.core.errors import InputError
from mtbert.core.labels import Binary, Classes, Similarity
from mtbert.evaluation.ensembles import average_outputs, check_tasks, read_ensembles
from mtbert.evaluation.predictions import decode

CLASSES, BINARY = Classes(kind="classes", count=3), Binary(kind="binary")
RANGE = Similarity(kind="similarity", low=0.0, high=5.0)


def table(outputs, ids=("a", "b")):
    return pa.table({"id": ids, "label": [1.0, None], "output": outputs})


def mean_of(labels, *outputs):
    tables = {f"run {place}": table(own) for place, own in enumerate(outputs)}
    averaged = average_outputs(tables, labels)
    assert averaged.select(["id", "label"]) == tables["run 0"].select(["id", "label"])
    return decode(averaged, labels, labelled=False, where="mean")


def test_classes_have_the_mean_of_probabilities_not_of_logits():
    rows = np.array([[0.6, 0.4, 0.0], [0.2, 0.2, 0.6]]), np.array([[0.1, 0.9, 0], [0.2, 0.5, 0.3]])
    # Logits may be shifted; the probabilities 0 stand for very small ones.
    first, second = (
        np.log(np.maximum(p, 1e-300)) + shift for p, shift in zip(rows, (7, -2), strict=True)
    )
    mean = mean_of(CLASSES, (first + 7).tolist(), (second - 2).tolist())
    assert mean.probabilities == pytest.approx((rows[0] + rows[1]) / 2)
    assert mean.values.tolist() == [1, 2]


def test_binary_labels_have_the_mean_probability_of_label_1_whatever_the_head_s_width():
    # P = 0.9 by one logit; 0.25 by two; certain either way
    single = [[float(np.log(9))], [800.0]]
    double = [[float(np.log(3)), 0.0], [0.0, 800.0]]
    mean = mean_of(BINARY, single, double)
    assert mean.probabilities == pytest.approx([0.575, 1.0])
    assert mean.values.tolist() == [1, 1]


def test_similarities_have_the_mean_of_values():
    assert mean_of(RANGE, [[1.0], [5.5]], [[2.0], [-1.5]]).values.tolist() == [1.5, 2.0]


def test_a_run_alone_is_its_own_average():
    outputs = [[0.5, -1.0, 2.0], [3.0, 2.0, 1.0]]
    alone = decode(table(outputs), CLASSES, labelled=False, where="alone").probabilities
    assert mean_of(CLASSES, outputs).probabilities == pytest.approx(alone)


def test_other_examples_are_refused():
    tables = {"one": table([[1.0], [1.0]]), "two": table([[1.0], [1.0]], ids=("b", "a"))}
    with pytest.raises(InputError, match="two: other examples than one"):
        average_outputs(tables, RANGE)


def test_strategies_of_other_tasks_are_refused():
    check_tasks({"a": ["x", "y"], "b": ["y", "x"]}, where="w")
    with pytest.raises(InputError, match="w: a and b differ in tasks: z; expected"):
        check_tasks({"a": ["x"], "b": ["x", "z"]}, where="w")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"e": {"of": ["mian"], "average": "weights"}}, r"ensembles\.e\.of: .*mean 'main'"),
        ({"e": {"of": ["main"], "average": "mean"}}, r"ensembles\.e\.average: .*weights"),
        ({"e": {"of": [], "average": "weights"}}, r"ensembles\.e\.of: "),
        ({"e": {"of": ["main", "main"], "average": "weights"}}, "each strategy once"),
        ({"e": {"of": ["main"]}}, r"ensembles\.e\.average: required"),
        ({"main": {"of": ["main"], "average": "weights"}}, "main: a strategy or a run has this"),
        ({"main-1": {"of": ["main"], "average": "weights"}}, "main-1: a strategy or a run has"),
        ({"a/b": {"of": ["main"], "average": "weights"}}, "letters a-z"),
        ([1], "expected a mapping of names"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, entries, message):
    path = tmp_path / "params.yaml"
    YAML().dump({"strategies": {"main": {}}, "seeds": [1, 2], "ensembles": entries}, path)
    with pytest.raises(InputError, match=f"^{path}: .*{message}"):
        read_ensembles(path)


def test_dvc_needs_the_section(tmp_path):
    content = {"strategies": {"main": {}}, "seeds": [1]}
    YAML().dump({**content, "ensembles": {}}, tmp_path / "params.yaml")
    assert read_ensembles(tmp_path / "params.yaml") == {}
    for lacking in (content, {**content, "ensembles": None}):
        YAML().dump(lacking, tmp_path / "params.yaml")
        with pytest.raises(
            InputError, match=r"ensembles: expected a mapping of names, \{\} for none"
        ):
            read_ensembles(tmp_path / "params.yaml")
