"""Save a run's state now and then, so that an interrupted run resumes and ends the same."""

import hashlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

CHUNK = 2**20  # bytes that are hashed at once
GRACE = 8  # seconds from SIGTERM to the end, whether or not the state is saved by then


class Resuming:
    """Saves a run's state in one file, which is replaced atomically.

    States are at least `pause` seconds apart, and saving takes at most `share` of the time: short
    runs save nothing.
    """

    def __init__(
        self, path: Path, identity: str, *, pause: float = 60.0, share: float = 0.01
    ) -> None:
        """Read the state of an interrupted run into `saved`, if there is one.

        `identity` is what must be equal for a run to resume: settings, data, seed, code.
        """
        self.path, self.identity = path, identity
        self.part = path.with_name(path.name + ".part")
        self.pause, self.share = pause, share  # of two states, in seconds; of all time
        self.cost = 0.0  # seconds that saving the last state took
        self.last = time.perf_counter()
        self.saved = self._read()
        self.ending = False

    def _read(self) -> dict[str, Any] | None:
        """Give the state; None where it is missing, not as it was written, or another run's."""
        try:
            if not _sealed(self.path):
                return None
            # Tensors, numbers and strings only: reading executes no code.
            state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception:  # torch, zipfile and pickle each raise their own
            return None
        return state if state.get("identity") == self.identity else None

    def due(self) -> bool:
        """Whether it is time to save."""
        since = time.perf_counter() - self.last
        return self.ending or since >= max(self.pause, self.cost / self.share)

    def save(self, step: int, parameters: Mapping[str, Tensor], **parts: Any) -> None:
        """Save the state after a step: the parameters, each part's state, torch's random states.

        If saving fails, as on a full disk, print so and let the run continue.
        """
        started = time.perf_counter()
        state = {name: part.state_dict() for name, part in parts.items()}
        state["parameters"] = {name: value.detach() for name, value in parameters.items()}
        state |= {"identity": self.identity, "step": step, "random": random_states()}
        try:
            torch.save(state, self.part)
            seal = _digest(self.part, self.part.stat().st_size)
            with self.part.open("ab") as file:  # behind a zip's end, where readers do not look
                file.write(seal)
            self.part.replace(self.path)
        except (OSError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            print(f"{self.path}: the run's state could not be saved: {reason}", flush=True)
            self.part.unlink(missing_ok=True)
        self.last = time.perf_counter()
        self.cost = self.last - started
        if self.ending:
            print(f"ended by a signal; the next run goes on after step {step}", flush=True)
            _end()

    @contextmanager
    def saved_at_end(self) -> Iterator[None]:
        """Let SIGTERM end the process once the next step's state is saved, within `GRACE` seconds.

        A handler of the program around this one stays as it is.
        """
        in_main = threading.current_thread() is threading.main_thread()
        if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            yield
            return

        def end_soon(*_: object) -> None:
            self.ending = True
            signal.alarm(GRACE)

        signal.signal(signal.SIGTERM, end_soon)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if self.ending:
                _end()

    @torch.no_grad()
    def restore(self, parameters: Mapping[str, Tensor], **parts: Any) -> int:
        """Load the state of an interrupted run; give the number of its steps, 0 without one."""
        if self.saved is None:
            return 0
        state, self.saved = self.saved, None
        for name, value in parameters.items():
            value.copy_(state["parameters"][name])
        for name, part in parts.items():
            part.load_state_dict(state[name])
        set_random_states(state["random"])
        return int(state["step"])

    def close(self) -> None:
        """Delete the state: the run is done."""
        self.path.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)


def _sealed(path: Path) -> bool:
    """Whether a file ends with the digest of all that stands before."""
    end = path.stat().st_size - hashlib.sha256().digest_size
    with path.open("rb") as file:
        file.seek(max(0, end))
        return end > 0 and file.read() == _digest(path, end)


def _digest(path: Path, end: int) -> bytes:
    """SHA-256 of a file's first bytes up to `end`."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for start in range(0, end, CHUNK):
            digest.update(file.read(min(CHUNK, end - start)))
    return digest.digest()


def random_states() -> list[Tensor]:
    """Get the states of torch's global generators, the CPU's and a GPU's, as dropout uses them."""
    states = [torch.get_rng_state()]
    return states + ([torch.cuda.get_rng_state()] if torch.cuda.is_available() else [])


def set_random_states(states: Sequence[Tensor]) -> None:
    """Set the states of torch's global generators."""
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1])


def _end() -> None:
    """End this process by SIGTERM, so that whoever waits for it sees why."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
