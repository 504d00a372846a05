"""Each wrong use of a trained model ends in one message that says what is wrong."""

import json
import re
import shutil
import socket

import pandas as pd
import pytest
from inference.conftest import save

import mtbert
from mtbert.cli.main import main
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


CSV = ["--file", "in.csv", "--out", "new.csv", "--column", "t"]
COMMANDS = {
    "no such task": (["predict", "best", "sent", "a"], "unknown task 'sent'"),
    "pair for single": (["predict", "best", "sst", "a", "b"], "expected one text, quoted, found 2"),
    "single for pair": (["predict", "best", "sts", "a"], "sts: expected two texts, found 1"),
    "empty text": (["predict", "best", "sst", " "], "item 0: expected a text, found an empty one"),
    "megabyte": (["predict", "best", "sst", "a" * 2**17], "at most 100,000 characters"),
    "not UTF-8": (["predict", "best", "sst", "a\udcff"], "half of a surrogate pair"),
    "no folder": (["info", "nowhere"], "nowhere: no such folder"),
    "no checkpoint": (["predict", ".", "sst", "a"], "not a checkpoint"),
    "truncated": (["evaluate", "cut", "sst", "in.csv"], "cut/model.safetensors: "),
    "device": (["predict", "best", "sst", "a", "--device", "tpux"], "device: 'tpux' cannot be"),
    "no file": (["evaluate", "best", "sst", "none.csv"], "none.csv: no such file"),
    "no ending": (["evaluate", "best", "sst", "in.xls"], "unknown ending '.xls'"),
    "no column": (["evaluate", "best", "sst", "in.csv"], "unknown column 'sentence'"),
    "bad label": (
        ["evaluate", "best", "sst", "in.csv", "--column", "t", "--label", "y"],
        "in.csv: line 2: label '9'",
    ),
    "out exists": (["predict", "best", "sst", *CSV[:3], "in.csv"], "--force overwrites it"),
    "no text": (["predict", "best", "sts", *CSV], "on pairs needs text_b"),
    "export exists": (["export", "best", "cut", "--to", "onnx"], "cut: exists already"),
    "no such export": (["export", "best", "new", "--to", "tflite"], "'tflite' is not one of"),
    "no export": (["export", "best", "new", "--to", "transformers", "--task", "sts"], "sts"),
    "int8": (["export", "best", "new", "--to", "transformers", "--int8"], "only with --to onnx"),
    "port in use": (["serve", "best", "--port", "PORT"], "--port [0-9]+: address already in use"),
    "host": (["serve", "best", "--host", "256.0.0.1"], "--host 256.0.0.1 --port 8000: "),
    "port": (["serve", "best", "--port", "99999"], "'--port': .* 65535"),
    "max-batch": (["serve", "best", "--max-batch", "-1"], "'--max-batch': .* 1"),
    "no such command": (["prdict"], "No such command 'prdict'"),
    "no such option": (["info", "best", "--jsn"], "No such option"),
}


@pytest.fixture(scope="module")
def files(best, tmp_path_factory):
    """A folder with a checkpoint, a cut one, and a table."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("best", "cut"):
        shutil.copytree(best, folder / name)
    cut("model.safetensors")(folder / "cut")
    (folder / "in.csv").write_text("t,y\na,9\n")
    return folder


@pytest.mark.parametrize("use", COMMANDS)
def test_a_wrong_command_ends_in_one_message(files, use, monkeypatch, capsys):
    words, message = COMMANDS[use]
    monkeypatch.chdir(files)
    monkeypatch.setenv("COLUMNS", "200")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr("sys.argv", ["mtbert", *(port if w == "PORT" else w for w in words)])
        with pytest.raises(SystemExit) as end:
            main()
    error = capsys.readouterr().err
    assert end.value.code == 2
    assert re.search(message, error)
    assert error.startswith("Usage: ") or re.fullmatch("error: .*\n", error)
    assert {path.name for path in files.iterdir()} == {"best", "cut", "in.csv"}
