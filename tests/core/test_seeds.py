"""Seeds are distinct whole numbers that every generator takes."""

import pytest

from mtbert.core.errors import InputError
from mtbert.core.seeds import read_seeds


def read(folder, text):
    (folder / "p.yaml").write_text(text)
    return read_seeds(folder / "p.yaml")


def test_seeds_are_read_in_their_order(tmp_path):
    assert read(tmp_path, "seeds: [4294967295, 0]") == (4294967295, 0)


@pytest.mark.parametrize(
    ("seeds", "told"),
    [
        ("[]", "seeds: expected one or more whole numbers from 0 to 4294967295, found []"),
        ("[1, -1]", "seeds: expected one or more whole numbers .* found [1, -1]"),
        ("[4294967296]", "seeds: expected one or more whole numbers .* found [4294967296]"),
        ("[1, 2, 1]", "seeds: each seed once, found [1, 2, 1]"),
        ("[x]", "seeds.0: input should be a valid integer, found 'x'"),
        ("[1.5]", "seeds.0: input should be a valid integer.*, found 1.5"),
        ("[true]", "seeds.0: input should be a valid integer, found True"),
        ("3", "seeds: expected a list, found 3"),
    ],
)
def test_a_bad_seed_is_told_in_one_line(tmp_path, seeds, told):
    told = told.replace("[", r"\[").replace("]", r"\]")
    with pytest.raises(InputError, match=rf"^{tmp_path / 'p.yaml'}: {told}$"):
        read(tmp_path, f"seeds: {seeds}")


def test_no_seeds(tmp_path):
    with pytest.raises(InputError, match=r"p\.yaml: seeds: required, but not given$"):
        read(tmp_path, "a: 1")
