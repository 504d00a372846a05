"""A shell for the commands of the pages."""

import os
import subprocess

import pytest
from preloaded import programs

from tiny import ROOT


@pytest.fixture(scope="session")
def shell():
    """Run a command in a folder; give what it prints."""
    who = {
        f"GIT_{role}_{key}": "t" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")
    }
    with programs() as folder:
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **who, "PATH": path, "PYTHONPATH": str(ROOT)}

        def shell(command, folder):
            options = {"cwd": folder, "env": environment, "text": True, "check": False}
            words = ["bash", "-e", "-c", command]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            done = subprocess.run(words, **options, **pipes)
            assert done.returncode == 0, f"{command}\n{done.stdout}"
            return done.stdout

        yield shell
