"""`mtbert serve`: a trained model behind HTTP."""

from typing import Annotated

import typer

from mtbert.cli.predict import Checkpoint, Device, load_quietly


def serve(
    checkpoint: Checkpoint,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="0.0.0.0: reachable from elsewhere")] = "127.0.0.1",
    device: Device = None,
    max_batch: Annotated[
        int, typer.Option(min=1, help="Examples after which a batch takes no further request")
    ] = 128,
    max_wait_ms: Annotated[
        float, typer.Option(min=0, help="How long a request waits for others")
    ] = 5.0,
    max_texts: Annotated[int, typer.Option(min=1, help="Texts or pairs of a request")] = 256,
    max_characters: Annotated[int, typer.Option(min=1, help="Of a text")] = 10_000,
    max_bytes: Annotated[int, typer.Option(min=1, help="Of a request's body")] = 2**20,
) -> None:
    """Serve a trained model over HTTP (needs the extra `serve`).

    POST /v1/tasks/TASK predicts, GET /v1/tasks lists tasks, /docs describes it all. Requests that
    arrive together for a task are predicted in one batch.

    Example: mtbert serve data/runs/main-1/best --port 8000
    """
    from mtbert.inference.extras import need

    need("serve")
    import uvicorn

    from mtbert.inference.server import Limits, create_app

    limits = Limits(
        max_bytes=max_bytes,
        max_texts=max_texts,
        max_characters=max_characters,
        max_batch=max_batch,
        max_wait_ms=max_wait_ms,
    )
    app = create_app(load_quietly(checkpoint, device), limits)
    print(f"http://{host}:{port}/docs", flush=True)
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=30)
