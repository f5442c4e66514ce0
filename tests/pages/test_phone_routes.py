"""The addresses for phones: what they fetch, packed, cached and in parts, what they send, and what nobody gets."""

import gzip
import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.phones import room
from core.phones.room import Room
from pages.components.phone import routes
from tests.phones.test_device import KEYS, sent
from tests.phones.test_room import FACTS


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """A client, and an address with one model file."""
    ours = Room()
    monkeypatch.setattr(routes, "ROOM", ours)
    monkeypatch.setattr(room, "PAUSE_S", 0.0)
    (tmp_path / "model.onnx").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "tokenizer.json").write_text('{"vocab": ' + "1" * 5000 + "}", encoding="utf8")
    files = {f"{KEYS[0]}/{path.name}": path for path in tmp_path.iterdir()}
    found = ours.open(FACTS, files)
    return TestClient(Starlette(routes=list(routes.ROUTES))), f"/p/{found.code}"


def test_the_page_and_its_parts(opened):
    client, place = opened
    assert client.get(place).url.path == f"{place}/"  # without its last stroke
    page = client.get(f"{place}/")
    assert page.text.startswith("<!doctype html>") and "no-cache" in page.headers["cache-control"]
    assert client.get(f"{place}/page.mjs").headers["content-type"].startswith("text/javascript")
    assert client.get(f"{place}/bonsai.json").json() == FACTS
    for answer in (page, client.get(f"{place}/bonsai.json")):
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"


def test_a_model_comes_whole_in_parts_and_for_long(opened):
    client, place = opened
    address = f"{place}/{KEYS[0]}/model.onnx"
    whole = client.get(address)
    assert whole.content == bytes(range(256)) * 40 and "immutable" in whole.headers["cache-control"]
    assert whole.headers["content-length"] == str(256 * 40)  # a phone's bar needs it
    part = client.get(address, headers={"Range": "bytes=10000-"})
    assert part.status_code == 206 and part.content == whole.content[10000:]


def test_text_is_packed_once(opened):
    client, place = opened
    address = f"{place}/{KEYS[0]}/tokenizer.json"
    with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip" and len(raw) < 500
    assert gzip.decompress(raw) == client.get(address, headers={"Accept-Encoding": "identity"}).content
    packed = routes._packed.cache_info().misses
    client.get(address)
    assert routes._packed.cache_info().misses == packed


@pytest.mark.parametrize("name", ["..%2f..%2fapp.py", "../../app.py", "words.json", "offline.js", "no.such", "%00"])
def test_nothing_else_is_given_away(opened, name):
    client, place = opened
    assert client.get(f"{place}/{name}").status_code in (404, 410)


def test_what_is_sent_is_kept_and_answered_with_a_name(opened):
    client, place = opened
    answer = client.post(f"{place}/result", content=sent())
    assert answer.json() == {"name": {"en": "green heron", "es": "garza verde"}}


def test_what_is_no_measurement_is_a_sentence_in_both_languages(opened):
    client, place = opened
    for body in (b"no json", b"x" * 10**6, json.dumps({"models": 1}).encode()):
        answer = client.post(f"{place}/result", content=body)
        assert answer.status_code == 400 and set(answer.json()) == {"en", "es"}
        assert answer.json()["en"] != answer.json()["es"]


def test_an_address_that_is_not_open_says_so(opened):
    client, _ = opened
    answer = client.get("/p/abcdef/")
    assert answer.status_code == 410 and "text/html" in answer.headers["content-type"]
    assert "ask for a new one" in answer.text and "pide una nueva" in answer.text
    assert client.get("/p/abcdef/bonsai.json").status_code == 410
    assert client.post("/p/abcdef/result", content=sent()).status_code == 400
