"""Uniform soup: the average of several runs' weights."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch

from mtbert.core.errors import InputError
from mtbert.experiments.plans import Plan, verify
from mtbert.experiments.record import write_outputs
from mtbert.experiments.run import Run
from mtbert.modeling.adaptations.lora import LoRA
from mtbert.modeling.adaptations.pal import PAL
from mtbert.modeling.checkpoint import load_checkpoint
from mtbert.modeling.heads.mlp import MLPHead
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.projections import LayersProjection
from mtbert.modeling.settings import ModelSettings

# Settings of the model that its weights do not depend on
OTHER = {"evaluation_only", "layout", "row_length"}


def average_weights(
    runs: Mapping[str, Path], plans: Sequence[Plan], folder: Path, *, test: bool, where: str
) -> None:
    """Write, as one run would, a uniform soup of several runs' best epochs, and its predictions.

    `runs` are the folders of STRATEGY-SEED, `plans` those of the strategies, the first run's first;
    `where` opens messages.
    """
    check_members(plans, list(runs), where=where)
    verify(plans[0])
    named = plans[0].model_copy(update={"strategy": f"uniform soup of {', '.join(runs)}"})
    run = Run(named, seed=0)  # draws nothing that is kept
    run.energy.stop()
    run.model = uniform_soup([member / "best" for member in runs.values()]).to(run.device)
    outputs = run.predict("dev")
    write_outputs(folder / "predictions", run, "dev", outputs)
    run.save(folder / "best", epoch=0, step=0, dev=run.scores(outputs))
    if test:
        write_outputs(folder / "predictions", run, "test", run.predict("test"))


def uniform_soup(checkpoints: Sequence[Path]) -> MultiTaskModel:
    """The model whose weights are the mean of those of several checkpoints, θ = Σ θ_i / k.

    Wortsman et al. (2022), ICML, section 3.1, the uniform soup.
    """
    model = load_checkpoint(checkpoints[0])
    weights = {k: v.double() for k, v in model.state_dict().items() if v.is_floating_point()}
    for path in checkpoints[1:]:
        other = load_checkpoint(path).state_dict()
        for name, total in weights.items():
            total += other[name]
    means = {name: (total / len(checkpoints)).float() for name, total in weights.items()}
    with torch.no_grad():
        model.load_state_dict({**model.state_dict(), **means})
    return model


def check_models(
    settings: Mapping[str, ModelSettings], *, seeds: Collection[object], where: str
) -> None:
    """Refuse to average the weights of strategies' models that differ or that seeds draw apart."""
    (first, own), *others = settings.items()
    if len(set(seeds)) > 1:
        _check_layers(own, where=where)
    for name, theirs in others:
        for key in sorted(ModelSettings.model_fields.keys() - OTHER):
            mine, other = (_plain(it, key) for it in (own, theirs))
            if mine != other:
                raise InputError(
                    f"{where}: average: weights needs one architecture, and {first} and {name} "
                    f"differ in {key}: {json.dumps(mine)} and {json.dumps(other)}; average: "
                    f"predictions needs none"
                )


def check_members(plans: Sequence[Plan], runs: Sequence[str], *, where: str) -> None:
    """Refuse to average the weights of runs whose models or starting encoders differ.

    `plans` are those of the strategies, `runs` are STRATEGY-SEED; `where` opens the message.
    """
    seeds = [run.rpartition("-")[2] for run in runs]
    check_models({plan.strategy: plan.train for plan in plans}, seeds=seeds, where=where)
    weights = {
        plan.strategy: [it.md5 for it in plan.encoder.files if it.path.endswith(".safetensors")]
        for plan in plans
    }
    # Without weights the seed draws them.
    starts = {run: weights[(at := run.rpartition("-"))[0]] or f"seed {at[2]}" for run in runs}
    first = runs[0]
    for run in runs:
        if starts[run] != starts[first]:
            refuse_starts({name: _start(starts[name]) for name in (first, run)}, where=where)


def refuse_starts(starts: Mapping[str, str], *, where: str) -> NoReturn:
    """Refuse to average the weights of runs that start from several encoders, `starts` by run."""
    runs = ", ".join(f"{run} starts from {start}" for run, start in starts.items())
    raise InputError(
        f"{where}: average: weights needs runs that start from one encoder, and {runs}; expected "
        f"encoder.pretrained with weights, pretrain.epochs above 0, or average: predictions"
    )


def _check_layers(settings: ModelSettings, *, where: str) -> None:
    """Refuse layers whose units each seed draws in an order of its own: their mean is no layer."""
    drawn = [f"heads.{task}: mlp" for task, it in settings.heads.items() if isinstance(it, MLPHead)]
    for task, it in settings.projections.items():
        if isinstance(it, LayersProjection) and it.learns:
            drawn.append(f"projections.{task}: layers")
    if isinstance(settings.adaptation, (LoRA, PAL)):
        drawn.append(f"adaptation: {type(settings.adaptation).__name__.lower()}")
    if drawn:
        raise InputError(
            f"{where}: average: weights of several seeds cannot average {'; '.join(drawn)}, whose "
            f"units each seed draws in an order of its own; expected one seed, or average: "
            f"predictions"
        )


def _start(start: str | Sequence[str]) -> str:
    return f"random weights of {start}" if isinstance(start, str) else f"weights {start}"


def _plain(settings: ModelSettings, key: str) -> Any:
    """A setting as plain data; of tasks, in any order."""
    value = settings.model_dump(mode="json")[key]
    return sorted(value) if key == "tasks" else value
