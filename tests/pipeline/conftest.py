"""The project with training stubbed, made once for all tests of the DAG."""

import pytest
from checkout import build
from preloaded import programs


@pytest.fixture(scope="session")
def fast():
    """Folder of the programs that fork."""
    with programs() as folder:
        yield folder


@pytest.fixture(scope="session")
def project(tmp_path_factory, fast):
    """The project after `dvc repro` with training stubbed. Tests leave it as they got it."""
    project = build(tmp_path_factory.mktemp("stubbed"), fast, stub=True)
    project.repro()
    project.commit()
    return project
