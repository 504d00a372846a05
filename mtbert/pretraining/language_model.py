"""An encoder with Transformers' own head of a masked language model."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from mtbert.core.errors import InputError
from mtbert.modeling.architectures import pooler_in_weights
from mtbert.modeling.encoder import encode, load_encoder, read_config
from mtbert.modeling.packing import TokenBatch

TOKENIZER = "tokenizer.json"


class LanguageModel(nn.Module):
    """The encoder as `load_encoder` gives it, inside the model that Transformers has around it."""

    def __init__(self, encoder: nn.Module, whole: Any, *, lacking: set[str]) -> None:
        super().__init__()
        self.whole = whole
        setattr(whole, whole.base_model_prefix, encoder)
        whole.tie_weights()
        # Weights of the head that the checkpoint lacks; tied ones are the encoder's.
        self.fresh = sorted(_head(whole).intersection(lacking, dict(whole.named_parameters())))

    @property
    def encoder(self) -> Any:
        """The encoder, its pooler included if its weights have one."""
        return getattr(self.whole, self.whole.base_model_prefix)

    @property
    def tied(self) -> bool:
        """Whether the output layer shares the weights of the input embeddings."""
        table, guesses = self.whole.get_input_embeddings(), self.whole.get_output_embeddings()
        return guesses is not None and guesses.weight is table.weight

    def forward(self, batch: TokenBatch, places: Tensor) -> Tensor:
        """Give logits of masked tokens, (place, entry).

        Args:
            batch: Sentences, some of their tokens masked.
            places: Which tokens to predict, in the rows laid end to end, (place,) int64.
        """
        return self.head(encode(self.encoder, batch)[places], batch.input_ids.flatten()[places])

    def head(self, hidden: Tensor, ids: Tensor) -> Tensor:
        """Give logits of hidden states, (place, hidden) → (place, entry).

        Architectures name their heads differently: the whole model is called with an encoder that
        returns the given hidden states.
        """
        from transformers.modeling_outputs import BaseModelOutput

        output = BaseModelOutput(last_hidden_state=hidden[None])
        encoder = self.encoder
        encoder.forward = lambda *args, **kwargs: output
        try:
            logits: Tensor = self.whole(input_ids=ids[None]).logits[0]
        finally:
            del encoder.forward
        return logits


def load_language_model(source: Path, *, vocabulary: int) -> LanguageModel:
    """Load an encoder and a head in fp32; what the checkpoint lacks of the head is random.

    Random weights come from torch's global generator: seed it first. A head that the checkpoint
    lacks entirely, as sentence encoders do, shares the weights of the input embeddings.
    `vocabulary` is the size of the tokenizer's.

    Raises:
        InputError: the encoder cannot be loaded, or Transformers has no masked language model of
            its architecture, or none that is a head on the last hidden states.
    """
    check_architecture(read_config(source), where=str(source))
    encoder: Any = load_encoder(source, vocabulary=vocabulary, pooler=pooler_in_weights(source))
    whole, lacking = _whole(source, copy.deepcopy(encoder.config))
    # Without a head of its own there is no table of outputs either, whatever the config says.
    whole.config.tie_word_embeddings |= _head(whole) <= lacking
    model = LanguageModel(encoder, whole, lacking=lacking)
    _check_head(model, source)
    return model


def _whole(source: Path, config: Any) -> tuple[Any, set[str]]:
    """The model around the encoder, and the names of the weights that the checkpoint lacks."""
    from transformers import AutoModelForMaskedLM

    def initialize() -> Any:
        return AutoModelForMaskedLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]

    if not list(source.glob("*.safetensors")):
        whole = initialize()
        return whole, set(whole.state_dict())
    whole, info = AutoModelForMaskedLM.from_pretrained(
        source,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        output_loading_info=True,
    )
    # Where a checkpoint lacks a head's bias, some architectures leave it uninitialized.
    lacking = _head(whole).intersection(info["missing_keys"])
    if lacking:
        fresh = initialize().state_dict()
        whole.load_state_dict({name: fresh[name] for name in lacking}, strict=False)
    return whole, lacking


def _head(whole: Any) -> set[str]:
    """Names of the weights outside the encoder."""
    return {
        name for name in whole.state_dict() if not name.startswith(f"{whole.base_model_prefix}.")
    }


def check_architecture(config: dict[str, Any], *, where: str) -> None:
    """Refuse an encoder, by its config.json, of which Transformers has no masked language model.

    Raises:
        InputError: naming its model_type, behind `where`.
    """
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    kind = config.get("model_type")
    if kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        raise InputError(
            f"{where}: Transformers has no masked language model of model_type {kind}; expected "
            f"another encoder, such as bert or roberta, or pretrain.epochs: 0"
        )


def _check_head(model: LanguageModel, source: Path) -> None:
    """Refuse a language model that is more than a head on the last hidden states."""
    ids, kind = torch.tensor([[3, 5, 4]]), model.encoder.config.model_type
    model.eval()
    try:
        with torch.no_grad():
            ours = model.head(model.encoder(input_ids=ids).last_hidden_state[0], ids[0])
            same = torch.allclose(ours, model.whole(input_ids=ids).logits[0], atol=1e-4)
    # Other architectures can fail with any error.
    except Exception:
        same = False
    if not same:
        raise InputError(
            f"{source}: the masked language model of model_type {kind} is more than a head on the "
            f"last hidden states; not supported; expected another encoder, or pretrain.epochs: 0"
        )


def save_encoder(model: LanguageModel, source: Path, folder: Path, *, tokens: Path) -> None:
    """Write the encoder, without its head, into an existing folder as `load_encoder` reads it.

    The other files come from `source`, the encoder's folder before; the tokenizer, if that has
    none, from `tokens`.
    """
    weights = {k: v.detach().cpu().contiguous() for k, v in model.encoder.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = read_config(source)
    if not list(source.glob("*.safetensors")):
        # The size of the trained vocabulary
        config["vocab_size"] = model.encoder.config.vocab_size
    config |= {key: "float32" for key in ("dtype", "torch_dtype") if key in config}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    ignore = shutil.ignore_patterns("*.safetensors", "*.index.json", "config.json", "SOURCE.json")
    shutil.copytree(
        source, folder, ignore=ignore, copy_function=shutil.copyfile, dirs_exist_ok=True
    )
    # A vocabulary trained on the data: the weights are useless without it.
    if not any((folder / name).is_file() for name in (TOKENIZER, "vocab.txt")):
        shutil.copyfile(tokens / TOKENIZER, folder / TOKENIZER)
