"""One further pre-training, from an encoder to an encoder."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from mtbert.core.environment import hardware, versions
from mtbert.core.outputs import write_text
from mtbert.core.params import read_json
from mtbert.pretraining.language_model import save_encoder
from mtbert.pretraining.loop import train
from mtbert.pretraining.reader import Reader
from mtbert.pretraining.settings import PretrainSettings


def pretrain(
    settings: PretrainSettings, *, tokens: Path, source: Path, folder: Path, log_folder: Path
) -> None:
    """Train an encoder to guess hidden tokens of the tasks' texts.

    Args:
        settings: Section `pretrain`.
        tokens: Folder of TOKENS tables and the tokenizer.
        source: The encoder's folder.
        folder: Takes the encoder as it is then.
        log_folder: Takes metrics.json and pretrain.json, and in its folder curves/ steps.csv.

    Raises:
        InputError: the encoder or its tokenizer has no masked language model, there is nothing to
            read, or a loss is not a finite number.
    """
    reader = Reader(settings, tokens=tokens, source=source)
    reader.tell()
    before = reader.measure()
    print(f"pretrain: held out, before: loss {before['loss']:.3f}", flush=True)
    counts = train(reader, log_folder / "curves" / "steps.csv")
    after = reader.measure()
    print(
        f"pretrain: held out, after: loss {after['loss']:.3f}, accuracy "
        f"{before['accuracy']:.3f} before, {after['accuracy']:.3f} after",
        flush=True,
    )
    save_encoder(reader.model, source, folder, tokens=tokens)
    write_text(folder / "SOURCE.json", _json(origin(reader)))
    write_text(log_folder / "metrics.json", _json({"before": before, "after": after}))
    write_text(log_folder / "pretrain.json", _json(describe(reader, before, after, counts)))


def origin(reader: Reader) -> dict[str, Any]:
    """Say where the new encoder came from: the content of its SOURCE.json.

    Its kind is the old one's: with it goes the recipe of fine-tuning, and a comparison with and
    without further pre-training changes nothing else.
    """
    old = read_json(reader.source / "SOURCE.json")
    return {
        "kind": old.get("kind"),
        "name": f"{old.get('name') or old.get('kind')}, further pre-trained",
        "pretrain": reader.settings.model_dump(mode="json"),
        "from": old,
    }


def describe(
    reader: Reader, before: dict[str, float], after: dict[str, float], counts: dict[str, float]
) -> dict[str, Any]:
    """Say what ran, on what, and how fast: the content of pretrain.json."""
    return {
        "settings": reader.settings.model_dump(mode="json"),
        "sentences": asdict(reader.sentences.counts),
        "held_out": {"before": before, "after": after},
        **counts,
        "tokens_per_second": round(counts["tokens"] / max(counts["train_seconds"], 0.1), 1),
        "total_seconds": round(time.perf_counter() - reader.started, 1),
        "head": {"tied": reader.model.tied, "fresh": reader.model.fresh},
        "layout": {"used": reader.layout, "reason": reader.layout_reason},
        "precision": {
            "asked": reader.settings.precision,
            "used": reader.precision,
            "reason": reader.fallback,
        },
        "device": reader.device.type,
        "hardware": hardware(reader.device),
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
