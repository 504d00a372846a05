"""What `mtbert serve` takes. Light: the command line shows the values before torch is there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one request may hold, and how many are taken together."""

    max_bytes: int = 2**20  # of a body
    max_texts: int = 256  # or pairs, of a request
    max_characters: int = 10_000  # of a text
    max_batch: int = 128  # examples after which a batch takes no further request
    max_wait_ms: float = 5.0  # how long a request waits for others
    max_waiting: int = 4096  # examples; with as many, a request is answered with 503
    max_seconds: float = 30.0  # until a body is here
