"""The page of costs and scale."""

import json

import pytest

from benchmarks.cluster import PAGE, RECORD, page, runs_an_hour


def test_the_page_is_the_record():
    assert page(json.loads(RECORD.read_text())) == PAGE.read_text()


def test_runs_an_hour_grow_until_recording_is_busy():
    assert runs_an_hour(4, minutes=10, recording=1.5) == 24
    assert runs_an_hour(400, minutes=10, recording=1.5) == pytest.approx(2400)
    assert runs_an_hour(1000, minutes=10, recording=1.5) == 2400
