"""Push and load against a made-up hub on this machine: the client's requests are real."""

import base64
import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import close_session
from typer.testing import CliRunner

import mtbert
from mtbert.cli.main import app
from mtbert.core.errors import InputError

COMMIT = "0123456789" * 4


class Hub(BaseHTTPRequestHandler):
    """One repository at one commit."""

    files, created, authorizations = {}, [], set()

    def log_message(self, *_):
        pass

    def answer(self, content=b"", status=200, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(content), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def json(self, data, status=200):
        self.answer(json.dumps(data).encode(), status, Content_Type="application/json")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = urlsplit(self.path).path
        self.authorizations.add(self.headers["Authorization"])
        if path == "/api/repos/create":
            self.created.append(json.loads(body))
            return self.json({"url": f"http://{self.headers['Host']}/me/my_model", "id": "x"})
        if path == "/api/validate-yaml":
            return self.json({"errors": [], "warnings": []})
        if "/preupload/" in path:
            facts = {"uploadMode": "regular", "shouldIgnore": False, "oid": None}
            paths = [file["path"] for file in json.loads(body)["files"]]
            return self.json({"files": [{**facts, "path": path} for path in paths]})
        if "/commit/" in path:
            for line in body.splitlines():
                row = json.loads(line)
                if row["key"] == "file":
                    self.files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
                if row["key"] == "deletedFile":
                    del self.files[row["value"]["path"]]
            url = f"http://{self.headers['Host']}/me/my_model/commit/{COMMIT}"
            return self.json({"commitUrl": url, "commitOid": COMMIT, "success": True})
        return self.json({"error": f"no {path}"}, 404)

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        if match := re.fullmatch(r"/me/my_model/resolve/[^/]+/(.+)", path):
            content = self.files[match[1]]
            etag = f'"{hashlib.sha1(content).hexdigest()}"'
            return self.answer(content, ETag=etag, X_Repo_Commit=COMMIT)
        listed = [{"rfilename": name, "type": "file", "path": name} for name in self.files]
        rows = [{**it, "size": len(self.files[it["path"]]), "oid": COMMIT} for it in listed]
        if "/me/my_model/tree/" in path:
            return self.json(rows)
        if path.startswith("/api/models/me/my_model"):
            return self.json({"id": "me/my_model", "sha": COMMIT, "siblings": listed})
        return self.json({"error": "Repository not found"}, 404)

    do_HEAD = do_GET  # noqa: N815


@pytest.fixture
def hub(monkeypatch, tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    for name, value in {
        "ENDPOINT": endpoint,
        "HUGGINGFACE_CO_URL_TEMPLATE": endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_OFFLINE": False,
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_CACHE": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setenv("HF_TOKEN", "hf_made_up")
    close_session()
    yield Hub
    close_session()
    server.shutdown()
    server.server_close()


def test_a_pushed_model_is_loaded_by_its_name(hub, best, model, monkeypatch):
    stale = dict.fromkeys(["adapted.safetensors", "heads.safetensors", "notes.txt"], b"")
    monkeypatch.setattr(hub, "files", stale)
    command = ["push", str(best), "me/my_model", "--license", "mit"]
    dry = CliRunner().invoke(app, command)
    assert "Nothing is sent" in dry.output
    assert (
        f"heads.safetensors ({(best / 'heads.safetensors').stat().st_size:,} bytes)" in dry.output
    )
    assert not hub.created
    result = CliRunner().invoke(app, [*command, "--yes"])
    assert result.exit_code == 0, result.output
    assert hub.created[0]["visibility"] == "private"
    assert hub.authorizations == {"Bearer hf_made_up"}
    expected = {str(path.relative_to(best)) for path in best.rglob("*") if path.is_file()}
    assert set(hub.files) == expected | {"README.md", "notes.txt"}
    assert hub.files["README.md"].decode() in dry.output
    assert not (best / "README.md").exists()
    loaded = mtbert.load("me/my_model")
    texts = ["a fine film", "dull"]
    assert loaded.predict("sst", texts) == model.predict("sst", texts)
    with pytest.raises(InputError, match=r"^me/other: no such folder, and as a name"):
        mtbert.load("me/other")


def test_push_needs_a_token_and_a_name(best, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(InputError, match="no token for the Hugging Face hub: `hf auth login`"):
        CliRunner().invoke(app, ["push", str(best), "me/x", "--yes"], catch_exceptions=False)
    with pytest.raises(InputError, match=r"REPOSITORY: expected NAME/REPOSITORY.*found 'my_model'"):
        CliRunner().invoke(app, ["push", str(best), "my_model"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "runs/bset",
            "^runs/bset: no such folder; not looked for on the hub, as there is a folder",
        ),
        (Path("me/my_model"), "^me/my_model: no such folder; expected"),
        ("./me/my_model", "^me/my_model: no such folder; expected"),
        ("../me", "^../me: no such folder; expected"),
    ],
)
def test_a_mistyped_path_is_no_name_on_the_hub(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    monkeypatch.setattr("mtbert.inference.hub.snapshot", None)
    with pytest.raises(InputError, match=message):
        mtbert.load(name)
