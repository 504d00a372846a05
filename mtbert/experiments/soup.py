"""Uniform soup: the average of several runs' weights."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from mtbert.core.errors import InputError
from mtbert.experiments.plans import Plan, verify
from mtbert.experiments.run import Run
from mtbert.experiments.train import write_outputs
from mtbert.modeling.checkpoint import load_checkpoint
from mtbert.modeling.model import MultiTaskModel
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


def check_same_model(settings: Mapping[str, ModelSettings], *, where: str) -> None:
    """Refuse to average the weights of strategies whose models differ, naming in what."""
    (first, own), *others = settings.items()
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
    check_same_model({plan.strategy: plan.train for plan in plans}, where=where)
    weights = {
        plan.strategy: [it.md5 for it in plan.encoder.files if it.path.endswith(".safetensors")]
        for plan in plans
    }
    # Without weights the seed draws them.
    starts = {run: weights[(at := run.rpartition("-"))[0]] or f"seed {at[2]}" for run in runs}
    first = runs[0]
    for run in runs:
        if starts[run] != starts[first]:
            raise InputError(
                f"{where}: average: weights needs runs that start from one encoder, and {first} "
                f"starts from {_start(starts[first])}, {run} from {_start(starts[run])}; expected "
                f"encoder.pretrained with weights, pretrain.epochs above 0, or average: predictions"
            )


def _start(start: str | Sequence[str]) -> str:
    return f"random weights of {start}" if isinstance(start, str) else f"weights {start}"


def _plain(settings: ModelSettings, key: str) -> Any:
    """A setting as plain data; of tasks, in any order."""
    value = settings.model_dump(mode="json")[key]
    return sorted(value) if key == "tasks" else value
