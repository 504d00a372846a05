"""One made workspace for all tests of experiments; each test plans in it anew."""

import pytest
from workspace import workspace


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    return workspace(tmp_path_factory.mktemp("workspace"))
