"""Multi-task fine-tuning of BERT: the pipeline's packages, and the models that it trains.

A run's best checkpoint, wherever it lies, predicts for all of its tasks:

    >>> import mtbert
    >>> model = mtbert.load("data/runs/main-1/best")
    >>> sorted(model.tasks)
    ['para', 'sst', 'sts']

A prediction has the class's name and the probability of each class; that of a similarity is a
number in the unit of the labels. Pairs are two texts, two lists, or a list of 2-tuples:

    >>> model.predict("sst", "a fine film")
    Prediction(label=..., probabilities={'0': ..., '4': ...})
    >>> model.predict("para", ["how are you?"], ["how old are you?"])
    [Prediction(label=..., probabilities={'0': ..., '1': ...})]
    >>> model.predict("sts", [("how are you?", "how old are you?")])
    [Prediction(label=..., probabilities=None)]

Vectors of texts, and scores on a labelled file (CSV, TSV, JSON lines or Parquet) or DataFrame:

    >>> model.encode(["a fine film", "it is dull"]).shape
    (2, 24)
    >>> columns = {"text_a": "review", "label": "stars"}
    >>> scores = mtbert.evaluate(model, "sst", "reviews.csv", columns)
    >>> scores["accuracy"]
    Score(value=..., half_width=..., baseline=..., examples=...)

The same options as in params.yaml train a model on DataFrames, without a project:

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"review": ["a fine film", "it is dull"] * 8, "good": [1, 0] * 8})
    >>> columns = {"text_a": "review", "label": "good"}
    >>> polarity = {"files": {"train": rows, "dev": rows}, "columns": columns}
    >>> polarity["labels"] = {"kind": "binary"}
    >>> trained = mtbert.train({"polarity": polarity}, {"epochs": 1}, encoder="scratch", seed=1)
    main-1: epoch 1 on dev: polarity_accuracy ...
    >>> trained.save("polarity")

What the model is, as text:

    >>> print(model.card)
    sst (sentiment (SST-5)): texts → classes: 0, 1, 2, 3, 4
    para (paraphrase (Quora)): pairs of texts → binary: 0, 1
    sts (similarity (STS-B)): pairs of texts → similarity: 0 to 5
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbert.core.errors import InputError

if TYPE_CHECKING:
    from mtbert.inference.model import Prediction, TrainedModel
    from mtbert.inference.scores import Score, evaluate
    from mtbert.scaffold.in_memory import train

__all__ = ["InputError", "Prediction", "Score", "TrainedModel", "evaluate", "load", "train"]

# Imported at the first use: they take torch and transformers, and with them seconds.
_LATER = {
    "Prediction": "mtbert.inference.model",
    "TrainedModel": "mtbert.inference.model",
    "Score": "mtbert.inference.scores",
    "evaluate": "mtbert.inference.scores",
    "train": "mtbert.scaffold.in_memory",
}


def load(path: str | Path, device: str | None = None) -> "TrainedModel":
    """Load a checkpoint, such as data/runs/main-1/best.

    Args:
        path: Its folder, or where it was pushed to on the Hugging Face hub: NAME/REPOSITORY, with
            @REVISION (a commit, branch or tag) behind it if not the main branch's.
        device: As torch names it; by default the GPU if there is one, else the CPU.

    Raises:
        InputError: the folder is no checkpoint, one of a newer format, or a broken one; torch has
            no such device; the hub has no such repository, or cannot be reached.
    """
    from mtbert.inference.hub import checkpoint_folder
    from mtbert.inference.model import TrainedModel

    return TrainedModel(checkpoint_folder(path), device)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
