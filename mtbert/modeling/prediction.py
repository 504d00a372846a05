"""Outputs of a model on whole splits."""

from collections.abc import Mapping

import numpy as np
import torch

from mtbert.modeling.model import MultiTaskModel
from mtbert.modeling.packing import Examples, Shape, collate
from mtbert.schemas import Tokens


def predict(
    model: MultiTaskModel, tokens: Mapping[str, Tokens], shape: Shape, *, batch_size: int = 64
) -> dict[str, np.ndarray]:
    """Give the outputs of every example of each task, in the order of its rows.

    Returns:
        Task name to raw outputs, (example, width) float32.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    found = {}
    with torch.inference_mode():
        for task, split in tokens.items():
            outputs = []
            for start in range(0, len(split), batch_size):
                rows = np.arange(start, min(start + batch_size, len(split)))
                chosen = Examples(split.a, split.b, rows, joint=model.joint[task])
                batch = collate({task: chosen}, shape).to(device)
                outputs.append(model(batch)[task].float().cpu().numpy())
            found[task] = np.concatenate(outputs)
    model.train(was_training)
    return found
