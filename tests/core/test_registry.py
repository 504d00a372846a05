"""A bare word is short for a method with its defaults; errors name the room's words."""

import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import FaultsError, Settings, validate
from mtbert.core.registry import build, entry, to_spec


class Add(Settings):
    amount: int = 1


class Keep(Settings):
    pass


ROOM = {"add": Add, "keep": Keep}


class Holder(Settings):
    method: entry(ROOM, "method")  # type: ignore[valid-type]


def test_word_and_mapping_build_the_same():
    assert build(ROOM, "add", what="method") == build(ROOM, {"name": "add", "amount": 1}, what="")
    assert build(ROOM, {"name": "add", "amount": 3}, what="method") == Add(amount=3)


def test_a_method_is_spelled_with_all_its_knobs():
    assert to_spec(ROOM, Add(amount=2)) == {"name": "add", "amount": 2}
    held = validate(Holder, {"method": "add"}, where="p")
    assert held.model_dump(mode="json") == {"method": {"name": "add", "amount": 1}}
    assert validate(Holder, held.model_dump(mode="json"), where="p") == held


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("ad", "p: holder.method: unknown method 'ad'; did you mean 'add'? (allowed: add, keep)"),
        (
            {"amount": 1},
            "p: holder.method: give it as {name: word, …}, found {'amount': 1} without",
        ),
        ({}, "p: holder.method: unknown method None (allowed: add, keep)"),
        (
            {"name": "add", "amuont": 1},
            "p: holder.method: unknown key 'amuont'; did you mean 'amount'?",
        ),
        (
            {"name": "add", "amount": "1"},
            "p: holder.method.amount: input should be a valid integer, found '1'",
        ),
        (3, "unknown method 3"),
        (None, "unknown method None"),
        (["add"], "p: holder.method: expected one method, found a list: ['add']"),
    ],
)
def test_errors(spec, told):
    with pytest.raises(InputError) as error:
        validate(Holder, {"method": spec}, where="p: holder")
    assert told in str(error.value)


def test_every_fault_of_a_method_has_its_place():
    with pytest.raises(InputError) as error:
        validate(Holder, {"method": {"name": "add", "amount": "1", "x": 2}}, where="p: holder")
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert all(line.startswith("p: holder.method") for line in lines)


def test_a_method_alone():
    with pytest.raises(FaultsError, match=r"unknown method 'ad'; did you mean 'add'\?"):
        build(ROOM, "ad", what="method")
    with pytest.raises(InputError, match=r"^amount: input should be a valid integer"):
        build(ROOM, {"name": "add", "amount": "1"}, what="method")
