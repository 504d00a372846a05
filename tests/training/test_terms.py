"""Terms of a whole model's losses: layouts and stacks."""

from functools import partial
from itertools import permutations

import numpy as np
import pytest
import torch
from torch.nn import functional

from mtbert.core.registry import build
from mtbert.core.tasks import Similarity, read_tasks
from mtbert.modeling.packing import RowShape, TaskExamples, collate
from mtbert.modeling.passes import ForwardPasses
from mtbert.training.auxiliaries import AUXILIARIES
from mtbert.training.objectives import OBJECTIVES
from mtbert.training.regularizers import REGULARIZERS
from mtbert.training.task_batch import TaskBatch

from tiny import ROOT, model_settings, ragged, tiny_model

TERMS = {**REGULARIZERS, **AUXILIARIES}
TASKS = read_tasks(ROOT / "params.yaml")
OBJECTIVE_NAMES = {"sst": "cross_entropy", "para": "binary_cross_entropy", "sts": "squared_error"}
# Perturbations that a tiny encoder with small random weights answers to.
SPECS = {
    "fgm": "fgm",
    "fgsm": {"name": "fgsm", "epsilon": 0.1},
    "pgd": "pgd",
    "pgd_sign": {"name": "pgd", "norm": "sign"},
    "table": {"name": "pgd", "target": "table"},
    "smart": {"name": "smart", "epsilon": 0.1, "sigma": 0.1, "eta": 0.1},
    "mtdnn": {"name": "smart", "mode": "mtdnn", "bregman": 1.0},
    "rdrop": "rdrop",
    "in_batch_negatives": "in_batch_negatives",
    "simcse": "simcse",
    "unsupervised": {"name": "simcse", "mode": "unsupervised"},
    "energy_hinge": "energy_hinge",
}
PAIRS = ("in_batch_negatives", "simcse", "energy_hinge")


def term(name):
    return build(TERMS, SPECS[name], what="term")


class Noted:
    """Passes that note their perturbations."""

    def __init__(self, passes):
        self.passes, self.deltas = passes, []

    def __getattr__(self, name):
        return getattr(self.passes, name)

    def __call__(self, delta=None, weights=None):
        self.deltas.append(delta)
        return self.passes(delta, weights)


def batch_of(model, task, terms=(), *, packed=True, **more):
    special = {"prefix": [1], "middle": [2], "suffix": [2], "types": [0, 1], "pad": 0}
    shape = RowShape(**special, max_length=20, row_length=40, packed=packed)
    lengths = [3, 9, 1, 5, 12, 2]
    second = ragged(lengths[::-1], seed=1) if TASKS[task].paired else None
    rows = np.arange(6)
    joint = model.joint[task]
    batch = collate({task: TaskExamples(ragged(lengths), second, rows, joint=joint)}, shape)
    labels = torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, TASKS[task].labels.bounds[1]])
    objective = OBJECTIVES[OBJECTIVE_NAMES[task]]()
    return TaskBatch(
        passes=Noted(ForwardPasses(model, batch, task)),
        objective=objective.build(bounds=TASKS[task].labels.bounds, targets=labels),
        labels=labels,
        regression=isinstance(TASKS[task].labels, Similarity),
        generator=np.random.default_rng(3),
        terms=terms,
        parameters=[p for p in model.parameters() if p.requires_grad],
        teacher_weights=dict(model.named_parameters()),
        **more,
    )


