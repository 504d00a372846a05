"""Requests that arrive together are predicted together: one pass of the model for many."""

import asyncio
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

from mtbert.inference.model import Prediction
from mtbert.inference.texts import TextExamples

# How often a batch that is not full looks for more requests, in seconds
POLL = 0.001


class BusyError(Exception):
    """More examples wait than the batcher holds."""


@dataclass
class Request:
    """Examples that wait for the model."""

    task: str
    examples: TextExamples
    answer: "asyncio.Future[list[Prediction]]" = field(repr=False)


class Batcher:
    """A queue before a model that runs one batch at a time, in a thread of its own.

    Attributes:
        batches: How many the model has run.
    """

    def __init__(
        self,
        label: Callable[[str, TextExamples], list[Prediction]],
        *,
        max_batch: int,
        max_wait_ms: float,
        max_waiting: int,
    ) -> None:
        """Make one; `run` must run in the event loop.

        Args:
            label: Predicts examples of one task.
            max_batch: Examples after which a batch takes no further request.
            max_wait_ms: How long a request waits for others, in milliseconds.
            max_waiting: Examples that wait when a request is refused.
        """
        self._label = label
        self._max_batch, self._max_wait = max_batch, max_wait_ms / 1000
        self._waiting: asyncio.Queue[Request] = asyncio.Queue()
        self._examples, self._max_waiting = 0, max_waiting
        self.batches = 0

    async def predict(self, task: str, examples: TextExamples) -> list[Prediction]:
        """Predict with whatever else waits; BusyError where too much does."""
        if self._examples >= self._max_waiting:
            raise BusyError
        answer: asyncio.Future[list[Prediction]] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(Request(task, examples, answer))
        self._examples += len(examples.a)
        return await answer

    async def run(self) -> None:
        """Answer requests until cancelled."""
        while True:
            by_task: dict[str, list[Request]] = {}
            for request in await self._next():
                if not request.answer.done():  # the client may have gone
                    by_task.setdefault(request.task, []).append(request)
            for task, requests in by_task.items():
                await self._answer(task, requests)

    async def _next(self) -> list[Request]:
        """The first request and those that come in time."""
        requests = [await self._waiting.get()]
        loop = asyncio.get_running_loop()
        size, end = len(requests[0].examples.a), loop.time() + self._max_wait
        while size < self._max_batch:
            if not self._waiting.empty():
                requests.append(self._waiting.get_nowait())
                size += len(requests[-1].examples.a)
            elif loop.time() < end:
                await asyncio.sleep(POLL)
            else:
                break
        self._examples -= size
        return requests

    async def _answer(self, task: str, requests: list[Request]) -> None:
        a = [text for request in requests for text in request.examples.a]
        b = [text for request in requests for text in request.examples.b or ()]
        self.batches += 1
        try:
            predictions = await asyncio.to_thread(
                self._run, task, TextExamples(a, b or None, False)
            )
        except Exception as error:  # whatever it is, it must not end the queue
            for request in requests:
                if not request.answer.done():
                    request.answer.set_exception(error)
            return
        start = 0
        for request in requests:
            end = start + len(request.examples.a)
            if not request.answer.done():
                request.answer.set_result(predictions[start:end])
            start = end

    def _run(self, task: str, examples: TextExamples) -> list[Prediction]:
        with warnings.catch_warnings():
            # The model says which texts it cut; GET /v1/tasks says how long they may be.
            warnings.simplefilter("ignore", UserWarning)
            return self._label(task, examples)
