"""A trained model, loaded from a checkpoint: predictions and vectors of any texts."""

import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pyarrow as pa
import torch

from mtbert.core.errors import InputError, choices
from mtbert.core.labels import classes
from mtbert.core.progress import progress_bar
from mtbert.core.schemas import Tokens, decode_tokens, text_schema
from mtbert.core.sequences import read_sequences
from mtbert.evaluation.predictions import Predictions, decode_outputs
from mtbert.inference.texts import TextExamples, Texts, read_texts
from mtbert.modeling.architectures import usable_layout
from mtbert.modeling.checkpoint import load_checkpoint
from mtbert.modeling.interchange import sentence_task
from mtbert.modeling.manifest import CheckpointTask, read_manifest
from mtbert.modeling.packing import RowShape
from mtbert.modeling.prediction import encode_splits, predict
from mtbert.tokenization.encoding import count_tokens, encode_tables
from mtbert.tokenization.vocabulary import load_tokenizer

if TYPE_CHECKING:
    from tqdm import tqdm

# Examples that are tokenized and put in order of length together
CHUNK = 2048
BATCH = 128


@dataclass(frozen=True)
class Prediction:
    """What a model says of one example."""

    label: str | float  # the class's name, or the similarity in the unit of the labels
    probabilities: dict[str, float] | None = None  # by class; None for a similarity


