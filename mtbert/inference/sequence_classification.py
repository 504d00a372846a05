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

PROBLEMS = {"similarity": "regression"}  # of Transformers, by kind of labels; else classes


def as_sequence_classifier(
    model: MultiTaskModel, task: str, labels: Labels, checkpoint: Path
) -> Any:
    """Give the classifier with a task's weights; a single binary logit z becomes (0, z).

    Raises:
        InputError: there is none of this architecture, or its head has other layers.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    instead = f"AutoModel.from_pretrained({str(checkpoint)!r}) has the encoder, "
    instead = f"What works: {instead * model.settings.adaptation.plain}mtbert.load all of it"

    def refuse(reason: str) -> InputError:
        return InputError(f"transformers: {task}: {reason}. {instead}")

    if reason := _reason(model, task):
        raise refuse(reason)
    config = AutoConfig.from_pretrained(checkpoint)
    names = ["similarity"] if labels.kind == "similarity" else [*classes(labels)]
    config.id2label, config.label2id = dict(enumerate(names)), {n: i for i, n in enumerate(names)}
    config.problem_type = PROBLEMS.get(labels.kind, "single_label_classification")
    try:
        classifier: Any = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    except ValueError:
        raise refuse(f"it has no classifier for a {config.model_type} encoder") from None
    base = getattr(classifier, classifier.base_model_prefix)
    base.load_state_dict(model.encoder.state_dict(), strict=False)
    ours = [m for m in model.heads[task].modules() if isinstance(m, nn.Linear)]
    theirs = _layers_above(classifier, base, pooled=isinstance(model.pooling[task], PoolerOutput))
    shapes = [[(m.in_features, m.out_features) for m in side] for side in (ours, theirs)]
    if len(ours) != len(theirs) or any(a[0] != b[0] for a, b in zip(*shapes, strict=True)):
        raise refuse(
            f"{type(classifier).__name__} has {_count(theirs)} above the first token's vector, "
            f"the head has {_count(ours)}"
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
    if model.compares_vectors(task):
        return "it compares two vectors (encoding: siamese), a classifier reads one"
    if not isinstance(pooling, ClsPooling | PoolerOutput):
        return f"a classifier reads the first token (pooling: cls or pooler), not {name}"
    if not isinstance(projection, NoProjection):
        return "it has a projection"
    if any(isinstance(module, ScaledSigmoid) for module in model.heads[task].modules()):
        return "its head ends in a sigmoid (range: sigmoid)"
    return ""


def _layers_above(classifier: Any, base: Any, *, pooled: bool) -> list[nn.Linear]:
    """A classifier's linear layers above its encoder; the pooler's, too, if no vector is pooled."""
    inside, pooler = set(base.modules()), getattr(base, "pooler", None)
    layers = [m for m in classifier.modules() if isinstance(m, nn.Linear) and m not in inside]
    return layers if pooled or pooler is None else [pooler.dense, *layers]


def _count(linears: list[nn.Linear]) -> str:
    return f"{len(linears)} linear layer{'s' * (len(linears) != 1)}"


def _copy(own: nn.Linear, their: nn.Linear) -> None:
    weight, bias = own.weight.data, own.bias.data
    if (their.out_features, own.out_features) == (2, 1):
        weight = torch.cat([torch.zeros_like(weight), weight])
        bias = torch.cat([torch.zeros_like(bias), bias])
    with torch.no_grad():
        their.weight.copy_(weight)
        their.bias.copy_(bias)
