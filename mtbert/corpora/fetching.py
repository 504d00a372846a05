"""Fetch a file over https: resumed after a break, verified before it is used."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from mtbert.core.errors import InputError
from mtbert.core.outputs import WORK, held
from mtbert.core.progress import progress_bar
from mtbert.corpora.folders import project_root

TIMEOUT = (10, 30)  # seconds: to connect, between two chunks
TRIES = 4
PAUSE = 1.0  # seconds before the second try, doubled before each further one
CHUNK = 1 << 16  # bytes

# Returns what is wrong with a file's content, "" if nothing
ContentCheck = Callable[[Path], str]


def digest_fault(digest: Callable[[Path], str], expected: str, path: Path) -> str:
    """Compare a file's digest with the expected one."""
    actual = digest(path)
    return "" if actual == expected else f"expected {digest.__name__} {expected}, found {actual}"


def fetch(url: str, name: str, fault: ContentCheck) -> Path:
    """Fetch a file into the project's folder of downloads.

    Its content must have no `fault`, and `name` is its digest, if that is known. What came before a
    break is kept as `<name>.part` and continued, by this run or a later one.

    Raises:
        InputError: the file cannot be reached, or has another content.
    """
    folder = project_root() / WORK / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    path, part = folder / name, folder / f"{name}.part"
    with held(folder / f"{name}.lock", part):
        if path.is_file() and not fault(path):
            print(f"{url}: already fetched")
            return path
        _complete(url, part, fault)
        return part.replace(path)


def _complete(url: str, part: Path, fault: ContentCheck) -> None:
    """Bring `part` to a content without fault, in several tries."""
    import requests

    reason = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            whole = _transfer(url, part)
        except requests.RequestException as error:
            cause = error.args[0] if error.args else error
            cause = getattr(cause, "reason", cause)
            reason = f"{type(error).__name__}: {' '.join(str(cause).split())}"
            print(f"{url}: try {attempt + 1} of {TRIES}: {reason}", file=sys.stderr)
            continue
        if not (reason := fault(part)):
            return
        # What was continued may have begun as something else: once more, from the beginning.
        part.unlink()
        if whole:
            raise InputError(f"{url}: {reason}; give a folder that holds it instead")
    raise InputError(
        f"cannot reach {url} ({reason}); run again to go on, or give a folder that holds the "
        "files instead"
    )


def _transfer(url: str, part: Path) -> bool:
    """Bring `part` to its end; say whether all of it came in one go."""
    import requests

    size = part.stat().st_size if part.exists() else 0
    # A compressed body could not be continued by its byte count.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={size}-"} if size else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        status = response.status_code
        if status == requests.codes.requested_range_not_satisfiable:
            # Nothing remains to fetch: the part is complete, or it is none of this file's.
            return False
        if status < 500 and status not in (200, 206, 408, 429):
            raise InputError(f"{url}: the server answers {status} {response.reason}")
        response.raise_for_status()
        continues = response.headers.get("Content-Range", "").startswith(f"bytes {size}-")
        start = size if status == 206 and continues else 0
        rest, name = int(response.headers.get("Content-Length", 0)), url.rpartition("/")[2]
        with (
            part.open("ab" if start else "wb") as file,
            progress_bar(name, start + rest if rest else 0, "B", done=start) as bar,
        ):
            for chunk in response.iter_content(CHUNK):
                bar.update(file.write(chunk))
    return start == 0
