"""Fetch a file over https: resumed after a break, verified before it is used."""

import hashlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mtbert.core.errors import InputError
from mtbert.core.outputs import held

if TYPE_CHECKING:
    import requests

TIMEOUT = (10, 30)  # seconds: to connect, between two chunks
PAUSE = 1.0  # seconds before the second try, doubled before each further one
EVERY = 2.0  # seconds between two lines of progress
CHUNK = 1 << 16  # bytes


def git_blob_sha1(path: Path) -> str:
    """Git's id of a file's content: SHA-1 of `blob <size>`, a zero byte, and the content."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def fetch(
    url: str,
    blob: str,
    folder: Path,
    *,
    tries: int = 4,
    pause: float = PAUSE,
    digest: Callable[[Path], str] = git_blob_sha1,
    kind: str = "git blob id",
) -> Path:
    """Fetch a file into a folder of downloads, under its git blob id.

    What came before a break is kept as `<blob>.part` and continued, by this run or a later one.

    Args:
        url: where the file lies.
        blob: the git blob id, or other digest, that its content must have.
        folder: made if need be.
        tries: how often to ask before giving up.
        pause: seconds before the second try, doubled before each further one.
        digest: of a file.
        kind: what to call it.

    Returns:
        The path of the verified file.

    Raises:
        InputError: the file cannot be reached, or has another content.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done, part = folder / blob, folder / f"{blob}.part"
    with held(folder / f"{blob}.lock", part):
        if done.is_file() and digest(done) == blob:
            print(f"{url}: already fetched")
            return done
        _complete(url, blob, part, tries=tries, pause=pause, digest=digest, kind=kind)
        return part.replace(done)


def _complete(
    url: str,
    blob: str,
    part: Path,
    *,
    tries: int,
    pause: float,
    digest: Callable[[Path], str],
    kind: str,
) -> None:
    """Bring `part` to the content with this id, in several tries."""
    import requests

    reason = ""
    for attempt in range(tries):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            whole = _transfer(url, part)
        except requests.RequestException as error:
            reason = _plain(error)
            print(f"{url}: try {attempt + 1} of {tries}: {reason}", file=sys.stderr)
            continue
        found = digest(part)
        if found == blob:
            return
        # What was continued may have begun as something else: once more, from the beginning.
        part.unlink()
        reason = f"expected {kind} {blob}, found {found}"
        if whole:
            raise InputError(f"{url}: {reason}; give a folder that holds it instead")
    raise InputError(
        f"cannot reach {url} ({reason}); run again to go on, or give a folder that holds the "
        "files instead"
    )


def _transfer(url: str, part: Path) -> bool:
    """Bring `part` to its end; say whether all of it came in this one go."""
    import requests

    have = part.stat().st_size if part.exists() else 0
    # A compressed body could not be continued by its byte count.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        status = response.status_code
        if status == requests.codes.requested_range_not_satisfiable:
            # Nothing is left to fetch: the part is complete, or it is none of this file's.
            return False
        if status < 500 and status not in (200, 206, 408, 429):
            raise InputError(f"{url}: the server answers {status} {response.reason}")
        response.raise_for_status()
        continues = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        start = have if status == 206 and continues else 0
        _save(response, part, start=start)
    return start == 0


def _save(response: "requests.Response", part: Path, *, start: int) -> None:
    """Write a response's body to `part` from byte `start` on, with lines of progress."""
    name = response.url.rpartition("/")[2]
    total = start + int(response.headers.get("Content-Length", 0))
    size, told = start, time.monotonic()
    with part.open("r+b" if start else "wb") as file:
        file.seek(start)
        file.truncate()
        for chunk in response.iter_content(CHUNK):
            file.write(chunk)
            size += len(chunk)
            if time.monotonic() - told >= EVERY or size == total:
                told = time.monotonic()
                share = f" of {total:,} bytes ({size / total:.0%})" if total else " bytes"
                print(f"{name}: {size:,}{share}", flush=True)


def _plain(error: Exception) -> str:
    """The innermost cause of a failed request, in one line."""
    cause = error.args[0] if error.args else error
    return f"{type(error).__name__}: {' '.join(str(getattr(cause, 'reason', cause)).split())}"
