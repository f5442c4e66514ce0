"""Files for phones go in pieces by turns: nothing is lost, the rate is kept, and nobody is sent all at once."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.components.phone import pace


def apart(work):
    """Run it in a thread: tests with a browser leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture
def content(monkeypatch, tmp_path):
    monkeypatch.setattr(pace, "LINE", pace.Line())
    path = tmp_path / "model.onnx"
    path.write_bytes(bytes(range(256)) * 2048 + b"end")  # half a million bytes, and a piece that is not whole
    return path


@pytest.mark.parametrize("kind", ["file", "bytes"])
def test_what_comes_is_what_is_there(content, kind):
    answers = {"file": lambda _: pace.File(content), "bytes": lambda _: pace.Bytes(content.read_bytes(), {})}
    client = TestClient(Starlette(routes=[Route("/", answers[kind])]))
    assert client.get("/").content == content.read_bytes()
    assert pace.LINE.free_at > 0
    before = pace.LINE.free_at
    assert client.head("/").headers["content-length"] == str(content.stat().st_size)
    assert pace.LINE.free_at < before + 0.01 and client.head("/").content == b""


def test_who_goes_away_takes_no_further_turn(monkeypatch):
    monkeypatch.setattr(pace, "LINE", pace.Line())
    turns = []

    async def turn(count):
        turns.append(count)
        await asyncio.sleep(0.01)

    monkeypatch.setattr(pace.LINE, "turn", turn)

    async def receive():
        await asyncio.sleep(0.03)
        return {"type": "http.disconnect"}

    async def send(message):
        """To nobody."""

    scope = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}
    apart(pace.Bytes(b"x" * (100 * pace.PIECE), {})(scope, receive, send))
    assert len(turns) < 20


def test_pieces_of_all_together_keep_the_rate(monkeypatch):
    monkeypatch.setattr(pace, "LINE", pace.Line())
    sent: list[int] = []

    async def phone():
        async for piece in pace.pieces(b"x" * (4 * pace.PIECE + 1)):
            sent.append(len(piece))

    async def class_of(count):
        await asyncio.gather(*(phone() for _ in range(count)))

    began = time.monotonic()
    apart(class_of(3))
    whole = 3 * (4 * pace.PIECE + 1)
    assert time.monotonic() - began >= 0.99 * whole / pace.RATE
    assert max(sent) == pace.PIECE and sum(sent) == whole and len(sent) == 15
