"""A checkpoint in other libraries' formats.

Graphs and Transformers' models are compared with the checkpoint before they are kept.
"""

import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from mtbert.core.errors import InputError
from mtbert.core.extras import need
from mtbert.core.labels import classes
from mtbert.core.outputs import write_text
from mtbert.core.sequences import read_sequences
from mtbert.inference.graph import PAIRS, check_graph, quantize, write_graph
from mtbert.inference.model import TrainedModel
from mtbert.modeling.checkpoint import TOKENIZER
from mtbert.modeling.interchange import SENTENCE_FILES, sentence_task
from mtbert.modeling.manifest import read_manifest
from mtbert.modeling.model import MultiTaskModel
from mtbert.tokenization.vocabulary import load_tokenizer

# What an export may differ by from the checkpoint, of a probability or of the label range
TOLERANCE = 1e-4
TEXTS = ["A fine film .", "It is dull , far too long for the little it says .", "What now ?", "no"]
OTHERS = ["How good it is !", "Why ?", "A fine film .", "It says no more than it did last year ."]
TOKENIZER_FILES = (TOKENIZER, "tokenizer_config.json")

README = """# {tasks}: an ONNX graph

Exported by mtbert {version}, {precision}. `python predict.py TASK TEXT [SECOND TEXT]` predicts; it
needs numpy, onnxruntime and tokenizers, and its code is the shortest description of what follows.

graph.json names inputs and outputs. tokenizer.json truncates to {max_length} tokens and pads.

- `input_ids`, `attention_mask`, `token_type_ids` (text, token), int64: as the tokenizer gives them.
- `pairs` (pair, 2), int64: of tasks that compare two texts, the rows of both texts of each pair;
  shape (0, 2) where only other tasks are wanted. A text in several pairs is encoded once.
- Outputs, one a task: probabilities (row, class) in the order of `labels`, or the similarity (row,)
  in the unit of the labels. A row is a text (`rows: texts`), two texts that are tokenized together
  (`rows: joint`), or a pair (`rows: pairs`).

Every output is there after every run; ask for those that you want.
"""


