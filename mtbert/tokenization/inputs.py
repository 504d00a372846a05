"""Inputs of tokenization: its section of the params file, TEXT tables, an encoder's config.json."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from mtbert.core.errors import InputError
from mtbert.core.params import Settings, read_json
from mtbert.core.tasks import SPLITS

# Encoders whose positions start at the padding id + 1: rows up to there stay unused.
AFTER_PADDING = {
    *("camembert", "data2vec-text", "ibert", "longformer", "luke", "mpnet", "roberta"),
    *("roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"),
}


class TokenizeSettings(Settings):
    """Section `tokenize` of the params file: how texts become token ids."""

    # Below 8 a joint pair has hardly a word left of each text beside its special tokens.
    max_length: Annotated[int, Field(ge=8)]


def find_text_tables(text: Path) -> dict[tuple[str, str], Path]:
    """Find the TEXT table of each task and split, `{task}/{split}.parquet`.

    Raises:
        InputError: there is none, or a task has no train split.
    """
    paths = {(path.parent.name, path.stem): path for path in sorted(text.glob("*/*.parquet"))}
    if not paths:
        raise InputError(f"{text}: no tables {{task}}/{{split}}.parquet; `dvc repro` makes them")
    for task in sorted({task for task, _ in paths}):
        if (task, SPLITS[0]) not in paths:
            raise InputError(f"{text / task}: no {SPLITS[0]}.parquet; `dvc repro` makes it")
    return paths


def whole_number(config: Path, key: str, *, least: int = 1) -> int:
    """Read a number from an encoder's config.json.

    Raises:
        InputError: the file cannot be read, or holds no whole number from `least` on.
    """
    value = read_json(config).get(key)
    if type(value) is not int or value < least:
        rule = "above 0" if least == 1 else f"from {least}"
        raise InputError(f"{config}: {key}: expected a whole number {rule}, found {value!r}")
    return value


def padding_id(config: Path) -> int | None:
    """Read the padding token's id from an encoder's config.json; None if it names none."""
    named = read_json(config).get("pad_token_id") is not None
    return whole_number(config, "pad_token_id", least=0) if named else None


def check_length(config: Path, max_length: int, *, where: str) -> None:
    """Check by its config.json that an encoder has a position for every token of a sequence.

    Raises:
        InputError: there are fewer than `max_length`, or the file cannot be read; `where`, the
            params file and key, opens the message.
    """
    content = read_json(config)
    if content.get("max_position_embeddings") is None:
        return
    positions, unused = whole_number(config, "max_position_embeddings"), 0
    if content.get("model_type") in AFTER_PADDING:
        pad = padding_id(config)
        unused = 2 if pad is None else pad + 1  # Transformers' default is RoBERTa's own, 1
    if max_length > positions - unused:
        why = f" ({positions} less {unused}: they count from padding on)" if unused else ""
        raise InputError(
            f"{where}: the encoder has {positions - unused} positions{why}, found {max_length}"
        )
