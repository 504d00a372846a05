"""`mtbert serve` under load: `python -m benchmarks.load data/runs/main-1/best`.

Single sentences arrive at a fixed rate, whether earlier ones are answered or not; a latency counts
from the time at which its request was due. Server and clients share the cores. Writes load.json
and the line of docs/serve.md.
"""

import asyncio
import json
import os
import random
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Annotated, Any

import aiohttp
import numpy as np
import typer

from mtbert.core.commands import run
from mtbert.core.environment import hardware, versions
from mtbert.core.errors import InputError
from mtbert.reporting.results import refresh

RECORD = Path(__file__).with_name("load.json")
PAGE = Path(__file__).parent.parent / "docs" / "serve.md"
WORDS = ["a", "film", "is", "the", "slow", "but", "fine", "story", "of", "people", "who", "never"]
WARM_UP = 50  # requests that are not counted


def load(
    checkpoint: Annotated[Path, typer.Argument(help="Such as data/runs/main-1/best")],
    rate: Annotated[int, typer.Option(min=1, help="Requests per second")] = 200,
    seconds: Annotated[int, typer.Option(min=1, help="How long they arrive")] = 60,
) -> None:
    """Start a server, send requests, write what came back."""
    import torch

    words = ["mtbert", "serve", str(checkpoint), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            if not (url := server.stdout.readline().strip()):
                raise InputError(f"{shlex.join(words)}: the server did not start")
            measured = asyncio.run(send(url, rate, seconds))
        finally:
            server.terminate()
    usage = getrusage(RUSAGE_CHILDREN)  # from its start, the model's loading included
    report = {
        **measured,
        "server_cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "hardware": hardware(torch.device("cpu")),
        "cores": os.cpu_count(),
        "versions": versions(),
        "command": shlex.join(["python", "-m", "benchmarks.load", *sys.argv[1:]]),
    }
    RECORD.write_text(json.dumps(report, indent=2) + "\n")
    refresh(PAGE, [summary(report)], mark="load")
    print(summary(report))


async def send(url: str, rate: int, seconds: int) -> dict[str, Any]:
    """Send requests at a fixed rate; give statuses, and latencies in milliseconds."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        async with session.get("/v1/tasks") as answer:
            tasks = (await answer.json())["tasks"]
        task = next((name for name, kind in tasks.items() if not kind["pairs"]), None)
        if task is None:
            raise InputError("expected a model with a task on single texts")
        draw = random.Random(1)

        async def request(due: float) -> tuple[str, float]:
            await asyncio.sleep(due - time.perf_counter())
            text = " ".join(draw.choices(WORDS, k=draw.randint(5, 25)))
            try:
                async with session.post(f"/v1/tasks/{task}", json={"texts": text}) as answer:
                    whole = len((await answer.json()).get("predictions", ())) == 1
                    status = "answered" if whole else str(answer.status)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                status = type(error).__name__
            return status, 1000 * (time.perf_counter() - due)

        await asyncio.gather(*(request(time.perf_counter()) for _ in range(WARM_UP)))
        start = time.perf_counter()
        due = (start + number / rate for number in range(rate * seconds))
        results = await asyncio.gather(*map(request, due))
        elapsed = time.perf_counter() - start
    p50, p99, longest = np.quantile([latency for _, latency in results], [0.5, 0.99, 1])
    return {
        **{"rate": rate, "seconds": seconds, "elapsed": round(elapsed, 2)},
        "statuses": dict(Counter(status for status, _ in results)),
        "latency_ms": {
            name: round(float(value), 1)
            for name, value in (("p50", p50), ("p99", p99), ("max", longest))
        },
    }


def summary(report: Mapping[str, Any]) -> str:
    """The measurement in one sentence."""
    sent, latency = report["rate"] * report["seconds"], report["latency_ms"]
    return (
        f"{report['rate']} single sentences per second for {report['seconds']} s, sent from the "
        f"same {report['cores']} cores ({report['hardware']}): {report['statuses']['answered']:,} "
        f"of {sent:,} answered, after {latency['p50']:.0f} ms (median), {latency['p99']:.0f} ms "
        f"(99 %), {latency['max']:.0f} ms (longest): `{report['command']}`."
    )


if __name__ == "__main__":
    run(load)
