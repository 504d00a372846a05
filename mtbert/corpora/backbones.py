"""The encoder: the shape of random weights, a user folder, a pinned hub repository."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PositiveInt, model_validator

from mtbert.core.errors import InputError, choices
from mtbert.core.params import Settings, read_json
from mtbert.corpora.folders import resolve, size_and_sha256, write_json

# Name on the Hugging Face hub -> (repository, pinned commit).
PINS = {
    "google-bert/bert-base-uncased": "86b5e0934494bd15c9632b12f734a8a67f723594",
    "google-bert/bert-base-cased": "cd5ef92a9fb2f889e972770a36d4ed042daf221e",
    "google-bert/bert-large-uncased": "6da4b6a26a1877e173fca3225479512db81a5e5b",
}
# Names without an organization, which the hub still redirects.
LEGACY = {name.partition("/")[2]: name for name in PINS}
NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")
REVISION = re.compile(r"[0-9a-f]{40}")

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "vocab.txt")
# Read by Transformers' slow tokenizers alone.
UNREAD = ("spiece.model", "sentencepiece.bpe.model", "spm.model", "vocab.json", "merges.txt")
OPTIONAL = (*TOKENIZERS, "tokenizer_config.json", "special_tokens_map.json")
WANTED = ["config.json", WEIGHTS, INDEX, "model-*.safetensors", *OPTIONAL]

# Endings of the names of decoders' classes, in config.json.
DECODERS = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
# Decoders whose bare model's class has no such ending.
GENERATORS = {
    *("gpt2", "gpt_neo", "gpt_neox", "gptj", "opt", "bloom", "falcon", "llama", "mistral", "phi"),
    *("gemma", "gemma2", "gemma3", "qwen2", "qwen3", "phi3", "mixtral", "mpt", "ctrl", "reformer"),
    *("t5", "mt5", "bart", "mbart", "pegasus", "openai-gpt", "modernbert-decoder"),
}
# What most encoders call their word embeddings, and the keys of their width.
EMBEDDINGS = ("word_embeddings.weight", "tok_embeddings.weight")
WIDTHS = ("embedding_size", "input_embedding_size", "hidden_size", "dim")


class Scratch(Settings):
    """The shape of an encoder with random weights."""

    layers: PositiveInt
    hidden_size: PositiveInt
    heads: PositiveInt
    intermediate_size: PositiveInt
    # An upper bound: a small corpus has fewer word pieces. Fewer could not hold the letters.
    vocabulary_size: Annotated[int, Field(ge=100)]
    dropout: Annotated[float, Field(ge=0, lt=1)]  # of hidden states and attention

    @model_validator(mode="after")
    def _divisible(self) -> "Scratch":
        size, heads = self.hidden_size, self.heads
        if size % heads:
            raise ValueError(f"hidden_size must be a multiple of heads, found {size} and {heads}")
        return self

    def config(self) -> dict[str, Any]:
        """The config.json of a BERT; `tokenize` sets the vocabulary's real size."""
        return {
            "model_type": "bert",
            "architectures": ["BertModel"],
            "hidden_size": self.hidden_size,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "intermediate_size": self.intermediate_size,
            "vocab_size": self.vocabulary_size,
            "max_position_embeddings": 512,
            "type_vocab_size": 2,
            "hidden_act": "gelu",
            "hidden_dropout_prob": self.dropout,
            "attention_probs_dropout_prob": self.dropout,
            "layer_norm_eps": 1e-12,
            "initializer_range": 0.02,
            "pad_token_id": 0,
        }


class Encoder(Settings):
    """Section `encoder`: which encoder the tasks share."""

    pretrained: Annotated[str, Field(min_length=1)]  # scratch | a name on the hub | a folder
    scratch: Scratch

    def check(self, *, where: str) -> dict[str, Any] | None:
        """Check that `fetch_encoder` can provide the encoder, without opening a connection.

        Give the content of its config.json; None for a name on the hub.

        Raises:
            InputError: the name is unknown, or the folder holds no encoder that can be loaded.
        """
        if self.pretrained == "scratch":
            return self.scratch.config()
        if (folder := resolve(self.pretrained)).is_dir():
            check_folder(folder)
            return read_json(folder / "config.json")
        pinned(self.pretrained, where=where)
        return None


def fetch_encoder(encoder: Encoder, out: Path, *, where: str) -> None:
    """Fill the existing folder `out` with an encoder and `SOURCE.json`.

    Raises:
        InputError: the name is neither `scratch`, a folder, nor a name on the hub, or stands for
            no encoder that can be loaded; `where` (params file and key) opens the message.
    """
    name = encoder.pretrained
    if name == "scratch":
        write_json(out / "config.json", encoder.scratch.config())
        write_json(out / "SOURCE.json", {"kind": "scratch"})
        return
    folder, origin = resolve(name), {"name": name}
    if not folder.is_dir():
        repository, revision = pinned(name, where=where)
        folder = snapshot(repository, revision, WANTED, where=where)
        origin = {"name": repository, "revision": revision}
    files = {}
    for file in check_folder(folder):
        files[file] = size_and_sha256(Path(shutil.copyfile(folder / file, out / file)))
    write_json(out / "SOURCE.json", {"kind": "pretrained", **origin, "files": files})


