"""A bare word is short for a method with its defaults; errors name the registry's words."""

import pytest

from mtbert.core.errors import InputError
from mtbert.core.params import FaultsError, Settings, validate
from mtbert.core.registry import build, entry, to_spec


class Add(Settings):
    amount: int = 1


class Keep(Settings):
    pass


REGISTRY = {"add": Add, "keep": Keep}


class Holder(Settings):
    method: entry(REGISTRY, "method")  # type: ignore[valid-type]


@pytest.mark.parametrize(
    ("spec", "amount"),
    [("add", 1), ({"name": "add"}, 1), ({"name": "add", "amount": 3}, 3)],
)
def test_a_method_is_written_back_with_all_its_options(spec, amount):
    full = {"name": "add", "amount": amount}
    assert build(REGISTRY, spec, what="method") == Add(amount=amount)
    assert to_spec(REGISTRY, Add(amount=amount)) == full
    holder = validate(Holder, {"method": spec}, where="p")
    assert holder.model_dump(mode="json") == {"method": full}
    assert validate(Holder, {"method": full}, where="p") == holder


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("ad", ": unknown method 'ad'; did you mean 'add'? (allowed: add, keep)"),
        ({"amount": 1}, ": give it as {name: word, …}, found {'amount': 1} without"),
        ({}, ": unknown method None (allowed: add, keep)"),
        ({"name": "add", "amuont": 1}, ": unknown key 'amuont'; did you mean 'amount'?"),
        ({"name": "add", "amount": "1"}, ".amount: input should be a valid integer, found '1'"),
        ({"name": "add", "amount": "1", "x": 2}, ": unknown key 'x'"),
        (["add"], ": expected one method, found a list: ['add']"),
    ],
)
def test_a_spec_that_does_not_fit_is_refused(spec, message):
    with pytest.raises(InputError) as error:
        validate(Holder, {"method": spec}, where="p: holder")
    lines = str(error.value).splitlines()
    assert any(line.startswith(f"p: holder.method{message}") for line in lines)
    assert all(line.startswith("p: holder.method") for line in lines)
    with pytest.raises(FaultsError):
        build(REGISTRY, spec, what="method")
