"""The server's page at `/`, to try a task on one's own text."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse


async def page(_: Request) -> HTMLResponse:
    """Answer with page.html, and with the policy that lets a browser run its own code alone."""
    content, policy = _read()
    return HTMLResponse(content, headers={"Content-Security-Policy": policy})


@cache
def _read() -> tuple[str, str]:
    """The page, and its policy: style and script by their hashes, requests to this server."""
    content = Path(__file__).with_suffix(".html").read_text("utf-8")
    hashes = {
        tag: b64encode(sha256(text.encode()).digest()).decode()
        for tag, text in re.findall(r"<(style|script)>(.*?)</\1>", content, re.DOTALL)
    }
    rules = [f"{tag}-src 'sha256-{digest}'" for tag, digest in hashes.items()]
    rules += ["default-src 'none'", "connect-src 'self'", "img-src data:", "base-uri 'none'"]
    return content, "; ".join([*rules, "form-action 'none'", "frame-ancestors 'none'"])
