"""One encoder, and for each task a pooling, a projection and a head."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import nn

from mtbert.core.tasks import Task
from mtbert.modeling.encoder import encode, pooler_output
from mtbert.modeling.packing import TokenBatch
from mtbert.modeling.settings import ModelSettings, ModelTask
from mtbert.modeling.vectors import VectorBatch, VectorPair

# Where a parameter of an encoder belongs, by its name in Transformers.
LAYER = re.compile(r"(?:^|\.)(?:layers?|blocks?|attentions|ffns|layer_norm\d)\.(\d+)\.")
# Parameters below the layers: a norm of embeddings, too, though its name is that of a last norm
BOTTOM = re.compile(r"(?:^|\.)\w*embeddings?\.")
# Parameters above the layers, and ALBERT's weights, which all of its layers share
TOP = re.compile(r"(?:^|\.)(?:pooler\w*|final_(?:layer_)?norm|norm|ln|albert_layer_groups)\.")
# Architectures whose last norm has a name that in others belongs to embeddings
LAST_NORM = {"roberta-prelayernorm": "LayerNorm", "xlm-roberta-xl": "encoder.LayerNorm"}


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters of one part of the model, and of one layer where the part has layers."""

    part: str  # encoder, adapter or heads (with the projections)
    below_top: int  # layers of the encoder above these; 0 outside it
    parameters: list[nn.Parameter] = field(default_factory=list)


class MultiTaskModel(nn.Module):
    """From a batch of several tasks to each task's logits, in one pass of the encoder."""

    def __init__(
        self, *, encoder: Any, settings: ModelSettings, tasks: Mapping[str, Task | ModelTask]
    ) -> None:
        super().__init__()
        self.settings = settings
        self.tasks = {task: ModelTask.of(tasks[task]) for task in settings.tasks}
        self.encoder = encoder
        self.adapter = settings.adaptation.adapt(encoder, settings.tasks)
        self.fixed = settings.adaptation.fixed
        self.pooling = settings.pooling
        self.joint = {task: settings.encoding.get(task) == "joint" for task in settings.tasks}
        self.projection_owner = {task: settings.projection_owner(task) for task in settings.tasks}
        self.projections, self.heads = nn.ModuleDict(), nn.ModuleDict()
        for task in settings.tasks:
            pooled_size = self.pooling[task].size(encoder.config.hidden_size)
            used = settings.projections[self.projection_owner[task]]
            if self.projection_owner[task] == task:
                self.projections[task] = used.build(pooled_size)
            self.heads[task] = settings.heads[task].build(
                size=used.size(pooled_size),
                labels=self.tasks[task].labels,
                paired=self.compares_vectors(task),
            )
        for task in settings.evaluation_only:
            for own in (self.heads, self.projections, self.adapter.task_parts):
                if task in own:
                    own[task].requires_grad_(False)
        if not settings.trained:
            self.requires_grad_(False)

    def forward(
        self, batch: TokenBatch | VectorBatch, *, with_vectors: bool = False
    ) -> dict[str, Any]:
        """Give each task's logits, (example, width), in the order of its examples.

        With `with_vectors`, pairs of logits and the vectors that the head was given,
        (example, size).
        """
        pooled = batch.vectors if isinstance(batch, VectorBatch) else self.encode(batch)
        outputs: dict[str, Any] = {}
        for task, (u, v) in pooled.items():
            project = self.projections[self.projection_owner[task]]
            vectors = (project(u), None if v is None else project(v))
            logits = self.heads[task](vectors)
            outputs[task] = (logits, vectors) if with_vectors else logits
        return outputs

    def encode(self, batch: TokenBatch) -> dict[str, VectorPair]:
        """Give each task's pooled vectors, (example, size): one or two an example."""
        self.adapter.begin(batch)
        hidden = encode(self.encoder, batch)
        self.adapter.end()
        pooler = partial(pooler_output, self.encoder)
        sequence, vectors = batch.sequence.flatten(), {}
        # Once for each pooling, not for each task
        for pooling in dict.fromkeys(self.pooling[task] for task in batch.parts):
            vectors[pooling] = pooling.pool(hidden, sequence, batch.starts, pooler)
        outputs = {}
        for task, part in batch.parts.items():
            both = vectors[self.pooling[task]]
            outputs[task] = (both[part.first], None if part.second is None else both[part.second])
        return outputs

    def compares_vectors(self, task: str) -> bool:
        """Whether a task is on pairs, and each text has a vector of its own (siamese)."""
        return self.tasks[task].paired and not self.joint[task]

    def train(self, mode: bool = True) -> "MultiTaskModel":
        """Switch dropout on or off; in an encoder whose vectors are fixed it stays off."""
        super().train(mode)
        if self.fixed:
            self.encoder.eval()
        return self

    def shared_parameters(self) -> list[nn.Parameter]:
        """Trainable parameters of the encoder, with LoRA's: every trained task's loss reaches them.

        Projections do not count, even one that all tasks share.
        """
        return [p for p in self.encoder.parameters() if p.requires_grad]

    def groups(self) -> list[ParameterGroup]:
        """The trainable parameters by part, the encoder's also by layer."""
        layers, kind = int(self.encoder.config.num_hidden_layers), self.encoder.config.model_type
        groups: dict[tuple[str, int], ParameterGroup] = {}
        for part, name, parameter in self._by_part():
            if parameter.requires_grad:
                part = "heads" if part.startswith(("projections.", "heads.")) else part
                below = below_top(name, layers, kind) if part == "encoder" else 0
                group = groups.setdefault((part, below), ParameterGroup(part, below))
                group.parameters.append(parameter)
        return list(groups.values())

    def parts(self) -> dict[str, dict[str, int]]:
        """Count trainable and all parameters of each part: encoder, adapter, heads.sst, …."""
        counts: dict[str, dict[str, int]] = {}
        for part, _, parameter in self._by_part():
            count = counts.setdefault(part, {"total": 0, "trainable": 0})
            count["total"] += parameter.numel()
            count["trainable"] += parameter.numel() if parameter.requires_grad else 0
        return counts

    def _by_part(self) -> Iterator[tuple[str, str, nn.Parameter]]:
        """Every parameter with its part (encoder, adapter, heads.sst …) and name."""
        injected = {f"encoder.{name}" for name in self.adapter.injected}
        for name, parameter in self.named_parameters():
            first, second = name.split(".")[:2]
            part = f"{first}.{second}" if first in ("projections", "heads") else first
            yield "adapter" if name in injected else part, name, parameter


def below_top(name: str, layers: int, kind: str) -> int:
    """Layers of an encoder, of model_type `kind`, above a parameter: 0 in the top one.

    Embeddings have all layers above them.
    """
    if layer := LAYER.search(name):
        return layers - 1 - int(layer.group(1))
    last = kind in LAST_NORM and name.startswith(f"encoder.{LAST_NORM[kind]}.")
    if last or (TOP.search(name) and not BOTTOM.search(name)):
        return 0
    # All else is below the layers: embeddings of words and positions, and their projections.
    return layers
