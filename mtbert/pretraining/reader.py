"""An encoder that guesses hidden tokens of sentences, and how well it does."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from mtbert.core.environment import seed_everything
from mtbert.core.params import read_json
from mtbert.core.schemas import Ragged
from mtbert.modeling.architectures import takes_bf16, usable_layout
from mtbert.modeling.encoder import read_config
from mtbert.modeling.packing import RowShape, TaskExamples, TokenBatch, collate
from mtbert.pretraining.language_model import TOKENIZER, load_language_model
from mtbert.pretraining.masking import mask, read_vocabulary
from mtbert.pretraining.sentences import read_sentences
from mtbert.pretraining.settings import PretrainSettings
from mtbert.training.batches import stream
from mtbert.training.precision import usable


class Reader:
    """An encoder and what it reads: sentences, masks, measures."""

    def __init__(self, settings: PretrainSettings, *, tokens: Path, source: Path) -> None:
        self.started = time.perf_counter()
        self.settings, self.tokens, self.source = settings, tokens, source
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        seed_everything(settings.seed)
        sequences, config = read_json(tokens / "sequences.json"), read_config(source)
        self.vocabulary = read_vocabulary(Tokenizer.from_file(str(tokens / TOKENIZER)), source)
        self.layout, self.layout_reason = usable_layout("packed", config)
        self.shape = RowShape.of(
            sequences, row_length=sequences["max_length"], packed=self.layout == "packed"
        )
        self.sentences = read_sentences(
            tokens,
            settings.tasks,
            longest=self.shape.max_length - len(self.shape.prefix) - len(self.shape.suffix),
            ordinary=self.vocabulary.ordinary,
            held_out=settings.held_out,
            seed=settings.seed,
        )
        self.precision, self.fallback = usable(settings.precision, self.device)
        if self.precision == "bf16" and not takes_bf16(config):
            kind = config["model_type"]
            self.precision, self.fallback = "fp32", f"model_type {kind} does not run in bf16"
        self.model = load_language_model(source, vocabulary=sequences["vocabulary"])
        self.model.to(self.device)

    def tell(self) -> None:
        """Print what is read, and what differs from what was asked for."""
        print(f"pretrain: {self.sentences.told()}")
        if self.fallback:
            print(f"pretrain: in fp32, not {self.settings.precision}: {self.fallback}")
        if self.layout_reason:
            print(f"pretrain: padded batches, not packed rows: {self.layout_reason}")
        if self.model.fresh:
            named = ", ".join(self.model.fresh[:2])
            print(
                f"pretrain: the checkpoint lacks {len(self.model.fresh)} weights of the head that "
                f"guesses, such as {named}: they start at random"
            )

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which a forward pass runs; weights stay in fp32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def guess(
        self, texts: Ragged, rows: np.ndarray, generator: np.random.Generator
    ) -> tuple[Tensor, Tensor, TokenBatch]:
        """Hide tokens of some sentences and guess them.

        Returns:
            Logits (masked, entry), the right ids (masked,), the batch.
        """
        batch = collate({"texts": TaskExamples(texts, None, rows)}, self.shape)
        real = batch.sequence.numpy() < len(batch.starts)
        hidden = mask(
            batch.input_ids.numpy(),
            real,
            self.vocabulary,
            share=self.settings.mask_share,
            generator=generator,
        )
        batch = replace(batch, input_ids=torch.from_numpy(hidden.ids)).to(self.device)
        with self.autocast():
            logits = self.model(batch, torch.from_numpy(hidden.places).to(self.device))
        return logits.float(), torch.from_numpy(hidden.labels).to(self.device), batch

    def measure(self) -> dict[str, float]:
        """Mean loss and accuracy of hidden tokens of the held-out sentences, the same each time."""
        held, loss, right, count = self.sentences.held_out, 0.0, 0, 0
        self.model.eval()
        with torch.inference_mode():
            for rows in _batches(np.arange(len(held.lengths)), self.settings.batch_size):
                generator = stream(self.settings.seed, "held-out masks", int(rows[0]))
                logits, labels, _ = self.guess(held, rows, generator)
                loss += float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
                right += int((logits.argmax(-1) == labels).sum())
                count += len(labels)
        return {"loss": round(loss / count, 6), "accuracy": round(right / count, 6)}

    def steps(self) -> Iterator[tuple[int, np.ndarray]]:
        """Give the epoch and the sentences of every step."""
        size = len(self.sentences.train.lengths)
        for epoch in range(1, self.settings.epochs + 1):
            order = stream(self.settings.seed, "order of sentences", epoch).permutation(size)
            for rows in _batches(order, self.settings.batch_size):
                yield epoch, rows

    @property
    def total(self) -> int:
        """Number of steps."""
        laps = -(-len(self.sentences.train.lengths) // self.settings.batch_size)
        return min(self.settings.epochs * laps, self.settings.steps or np.iinfo(int).max)


def _batches(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
