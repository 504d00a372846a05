"""Lines for a log file; a bar for a terminal."""

import sys

import pytest

from mtbert.core import progress


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 1e-9)


def test_a_log_file_gets_lines(capsys):
    with progress.progress_bar("main-1", 4, "steps", done=1) as bar:
        for loss in ("2.5", "1.5", "1.0"):
            bar.set_postfix_str(f"loss {loss}", refresh=False)
            bar.update()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("main-1: 2 of 4 steps, ")
    assert lines[2].startswith("main-1: 4 of 4 steps, ")
    assert lines[2].endswith(" left, loss 1.0")
    assert "\r" not in "".join(lines)


def test_a_terminal_gets_a_bar_that_goes_when_it_is_done(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.progress_bar("main-1", 4, "steps", shown=True) as bar:
        bar.update(2)
        progress.print_line("epoch 1")
    captured = capsys.readouterr()
    assert captured.out == "epoch 1\n"
    assert "main-1:  50%|" in captured.err or "main-1:   0%|" in captured.err
    assert captured.err.endswith("\r")


def test_what_is_short_or_hidden_prints_nothing(capsys, monkeypatch):
    with progress.progress_bar("a", 2, "texts", shown=False) as bar:
        bar.update(2)
    monkeypatch.setattr(progress, "EVERY", 5.0)
    with progress.progress_bar("a", 2, "texts") as bar:
        bar.update(2)
    assert capsys.readouterr() == ("", "")
