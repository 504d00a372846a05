"""The loop of further pre-training."""

import csv
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mtbert.core.errors import InputError
from mtbert.pretraining.reader import Reader
from mtbert.training.batches import stream
from mtbert.training.schedule import factor

# Seconds between two lines of progress.
PAUSE = 5.0
COLUMNS = (
    "step",
    "epoch",
    "loss",
    "learning_rate",
    "gradient_norm",
    "sentences",
    "tokens",
    "masked",
)


def train(reader: Reader, log: Path) -> dict[str, float]:
    """Train in place; give counts of steps, tokens, masked tokens, and seconds.

    AdamW with no decay on biases and layer norms, linear decay after a warm-up, as in BERT.
    """
    settings, total = reader.settings, reader.total
    trained = list(reader.model.parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=settings.learning_rate,
    )
    began, spoken, counts = time.perf_counter(), 0.0, {"tokens": 0, "masked": 0}
    reader.model.train()
    with log.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for step, (epoch, rows) in zip(range(1, total + 1), reader.steps(), strict=False):
            rate = settings.learning_rate * factor(
                step - 1, total=total, warmup=settings.warmup, schedule="linear"
            )
            for group in optimizer.param_groups:
                group["lr"] = rate
            generator = stream(settings.seed, "masks", step)
            logits, labels, batch = reader.guess(reader.sentences.train, rows, generator)
            loss = nn.functional.cross_entropy(logits, labels)
            loss.backward()  # type: ignore[no-untyped-call]
            norm = nn.utils.clip_grad_norm_(trained, settings.clip)
            value = check_finite(step, {"loss": loss.item(), "gradient norm": norm.item()})
            optimizer.step()
            optimizer.zero_grad()
            counts["tokens"] += batch.tokens
            counts["masked"] += len(labels)
            sizes = [len(rows), batch.tokens, len(labels)]
            writer.writerow(
                [step, epoch, f"{value:.5g}", f"{rate:.4g}", f"{norm.item():.4g}", *sizes]
            )
            if time.perf_counter() - spoken >= PAUSE or step == total:
                spoken = time.perf_counter()
                pace = (spoken - began) / step
                print(
                    f"pretrain: step {step}/{total}, epoch {epoch}, loss {value:.3f}, "
                    f"{counts['tokens'] / (spoken - began):,.0f} tokens/s, "
                    f"{pace * (total - step) / 60:.1f} min left",
                    flush=True,
                )
    return {"steps": total, **counts, "train_seconds": round(time.perf_counter() - began, 1)}


def check_finite(step: int, values: dict[str, float]) -> float:
    """Stop before an update that would spoil every weight; give the first value, the loss.

    Raises:
        InputError: naming the step and what is not a finite number.
    """
    for name, value in values.items():
        if not np.isfinite(value):
            raise InputError(
                f"pretrain: step {step}: {name} is {value}; a lower pretrain.learning_rate may help"
            )
    return next(iter(values.values()))