class TrainedModel:
    """A checkpoint's encoder and heads, and the tokenizer that they were trained with.

    Attributes:
        tasks: What the model was trained for, by name: labels, title, metric.
        card: A description as text: tasks, labels, scores on dev, data, settings.
        max_length: Tokens of a text, or of a pair that is read as one, that are read.
        model: Encoder and heads, a torch module in evaluation mode.
    """

    def __init__(self, folder: Path, device: str | None = None) -> None:
        """Load a checkpoint onto a device: the GPU if there is one.

        Raises:
            InputError: the folder is no checkpoint, one of a newer format, or a broken one; torch
                has no such device.
        """
        manifest, self._sequences = read_manifest(folder), read_sequences(folder)
        self.tasks: dict[str, CheckpointTask] = manifest.tasks
        self.card = manifest.card()
        self._tokenizer = load_tokenizer(folder)
        if (size := self._tokenizer.get_vocab_size()) != self._sequences.vocabulary:
            raise InputError(
                f"{folder}: tokenizer.json has {size} entries, sequences.json names "
                f"{self._sequences.vocabulary}: they are not of one checkpoint"
            )
        name = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.model = load_checkpoint(folder).eval()
        try:
            self.model.to(name)
        except (RuntimeError, AssertionError) as error:  # torch raises either
            reason = str(error).splitlines()[0]
            raise InputError(f"device: {name!r} cannot be used: {reason}") from None
        config = self.model.encoder.config.to_dict()
        layout, _ = usable_layout(manifest.model.layout, config)
        self._shape = RowShape.of(
            self._sequences.model_dump(mode="json"),
            row_length=manifest.model.row_length,
            packed=layout == "packed",
        )
        self.max_length = self._shape.max_length
        self._folder = folder

    def __repr__(self) -> str:
        return f"<TrainedModel {str(self._folder)!r}: {', '.join(self.tasks)}>"

    @overload
    def predict(
        self, task: str, texts: str, others: str | None = None, *, progress: bool | None = None
    ) -> Prediction: ...

    @overload
    def predict(
        self,
        task: str,
        texts: Iterable[Any],
        others: Iterable[str] | None = None,
        *,
        progress: bool | None = None,
    ) -> list[Prediction]: ...

    def predict(
        self,
        task: str,
        texts: Texts,
        others: Texts | None = None,
        *,
        progress: bool | None = None,
    ) -> Prediction | list[Prediction]:
        """Predict a label for each text or pair, in their order.

        Args:
            task: One of `tasks`.
            texts: A text or any iterable of texts; for a task on pairs also a list of 2-tuples.
            others: Of pairs the second text, or an iterable of as many as `texts` has.
            progress: Whether to show it; by default that of more than a batch, after a while.

        Returns:
            A prediction for one text or one pair, else a list. A similarity is in the unit of the
            labels, and may lie a little outside of their range, as training lets it.

        Raises:
            InputError: no such task, or texts that are not what the task takes.
        """
        examples = self.examples(task, texts, others)
        many = self.predict_examples(task, examples, progress=progress)
        return many[0] if examples.single else many

    def predict_examples(
        self, task: str, examples: TextExamples, *, progress: bool | None = None
    ) -> list[Prediction]:
        """Predict the label of each checked example."""
        predicted = self.predict_arrays(task, examples, progress=progress)
        values, shares = predicted.values.tolist(), predicted.probabilities
        if shares is None:
            return [Prediction(value) for value in values]
        table = shares if shares.ndim == 2 else np.stack([1 - shares, shares], axis=1)
        names = classes(self.tasks[task].labels)
        return [
            Prediction(names[value], dict(zip(names, row, strict=True)))
            for value, row in zip(values, table.tolist(), strict=True)
        ]

    def encode(
        self, texts: Texts, task: str | None = None, *, progress: bool | None = None
    ) -> np.ndarray:
        """Give a vector for each text: (size,) for one, (text, size) for many, float32.

        It is the vector that the task's head reads. Without a task, that of the tasks that compare
        two vectors, if it is the same for all of them: sentence-transformers, too, gives it.

        Raises:
            InputError: no such task; a task that reads both texts of a pair as one; vectors that
                differ from task to task, and no task given; an item that is no text.
        """
        settings = self.model.settings
        if task is None and (task := sentence_task(settings)) is None:
            names = [name for name in self.tasks if not self.model.joint[name]]
            raise InputError(
                f"the tasks have different vectors: give task, one of {', '.join(names) or 'none'}"
            )
        self.task(task)
        if self.model.joint[task]:
            raise InputError(
                f"{task} reads both texts of a pair as one: it has no vectors of texts"
            )
        project = self.model.projections[self.model.projection_owner[task]]
        examples = read_texts(texts, paired=False, rule="encode takes single texts")
        parts = []
        with self._bar(examples, "texts", progress) as bar:
            for tokens in self._tokens(examples, "texts"):
                encoded = encode_splits(self.model, {task: tokens}, self._shape, advance=bar.update)
                with torch.inference_mode():
                    parts.append(project(encoded.vectors[task][0]).cpu().numpy())
        many: np.ndarray = np.concatenate(parts)
        return many[0] if examples.single else many

    def predict_arrays(
        self,
        task: str,
        examples: TextExamples,
        labels: Sequence[float] = (),
        *,
        progress: bool | None = None,
    ) -> Predictions:
        """Predict as arrays, beside the labels if there are any: what the metrics read."""
        with self._bar(examples, task, progress) as bar:
            parts = [
                predict(self.model, {task: tokens}, self._shape, advance=bar.update)[task]
                for tokens in self._tokens(examples, task, joint=self.model.joint[task])
            ]
        outputs = np.concatenate(parts)
        ids = [str(number) for number in range(len(examples.a))]
        decoded = decode_outputs(outputs.astype(np.float64), self.tasks[task].labels)
        return Predictions(ids, np.array(labels, dtype=np.float64), *decoded)

    def examples(
        self,
        task: str,
        texts: Texts,
        others: Texts | None = None,
        *,
        place: Callable[[int], str] = "item {}".format,
    ) -> TextExamples:
        """Check texts for a task; raises as `predict` does, naming an item by its `place`."""
        paired = self.task(task).paired
        rule = f"{task} is a task on {'pairs of texts' if paired else 'single texts'}"
        return read_texts(texts, others, paired=paired, rule=rule, place=place)

    def task(self, name: str) -> CheckpointTask:
        """What the model was trained for; an InputError says that there is no such task."""
        if name not in self.tasks:
            raise InputError(choices("task", name, self.tasks))
        return self.tasks[name]

    def save(self, folder: str | Path) -> None:
        """Copy the checkpoint into a new folder, which `mtbert.load` reads.

        Raises:
            InputError: it exists already.
        """
        if Path(folder).exists():
            raise InputError(f"{folder}: exists already; give a new folder")
        shutil.copytree(self._folder, folder)

    def _bar(self, examples: TextExamples, task: str, progress: bool | None) -> "tqdm[Any]":
        count = len(examples.a)
        # What a server predicts need not pay for a bar.
        shown = False if progress is None and count <= BATCH else progress
        return progress_bar(task, count, "examples", shown=shown)

    def _tokens(
        self, examples: TextExamples, task: str, *, joint: bool = False
    ) -> Iterator[Tokens]:
        """Tokenize some examples at a time; warn of those that are cut."""
        count, cut, limit = len(examples.a), 0, self._shape.max_length
        for start in range(0, count, CHUNK):
            tables = {("", ""): _table(examples, start)}
            table = encode_tables(self._tokenizer, tables, progress=False)["", ""]
            counts = count_tokens(table, vars(self._shape), limit)
            cut += counts["truncated_pairs" if joint else "truncated_texts"]
            yield decode_tokens(table, paired=examples.b is not None)
        if cut:
            what = "pairs" if joint else "texts"
            rule = f"more than {limit} tokens: only their beginning was read"
            warnings.warn(f"{task}: {cut} of {count} {what} have {rule}", stacklevel=4)


def _table(examples: TextExamples, start: int) -> pa.Table:
    """Some examples as a TEXT table without ids and labels."""
    a, b = (side and side[start : start + CHUNK] for side in (examples.a, examples.b))
    absent = [None] * len(a or ())
    rows = {"id": absent, "text_a": a, "text_b": b or absent, "label": absent}
    return pa.table(rows, schema=text_schema())
