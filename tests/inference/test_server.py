"""The server answers as the library predicts, one request at a time or fifty at once."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient
from hypothesis import event, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mtbert.cli.main import app
from mtbert.core.errors import InputError
from mtbert.inference.batcher import Batcher, BusyError
from mtbert.inference.limits import Limits
from mtbert.inference.server import create_app
from mtbert.inference.texts import TextExamples

A = ["a fine film", "dull", " how old are you? ", "it is good"]
B = ["is it good", "the film", "a", "you are dull"]
LIMITS = Limits(max_bytes=20_000, max_texts=8, max_characters=100)


@pytest.fixture(scope="module")
def client(model):
    with TestClient(create_app(model, LIMITS), raise_server_exceptions=False) as client:
        yield client


def same(answers, predictions):
    assert [it["label"] for it in answers] == [
        it.label if isinstance(it.label, str) else pytest.approx(it.label, abs=1e-5)
        for it in predictions
    ]
    for answer, prediction in zip(answers, predictions, strict=True):
        if prediction.probabilities is None:
            assert answer["probabilities"] is None
        else:
            assert answer["probabilities"] == pytest.approx(prediction.probabilities, abs=1e-5)


@pytest.mark.parametrize(
    ("task", "body"),
    [
        ("sst", {"texts": A}),
        ("sst", {"texts": A[0]}),
        ("para", {"texts": A, "others": B}),
        ("sts", {"texts": A[1], "others": B[1]}),
        ("sts", {"texts": [list(pair) for pair in zip(A, B, strict=True)]}),
    ],
)
def test_answers_are_the_library_s(client, model, task, body):
    answer = client.post(f"/v1/tasks/{task}", json=body)
    assert answer.status_code == 200
    expected = model.predict(task, body["texts"], body.get("others"))
    same(answer.json()["predictions"], expected if isinstance(expected, list) else [expected])


def test_tasks_health_and_docs(client):
    tasks = client.get("/v1/tasks").json()
    assert tasks["tasks"]["sst"]["labels"] == list("01234")
    assert tasks["tasks"]["sts"]["range"] == [0, 5]
    assert (tasks["max_tokens"], tasks["max_texts"]) == (24, 8)
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/docs").status_code == 200
    schema = client.get("/openapi.json").json()
    assert {*schema["paths"]} == {"/healthz", "/v1/tasks", "/v1/tasks/{task}"}
    assert {"type": "string"} in schema["components"]["schemas"]["Body"]["properties"]["texts"][
        "anyOf"
    ]


WRONG = {
    "no such task": ("sent", {"texts": "a"}, 404, "unknown task 'sent'"),
    "pair": ("sst", {"texts": ["a"], "others": ["b"]}, 422, "found second texts, too"),
    "single": ("sts", {"texts": "a"}, 422, "found one text; give the second one"),
    "number": ("sst", {"texts": [1]}, 422, "item 0: expected a text, found 1"),
    "object": ("sst", {"texts": {"a": "b"}}, 422, "expected a list of them"),
    "empty": ("sst", {"texts": []}, 422, "expected at least one"),
    "blank": ("sst", {"texts": ["a", " "]}, 422, "item 1: expected a text, found an empty one"),
    "unequal": ("sts", {"texts": ["a", "b"], "others": ["c"]}, 422, "2 first texts and 1 second"),
    "too many": ("sst", {"texts": ["a"] * 9}, 422, "expected at most 8 texts, found 9"),
    "too many seconds": ("sts", {"texts": ["a"], "others": ["a"] * 9}, 422, "at most 8"),
    "too long": ("sst", {"texts": "a" * 101}, 422, "at most 100 characters, found 101"),
    "too large": ("sst", {"texts": "a" * 20_000}, 413, "a body has at most 20,000 bytes"),
    "no texts": ("sst", {}, 422, "body.texts: Field required"),
    "more": ("sst", {"texts": "a", "text": "a"}, 422, "body.text: Extra inputs"),
    "list": ("sst", ["a"], 422, 'expected {"texts": ["A fine film ."]} or alike, as Content-Type'),
    "null": ("sst", None, 422, "found NoneType"),
    "surrogate": ("sst", b'{"texts": "\\ud800"}', 422, "half of a surrogate pair"),
    "surrogate key": ("sst", b'{"texts": "a", "\\ud800": 1}', 422, "body: "),
    "NaN": ("sst", b'{"texts": [NaN]}', 422, "item 0: expected a text, found nan"),
    "twice": ("sst", b'{"texts": "a", "texts": 1}', 422, "expected a list of them, found 1"),
    "no JSON": ("sst", b"{", 422, "JSON"),
    "no UTF-8": ("sst", b'{"texts": "\xff"}', 400, ""),
    "deep": ("sst", b'{"texts": ' + b"[" * 9000 + b"]" * 9000 + b"}", 400, ""),
    "digits": ("sst", b'{"texts": ' + b"1" * 9000 + b"}", 400, ""),
}


@pytest.mark.parametrize("use", WRONG)
def test_a_wrong_request_gets_one_message(client, use):
    task, body, status, message = WRONG[use]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    answer = client.post(f"/v1/tasks/{task}", content=content, headers=headers)
    assert (answer.status_code, [*answer.json()]) == (status, ["error"])
    assert message in answer.json()["error"]


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_called_json_is_told_what_to_send(client, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    answer = client.post("/v1/tasks/sst", content=b'{"texts": "a"}', headers=headers)
    rule = 'body: expected {"texts": ["A fine film ."]} or alike, as Content-Type application/json'
    assert answer.json() == {"error": f"{rule}; found Content-Type {kind or 'none'}"}


# Lists and objects of anything that JSON has, lone surrogates and NaN included
TEXT = st.text(st.characters(), max_size=9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([*"ab"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=8,
)
SIDES = TEXT | st.lists(TEXT, max_size=3) | JSON
BODIES = st.one_of(
    st.binary(max_size=40),
    JSON.map(json.dumps),
    st.fixed_dictionaries({"texts": SIDES}, optional={"others": SIDES}).map(json.dumps),
)
TYPES = st.sampled_from(["application/json", "text/plain", "application/json; charset=x", "é", ""])


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(["sst", "sts"]) | TEXT.filter(str.strip), BODIES, TYPES)
def test_no_body_is_a_fault_of_the_server(client, task, body, kind):
    content = body.encode() if isinstance(body, str) else body
    headers = {"Content-Type": kind.encode()}
    path = quote(task.encode(errors="replace"), safe="")
    answer = client.post(f"/v1/tasks/{path}", content=content, headers=headers)
    event(str(answer.status_code))
    assert answer.status_code in (200, 400, 404, 405, 422)
    assert [*answer.json()] in (["predictions"], ["error"])


def test_other_paths_and_methods(client):
    assert client.get("/v1/nothing").json() == {"error": "Not Found"}
    wrong = client.get("/v1/tasks/sst")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")


def test_a_body_that_takes_too_long_is_given_up(model):
    async def slow():
        yield b"{"
        await asyncio.sleep(30)

    async def ask():
        transport = ASGITransport(create_app(model, Limits(max_seconds=0.05)))
        async with AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.post("/v1/tasks/sst", content=slow())

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert answer.json() == {"error": "a body arrives within 0.05 s"}


@pytest.mark.parametrize(
    ("method", "chunks", "status", "header"),
    [
        ("POST", 9, 413, "close"),
        ("PUT", 9, 405, "close"),
        ("POST", 1, 422, None),
        ("GET", 0, 405, None),
    ],
)
def test_what_is_not_read_of_a_body_closes_the_connection(model, method, chunks, status, header):
    async def body():
        for _ in range(chunks):
            yield b" " * 9_000

    async def ask():
        transport = ASGITransport(create_app(model, LIMITS))
        async with AsyncClient(transport=transport, base_url="http://here") as client:
            content = body() if chunks else None
            return await client.request(method, "/v1/tasks/sst", content=content)

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers.get("connection")) == (status, header)


def test_the_page_runs_its_own_code_alone(client):
    page = client.get("/")
    assert (page.status_code, client.head("/").status_code) == (200, 200)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    for tag in ("style", "script"):
        (own,) = re.findall(f"<{tag}[^>]*>(.*?)</{tag}>", page.text, re.DOTALL)
        digest = b64encode(sha256(own.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    # Neither other hosts, nor code in attributes, nor text that becomes HTML
    assert not re.search(r"https?:|//[a-z]|\son\w+=|\sstyle=|innerHTML|insertAdj", page.text)


def test_fifty_at_once_are_fewer_batches_with_the_same_answers(model):
    app = create_app(model, Limits(max_wait_ms=100))
    requests = [
        ("sts", {"texts": A[i % 4], "others": B[i % 3]})
        if i % 2
        else ("sst", {"texts": A[i % 3 :]})
        for i in range(50)
    ]

    async def ask():
        transport = ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=transport, base_url="http://here") as client,
        ):
            posts = (client.post(f"/v1/tasks/{task}", json=body) for task, body in requests)
            return await asyncio.gather(*posts)

    answers = asyncio.run(ask())
    for (task, body), answer in zip(requests, answers, strict=True):
        expected = model.predict(task, body["texts"], body.get("others"))
        same(answer.json()["predictions"], expected if isinstance(expected, list) else [expected])
    assert app.state.batcher.batches < 25


def batcher(label, **options):
    return Batcher(label, **{"max_batch": 4, "max_wait_ms": 0, "max_waiting": 9, **options})


def one(text):
    return TextExamples([text], None, False)


def run(queue, texts):
    """Answers, or errors, of texts that arrive at once."""

    async def ask():
        worker = asyncio.create_task(queue.run())
        asked = (queue.predict("sst", one(text)) for text in texts)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        worker.cancel()
        return answers

    return asyncio.run(ask())


def test_batches_take_no_more_than_their_size():
    seen = []

    def label(task, examples):
        seen.append(len(examples.a))
        return examples.a

    assert run(batcher(label), list("abcdefg")) == [[letter] for letter in "abcdefg"]
    assert seen == [4, 3]


def test_a_failing_batch_fails_alone():
    def label(task, examples):
        if "x" in examples.a:
            raise ValueError("x")
        return examples.a

    answers = run(batcher(label, max_batch=1), list("axb"))
    assert (answers[0], str(answers[1]), answers[2]) == (["a"], "x", ["b"])


def test_too_many_waiting_requests_are_told_so():
    answers = run(batcher(lambda task, examples: examples.a, max_waiting=2), list("abc"))
    assert answers[:2] == [["a"], ["b"]]
    assert isinstance(answers[2], BusyError)


def test_the_command_serves_and_ends_gracefully(best):
    code = "from mtbert.cli.main import main; main()"
    words = [sys.executable, "-c", code, "serve", str(best), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        url = re.fullmatch("http://127.0.0.1:[0-9]+", server.stdout.readline().strip()).group()
        body, headers = json.dumps({"texts": A}).encode(), {"Content-Type": "application/json"}
        answer = urlopen(Request(f"{url}/v1/tasks/sst", body, headers))
        assert len(json.load(answer)["predictions"]) == len(A)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)


def test_a_host_that_cannot_be_one_is_refused(best):
    with pytest.raises(InputError, match=r"^--host a\.\.b --port 8000: .*expected an address"):
        CliRunner().invoke(app, ["serve", str(best), "--host", "a..b"], catch_exceptions=False)
