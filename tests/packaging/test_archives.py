"""Wheel and source archive hold what pyproject.toml lists, whatever lies in the tree."""

import shutil
import subprocess
import sys
import tarfile
from zipfile import ZipFile

import pytest

from tiny import ROOT

FILES = ["pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", ".gitignore"]
JUNK = [
    *("data/raw/corpora/x.csv", "data/runs/main-1/best/model.safetensors", "data/sample/x.csv"),
    *("reports/index.html", "site/index.html", ".dvc/cache/files/md5/00/11", ".env"),
    *("dist/old.whl", "mine/a.csv"),
    *("mtbert/notes.txt", "mtbert/core/x.parquet", "mtbert/core/__pycache__/x.cpython-311.pyc"),
    *("stages/__pycache__/train.cpython-311.pyc", "mtbert/inference/x.html", "tests/x.py"),
]


def paths(folder, *patterns):
    """Files of this tree, relative to it."""
    paths = [path for pattern in patterns for path in (ROOT / folder).rglob(pattern)]
    return {str(path.relative_to(ROOT)) for path in paths if "__pycache__" not in path.parts}


TEMPLATES = paths("mtbert/reporting/templates", "*.jinja", "*.css")
PACKAGE = paths("mtbert", "*.py", "py.typed") | TEMPLATES | {"mtbert/inference/page.html"}
STAGES = paths("stages", "*.py")
PROJECT = STAGES | {"dvc.yaml", "params.yaml"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Folder of both archives, built in a copy of the tree after a run."""
    tree = tmp_path_factory.mktemp("tree")
    for name in (*FILES, "dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, tree / name)
    for name in ("mtbert", "stages"):
        shutil.copytree(ROOT / name, tree / name)
    for name in JUNK:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(b"junk")
    command = [sys.executable, "-m", "hatchling", "build", "-d", "built"]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    return tree / "built"


def test_the_wheel_holds_the_package_and_what_projects_are_made_from(built):
    (path,) = built.glob("*.whl")
    with ZipFile(path) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    assert names == PACKAGE | {f"mtbert/_project/{name}" for name in PROJECT}


def test_the_source_archive_holds_what_the_wheel_is_built_from(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    assert names == PACKAGE | PROJECT | {*FILES, "PKG-INFO"}
