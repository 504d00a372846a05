"""The commands of the how-to pages run as they are printed."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from inference.conftest import save

from tiny import ROOT

POOLING = {"sst": "pooler", "para": "mean", "sts": "mean"}


def commands(page):
    """Indented lines of a page that a shell runs."""
    lines = (ROOT / "docs" / page).read_text().splitlines()
    return [line.strip() for line in lines if re.match(r"    (mtbert|python|curl) ", line)]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Run lines where data/runs/main-1/best is; give what they print."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "data/runs/main-1").mkdir(parents=True)
    save(tmp_path / "data/runs/main-1", pooling=POOLING)

    def shell(lines):
        words = ["bash", "-e", "-c", "\n".join(lines)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return shell


def test_export(shell, tmp_path):
    lines = commands("export.md")
    assert len(lines) == 6
    printed = shell(lines).splitlines()
    assert [line.split(":")[0] for line in printed[:4]] == [line.split()[3] for line in lines[:4]]
    assert printed[4].startswith("{'0': ")
    assert 0 <= float(printed[5]) <= 5


def test_serve(shell):
    serve, *asking = commands("serve.md")
    assert len(asking) == 3
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    retry = "curl -sS --fail-with-body --retry 300 --retry-delay 1 --retry-connrefused"
    asking = [line.replace("curl", retry) for line in asking]
    lines = [f"{serve} &", "server=$!", *asking, "kill $server", "wait $server || true"]
    printed = shell([line.replace("8000", port) for line in lines])
    assert '"max_tokens":24' in printed
    assert printed.count('{"predictions":[{"label":') == 2
