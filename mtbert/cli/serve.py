"""`mtbert serve`: a trained model behind HTTP."""

import socket
from typing import TYPE_CHECKING, Annotated

import typer

from mtbert.cli.predict import Checkpoint, Device, load_quietly
from mtbert.core.errors import InputError
from mtbert.inference.limits import Limits

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve(
    checkpoint: Checkpoint,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one")] = 8000,
    host: Annotated[str, typer.Option(help="0.0.0.0: reachable from elsewhere")] = "127.0.0.1",
    device: Device = None,
    max_batch: Annotated[
        int, typer.Option(min=1, help="Examples after which a batch takes no further request")
    ] = Limits.max_batch,
    max_wait_ms: Annotated[
        float, typer.Option(min=0, help="How long a request waits for others")
    ] = Limits.max_wait_ms,
    max_texts: Annotated[int, typer.Option(min=1, help="Texts or pairs of a request")] = (
        Limits.max_texts
    ),
    max_characters: Annotated[int, typer.Option(min=1, help="Of a text")] = Limits.max_characters,
    max_bytes: Annotated[int, typer.Option(min=1, help="Of a request's body")] = Limits.max_bytes,
) -> None:
    """Serve a trained model over HTTP (needs the extra `serve`).

    Its page / tries a task on your text, POST /v1/tasks/TASK predicts, /docs describes it all.
    Requests that arrive together for a task are predicted in one batch.

    Example: mtbert serve data/runs/main-1/best --port 8000
    """
    from mtbert.core.extras import need

    need("serve")
    with _listen(host, port) as listener:  # before torch and the model, which take seconds
        from mtbert.inference.server import create_app

        limits = Limits(
            max_bytes=max_bytes,
            max_texts=max_texts,
            max_characters=max_characters,
            max_batch=max_batch,
            max_wait_ms=max_wait_ms,
        )
        _run(create_app(load_quietly(checkpoint, device), limits), listener, host)


def _listen(host: str, port: int) -> socket.socket:
    """Listen at an address; an InputError says why that cannot be."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, UnicodeError) as error:  # the latter of a name that no host can have
        reason = str(getattr(error, "strerror", error)).partition(" (")[0].lower()
        raise InputError(
            f"--host {host} --port {port}: {reason}; expected an address of this machine and a "
            "free port, or 0 for any"
        ) from None


def _run(app: "FastAPI", listener: socket.socket, host: str) -> None:
    """Answer until a signal ends it."""
    import uvicorn

    # Connections stay open longer than proxies keep them: none is closed as it is used again.
    config = uvicorn.Config(
        app, log_level="warning", timeout_keep_alive=75, timeout_graceful_shutdown=30
    )
    name = f"[{host}]" if ":" in host else host
    print(f"http://{name}:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run([listener])
