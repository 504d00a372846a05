"""A step's batches in parts: over processes with a device each, and one part after the other."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from torch import Tensor, nn

from mtbert.core.errors import InputError
from mtbert.core.processes import PROCESSES, leave, process_rank, shared_folder
from mtbert.training.balancing.balancing import backpropagate
from mtbert.training.batches import stream
from mtbert.training.losses import TERM_NAMES, TaskLosses
from mtbert.training.term import Term

if TYPE_CHECKING:
    from mtbert.training.balancing.balancing import LossFunction, LossTerm

FOREVER = timedelta(days=30)  # the others wait while the first evaluates; who ends one ends all


@dataclass(frozen=True)
class Devices:
    """The processes of a run, and this one's rank and device."""

    device: torch.device
    threads: int  # of all processes together, where they compute on processors
    rank: int = 0
    count: int = 1

    @classmethod
    def find(cls) -> "Devices":
        """Join the other processes of the run, if there are any.

        Raises:
            InputError: there are GPUs, but not one for each process.
        """
        threads = torch.get_num_threads()
        if (folder := shared_folder()) is None:
            return cls(torch.device("cuda" if torch.cuda.is_available() else "cpu"), threads)
        rank, count = process_rank(), int(os.environ["WORLD_SIZE"])
        gpus = torch.cuda.device_count()
        if 0 < gpus < count:
            raise InputError(
                f"{PROCESSES}: expected at most {gpus}, a GPU for each process, found {count}"
            )
        from accelerate import PartialState

        os.environ.setdefault("OMP_NUM_THREADS", str(threads))  # or Accelerate warns and sets it
        meeting = (folder / "meeting").as_uri()  # a file: no port that another run may take
        options = {"init_method": meeting, "timeout": FOREVER, "rank": rank, "world_size": count}
        with _all_there():
            state = PartialState(cpu=not gpus, **options)
        if not gpus:
            torch.set_num_threads(max(1, threads // count))
        return cls(state.device, threads, rank, count)

    def check(self, terms: Mapping[str, Sequence[Term]]) -> None:
        """Refuse terms of any task that need whole batches, where processes share these out."""
        for task, term in ((task, term) for task, some in terms.items() for term in some):
            if self.count > 1 and term.whole_batch:
                raise InputError(
                    f"{PROCESSES}: {TERM_NAMES[type(term)]} of {task} needs whole batches, which "
                    f"processes share out; expected 1, found {self.count}"
                )

    def sum(self, values: Tensor) -> None:
        """Sum a tensor over the processes, in place."""
        with _all_there():
            dist.all_reduce(values)

    def copy_from_first(self, tensors: Iterable[Tensor]) -> None:
        """Give all processes the first one's numbers, in place."""
        with _all_there():
            for tensor in tensors if self.count > 1 else ():
                dist.broadcast(tensor, 0)

    def close(self) -> None:
        """Part from the other processes."""
        if self.count > 1:
            dist.destroy_process_group()


@contextmanager
def _all_there() -> Iterator[None]:
    """End this process where another one is gone."""
    try:
        yield
    except RuntimeError as error:
        leave(str(error).splitlines()[0])


class SplitBackward:
    """Backpropagates a step's losses part by part; a `Setup.backward`.

    A task's loss stays the mean over its whole batch: the mean of a part counts by its share of the
    examples. Gradients and losses are summed over the processes before anybody reads them: a
    Gramian, a norm, a window of losses.

    DistributedDataParallel does not fit: it averages in hooks of one backward pass through its own
    forward pass. Here a step has a pass for each task and passes for attacks, which those hooks do
    not see; parts are of unequal size; and some learned weights are the balancing's.
    """

    def __init__(self, losses: TaskLosses, devices: Devices, accumulate: int) -> None:
        """Split each process's part into `accumulate` more."""
        self.devices, self.accumulate = devices, accumulate
        self.parameters: list[nn.Parameter] = list(losses.parameters.values())
        tasks = losses.tasks.items()
        # What logs call each term, and its task
        self.terms = {
            f"{TERM_NAMES[type(term)]}_{task}": task for task, data in tasks for term in data.terms
        }

    def __call__(
        self, losses: "LossFunction", tasks: Sequence[str], term: "LossTerm"
    ) -> dict[str, Tensor]:
        """Backpropagate Σ_t term(t, L_t) of some tasks; give each L_t, detached."""
        assert isinstance(losses, TaskLosses)
        counts, added = (losses.tokens, losses.slots), losses.added
        gradients = [p.grad for p in self.parameters]
        if self.devices.count > 1:
            self._begin(losses, tasks)
        values = {task: torch.zeros((), device=self.devices.device) for task in losses.tasks}
        first, parts = self.devices.rank * self.accumulate, self.devices.count * self.accumulate
        for number in range(first, first + self.accumulate):
            losses.begin_part(number, parts)
            if own := [task for task in tasks if losses.share(task)]:
                means = backpropagate(losses, own, lambda t, loss: losses.share(t) * term(t, loss))
                for task, mean in means.items():
                    values[task] += losses.share(task) * mean
        if self.devices.count > 1:
            values = self._sum(losses, values)
            self._add(losses, counts, added, gradients)
        return {task: values[task] for task in tasks}

    def _begin(self, losses: TaskLosses, tasks: Sequence[str]) -> None:
        """Begin a call without what calls before it gave, and with its own dropout."""
        losses.tokens, losses.slots, losses.added = 0, 0, {}
        for parameter in self.parameters:
            parameter.grad = None
        # Of seed, step and process alone: a state holds nothing of it. Never reword the purpose.
        purpose, rank = f"dropout of {' '.join(tasks)}", self.devices.rank
        torch.manual_seed(int(stream(losses.seed, purpose, losses.step, rank).integers(2**63)))

    def _sum(self, losses: TaskLosses, values: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sum losses, counts and gradients of a call over the processes, in one message.

        A parameter gets a gradient where it has one in any process.
        """
        zero = torch.zeros((), device=self.devices.device)
        counts = [losses.step, losses.tokens, losses.slots]
        reached = [p.grad is not None for p in self.parameters]
        terms = [losses.added.get(name, zero) for name in self.terms]
        gradients = [
            (torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in self.parameters
        ]
        head = torch.tensor([*counts, *reached], dtype=torch.float32, device=zero.device)
        message = torch.cat([head, torch.stack([*values.values(), *terms]), *gradients])
        self.devices.sum(message)
        sizes = [len(head), len(values), len(terms), *map(len, gradients)]
        numbers, means, added, *parts = message.split_with_sizes(sizes)
        step, tokens, slots, *reach = numbers.tolist()
        if step != losses.step * self.devices.count:
            leave(f"at step {losses.step} here, at others elsewhere")
        losses.tokens, losses.slots = int(tokens), int(slots)
        named = zip(self.terms.items(), added, strict=True)
        losses.added = {name: value for (name, task), value in named if task in losses.rows}
        for parameter, part, count in zip(self.parameters, parts, reach, strict=True):
            parameter.grad = part.view_as(parameter) if count else None
        return dict(zip(values, means, strict=True))

    def _add(
        self,
        losses: TaskLosses,
        counts: tuple[int, int],
        added: Mapping[str, Tensor],
        gradients: Sequence[Tensor | None],
    ) -> None:
        """Add what calls before in the same step gave."""
        losses.tokens, losses.slots = losses.tokens + counts[0], losses.slots + counts[1]
        losses.added = {k: v + added[k] if k in added else v for k, v in losses.added.items()}
        for parameter, before in zip(self.parameters, gradients, strict=True):
            if before is not None:
                now = parameter.grad
                parameter.grad = before if now is None else now.add_(before)