@contextmanager
def new_export(out: Path) -> Iterator[Path]:
    """Give a folder that becomes `out` when the block succeeds, and is gone when it fails."""
    if out.exists():
        raise InputError(f"{out}: exists already; give a new folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
        folder = Path(work) / "export"
        folder.mkdir()
        yield folder
        for path in folder.rglob("*.*"):
            path.chmod(0o644)
        folder.rename(out)


def export_onnx(checkpoint: Path, out: Path, *, int8: bool = False) -> None:
    """Write a folder with an ONNX graph, its tokenizer, and a script that predicts with them.

    Raises:
        InputError: the extra `onnx` is not installed; no graph computes the model.
    """
    need("onnx")
    from mtbert.inference import onnx_model

    trained = TrainedModel(checkpoint, "cpu")
    model = trained.model
    names = _inputs(checkpoint, model)
    check_graph(model, names)
    with new_export(out) as folder:
        _write_descriptions(folder, checkpoint, model, names, int8=int8)
        shutil.copyfile(onnx_model.__file__, folder / "predict.py")
        fp32 = folder / "model.onnx"
        write_graph(fp32, model, {name: _example(name) for name in names})
        exported = onnx_model.OnnxModel(folder)
        for task in trained.tasks:
            second = OTHERS if trained.tasks[task].paired else None
            _compare(trained, task, exported.predict(task, TEXTS, second), "onnx")
        if int8:
            quantize(fp32, folder / "int8.onnx")
            (folder / "int8.onnx").replace(fp32)


def _inputs(checkpoint: Path, model: MultiTaskModel) -> list[str]:
    content = json.loads((checkpoint / "tokenizer_config.json").read_text(encoding="utf-8"))
    types = ["token_type_ids"] * ("token_type_ids" in content["model_input_names"])
    pairs = [PAIRS] * any(model.compares_vectors(task) for task in model.tasks)
    return ["input_ids", "attention_mask", *types, *pairs]


def _example(name: str) -> torch.Tensor:
    """Inputs to trace a graph with, of any content."""
    if name == PAIRS:
        return torch.tensor([[0, 1], [1, 2]])
    return torch.full((3, 7), int(name != "token_type_ids"))


def _write_descriptions(
    folder: Path, checkpoint: Path, model: MultiTaskModel, names: list[str], *, int8: bool
) -> None:
    """Write the tokenizer, graph.json and README.md."""
    manifest, sequences = read_manifest(checkpoint), read_sequences(checkpoint)
    tokenizer = load_tokenizer(checkpoint)
    tokenizer.enable_truncation(sequences.max_length)
    tokenizer.enable_padding(
        pad_id=sequences.pad, pad_token=tokenizer.id_to_token(sequences.pad) or "[PAD]"
    )
    tokenizer.save(str(folder / TOKENIZER))
    shutil.copyfile(checkpoint / TOKENIZER_FILES[1], folder / TOKENIZER_FILES[1])
    outputs: dict[str, dict[str, Any]] = {}
    for task, own in manifest.tasks.items():
        rows = "pairs" if model.compares_vectors(task) else "joint" if own.paired else "texts"
        similarity = own.labels.kind == "similarity"
        labels = None if similarity else classes(own.labels)
        low, high = own.labels.bounds
        outputs[task] = {"title": own.title, "rows": rows, "labels": labels}
        outputs[task] |= {"range": [low, high]} if similarity else {}
    facts = {"precision": "int8" if int8 else "fp32", "max_length": sequences.max_length}
    graph = {"file": "model.onnx", **facts, "inputs": names, "outputs": outputs}
    write_text(folder / "graph.json", json.dumps(graph, indent=1, ensure_ascii=False) + "\n")
    text = README.format(tasks=", ".join(manifest.tasks), version=manifest.version, **facts)
    write_text(folder / "README.md", text)


def _compare(trained: TrainedModel, task: str, exported: np.ndarray, target: str) -> None:
    """Refuse an export whose predictions of a few texts are not the checkpoint's."""
    labels = trained.tasks[task].labels
    low, high = labels.bounds
    unit = high - low if labels.kind == "similarity" else 1.0
    others = OTHERS if trained.tasks[task].paired else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a text is cut is part of the test
        expected = as_array(trained, task, TEXTS, others)
    error = np.abs(exported - expected).max() / unit
    if not error <= TOLERANCE:
        raise InputError(
            f"{target}: {task}: its predictions differ from the checkpoint's by {error:.2g}, more "
            f"than {TOLERANCE:g}: this model cannot be exported so; mtbert.load reads it"
        )


def as_array(
    trained: TrainedModel, task: str, texts: list[str], others: list[str] | None = None
) -> np.ndarray:
    """A checkpoint's predictions: probabilities, (example, class), or similarities, (example,)."""
    many = trained.predict_examples(task, trained.examples(task, texts, others))
    rows = [p.label if p.probabilities is None else [*p.probabilities.values()] for p in many]
    return np.array(rows, dtype=np.float64)


def export_sentence_transformers(checkpoint: Path, out: Path) -> None:
    """Write what sentence-transformers reads: the files of a checkpoint that has them.

    Raises:
        InputError: it would compute other vectors than the checkpoint's.
    """
    manifest = read_manifest(checkpoint)
    if not (checkpoint / SENTENCE_FILES[0]).is_file():
        settings, task = manifest.model, sentence_task(manifest.model)
        reason = "the tasks have different vectors"
        if not settings.adaptation.plain:
            reason = "the encoder's layers differ from task to task (PAL)"
        elif task is not None and settings.encoding.get(task) != "siamese":
            reason = "no task compares the vectors of two texts (encoding: siamese)"
        elif task is not None:
            reason = "it has no such pooling or projection; mean, cls and max, without projection,"
            reason += " can be exported"
        raise InputError(f"sentence-transformers: {reason}: use mtbert.load(…).encode")
    with new_export(out) as folder:
        for name in (*SENTENCE_FILES, *TOKENIZER_FILES, "config.json", "model.safetensors"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(checkpoint / name, folder / name)


def export_transformers(checkpoint: Path, out: Path, *, task: str | None = None) -> None:
    """Write one task as AutoModelForSequenceClassification loads it.

    Raises:
        InputError: no such task, or several and none named; Transformers' model of this
            architecture has another head.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from mtbert.inference.sequence_classification import as_sequence_classifier

    trained = TrainedModel(checkpoint, "cpu")
    if task is None and len(trained.tasks) > 1:
        names = ", ".join(trained.tasks)
        raise InputError(
            f"transformers: its classifiers have one task: give --task, one of {names}"
        )
    task = task or next(iter(trained.tasks))
    kind = trained.task(task)
    classifier = as_sequence_classifier(trained.model, task, kind.labels, checkpoint)
    with new_export(out) as folder:
        classifier.save_pretrained(folder)
        for name in TOKENIZER_FILES:
            shutil.copyfile(checkpoint / name, folder / name)
        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        texts = (TEXTS, OTHERS) if kind.paired else (TEXTS,)
        inputs = tokenizer(*texts, padding=True, truncation=True, return_tensors="pt")
        loaded = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        with torch.no_grad():
            logits = loaded(**inputs).logits
        values = logits[:, 0] if kind.labels.kind == "similarity" else logits.softmax(1)
        _compare(trained, task, values.numpy(), "transformers")
