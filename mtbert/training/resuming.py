"""A run that is broken off goes on from where it last saved its state, and ends the same."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


class Resuming:
    """Saves a run's state now and then, in one file that is replaced whole.

    A state is saved no sooner than `pause` seconds after the last, and never so often that saving
    takes more than `share` of the time: short runs save nothing.
    """

    def __init__(
        self, path: Path, identity: str, *, pause: float = 60.0, share: float = 0.01
    ) -> None:
        """Look for the state of a run that was broken off.

        Args:
            path: The file.
            identity: What must be the same for a run to go on: settings, data, seed, code.
            pause: Shortest time between two states, in seconds.
            share: Largest share of the time that saving may take.
        """
        self.path, self.identity = path, identity
        self.part = path.with_name(path.name + ".part")
        self.pause, self.share = pause, share
        self.cost = 0.0  # seconds that the last state took
        self.last = time.perf_counter()
        self.found = self._read()

    def _read(self) -> dict[str, Any] | None:
        """Give the state, or None where there is none that fits.

        One that cannot be read fits no run either: starting anew is always right.
        """
        try:
            # Tensors, numbers and words alone: reading executes no code.
            state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception:  # torch, zipfile and pickle each raise their own
            return None
        return state if state.get("identity") == self.identity else None

    def due(self) -> bool:
        """Whether it is time to save."""
        since = time.perf_counter() - self.last
        return since >= max(self.pause, self.cost / self.share)

    def save(self, state: dict[str, Any]) -> None:
        """Save a state: tensors, numbers, words, and dicts and lists of these.

        Where it cannot be saved, as on a full disk, the run goes on and says so.
        """
        started = time.perf_counter()
        try:
            torch.save({**state, "identity": self.identity}, self.part)
            self.part.replace(self.path)
        except (OSError, RuntimeError) as error:
            told = str(error).splitlines()[0]
            print(f"{self.path}: the run's state could not be saved: {told}", flush=True)
            self.part.unlink(missing_ok=True)
        self.last = time.perf_counter()
        self.cost = self.last - started

    def close(self) -> None:
        """Forget the state: the run is done."""
        self.path.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)


def random_states() -> list[Tensor]:
    """States of torch's own generators, which dropout draws from: the CPU's, and a GPU's."""
    states = [torch.get_rng_state()]
    return states + ([torch.cuda.get_rng_state()] if torch.cuda.is_available() else [])


def set_random_states(states: Sequence[Tensor]) -> None:
    """Set them to where they stood."""
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1])
