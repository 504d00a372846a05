"""Each wrong use of a trained model ends in one message that says what is wrong."""

import json
import shutil

import pandas as pd
import pytest
from inference.conftest import save

import mtbert
from mtbert.core.errors import InputError

FRAME = pd.DataFrame({"sentence": ["a", "b"], "sentiment": ["0", "9"]})
USES = {
    "no such task": (lambda m: m.predict("sent", "a"), "unknown task 'sent'"),
    "pair for single": (lambda m: m.predict("sst", ["a"], ["b"]), "single texts: found second"),
    "tuples for single": (
        lambda m: m.predict("sst", [("a", "b")]),
        "expected a text, found \\('a'",
    ),
    "single for pair": (lambda m: m.predict("sts", "a"), "pairs of texts: found one text"),
    "texts for pairs": (lambda m: m.predict("sts", ["ab", "cd"]), "pair 0: expected two texts"),
    "one of each": (lambda m: m.predict("sts", "a", ["b"]), "two texts or two lists"),
    "unequal": (lambda m: m.predict("sts", ["a", "b"], ["c"]), "2 first texts and 1 second"),
    "triples": (lambda m: m.predict("sts", [("a", "b", "c")]), "pair 0: expected two texts"),
    "numbers": (lambda m: m.predict("sst", [1, 2]), "item 0: expected a text, found 1"),
    "a number": (lambda m: m.predict("sst", 3), "expected a list of them, found 3"),
    "bytes": (lambda m: m.predict("sst", b"a"), "expected a list of them, found b'a'"),
    "nothing": (lambda m: m.predict("sst", []), "expected at least one, found none"),
    "none": (lambda m: m.predict("sst", ["a", None]), "item 1: expected a text, found None"),
    "empty text": (lambda m: m.predict("sst", ["a", " "]), "item 1: .*found an empty one"),
    "megabyte": (lambda m: m.predict("sst", "a" * 2**20), "at most 100,000 char.* 1,048,576"),
    "half a pair": (lambda m: m.predict("sst", "a\ud800"), "item 0: .*half of a surrogate pair"),
    "pairs to encode": (lambda m: m.encode([("a", "b")]), "encode takes single texts"),
    "missing column": (
        lambda m: mtbert.evaluate(m, "sst", FRAME.rename(columns={"sentence": "sentance"})),
        "columns.text_a: unknown column 'sentence'; did you mean 'sentance'",
    ),
    "bad label": (lambda m: mtbert.evaluate(m, "sst", FRAME), "DataFrame: row 1: label '9'"),
    "no file": (lambda m: mtbert.evaluate(m, "sst", "none.csv"), "none.csv: no such file"),
    "format": (lambda m: mtbert.evaluate(m, "sst", "a.xls"), "unknown ending '.xls'"),
    "columns of a pair": (
        lambda m: mtbert.evaluate(m, "sts", FRAME, {"text_a": "x", "label": "y"}),
        "pairs needs text_b",
    ),
}


@pytest.mark.parametrize("use", USES)
def test_a_wrong_use_says_what_is_wrong(model, use):
    call, message = USES[use]
    with pytest.raises(InputError, match=message) as error:
        call(model)
    assert "\n" not in str(error.value)


def edit(folder, **changes):
    content = json.loads((folder / "mtbert.json").read_text())
    (folder / "mtbert.json").write_text(json.dumps(content | changes))


def cut(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-40])


FOLDERS = {
    "none": (shutil.rmtree, "no such folder"),
    "no checkpoint": (lambda f: (f / "mtbert.json").unlink(), "not a checkpoint"),
    "newer": (lambda f: edit(f, format=3), "format: 3, written by mtbert .* install a newer"),
    "unknown key": (lambda f: edit(f, more=1), "mtbert.json: unknown key 'more'"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "model.safetensors: no such file"),
    **{
        name: (cut(name), f"{name}: .*(JSON|truncated|cannot be read)")
        for name in ("model.safetensors", "heads.safetensors", "mtbert.json", "config.json")
    },
    "tokenizer": (cut("tokenizer.json"), "the tokenizer cannot be read"),
    "sequences": (lambda f: (f / "sequences.json").write_text("{}"), "sequences.json: prefix"),
}


@pytest.mark.parametrize("fault", FOLDERS)
def test_a_folder_that_is_no_whole_checkpoint_is_refused(best, tmp_path, fault):
    folder = shutil.copytree(best, tmp_path / "best")
    change, message = FOLDERS[fault]
    change(folder)
    with pytest.raises(InputError, match=message):
        mtbert.load(folder)


def test_a_run_s_folder_says_where_its_checkpoint_is(best):
    with pytest.raises(InputError, match=f"its checkpoint is {best}"):
        mtbert.load(best.parent)


def test_no_such_device(best):
    with pytest.raises(InputError, match="device: 'tpux' cannot be used"):
        mtbert.load(best, "tpux")


def test_vectors_that_differ_by_task_need_its_name(tmp_path):
    heads = {"sst": "linear", "para": "linear", "sts": "linear"}
    pooling = {"sst": "cls", "para": "mean", "sts": "max"}
    model = mtbert.load(save(tmp_path, heads=heads, pooling=pooling))
    with pytest.raises(InputError, match="give task, one of sst, para, sts"):
        model.encode("a")
    assert model.encode("a", "para").shape == (24,)


def test_a_joint_task_has_no_vectors_of_texts(tmp_path):
    heads = {"sst": "linear", "para": "linear", "sts": "cosine"}
    encoding = {"para": "joint", "sts": "siamese"}
    model = mtbert.load(save(tmp_path, heads=heads, encoding=encoding))
    with pytest.raises(InputError, match="para reads both texts of a pair as one"):
        model.encode("a", "para")
