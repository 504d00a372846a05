"""Which tokens a masked language model predicts, and what it sees in their places.

Devlin et al. 2019, section 3.1: of all tokens 15 % are chosen; of these 80 % become the mask
token, 10 % a random one, 10 % stay. We depart in two things. Each token is chosen by a draw of its
own, and anew in every epoch (dynamic masking: Liu et al. 2019, section 4.1), where
BERT's preprocessing fixed the number for each sequence. And special tokens, the unknown one among
them, are neither predicted nor drawn as random ones.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from mtbert.core.errors import InputError
from mtbert.core.params import read_json

MASKED, RANDOM = 0.8, 0.1
# Mask tokens where no tokenizer_config.json names another.
USUAL = ("[MASK]", "<mask>")


@dataclass(frozen=True)
class MaskingVocabulary:
    """A tokenizer's mask token, and the tokens that may be masked."""

    mask: int  # id of the mask token
    ordinary: np.ndarray  # (entry,) bool: not special


@dataclass(frozen=True)
class MaskedTokens:
    """Token ids of which some are masked."""

    ids: np.ndarray  # (row, token) int64, as the model sees them
    places: np.ndarray  # (chosen,) int64: where, in the rows laid end to end
    labels: np.ndarray  # (chosen,) int64: the ids that stood there


def read_vocabulary(tokenizer: Tokenizer, encoder: Path) -> MaskingVocabulary:
    """Find the mask token, which the encoder's tokenizer_config.json may name, and special ones.

    Raises:
        InputError: the tokenizer has no mask token, or the file cannot be read.
    """
    named, path = None, encoder / "tokenizer_config.json"
    if path.is_file():
        named = read_json(path).get("mask_token")
        named = named.get("content") if isinstance(named, dict) else named
    words = USUAL if named is None else (str(named),)
    numbers = [number for word in words if (number := tokenizer.token_to_id(word)) is not None]
    if not numbers:
        raise InputError(
            f"{encoder}: its tokenizer has no mask token ({' or '.join(words)}), and a masked "
            f"language model cannot do without one; expected another encoder, or pretrain.epochs: 0"
        )
    ordinary = np.ones(tokenizer.get_vocab_size(), dtype=bool)
    for number, token in tokenizer.get_added_tokens_decoder().items():
        ordinary[number] &= not token.special
    ordinary[numbers[0]] = False
    return MaskingVocabulary(numbers[0], ordinary)


def mask(
    ids: np.ndarray,
    real: np.ndarray,
    vocabulary: MaskingVocabulary,
    *,
    share: float,
    generator: np.random.Generator,
) -> MaskedTokens:
    """Mask some tokens.

    Args:
        ids: Token ids, (row, token) int64.
        real: Which of them are not padding, (row, token) bool. One at least must be ordinary.
        vocabulary: Says which tokens are special.
        share: Probability of choosing a token. If none is chosen, one is drawn, so that every batch
            has a loss.
        generator: Decides all draws.
    """
    eligible = np.flatnonzero(real & vocabulary.ordinary[ids])
    places = eligible[generator.random(len(eligible)) < share]
    if not len(places):
        places = generator.choice(eligible, 1)
    labels = ids.ravel()[places]
    fate = generator.random(len(places))
    random = generator.choice(np.flatnonzero(vocabulary.ordinary), len(places))
    seen = ids.ravel().copy()
    seen[places] = np.where(
        fate < MASKED, vocabulary.mask, np.where(fate < MASKED + RANDOM, random, labels)
    )
    return MaskedTokens(seen.reshape(ids.shape), places, labels)
