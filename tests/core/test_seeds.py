"""Seeds are distinct whole numbers that every generator takes."""

from re import escape

import pytest

from mtbert.core.errors import InputError
from mtbert.core.seeds import read_seeds


def test_seeds_keep_their_order(tmp_path):
    (tmp_path / "p.yaml").write_text("a: 1\nseeds: [4294967295, 0]\n")
    assert read_seeds(tmp_path / "p.yaml") == (4294967295, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seeds: []", "seeds: at least one, and each seed once, found []"),
        ("seeds: [1, -1]", "seeds.1: input should be greater than or equal to 0, found -1"),
        (
            "seeds: [4294967296]",
            "seeds.0: input should be less than or equal to 4294967295, found 4294967296",
        ),
        ("seeds: 3", "seeds: expected a list, found 3"),
        ("a: 1", "seeds: expected a list, found None"),
    ],
)
def test_a_bad_seed_is_refused(tmp_path, text, message):
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"^{escape(f'{path}: {message}')}$"):
        read_seeds(path)
