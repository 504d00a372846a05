"""One encoder, a pooling, and a head for each task."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from mtbert.modeling.encoder import encode
from mtbert.modeling.packing import Batch
from mtbert.modeling.settings import ModelSettings, ModelTask
from mtbert.tasks import Task


class MultiTaskModel(nn.Module):
    """Maps a batch of several tasks to each task's logits, in one pass of the encoder."""

    def __init__(
        self, *, encoder: Any, settings: ModelSettings, tasks: Mapping[str, Task | ModelTask]
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.pooling = settings.pooling
        self.joint = {task: settings.encoding.get(task) == "joint" for task in settings.tasks}
        self.heads = nn.ModuleDict(
            {
                name: settings.heads[name].build(
                    hidden_size=encoder.config.hidden_size,
                    labels=tasks[name].labels,
                    paired=tasks[name].paired and not self.joint[name],
                )
                for name in settings.tasks
            }
        )

    def shared_parameters(self) -> list[nn.Parameter]:
        """Trainable parameters that every task's loss reaches: the encoder's."""
        return [p for p in self.encoder.parameters() if p.requires_grad]

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Give each task's logits, (example, width), in the order of its examples."""
        hidden = encode(self.encoder, batch)
        vectors = self.pooling.pool(hidden, batch.sequence.flatten(), batch.starts)
        return {
            task: self.heads[task](
                (vectors[part.first], None if part.second is None else vectors[part.second])
            )
            for task, part in batch.parts.items()
        }