def model_of(**changes):
    model = tiny_model(model_settings(**changes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.1)
    return model


def worked_out(model, task, names, *, packed=True):
    """The loss, each parameter's gradient, and the perturbations."""
    batch = batch_of(model, task, [term(name) for name in names], packed=packed)
    loss, _ = batch.loss_with_terms()
    model.zero_grad()
    loss.backward()
    gradients = {key: p.grad.clone() for key, p in model.named_parameters() if p.grad is not None}
    return loss.detach(), gradients, batch.passes.deltas


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("task", ["sst", "para", "sts"])
def test_packed_as_padded(name, task):
    if name in PAIRS and task != "para":
        pytest.skip("for pairs that are duplicates or not")
    model = model_of()
    actual, expected = (worked_out(model, task, [name], packed=it) for it in (True, False))
    torch.testing.assert_close(actual[0], expected[0], rtol=1e-5, atol=1e-5)
    for key, gradient in expected[1].items():
        torch.testing.assert_close(actual[1][key], gradient, rtol=1e-4, atol=1e-5)
    for this, other in zip(actual[2], expected[2], strict=True):
        if other is not None:
            torch.testing.assert_close(this, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("task", ["para", "sts"])
@pytest.mark.parametrize("encoding", ["siamese", "joint"])
def test_an_example_moves_by_epsilon_whatever_its_encoding(task, encoding):
    model = model_of(
        encoding={"para": "siamese", "sts": "siamese"} | {task: encoding},
        heads={"sst": "linear", "para": "linear", "sts": "linear"},
    )
    batch = batch_of(model, task, [term("fgm")])
    batch.loss_with_terms()
    squares = batch.passes.deltas[-1].square().sum(1)
    norms = torch.zeros(6).index_add(0, batch.tokens.example, squares).sqrt()
    torch.testing.assert_close(norms, torch.ones(6))


@pytest.mark.parametrize("name", ["fgm", "table", "smart", "mtdnn"])
def test_weights_are_left_as_they_are(name):
    model = model_of()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    worked_out(model, "para", [name])
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)


def test_the_table_as_code_that_overwrites_it():
    """The student code's way: add ε g / ‖g‖ to the table, run, put the table back."""
    model = model_of()
    spec = {"name": "fgm", "target": "table"}
    loss, _ = batch_of(model, "sst", [build(TERMS, spec, what="term")]).loss_with_terms()

    table = model.encoder.get_input_embeddings().weight
    batch = batch_of(model, "sst")
    (gradient,) = torch.autograd.grad(batch.loss, table)
    clean = float(batch.loss.detach())
    with torch.no_grad():
        table += gradient / gradient.norm()
    adversarial = batch_of(model, "sst").loss
    assert float(loss.detach()) == pytest.approx(clean + float(adversarial.detach()), rel=1e-5)


STACKS = [
    ("fgm", "pgd"),
    ("smart", "fgm"),
    ("rdrop", "unsupervised"),
    ("in_batch_negatives", "energy_hinge", "simcse", "mtdnn", "rdrop", "fgm"),
]


@pytest.mark.parametrize("names", STACKS)
@pytest.mark.parametrize("adaptation", ["full", "lora", {"name": "pal", "size": 12, "heads": 2}])
def test_stacks_add_up(names, adaptation):
    """Without dropout a stack's terms are those that each one adds alone."""
    model = model_of(adaptation=adaptation)
    plain = worked_out(model, "para", [])
    alone = [worked_out(model, "para", [name]) for name in names]
    loss, gradients, _ = worked_out(model, "para", names)
    extra = sum(float(it[0] - plain[0]) for it in alone)
    assert float(loss) == pytest.approx(float(plain[0]) + extra, rel=1e-4)
    assert set(gradients) == set(plain[1])
    for key, gradient in gradients.items():
        expected = plain[1][key] + sum(it[1][key] - plain[1][key] for it in alone)
        torch.testing.assert_close(gradient, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["fgm"], 2),
        (["pgd"], 4),
        (["smart"], 3),
        (["mtdnn"], 4),
        (["rdrop"], 2),
        (["in_batch_negatives", "simcse", "energy_hinge"], 1),
        # Two that need a second dropout share it.
        (["rdrop", "unsupervised"], 2),
    ],
)
def test_no_pass_is_wasted(names, count):
    assert len(worked_out(model_of(), "para", names)[2]) == count


def test_in_batch_negatives_as_the_double_loop():
    model = model_of(
        heads={
            "sst": "linear",
            "sts": "linear",
            "para": {"name": "mlp", "features": ["u", "v", "abs_diff", "product"]},
        }
    )
    actual = worked_out(model, "para", ["in_batch_negatives"])
    batch = batch_of(model, "para")
    logits, u, v = batch.clean
    labels = list(batch.labels)
    head, all_logits = model.heads["para"], list(logits)
    for i, j in permutations(range(6), 2):
        all_logits.append(head((u[i : i + 1], v[j : j + 1]))[0])
        labels.append(torch.tensor(0.0))
    loss = batch.objective(torch.stack(all_logits), torch.stack(labels))
    torch.testing.assert_close(actual[0], loss.detach(), rtol=1e-5, atol=1e-5)
    model.zero_grad()
    loss.backward()
    for key, parameter in model.named_parameters():
        if parameter.grad is not None:
            torch.testing.assert_close(actual[1][key], parameter.grad, rtol=1e-5, atol=1e-5)


def perturbation_in(model, task, spec, *, bf16):
    """What a perturbation adds to a loss, the loss's gradient, and the perturbation itself."""
    this = build(TERMS, spec, what="term")
    autocast = partial(torch.autocast, "cpu", torch.bfloat16, enabled=bf16)
    batch = batch_of(model, task, [this], autocast=autocast)
    loss, _ = batch.loss_with_terms()
    model.zero_grad()
    loss.backward()
    clean = batch.loss.item() * (2 if this.attacks else 1)
    gradient = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    return (
        loss.item() - clean,
        gradient,
        next(it for it in reversed(batch.passes.deltas) if it is not None).detach().flatten(),
    )


# Weights that make SMART's tiny divergences as large as the loss
TINY = {"weight": 1e9}


@pytest.mark.parametrize("task", ["sst", "para", "sts"])
@pytest.mark.parametrize(
    "spec",
    [
        *("fgm", "fgsm", "pgd", {"name": "pgd", "norm": "sign", "alpha": 1e-3, "epsilon": 0.01}),
        {"name": "fgm", "target": "table"},
        {"name": "fgm", "epsilon": 0.1},
        {"name": "fgm", "epsilon": 1e-3},
        {"name": "fgsm", "epsilon": 1e-4},
        {"name": "pgd", "alpha": 1e-3},
        {"name": "smart", **TINY},
        {"name": "smart", "mode": "mtdnn", "bregman": 1.0},
    ],
    ids=str,
)
def test_a_perturbation_does_in_bf16_what_it_does_in_fp32(spec, task):
    model = model_of()
    full, half = (perturbation_in(model, task, spec, bf16=it) for it in (False, True))
    assert half[0] == pytest.approx(full[0], rel=0.15)
    for this, other in zip(half[1:], full[1:], strict=True):
        assert functional.cosine_similarity(this, other, dim=0) > 0.95
