"""One task of a model as Transformers' own classifier of the encoder's architecture.

These classifiers read the first token (BERT through its pooler, others through a dense layer of
their own), so that few poolings and heads have an equal. Ours is carried over layer by layer; the
caller compares the outputs, for the architectures differ in their activations, too.
"""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from mtbert.core.errors import InputError
from mtbert.core.labels import Labels, classes
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.pooling import ClsPooling, PoolerOutput
from mtbert.modeling.projections import NoProjection
from mtbert.modeling.vectors import ScaledSigmoid


def as_sequence_classifier(
    model: MultiTaskModel, task: str, labels: Labels, checkpoint: Path
) -> Any:
    """Give the classifier with a task's weights; a single binary logit z becomes (0, z).

    Raises:
        InputError: there is none of this architecture, or its head has other layers.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    kind: Any = AutoModelForSequenceClassification

    def refuse(reason: str) -> InputError:
        plain = model.settings.adaptation.plain
        instead = f"AutoModel.from_pretrained({str(checkpoint)!r}) has the encoder, "
        return InputError(
            f"transformers: {task}: {reason}. What works: {instead if plain else ''}"
            "mtbert.load all of it"
        )

    if reason := _reason(model, task):
        raise refuse(reason)
    config = AutoConfig.from_pretrained(checkpoint)
    names = ["similarity"] if labels.kind == "similarity" else [*classes(labels)]
    config.id2label = dict(enumerate(names))
    config.label2id = {name: number for number, name in enumerate(names)}
    single = labels.kind == "similarity"
    config.problem_type = "regression" if single else "single_label_classification"
    try:
        classifier = kind.from_config(config)
    except ValueError:
        raise refuse(f"it has no classifier for a {config.model_type} encoder") from None
    base = getattr(classifier, classifier.base_model_prefix)
    base.load_state_dict(model.encoder.state_dict(), strict=False)
    inside = set(base.modules())
    theirs = [m for m in classifier.modules() if isinstance(m, nn.Linear) and m not in inside]
    ours = [m for m in model.heads[task].modules() if isinstance(m, nn.Linear)]
    pooler = getattr(base, "pooler", None)
    if pooler is not None and not isinstance(model.pooling[task], PoolerOutput):
        theirs = [pooler.dense, *theirs]
    shapes = [[(m.in_features, m.out_features) for m in side] for side in (ours, theirs)]
    if len(ours) != len(theirs) or any(a[0] != b[0] for a, b in zip(*shapes, strict=True)):
        raise refuse(
            f"{type(classifier).__name__} has {_layers(theirs)} above the first token's vector, "
            f"the head has {_layers(ours)}"
        )
    for own, their in zip(ours, theirs, strict=True):
        _copy(own, their)
    return classifier.eval()


def _reason(model: MultiTaskModel, task: str) -> str:
    """Why no classifier computes this task, if that can be said before it is made."""
    pooling, settings = model.pooling[task], model.settings
    projection = settings.projections[settings.projection_owner(task)]
    name = settings.model_dump(mode="json")["pooling"][task]["name"]
    if not settings.adaptation.plain:
        return "the encoder's layers differ from task to task (PAL)"
    if model.tasks[task].paired and not model.joint[task]:
        return "it compares two vectors (encoding: siamese), a classifier reads one"
    if not isinstance(pooling, ClsPooling | PoolerOutput):
        return f"a classifier reads the first token (pooling: cls or pooler), not {name}"
    if not isinstance(projection, NoProjection):
        return "it has a projection"
    if any(isinstance(module, ScaledSigmoid) for module in model.heads[task].modules()):
        return "its head ends in a sigmoid (range: sigmoid)"
    return ""


def _layers(linears: list[nn.Linear]) -> str:
    return f"{len(linears)} linear layer{'s' * (len(linears) != 1)}"


def _copy(own: nn.Linear, their: nn.Linear) -> None:
    weight, bias = own.weight.data, own.bias.data
    if (their.out_features, own.out_features) == (2, 1):
        weight = torch.cat([torch.zeros_like(weight), weight])
        bias = torch.cat([torch.zeros_like(bias), bias])
    with torch.no_grad():
        their.weight.copy_(weight)
        their.bias.copy_(bias)
