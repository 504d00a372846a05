"""A trained model as one ONNX graph: texts in padded rows, an output for each task.

A text is encoded once, however many tasks and pairs read it. Inputs are those of Transformers'
encoders, and for siamese tasks `pairs`, the rows of the two texts of each pair. Outputs are what
`predict` gives: probabilities by class, or a similarity in the unit of the labels.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mtbert.core.errors import InputError
from mtbert.core.labels import Labels
from mtbert.modeling.architectures import ARCHITECTURES, PADDED
from mtbert.modeling.encoder import encode, pooler_output
from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.pooling import (
    ClsPooling,
    MaxMeanPooling,
    MaxPooling,
    MeanPooling,
    PoolerOutput,
    Pooling,
)
from mtbert.modeling.vectors import VectorBatch, VectorPair

PAIRS = "pairs"
# Protocol buffers end at 2 GiB.
LIMIT = 2**31 - 2**24


def _mean(hidden: Tensor, mask: Tensor) -> Tensor:
    return (hidden * mask).sum(1) / mask.sum(1)


def _max(hidden: Tensor, mask: Tensor) -> Tensor:
    return hidden.masked_fill(mask == 0, float("-inf")).amax(1)


# The poolings over padded rows, in operations that ONNX has: hidden states (text, token, hidden)
# and a mask (text, token, 1) → (text, size)
PADDED_POOLINGS: dict[type[Pooling], Callable[[Any, Tensor, Tensor], Tensor]] = {
    MeanPooling: lambda _, hidden, mask: _mean(hidden, mask),
    MaxPooling: lambda _, hidden, mask: _max(hidden, mask),
    MaxMeanPooling: lambda _, hidden, mask: torch.cat(
        [_max(hidden, mask), _mean(hidden, mask)], dim=-1
    ),
    ClsPooling: lambda _, hidden, mask: hidden[:, 0],
    PoolerOutput: lambda encoder, hidden, mask: pooler_output(encoder, hidden[:, 0]),
}


class PaddedTexts(NamedTuple):
    """What the encoder reads of a TokenBatch, whose own sizes an exporter takes for constants."""

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    packed: bool = False

    def real(self) -> Tensor:
        """1 for tokens, 0 for padding, (text, token)."""
        return self.attention_mask


class Graph(nn.Module):
    """All of a model, from padded rows to predictions."""

    def __init__(self, model: MultiTaskModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        pairs: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """Predict for every task: a row for each text or, where it compares two, for each pair.

        Args:
            input_ids: (text, token), as are the next two.
            attention_mask: 1 for tokens, 0 for padding.
            token_type_ids: For encoders that take them.
            pairs: Rows of the two texts of each pair, (pair, 2), for models with siamese tasks.

        Returns:
            Of each task probabilities (row, class), or similarities (row,).
        """
        types = input_ids if token_type_ids is None else token_type_ids
        rows: Any = PaddedTexts(input_ids, attention_mask, types)
        encoder = self.model.encoder
        hidden = encode(encoder, rows).view(*input_ids.shape, -1)
        mask = attention_mask[..., None].to(hidden.dtype)
        ways = dict.fromkeys(self.model.pooling[task] for task in self.model.tasks)
        pooled = {way: PADDED_POOLINGS[type(way)](encoder, hidden, mask) for way in ways}
        vectors: dict[str, VectorPair] = {}
        for task in self.model.tasks:
            texts = pooled[self.model.pooling[task]]
            u, v = (texts, None) if pairs is None else (texts[pairs[:, 0]], texts[pairs[:, 1]])
            vectors[task] = (u, v) if self.model.compares_vectors(task) else (texts, None)
        logits = self.model(VectorBatch(vectors))
        return tuple(_decode(logits[task], own.labels) for task, own in self.model.tasks.items())


def _decode(logits: Tensor, labels: Labels) -> Tensor:
    """Probabilities, (row, class), or similarities, (row,)."""
    if labels.kind == "similarity":
        return logits[:, 0]
    if labels.kind == "binary" and logits.shape[1] == 1:
        return torch.cat([(-logits).sigmoid(), logits.sigmoid()], dim=1)
    return logits.softmax(dim=1)


def check_graph(model: MultiTaskModel, names: list[str]) -> None:
    """Refuse models that no graph of padded rows computes; `names` are the graph's inputs.

    Raises:
        InputError: the encoder computes another function for each task, or with padding; a pooling
            has no padded form; a task has the name of an input.
    """
    kind, poolings = model.encoder.config.model_type, {type(way) for way in model.pooling.values()}
    if not model.settings.adaptation.plain:
        raise InputError(
            "onnx: the encoder's layers differ from task to task (PAL), and one graph encodes a "
            "text once for all tasks: use mtbert.load or mtbert serve"
        )
    if kind not in ARCHITECTURES and kind not in PADDED:
        raise InputError(f"onnx: padding changes what a {kind} encoder computes: use mtbert.load")
    if absent := poolings - set(PADDED_POOLINGS):
        raise InputError(f"onnx: no padded form of {next(iter(absent)).__name__}")
    if taken := set(model.tasks) & set(names):
        raise InputError(f"onnx: task {taken.pop()!r} has the name of one of the graph's inputs")
    if sum(value.numel() * value.element_size() for value in model.state_dict().values()) > LIMIT:
        raise InputError("onnx: the weights take more than the 2 GiB that one file may have")


def write_graph(path: Path, model: MultiTaskModel, inputs: dict[str, Tensor]) -> None:
    """Write a model in evaluation mode as an ONNX file, in fp32.

    Batch, length and number of pairs may have any size; those of the example `inputs`, by name,
    are above 1.
    """
    dim = torch.export.Dim
    text, token, pair = dim("text"), dim("token"), dim("pair")
    sizes = {name: {0: text, 1: token} for name in inputs} | {PAIRS: {0: pair}}
    with _quiet(), torch.no_grad():
        program: Any = torch.onnx.export(
            Graph(model),
            kwargs=inputs,
            dynamic_shapes={name: sizes[name] for name in inputs},
            input_names=[*inputs],
            output_names=[*model.tasks],
            dynamo=True,
            verbose=False,
        )
        program.save(path, external_data=False)


def quantize(path: Path, out: Path) -> None:
    """Write a graph with the encoder's products and embeddings in int8 (dynamic quantization).

    Heads stay in fp32: they are small, and of no pair there is no range to quantize.
    """
    import onnx
    from onnxruntime.quantization import quantize_dynamic

    nodes = onnx.load(path).graph.node
    heads = [node.name for node in nodes if "encoder" not in _scope(node)]
    with _quiet():
        quantize_dynamic(path, out, per_channel=True, reduce_range=True, nodes_to_exclude=heads)


def _scope(node: Any) -> str:
    return next((p.value for p in node.metadata_props if p.key.endswith("name_scopes")), "")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the libraries' progress and advice."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
