"""A trained model behind HTTP: predictions as JSON, requests of several clients in one batch."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, WithJsonSchema
from starlette.exceptions import HTTPException as StarletteHTTPException

from mtbert.core.errors import InputError
from mtbert.core.labels import classes
from mtbert.inference.batcher import Batcher, BusyError
from mtbert.inference.limits import Limits
from mtbert.inference.model import TrainedModel
from mtbert.inference.page import page
from mtbert.inference.texts import TextExamples
from mtbert.modeling.manifest import CheckpointTask

EXAMPLE: dict[str, Any] = {"texts": ["A fine film ."]}
_STRING = {"type": "string"}
_MANY = {"type": "array", "items": _STRING}
# The library checks them: its messages name the item.
OneOrMany = Annotated[Any, WithJsonSchema({"anyOf": [_STRING, _MANY]})]


class Body(BaseModel):
    """Texts to predict, as `predict` of the library takes them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    texts: OneOrMany
    others: OneOrMany = None  # of pairs the second texts


class Answer(BaseModel):
    """What the model says of one example."""

    label: str | float  # the class's name, or the similarity in the unit of the labels
    probabilities: dict[str, float] | None  # by class


class Answers(BaseModel):
    """Predictions in the order of the texts, a list even for one."""

    predictions: list[Answer]


def create_app(model: TrainedModel, limits: Limits | None = None) -> FastAPI:
    """Make the app; `app.state.batcher` counts its batches.

    Errors are JSON, `{"error": message}`: 404 no such task or path, 408 too slow a body, 413 too
    large a one, 422 texts that the task does not take, 503 too many waiting examples.
    """
    limits = limits or Limits()
    batcher = Batcher(
        model.predict_examples,
        max_batch=limits.max_batch,
        max_wait_ms=limits.max_wait_ms,
        max_waiting=limits.max_waiting,
    )

    app = FastAPI(title="mtbert", version=version("mtbert"), lifespan=_lifespan)
    app.state.batcher = batcher
    app.add_middleware(_BodyLimit, limits=limits)
    for kind in (RequestValidationError, StarletteHTTPException, Exception):
        app.add_exception_handler(kind, _as_json)
    _add_routes(app, model, limits)
    app.add_route("/", page, include_in_schema=False)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run the batcher while the app runs."""
    worker = asyncio.create_task(app.state.batcher.run())
    yield
    # The server has answered what was waiting.
    worker.cancel()
    with suppress(asyncio.CancelledError):
        await worker


def _add_routes(app: FastAPI, model: TrainedModel, limits: Limits) -> None:
    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Say that the server runs."""
        return {"status": "ok"}

    @app.get("/v1/tasks")
    def tasks() -> dict[str, Any]:
        """List tasks with their labels, and the limits of a request."""
        named = {name: _describe(task) for name, task in model.tasks.items()}
        sizes = {name: getattr(limits, name) for name in ("max_texts", "max_characters")}
        return {"tasks": named, "max_tokens": model.max_length, **sizes}

    @app.post("/v1/tasks/{task}")
    async def predict(task: str, body: Body) -> Answers:
        """Predict one text or many, of pairs with `others`. What is beyond max_tokens is cut."""
        examples = _read(model, task, body, limits)
        try:
            predictions = await app.state.batcher.predict(task, examples)
        except BusyError:
            message = f"busy: {limits.max_waiting:,} texts wait already; try again"
            raise HTTPException(503, message, headers={"Retry-After": "1"}) from None
        return Answers(predictions=[Answer(**vars(each)) for each in predictions])


def _read(model: TrainedModel, task: str, body: Body, limits: Limits) -> TextExamples:
    """Check a request's texts; errors are HTTP's."""
    for side in (body.texts, body.others):
        if isinstance(side, list) and len(side) > limits.max_texts:
            raise HTTPException(
                422, f"expected at most {limits.max_texts} texts, found {len(side)}"
            )
    try:
        model.task(task)
    except InputError as error:
        raise HTTPException(404, str(error)) from None
    try:
        examples = model.examples(task, body.texts, body.others)
    except InputError as error:
        raise HTTPException(422, str(error)) from None
    longest = max(map(len, [*examples.a, *(examples.b or ())]))
    if longest > limits.max_characters:
        rule = f"a text has at most {limits.max_characters:,} characters, found {longest:,}"
        raise HTTPException(422, rule)
    return examples


def _describe(task: CheckpointTask) -> dict[str, Any]:
    similarity = task.labels.kind == "similarity"
    return {
        "title": task.title,
        "pairs": task.paired,
        "kind": task.labels.kind,
        "labels": None if similarity else classes(task.labels),
        "range": task.labels.bounds if similarity else None,
    }


async def _as_json(request: Request, error: Exception) -> JSONResponse:
    """One message for any error."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if place == "body":
            kind = request.headers.get("content-type") or "none"
            sent = type(first["input"]).__name__ if "json" in kind else f"Content-Type {kind}"
            rule = f"expected {json.dumps(EXAMPLE)} or alike, as Content-Type application/json"
            return JSONResponse({"error": f"body: {rule}; found {sent}"}, 422)
        return JSONResponse({"error": f"{place}: {first['msg']}"}, 422)
    if isinstance(error, StarletteHTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
    return JSONResponse({"error": "the server failed; its log says why"}, 500)


@dataclass
class _Reading:
    """How far a request's body is read."""

    more: bool  # to come
    size: int = 0  # bytes


class _BodyLimit:
    """Stops reading a body that is too large, or too slow.

    An answer to a body that is not read to its end closes the connection: the server would take
    the rest, however long, before the next request.
    """

    def __init__(self, app: Any, limits: Limits) -> None:
        self.app, self.limits = app, limits

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        end = asyncio.get_running_loop().time() + self.limits.max_seconds
        sized = {b"content-length", b"transfer-encoding"}
        body = _Reading(any(name in sized for name, _ in scope["headers"]))

        async def closing(message: Any) -> None:
            if message["type"] == "http.response.start" and body.more:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self.app(scope, partial(self._receive, receive, body, end), closing)

    async def _receive(
        self, receive: Callable[[], Awaitable[Any]], body: "_Reading", end: float
    ) -> Any:
        try:
            async with asyncio.timeout_at(end):
                message = await receive()
        except TimeoutError:
            rule = f"a body arrives within {self.limits.max_seconds:g} s"
            raise HTTPException(408, rule) from None
        body.size += len(message.get("body", b""))
        body.more = message.get("more_body", False)
        if body.size > self.limits.max_bytes:
            raise HTTPException(413, f"a body has at most {self.limits.max_bytes:,} bytes")
        return message
