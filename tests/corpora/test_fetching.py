"""Fetching against a local server that breaks off, ignores ranges, or sends other bytes."""

import hashlib
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from mtbert.core.errors import InputError
from mtbert.corpora import fetching
from mtbert.corpora.fetching import digest_fault, fetch
from mtbert.corpora.folders import git_blob_sha1

BODY = bytes(range(256)) * 1024
BLOB, WRONG = (
    hashlib.sha1(b"blob 262144\0" + body).hexdigest() for body in (BODY, b"?" * len(BODY))
)


class Server(ThreadingHTTPServer):
    """Answers each request in the next manner of `manners`, and notes the requested ranges."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.manners = []
        self.ranges = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """break: half of the rest; whole: ignores ranges; wrong: other bytes; missing: 404."""

    server: Server

    def do_GET(self):
        byte_range = self.headers["Range"]
        self.server.ranges.append(byte_range)
        manner = self.server.manners.pop(0) if self.server.manners else "good"
        if manner in ("missing", "busy"):
            self.send_error(404 if manner == "missing" else 503)
            return
        start = int(byte_range[6:-1]) if byte_range and manner != "whole" else 0
        if start >= len(BODY):
            self.send_error(416)
            return
        body = BODY[start:] if manner != "wrong" else b"?" * (len(BODY) - start)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if manner == "break" else body)

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture
def downloads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fetching, "PAUSE", 0)
    folder = tmp_path / ".dvc/tmp/mtbert/downloads"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def server(downloads):
    with Server() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def get(server):
    return fetch(f"{server.url}/a", BLOB, partial(digest_fault, git_blob_sha1, BLOB))


@pytest.mark.parametrize(
    ("manners", "ranges"),
    [
        ([], [None]),
        (["busy"], [None, None]),
        (["break"], [None, "bytes=131072-"]),
        (["break", "break"], [None, "bytes=131072-", "bytes=196608-"]),
        (["break", "whole"], [None, "bytes=131072-"]),
        # What was continued with other bytes is begun anew.
        (["break", "wrong"], [None, "bytes=131072-", None]),
    ],
)
def test_a_broken_transfer_goes_on(server, downloads, manners, ranges):
    server.manners = manners
    assert get(server).read_bytes() == BODY
    assert server.ranges == ranges
    assert not list(downloads.glob("*.part"))


def test_a_later_run_goes_on_and_fetches_nothing_twice(server, downloads):
    server.manners = ["break", *["busy"] * 3]
    with pytest.raises(InputError, match=r"cannot reach .* run again to go on, or give a folder"):
        get(server)
    assert (downloads / f"{BLOB}.part").stat().st_size == 131072
    assert not (downloads / BLOB).exists()
    server.ranges.clear()
    for _ in range(2):
        assert get(server).read_bytes() == BODY
    assert server.ranges == ["bytes=131072-"]


@pytest.mark.parametrize("part", [BODY, BODY + b"more than there is"])
def test_a_damaged_download_is_fetched_again(server, downloads, part):
    (downloads / BLOB).write_bytes(BODY[:-1])
    (downloads / f"{BLOB}.part").write_bytes(part)
    assert get(server).read_bytes() == BODY


@pytest.mark.parametrize(
    ("manner", "message"),
    [
        ("wrong", f"expected git_blob_sha1 {BLOB}, found {WRONG}"),
        ("missing", "the server answers 404"),
    ],
)
def test_other_answers_are_refused_at_once(server, downloads, manner, message):
    server.manners = [manner]
    with pytest.raises(InputError, match=message):
        get(server)
    assert len(server.ranges) == 1
    assert [path.suffix for path in downloads.iterdir()] == [".lock"]


def test_no_connection_ends_in_one_line(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(InputError, match=rf"^cannot reach {server.url}/a [^\n]+$"):
        get(server)
