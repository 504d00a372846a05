"""Whether a folder holds an encoder that can be loaded, found out before anything is copied."""

import hashlib
from pathlib import Path
from typing import Any

from mtbert.core.errors import InputError
from mtbert.core.params import read_json

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "vocab.txt")
# Read by Transformers' slow tokenizers alone.
UNREAD = ("spiece.model", "sentencepiece.bpe.model", "spm.model", "vocab.json", "merges.txt")
OPTIONAL = (*TOKENIZERS, "tokenizer_config.json", "special_tokens_map.json")

# The class a checkpoint was saved from tells a decoder by its ending.
DECODERS = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
# Saved from their bare model, these are not told by it.
GENERATORS = {
    *("gpt2", "gpt_neo", "gpt_neox", "gptj", "opt", "bloom", "falcon", "llama", "mistral", "phi"),
    *("gemma", "gemma2", "gemma3", "qwen2", "qwen3", "phi3", "mixtral", "mpt", "ctrl", "reformer"),
    *("t5", "mt5", "bart", "mbart", "pegasus", "openai-gpt", "modernbert-decoder"),
}
# What most encoders call their table of words, and its width.
EMBEDDINGS = ("word_embeddings.weight", "tok_embeddings.weight")
WIDTHS = ("embedding_size", "input_embedding_size", "hidden_size", "dim")


def check(folder: Path) -> list[str]:
    """Check that a folder holds an encoder with its weights and tokenizer.

    Returns:
        The names of the files that make it up.

    Raises:
        InputError: a file is missing or unreadable, or it is no encoder.
    """
    config = read_json(folder / "config.json")
    _check_architecture(folder / "config.json", config)
    weights, shards = _weights(folder)
    _check_tokenizer(folder)
    _check_embeddings(folder, config, shards)
    optional = [name for name in OPTIONAL if (folder / name).is_file()]
    return ["config.json", *weights, *optional]


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_architecture(path: Path, config: dict[str, Any]) -> None:
    kind = config.get("model_type")
    if not isinstance(kind, str):
        raise InputError(f"{path}: model_type: expected a word such as bert, found {kind!r}")
    classes = [str(name) for name in config.get("architectures") or []]
    decoder = kind in GENERATORS or any(name.endswith(DECODERS) for name in classes)
    if decoder or config.get("is_encoder_decoder") or config.get("is_decoder"):
        raise InputError(
            f"{path}: expected an encoder, such as bert or electra; found a model that "
            f"generates text: model_type {kind}, architectures {', '.join(classes) or 'none'}"
        )


def _check_tokenizer(folder: Path) -> None:
    if any((folder / name).is_file() for name in TOKENIZERS):
        return
    others = ", ".join(name for name in UNREAD if (folder / name).is_file()) or "neither"
    raise InputError(
        f"{folder}: no tokenizer: expected {' or '.join(TOKENIZERS)}, found {others}; where a "
        "checkpoint has another kind, Transformers makes a tokenizer.json out of it: "
        "AutoTokenizer.from_pretrained(name).save_pretrained(folder)"
    )


def _weights(folder: Path) -> tuple[list[str], list[str]]:
    """All weight files' names, and of those the ones that hold tensors."""
    if (folder / WEIGHTS).is_file():
        return [WEIGHTS], [WEIGHTS]
    if not (folder / INDEX).is_file():
        pickled = sorted(path.name for path in folder.glob("*.bin"))
        why = f"; {pickled[0]} is not read, since unpickling runs code" if pickled else ""
        raise InputError(f"{folder}: no {WEIGHTS} or {INDEX}: weights must be safetensors{why}")
    places = read_json(folder / INDEX).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise InputError(f"{folder / INDEX}: weight_map: expected a mapping of tensors to files")
    shards = sorted({str(name) for name in places.values()})
    for name in shards:
        if Path(name).name != name or not (folder / name).is_file():
            raise InputError(f"{folder / INDEX}: names {name}, and there is no such file beside it")
    return [INDEX, *shards], shards


def _check_embeddings(folder: Path, config: dict[str, Any], shards: list[str]) -> None:
    """The table of words tells a checkpoint of another config from its headers alone."""
    shapes = {name: shape for shard in shards for name, shape in _shapes(folder / shard).items()}
    named = {name: shape for name, shape in shapes.items() if name.endswith(EMBEDDINGS)}
    words, widths = config.get("vocab_size"), [config[key] for key in WIDTHS if key in config]
    # Under a name that we do not know, it is still a table of so many words.
    fits = [
        shape[:1] == [words] and (not named or not widths or shape[1] in widths)
        for shape in (named or shapes).values()
    ]
    if not shapes or (words is not None and not any(fits)):
        there = named or dict(sorted(shapes.items())[:3])
        raise InputError(
            f"{folder}: a checkpoint of another architecture than its config.json "
            f"({config['model_type']}): expected word embeddings of shape "
            f"{[words, *widths[:1]]}, found "
            + (", ".join(f"{name} {shape}" for name, shape in there.items()) or "no tensors")
        )


def _shapes(path: Path) -> dict[str, list[int]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(f"{path}: not whole or not safetensors: {error}") from None
