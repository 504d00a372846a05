"""Predict with the ONNX graph beside this file. Needs numpy, onnxruntime and tokenizers alone.

    python predict.py TASK TEXT [SECOND TEXT]

mtbert writes this file, as predict.py, into the folders that it exports.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer


class OnnxModel:
    """An exported folder: graph.json says what the graph takes and gives."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """Load it; 0 threads: one for each core."""
        self.graph: dict[str, Any] = json.loads((folder / "graph.json").read_text("utf-8"))
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(folder / self.graph["file"]), options, providers=["CPUExecutionProvider"]
        )

    def predict(
        self,
        task: str,
        texts: Sequence[str],
        others: Sequence[str] | None = None,
        *,
        batch_size: int = 32,
    ) -> np.ndarray:
        """Give probabilities, (example, class), or similarities in label units, (example,).

        `others` are the second texts of pairs. Batches have texts of similar length.

        Raises:
            ValueError: there is no such task, or its examples have another number of texts.
        """
        if task not in (outputs := self.graph["outputs"]):
            raise ValueError(f"no task {task!r}; the tasks are: {', '.join(outputs)}")
        if (others is None) != (outputs[task]["rows"] == "texts"):
            expected = "single texts" if others is not None else "pairs of texts"
            raise ValueError(f"{task} is a task on {expected}")
        seconds = others or [""] * len(texts)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]) + len(seconds[i]))
        parts = []
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            some = [texts[i] for i in rows]
            pairs = None if others is None else [others[i] for i in rows]
            parts.append(self._batch(task, some, pairs))
        places = np.argsort(order)
        predicted: np.ndarray = np.concatenate(parts)[places]
        return predicted

    def _batch(self, task: str, texts: list[str], others: list[str] | None) -> np.ndarray:
        size, pairs = len(texts), np.zeros((0, 2))
        if self.graph["outputs"][task]["rows"] == "pairs":
            # Both texts of each pair are rows of their own: all first ones, then all second ones.
            pairs = np.stack([np.arange(size), np.arange(size) + size], axis=1)
            encoded = self.tokenizer.encode_batch([*texts, *(others or ())])
        else:
            together = texts if others is None else list(zip(texts, others, strict=True))
            encoded = self.tokenizer.encode_batch(together)
        values = {
            "input_ids": [row.ids for row in encoded],
            "attention_mask": [row.attention_mask for row in encoded],
            "token_type_ids": [row.type_ids for row in encoded],
            "pairs": pairs,
        }
        inputs = {name: np.array(values[name], dtype=np.int64) for name in self.graph["inputs"]}
        output: np.ndarray = self.session.run([task], inputs)[0]
        return output


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: python predict.py TASK TEXT [SECOND TEXT]")
    model = OnnxModel(Path(__file__).parent)
    task, text, *second = sys.argv[1:]
    try:
        (row,) = model.predict(task, [text], second or None)
    except ValueError as error:
        sys.exit(f"error: {error}")
    labels = model.graph["outputs"][task]["labels"]
    print(row if labels is None else dict(zip(labels, row.tolist(), strict=True)))
