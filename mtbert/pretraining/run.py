"""Further pre-training, from an encoder to an encoder."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from mtbert.core.environment import hardware, seed_everything, versions
from mtbert.core.errors import InputError
from mtbert.core.outputs import write_text
from mtbert.core.params import read_json
from mtbert.core.progress import progress_bar
from mtbert.core.schemas import Ragged
from mtbert.core.sequences import read_sequences
from mtbert.modeling.architectures import usable_layout
from mtbert.modeling.encoder import read_config
from mtbert.modeling.packing import RowShape, TaskExamples, TokenBatch, collate
from mtbert.pretraining.language_model import TOKENIZER, load_language_model, save_encoder
from mtbert.pretraining.masking import mask, read_vocabulary
from mtbert.pretraining.sentences import read_sentences
from mtbert.pretraining.settings import PretrainSettings
from mtbert.training.batches import stream
from mtbert.training.precision import choose_precision
from mtbert.training.schedule import factor


def pretrain(
    settings: PretrainSettings, *, tokens: Path, source: Path, folder: Path, log_folder: Path
) -> None:
    """Train an encoder to predict masked tokens of the tasks' texts.

    Args:
        settings: Section `pretrain`.
        tokens: Folder of TOKENS tables and the tokenizer.
        source: The encoder's folder.
        folder: For the trained encoder.
        log_folder: For metrics.json, pretrain.json and curves/steps.csv.

    Raises:
        InputError: the encoder or its tokenizer has no masked language model, there is no sentence
            to read, or a loss or gradient norm is NaN or inf.
    """
    run = Pretraining(settings, tokens=tokens, source=source)
    run.print_setup()
    before = run.evaluate()
    print(f"pretrain: held out, before: loss {before['loss']:.3f}", flush=True)
    counts = run.train(log_folder / "curves" / "steps.csv")
    after = run.evaluate()
    print(
        f"pretrain: held out, after: loss {after['loss']:.3f}, accuracy "
        f"{before['accuracy']:.3f} before, {after['accuracy']:.3f} after",
        flush=True,
    )
    save_encoder(run.model, source, folder, tokens=tokens)
    held_out = {"before": before, "after": after}
    for path, data in (
        (folder / "SOURCE.json", _origin(source, settings)),
        (log_folder / "metrics.json", held_out),
        (log_folder / "pretrain.json", {**run.describe(), "held_out": held_out, **counts}),
    ):
        write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def _origin(source: Path, settings: PretrainSettings) -> dict[str, Any]:
    """The new encoder's SOURCE.json.

    Its kind is the old one's: with it goes the recipe of fine-tuning, so that a comparison with and
    without further pre-training changes nothing else.
    """
    old = read_json(source / "SOURCE.json")
    name = f"{old.get('name') or old.get('kind')}, further pre-trained"
    options = settings.model_dump(mode="json")
    return {"kind": old.get("kind"), "name": name, "pretrain": options, "from": old}


class Pretraining:
    """A masked language model, the sentences that it reads, and the training loop."""

    def __init__(self, settings: PretrainSettings, *, tokens: Path, source: Path) -> None:
        self.started = time.perf_counter()
        self.settings = settings
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        seed_everything(settings.seed)
        sequences, config = read_sequences(tokens).model_dump(), read_config(source)
        self.vocabulary = read_vocabulary(Tokenizer.from_file(str(tokens / TOKENIZER)), source)
        self.layout, self.layout_reason = usable_layout("packed", config)
        self.shape = RowShape.of(
            sequences, row_length=sequences["max_length"], packed=self.layout == "packed"
        )
        self.sentences = read_sentences(
            tokens,
            settings,
            longest=self.shape.max_length - len(self.shape.prefix) - len(self.shape.suffix),
            ordinary=self.vocabulary.ordinary,
        )
        chosen = choose_precision(settings.precision, self.device, config)
        self.precision, self.fallback = chosen
        self.model = load_language_model(source, vocabulary=sequences["vocabulary"])
        self.model.to(self.device)

    def print_setup(self) -> None:
        """Print the counts of sentences, and where the run departs from its settings."""
        counts = self.sentences.counts.items()
        print("pretrain:", ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts))
        if self.fallback:
            print(f"pretrain: in fp32, not {self.settings.precision}: {self.fallback}")
        if self.layout_reason:
            print(f"pretrain: padded batches, not packed rows: {self.layout_reason}")
        if self.model.fresh:
            print(
                f"pretrain: the checkpoint lacks {len(self.model.fresh)} weights of the language "
                f"model's head, such as {', '.join(self.model.fresh[:2])}: they start at random"
            )

    def predict_masked(
        self, texts: Ragged, rows: np.ndarray, generator: np.random.Generator
    ) -> tuple[Tensor, Tensor, TokenBatch]:
        """Mask tokens; give their logits (masked, entry), their ids (masked,), and the batch."""
        batch = collate({"texts": TaskExamples(texts, None, rows)}, self.shape)
        masked = mask(
            batch.input_ids.numpy(),
            batch.sequence.numpy() < len(batch.starts),
            self.vocabulary,
            share=self.settings.mask_share,
            generator=generator,
        )
        batch = replace(batch, input_ids=torch.from_numpy(masked.ids)).to(self.device)
        bf16 = self.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
            logits = self.model(batch, torch.from_numpy(masked.places).to(self.device))
        return logits.float(), torch.from_numpy(masked.labels).to(self.device), batch

    def evaluate(self) -> dict[str, float]:
        """Mean loss and accuracy on the held-out sentences, with the same masks each time."""
        held_out, loss, right, count = self.sentences.held_out, 0.0, 0, 0
        size, batch_size = len(held_out.lengths), self.settings.batch_size
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, size, batch_size):
                rows = np.arange(start, min(start + batch_size, size))
                generator = stream(self.settings.seed, "held-out masks", start)
                logits, labels, _ = self.predict_masked(held_out, rows, generator)
                loss += float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
                right += int((logits.argmax(-1) == labels).sum())
                count += len(labels)
        return {"loss": round(loss / count, 6), "accuracy": round(right / count, 6)}

    def train(self, log: Path) -> dict[str, float]:
        """Train in place; give counts of steps, tokens and masked tokens, and seconds.

        AdamW with no decay on biases and layer norms, linear decay after a warm-up, as in BERT.
        """
        settings, parameters = self.settings, list(self.model.parameters())
        groups = [
            {"params": [p for p in parameters if (p.ndim > 1) == matrices], "weight_decay": decay}
            for matrices, decay in ((True, settings.weight_decay), (False, 0.0))
        ]
        optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        batches = list(islice(self._batches(), settings.steps))
        total, began, tokens = len(batches), time.perf_counter(), 0
        steps: list[dict[str, Any]] = []
        bar = progress_bar("pretrain", total, "steps")
        self.model.train()
        for step, (epoch, rows) in enumerate(batches, 1):
            share = factor(step - 1, total=total, warmup=settings.warmup, schedule="linear")
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * share
            steps.append({"step": step, "epoch": epoch, **self._step(step, rows, optimizer)})
            tokens += steps[-1]["tokens"]
            rate = tokens / (time.perf_counter() - began)
            text = f"epoch {epoch}, loss {steps[-1]['loss']}, {rate:,.0f} tokens/s"
            bar.set_postfix_str(text, refresh=False)
            bar.update()
        bar.close()
        seconds = round(time.perf_counter() - began, 1)
        pd.DataFrame(steps).to_csv(log, index=False)
        masked = sum(row["masked"] for row in steps)
        return {"steps": total, "tokens": tokens, "masked": masked, "train_seconds": seconds}

    def _step(
        self, step: int, rows: np.ndarray, optimizer: torch.optim.Optimizer
    ) -> dict[str, str | int]:
        """Update the weights; give the rest of the step's row in the log."""
        generator = stream(self.settings.seed, "masks", step)
        logits, labels, batch = self.predict_masked(self.sentences.train, rows, generator)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip).item()
        if not np.isfinite([loss.item(), norm]).all():
            raise InputError(
                f"pretrain: step {step}: loss {loss.item()}, gradient norm {norm}: NaN or inf; "
                f"the optimizer step was skipped; try a lower pretrain.learning_rate"
            )
        optimizer.step()
        optimizer.zero_grad()
        return {
            "loss": f"{loss.item():.5g}",
            "learning_rate": f"{optimizer.param_groups[0]['lr']:.4g}",
            "gradient_norm": f"{norm:.4g}",
            "sentences": len(rows),
            "tokens": batch.tokens,
            "masked": len(labels),
        }

    def _batches(self) -> Iterator[tuple[int, np.ndarray]]:
        """The epoch and the sentences of every step."""
        size, batch_size = len(self.sentences.train.lengths), self.settings.batch_size
        for epoch in range(1, self.settings.epochs + 1):
            order = stream(self.settings.seed, "order of sentences", epoch).permutation(size)
            for start in range(0, size, batch_size):
                yield epoch, order[start : start + batch_size]

    def describe(self) -> dict[str, Any]:
        """Give settings, sentences, hardware and versions for pretrain.json."""
        return {
            "settings": self.settings.model_dump(mode="json"),
            "sentences": self.sentences.counts,
            "total_seconds": round(time.perf_counter() - self.started, 1),
            "head": {"tied": self.model.tied, "fresh": self.model.fresh},
            "layout": {"used": self.layout, "reason": self.layout_reason},
            "precision": {"used": self.precision, "reason": self.fallback},
            "device": self.device.type,
            "hardware": hardware(self.device),
            "threads": torch.get_num_threads(),
            "versions": versions(),
        }
