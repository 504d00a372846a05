"""What the stage reads from the environment."""

import pytest

from mtbert.core.errors import InputError
from stages.train import SAVE_EVERY, seconds_between_states


@pytest.mark.parametrize(("value", "seconds"), [(None, None), ("0", 0.0), ("2.5", 2.5)])
def test_seconds_between_states(monkeypatch, value, seconds):
    monkeypatch.delenv(SAVE_EVERY, raising=False)
    if value is not None:
        monkeypatch.setenv(SAVE_EVERY, value)
    assert seconds_between_states() == seconds


@pytest.mark.parametrize("value", ["", "often", "-1", "nan"])
def test_what_is_no_number_of_seconds_is_refused(monkeypatch, value):
    monkeypatch.setenv(SAVE_EVERY, value)
    with pytest.raises(InputError, match=f"{SAVE_EVERY}: expected seconds, .* found '{value}'"):
        seconds_between_states()
