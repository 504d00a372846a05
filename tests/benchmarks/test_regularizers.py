"""The arms of the benchmark of terms, its two ways to one loss, and its page."""

from types import SimpleNamespace

import pytest
import torch
from workspace import plan, workspace

from benchmarks.loss_part import CONTRASTIVE, GATE, LossPart
from benchmarks.regularizers import APART, REGULARIZERS, arms, check_pair, render
from mtbert.core.errors import InputError
from mtbert.core.params import validate
from mtbert.modeling.packing import Examples, Shape, collate
from mtbert.training.auxiliaries import AUXILIARIES
from mtbert.training.objectives import OBJECTIVES
from mtbert.training.regularizers import REGULARIZERS as TERMS

from tiny import model_settings, ragged, tiny_model

LABELS = torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return plan(workspace(tmp_path_factory.mktemp("workspace")), {})


def test_arms_differ_by_their_term_alone(base):
    results = arms(base, task="para", batch=32, steps=4)
    compared = {name: first for name, (_, first) in results.items()}
    alone = "plain, para alone"
    assert compared == {
        "plain": "plain",
        APART: "plain",
        **dict.fromkeys(REGULARIZERS, "plain"),
        alone: alone,
        CONTRASTIVE: alone,
    }
    for name, (arm, first) in results.items():
        settings, compared_to = arm.train, results[first][0].train
        tasks = ["para"] if first == alone else list(base.tasks)
        assert list(arm.tasks) == list(arm.tokens) == list(settings.tasks) == tasks
        assert settings.batch_size == dict.fromkeys(tasks, 32)
        assert settings.steps == 4
        expected = {"plain": [], APART: [], alone: [], CONTRASTIVE: [AUXILIARIES[CONTRASTIVE]]}
        expected |= {word: [TERMS[word]] for word in REGULARIZERS}
        for task in tasks:
            assert [type(term) for term in settings.terms(task)] == expected[name]
        same = {"regularizers": {}, "auxiliaries": {}, "conflicts_every": 0}
        assert settings.model_copy(update=same) == compared_to.model_copy(update=same)


def test_pgd_moves_three_times(base):
    arm, _ = arms(base, task="para", batch=32, steps=4)["pgd"]
    assert arm.train.regularizers["sst"][0].steps == 3


@pytest.mark.parametrize(
    ("task", "reason"), [("sts", "binary"), ("pra", "para"), ("sst", "binary")]
)
def test_a_task_without_duplicates_is_refused(base, task, reason):
    with pytest.raises(InputError, match=reason):
        check_pair(base, task)


def part_of(head):
    """The loss part of six pairs of a tiny model."""
    torch.manual_seed(0)
    model = tiny_model(model_settings(tasks=["para"], heads={"para": head}))
    special = {"prefix": [1], "middle": [2], "suffix": [2], "types": [0, 1], "pad": 0}
    shape = Shape(**special, max_length=20, row_length=40, packed=True)
    lengths = [3, 9, 1, 5, 12, 2]
    sides = ragged(lengths), ragged(lengths[::-1], seed=1)

    def batch(rows):
        return collate({"para": Examples(*sides, rows["para"], joint=False)}, shape)

    objective = validate(OBJECTIVES["binary_cross_entropy"], {}, where="objective")
    trained = SimpleNamespace(
        model=model,
        device=torch.device("cpu"),
        collate=batch,
        task_data=lambda: {"para": SimpleNamespace(labels=LABELS, bounds=(0.0, 1.0))},
        plan=SimpleNamespace(train=SimpleNamespace(objectives={"para": objective})),
    )
    return LossPart(trained, "para", batch=32)


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_the_double_loop_is_the_term_s_loss(head):
    part = part_of(head)
    assert len(part.leaves) >= 4
    part.head.eval()
    assert part.gate() <= GATE
    # Every mixed pair is told apart: with its own label as a duplicate it is another loss.
    part.labels = 1 - LABELS
    changed = part.double_loop()
    part.labels = LABELS
    assert abs(float((part.term() - changed).detach())) > 1e-3
    # And the gate sees a difference: with dropout each way draws its own.
    part.head.train()
    assert part.gate() > GATE
    assert part.seconds(part.term) > 0


def test_the_double_loop_asks_pair_by_pair():
    part, names = part_of("linear"), []
    part.head.register_forward_hook(lambda head, args, out: names.append(len(args[0][0])))
    part.double_loop()
    assert names == [1] * 36


def record():
    """What a run of the benchmark would leave, with round numbers."""
    row = {"milliseconds": [90.0, 1100.4, 1210.0], "ratio": 2.0, "compared_to": "plain"}
    row["to_apart"] = 1.75
    way = {"milliseconds": [0.1, 0.25, 0.5], "ratio": 1.0}
    loop = {"milliseconds": [99.0, 100.0, 101.0], "ratio": 400.0}
    ways = {"term": way, "double loop": loop}
    return {
        "command": "python -m benchmarks.regularizers PLAN --out FILE",
        "hardware": "a processor",
        "threads": 2,
        "precision": "fp32",
        "versions": {"torch": "2"},
        "batch": 32,
        "tasks": ["sst", "para"],
        "pairs": "para",
        "terms": {"fgm": row},
        "loss_part": {"gate": 2e-7, "dropout": ways, "no_dropout": ways},
    }


def test_the_page_tells_what_was_measured():
    page = render(record())
    assert "| fgm | 1,100 (90 – 1,210) | 2.00 | plain | 1.75 |" in page
    assert "| double loop | off | 100.00 (99.00 – 101.00) | 400.0 |" in page
    assert "agree to 2e-07" in page
