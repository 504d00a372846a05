"""The commands of the how-to pages, and the notebook, run as they are printed."""

import json
import re
import socket

import pytest
from inference.conftest import save
from pages import PAGES, blocks, indented_commands

CHECKPOINT = "data/runs/main-1"
POOLING = {"sst": "pooler", "para": "mean", "sts": "mean"}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a checkpoint where the pages have one, and a table of reviews."""
    folder = tmp_path_factory.mktemp("how-to")
    (folder / CHECKPOINT).mkdir(parents=True)
    save(folder / CHECKPOINT, pooling=POOLING)
    (folder / "reviews.csv").write_text("review,stars\n" + "a fine film,4\nit is dull,1\n" * 5)
    return folder


def test_predict(here, shell):
    info, film, pair, lines, file, evaluate = indented_commands("predict.md", "mtbert", "printf")
    assert shell(info, here).startswith("sst (sentiment (SST-5))")
    assert re.match(r"[0-4]\t0 0\.\d+\t", shell(film, here))
    assert float(shell(pair, here)) == pytest.approx(2.5, abs=2.5)
    assert len(shell(lines, here).splitlines()) == 2
    shell(file, here)
    written = (here / "out.csv").read_text().splitlines()
    assert written[0].startswith("review,stars,prediction,probability_0")
    assert len(written) == 11
    assert "accuracy" in shell(evaluate, here)


def test_export(here, shell):
    lines = indented_commands("export.md", "mtbert", "python")
    assert len(lines) == 8
    assert "--yes" in lines.pop()  # the one that sends something
    printed = [shell(line, here) for line in lines]
    for line, text in zip(lines[:4], printed[:4], strict=True):
        assert text.splitlines()[-1].startswith(line.split()[3] + ":")
    assert printed[4].startswith("{'0': ")
    assert 0 <= float(printed[5]) <= 5
    assert "mtbert.load(" in printed[6]  # the card


def test_serve(here, shell):
    serve, *asking = indented_commands("serve.md", "mtbert", "curl")
    assert len(asking) == 3
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    retry = "curl -sS --fail-with-body --retry 300 --retry-delay 1 --retry-connrefused"
    asking = [line.replace("curl", retry) for line in asking]
    lines = [f"{serve} &", "server=$!", *asking, "kill $server", "wait $server || true"]
    printed = shell("\n".join(lines).replace("8000", port), here)
    assert '"max_tokens":24' in printed
    assert printed.count('{"predictions":[{"label":') == 2


def test_the_lines_of_python_run(here, monkeypatch, capsys):
    monkeypatch.chdir(here)
    (code,) = blocks("predict.md", "python")
    exec(compile(code, "predict.md", "exec"), {})
    label, shape = capsys.readouterr().out.splitlines()
    assert label in list("01234")
    assert shape == "(2, 24)"


def test_training_from_python(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("train.md", "python")
    exec(compile(code, "train.md", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-1] in list("01234")
    assert (tmp_path / "reviews-model" / "mtbert.json").is_file()


def test_the_notebook_runs_from_top_to_bottom(here, monkeypatch, capsys):
    monkeypatch.chdir(here)
    cells = json.loads((PAGES / "quickstart.ipynb").read_text())["cells"]
    codes = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in codes)
    namespace = {}
    for cell in codes:
        exec(compile("".join(cell["source"]), "quickstart.ipynb", "exec"), namespace)
    assert namespace["vectors"].shape == (3, 24)
    assert namespace["scores"]["accuracy"].examples == 20
    assert "sts is a task on pairs of texts: found one text" in capsys.readouterr().out
