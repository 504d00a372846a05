"""The load benchmark: what is not answered counts as lost, and the page has the record's line."""

import asyncio
import json

from aiohttp import web

from benchmarks.load import PAGE, RECORD, WARM_UP, send, summary


def test_statuses_are_counted_and_latencies_start_when_due():
    seen = []

    async def tasks(request):
        return web.json_response({"tasks": {"sts": {"pairs": True}, "sst": {"pairs": False}}})

    async def predict(request):
        seen.append((await request.json())["texts"])
        if len(seen) % 10 == 0:
            return web.json_response({"error": "busy"}, status=503)
        await asyncio.sleep(0.02)
        return web.json_response({"predictions": [{}]})

    async def measure():
        app = web.Application()
        app.add_routes([web.get("/v1/tasks", tasks), web.post("/v1/tasks/sst", predict)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            return await send("http://{}:{}".format(*runner.addresses[0]), rate=50, seconds=1)
        finally:
            await runner.cleanup()

    measured = asyncio.run(measure())
    assert measured["statuses"] == {"answered": 45, "503": 5}
    assert len(seen) == WARM_UP + 50
    assert measured["latency_ms"]["p50"] >= 20
    assert measured["elapsed"] >= 0.98  # the last is due then


def test_the_page_has_the_record_s_line():
    assert summary(json.loads(RECORD.read_text())) in PAGE.read_text()
