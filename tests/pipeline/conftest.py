"""A copy of the project in which the real pipeline runs on a handful of rows and steps."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tiny import ROOT

# Connections fail in every process of the pipeline: on the sample, not even download needs one.
NO_NETWORK = """
import socket
_connect = socket.socket.connect
def connect(self, address):
    if self.family != socket.AF_UNIX:
        raise OSError(f"the test cuts the network off: {address}")
    return _connect(self, address)
socket.socket.connect = connect
"""


@dataclass
class Project:
    """A checkout with its own git repository, DVC cache and small params."""

    folder: Path
    offline: Path

    @property
    def environment(self) -> dict[str, str]:
        """What commands run in: byte-code writing on, the network off."""
        bin_folder = str(Path(sys.executable).parent)
        return {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | {
            "PATH": bin_folder + os.pathsep + os.environ["PATH"],
            "PYTHONPATH": str(self.offline),
            "OMP_NUM_THREADS": "1",
            "OMP_WAIT_POLICY": "passive",
            "GIT_AUTHOR_NAME": "t",
            "GIT_AUTHOR_EMAIL": "t@example.org",
            "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@example.org",
        }

    def run(self, *words: str, ok: bool = True) -> str:
        """Run a command; return what it prints."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
        )
        told = done.stdout + done.stderr
        if ok:
            assert done.returncode == 0, told
        else:
            assert done.returncode != 0, told
        return told

    def repro(self, *words: str) -> set[str]:
        """Run `dvc repro`; return the stages that it executed."""
        return executed(self.run("dvc", "repro", *words))

    def experiment(self, *words: str) -> set[str]:
        """Run `dvc exp run` with `-S` changes, then put the workspace back; return the stages."""
        told = self.run("dvc", "exp", "run", *(part for word in words for part in ("-S", word)))
        self.restore()
        return executed(told)

    def restore(self) -> None:
        """Go back to the commit, outputs included."""
        self.run("git", "reset", "-q", "--hard")
        self.run("git", "clean", "-fdq")  # files of strategies and sets that the commit has not
        self.run("dvc", "checkout", "-q")

    def copy(self, folder: Path) -> "Project":
        """Copy the sources alone, as an archive of them would hold."""
        kept = self.run("git", "ls-files").splitlines()
        for name in kept:
            if not name.startswith(("reports/", "data/plans/")) and name != "dvc.lock":
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.folder / name, target)
        return Project(folder, self.offline)

    def commit(self) -> None:
        """Commit everything."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", "state")


def executed(told: str) -> set[str]:
    """Names of the stages that DVC says it ran."""
    return set(re.findall(r"Running stage '([^']+)'", told))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after `dvc repro`, results committed. Tests leave it as they found it."""
    folder = tmp_path_factory.mktemp("project") / "mtbert"
    shutil.copytree(ROOT, folder, ignore=_not_source)
    shutil.rmtree(folder / "reports", ignore_errors=True)
    # Hundreds of stages make every call of DVC slower; their own tests put them back.
    for path in (folder / "studies").glob("**/dvc.yaml"):
        path.unlink()
    offline = tmp_path_factory.mktemp("offline")
    (offline / "sitecustomize.py").write_text(NO_NETWORK)
    shrink(folder)
    made = Project(folder, offline)
    made.run("git", "init", "-q")
    (folder / "dvc.lock").unlink(missing_ok=True)
    made.commit()
    made.repro()
    made.commit()
    return made


def _not_source(folder: str, names: list[str]) -> list[str]:
    """What a checkout does not bring along."""
    place = Path(folder).relative_to(ROOT)
    drop = {".git", ".venv", ".tools", "__pycache__"} | {n for n in names if n.endswith("_cache")}
    if place == Path():
        drop |= {"reports", "dist"}
    if place == Path("data"):
        drop |= set(names) - {"sample", ".gitignore"}
    if place.parts[:1] == ("studies",):
        drop |= {"dvc.lock"}
    if place == Path(".dvc"):
        drop |= {"cache", "tmp", "config.local"}
    return sorted(drop & set(names))


def shrink(folder: Path) -> None:
    """Cut the sample to some rows and the budget to some steps; keep all else as it is."""
    for path in (folder / "data" / "sample").glob("*.csv"):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[:41]))
    yaml = YAML()
    params = yaml.load(folder / "params.yaml")
    params["encoder"]["scratch"].update(hidden_size=16, heads=2, intermediate_size=16, layers=1)
    params["train"]["steps"] = 3
    params["seeds"] = [1]
    params["budgets"]["smoke"]["studies"]["examples"] = 20
    yaml.dump(params, folder / "params.yaml")