def pinned(name: str, *, where: str) -> tuple[str, str]:
    """Split a hub name into repository and commit; a few names have their commit built in.

    Raises:
        InputError: it is no such name, or has no commit of 40 hex digits.
    """
    repository, at, revision = name.partition("@")
    repository = LEGACY.get(repository, repository)
    if not at and repository in PINS:
        return repository, PINS[repository]
    if not NAME.fullmatch(repository) or (not at and "/" not in repository):
        fault = choices("encoder", name, ("scratch", *PINS))
        raise InputError(
            f"{where}: {fault}, or a folder, or name@commit; there is no folder {resolve(name)}"
        )
    if not REVISION.fullmatch(revision):
        raise InputError(
            f"{where}: {name!r} is no folder, and a name on the hub needs its commit, "
            f"so that a rerun gets the same weights: write {repository}@ and 40 hex digits "
            f"(its page shows them under Files, History), found {revision or 'none'}; "
            f"built in: {', '.join(PINS)}"
        )
    return repository, revision


def snapshot(repository: str, revision: str | None, patterns: Sequence[str], *, where: str) -> Path:
    """Fetch files from the hub (resumed, cached by its client); give the folder that holds them.

    Args:
        repository: Its name, ORGANIZATION/NAME.
        revision: A commit, branch or tag; None: the main branch.
        patterns: Of the names of files.
        where: What named it; opens the message.

    Raises:
        InputError: it can be fetched neither from the hub nor from the client's cache.
    """
    from huggingface_hub import HfApi, snapshot_download

    def download(**options: Any) -> Path:
        options |= {"revision": revision, "allow_patterns": list(patterns)}
        return Path(snapshot_download(repository, **options))

    try:
        # One request without the client's half minute of retries: is there a network?
        HfApi().model_info(repository, revision=revision, timeout=10)
        return download()
    # The client raises errors of three layers: of HTTP, of the hub, of the disk.
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    try:
        return download(local_files_only=True)
    except Exception:
        raise InputError(
            f"{where}: cannot fetch {repository}{'@' * bool(revision)}{revision or ''} from the "
            f"hub ({reason}); run again to go on, or give a folder that holds it"
        ) from None


def check_folder(folder: Path) -> list[str]:
    """Check that a folder holds an encoder with its weights and tokenizer.

    Returns:
        The names of the files that make it up.

    Raises:
        InputError: a file is missing or unreadable, or it is no encoder.
    """
    path, config = folder / "config.json", _read_config(folder)
    kind = config["model_type"]
    classes = [str(name) for name in config.get("architectures") or []]
    decoder = kind in GENERATORS or any(name.endswith(DECODERS) for name in classes)
    if decoder or config.get("is_encoder_decoder") or config.get("is_decoder"):
        raise InputError(
            f"{path}: expected an encoder, such as bert or electra; found a model that "
            f"generates text: model_type {kind}, architectures {', '.join(classes) or 'none'}"
        )
    index, shards = _weights(folder)
    if not any((folder / name).is_file() for name in TOKENIZERS):
        others = ", ".join(name for name in UNREAD if (folder / name).is_file()) or "neither"
        raise InputError(
            f"{folder}: no tokenizer: expected {' or '.join(TOKENIZERS)}, found {others}; where a "
            "checkpoint has another kind, Transformers makes a tokenizer.json out of it: "
            "AutoTokenizer.from_pretrained(name).save_pretrained(folder)"
        )
    _check_embeddings(folder, config, shards)
    return ["config.json", *index, *shards, *(n for n in OPTIONAL if (folder / n).is_file())]


def _read_config(folder: Path) -> dict[str, Any]:
    """Read an encoder's config.json, whose model_type is a word."""
    path = folder / "config.json"
    if not path.is_file() and (inner := sorted(folder.glob("[0-9]_*/config.json"))):
        raise InputError(
            f"{path}: no such file; a folder of sentence-transformers has its encoder in one of "
            f"its own: give {inner[0].parent}"
        )
    config = read_json(path)
    kind = config.get("model_type")
    if not isinstance(kind, str):
        raise InputError(f"{path}: model_type: expected a word such as bert, found {kind!r}")
    if kind == "mtbert":
        raise InputError(
            f"{path}: a run's checkpoint whose adaptation changed the encoder, so that it is none "
            "by itself; expected one trained with adaptation full, frozen or lora"
        )
    return config


def _weights(folder: Path) -> tuple[list[str], list[str]]:
    """Name the index, where there is one, and the files that hold tensors."""
    if (folder / WEIGHTS).is_file():
        return [], [WEIGHTS]
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
    return [INDEX], shards


def _check_embeddings(folder: Path, config: dict[str, Any], shards: list[str]) -> None:
    """Compare the shape of the word embeddings, read from the headers alone, with the config."""
    from safetensors import SafetensorError, safe_open

    shapes: dict[str, list[int]] = {}
    for shard in shards:
        try:
            with safe_open(folder / shard, framework="np") as file:
                shapes |= {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise InputError(f"{folder / shard}: not whole or not safetensors: {error}") from None
    named = {name: shape for name, shape in shapes.items() if name.endswith(EMBEDDINGS)}
    words, widths = config.get("vocab_size"), [config[key] for key in WIDTHS if key in config]
    # Under another name, it is still a table with a row for each word.
    fits = [
        shape[:1] == [words] and (not named or not widths or shape[1] in widths)
        for shape in (named or shapes).values()
    ]
    if not shapes or (words is not None and not any(fits)):
        present = named or dict(sorted(shapes.items())[:3])
        raise InputError(
            f"{folder}: a checkpoint of another architecture than its config.json "
            f"({config['model_type']}): expected word embeddings of shape "
            f"{[words, *widths[:1]]}, found "
            + (", ".join(f"{name} {shape}" for name, shape in present.items()) or "no tensors")
        )
