"""What strategies are told apart by."""

from typing import Any

from mtbert.reporting.results import Strategy
from mtbert.reporting.variation import columns, shared, varying

MLP = {"name": "mlp", "layers": 1, "dropout": 0.1}


def strategy(name: str, **settings: Any) -> Strategy:
    tasks = settings.pop("tasks", ["sst", "sts"])
    return Strategy(name, {}, {"tasks": tasks, **settings}, dict.fromkeys(tasks), ())  # type: ignore[arg-type]


def test_a_method_is_told_by_its_name_and_what_varies_under_it() -> None:
    found = columns(
        [
            strategy("a", heads={"sts": MLP}, clip=1),
            strategy("b", heads={"sts": {**MLP, "layers": 2}}, clip=1),
            strategy("c", heads={"sts": {"name": "cosine", "scale": 5}}, clip=1),
        ]
    )
    assert found == {"heads.sts": {"a": "mlp (layers: 1)", "b": "mlp (layers: 2)", "c": "cosine"}}


def test_a_task_that_one_lacks_is_no_difference_of_its_own() -> None:
    one = strategy("a", tasks=["sst", "sts"], batch_size={"sst": 8, "sts": 8})
    two = strategy("b", tasks=["sst"], batch_size={"sst": 8})
    assert list(varying([one, two])) == ["tasks"]
    # Where both train on it, having no entry is a difference.
    three = strategy("c", tasks=["sst", "sts"], batch_size={"sst": 8})
    assert list(varying([one, three])) == ["batch_size.sts"]


def test_a_task_that_one_only_scores_differs_in_what_it_says_of_it_alone() -> None:
    one = strategy("a", batch_size={"sst": 8, "sts": 8}, heads={"sst": "x", "sts": "y"})
    two = strategy(
        "b", evaluation_only=["sts"], batch_size={"sst": 8}, heads={"sst": "x", "sts": "y"}
    )
    assert list(varying([one, two])) == ["evaluation_only"]
    three = strategy(
        "c", evaluation_only=["sts"], batch_size={"sst": 8}, heads={"sst": "x", "sts": "z"}
    )
    assert list(varying([two, three])) == ["heads.sts"]


def test_tasks_that_vary_alike_share_a_heading() -> None:
    strategies = [
        strategy("a", encoding={"para": "joint", "sts": "joint"}, clip=1),
        strategy("b", encoding={"para": "siamese", "sts": "siamese"}, clip=True),
    ]
    assert columns(strategies) == {
        "encoding.{para, sts}": {"a": "joint", "b": "siamese"},
        "clip": {"a": "1", "b": "true"},
    }


def test_knobs_on_request_and_the_rest_is_shared() -> None:
    strategies = [
        strategy("a", heads={"sts": MLP}, clip=1),
        strategy("b", heads={"sts": {**MLP, "layers": 2}}, clip=1),
    ]
    assert varying(strategies, within=True)["heads.sts.layers"] == {"a": 1, "b": 2}
    assert shared(strategies) == [("tasks", "[sst, sts]"), ("clip", "1")]
