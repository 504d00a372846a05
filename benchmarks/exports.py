"""Speed and dev metric of a checkpoint and its exports, one thread each, as a Markdown table.

    python -m benchmarks.exports CHECKPOINT TASK=LABELLED_FILE …

Texts per second count both texts of a pair; median of three turns, all ways in each turn.
"""

import os
import sys
import time
import warnings
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = "1"

import numpy as np
import torch

import mtbert
from mtbert.evaluation.metrics import score
from mtbert.evaluation.predictions import Predictions
from mtbert.inference.export import as_array, export_onnx, export_sentence_transformers
from mtbert.inference.onnx_model import OnnxModel
from mtbert.inference.tables import read_frame

TURNS, LONGEST = 3, 1000
Way = Callable[[str, list[list[str]]], np.ndarray]


def ways(checkpoint: Path, folder: Path) -> tuple[Any, dict[str, Way]]:
    """The checkpoint, and predictions, (example, class) or (example,), of each way."""
    from sentence_transformers import SentenceTransformer

    model = mtbert.load(checkpoint, "cpu")
    made: dict[str, Way] = {"mtbert.load": lambda task, texts: as_array(model, task, *texts)}
    for name, int8 in (("onnx", False), ("onnx --int8", True)):
        export_onnx(checkpoint, folder / name, int8=int8)
        exported = OnnxModel(folder / name, threads=1)
        made[name] = lambda task, texts, exported=exported: exported.predict(task, *texts)
    export_sentence_transformers(checkpoint, folder / "vectors")
    encoder = SentenceTransformer(str(folder / "vectors"), device="cpu")

    def cosines(task: str, texts: list[list[str]]) -> np.ndarray:
        vectors = encoder.encode([*chain(*texts)], normalize_embeddings=True)
        u, v = np.split(vectors, len(texts)) if len(texts) == 2 else (vectors, vectors)
        low, high = model.tasks[task].labels.bounds
        return np.asarray(low + (high - low) * (u * v).sum(1))

    return model, made | {"sentence-transformers": cosines}


def metric(model: Any, task: str, labels: np.ndarray, predicted: np.ndarray) -> float | None:
    """A task's main metric; None where the shape is another one."""
    kind = model.tasks[task].labels.kind
    if (kind == "similarity") != (predicted.ndim == 1):
        return None
    shares = None if kind == "similarity" else predicted[:, 1] if kind == "binary" else predicted
    values = predicted if kind == "similarity" else predicted.argmax(1)
    predictions = Predictions([""] * len(labels), labels, values, shares)
    return score(model.tasks[task].labels, predictions)[model.tasks[task].metric]


def main(checkpoint: str, *files: str) -> None:
    """Print a table a task."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        model, made = ways(Path(checkpoint), Path(folder))
        for task, path in (file.split("=", 1) for file in files):
            columns, frame = model.tasks[task].columns, read_frame(Path(path)).head(LONGEST)
            names = [name for name in (columns.text_a, columns.text_b) if name]
            texts = [frame[name].tolist() for name in names]
            labels = frame[columns.label].astype(float).to_numpy()
            seconds: dict[str, list[float]] = {name: [] for name in made}
            predicted: dict[str, np.ndarray] = {}
            for _ in range(TURNS):
                for name, way in made.items():
                    start = time.perf_counter()
                    predicted[name] = way(task, texts)
                    seconds[name].append(time.perf_counter() - start)
            print(f"\n| {task} | texts/s | {model.tasks[task].metric} |\n| :-- | --: | --: |")
            for name in made:
                value = metric(model, task, labels, predicted[name])
                shown = "vectors alone" if value is None else f"{value:.4f}"
                rate = len(texts) * len(frame) / median(seconds[name])
                print(f"| {name} | {rate:,.0f} | {shown} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
