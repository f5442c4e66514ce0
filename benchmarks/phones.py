"""Thirty phones fetch models and send their times while thirty sessions slide, all from one server.

Each phone is a thread that fetches what the page fetches, nothing kept from before, and posts a measurement; they come
all at once, wave after wave. Nothing else offers this to a class, so it has targets and no peer.
"""

import asyncio
import gzip
import json
import multiprocessing
import re
import threading
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from benchmarks.room import TARGETS, Student, room
from benchmarks.slider import ARGUMENTS, CHROMIUM, serving
from core.environment import here, load_average
from pages.components.widgets.text import catalogue

PHONES, WAVES, APART_S = 30, 5, 5.0
SLIDING_S = 90.0
ALONE_S = 10.0  # of sliding, before the first wave
MODEL_FILES = ("labels.json", "tokenizer.json", "tokenizer_config.json", "model.onnx")
RUNTIME_FILES = ("tokenizers.min.mjs", "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
PAGE_FILES = (
    "",
    "page.css",
    "page.mjs",
    "crew.mjs",
    "worker.mjs",
    "tokens.mjs",
    "speed.mjs",
    "answers.mjs",
    "shown.mjs",
)
AGENT = "Mozilla/5.0 (Linux; Android 14) Chrome/159.0 Mobile"


@dataclass
class Waves:
    """What the phones saw: seconds of each until all had come, bytes, names they were given, what failed, and when."""

    seconds: list[float] = field(default_factory=list)
    fetched: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)


def measure(data: str) -> dict[str, Any]:
    """Milliseconds of a slider's release with and without phones, the phones' own seconds, and posts that were lost."""
    from playwright.sync_api import sync_playwright

    with serving("app.py", data, {"BONSAI_CLASS": "1"}) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        teacher = chromium.new_page()
        place = f"{address}/p/{_opened(teacher, address)}/"
        waves = Waves()
        with ThreadPoolExecutor(1) as apart:  # Playwright has an event loop of its own here
            apart.submit(asyncio.run, room(address, 2, 5.0)).result()  # what is loaded once is loaded
            students = apart.submit(asyncio.run, _both(address, place, waves)).result()
        teacher.wait_for_timeout(5000)
        shown = re.findall(catalogue("en")["phone.count"].format(count=r"(\d+)").strip("*"), teacher.inner_text("body"))
        chromium.close()
    if not waves.fetched:
        raise OSError(f"no phone got anything: {waves.errors[:1]}")
    waits = [wait for one in students for wait in zip(one.began, one.waits_ms, strict=True)]
    beside = [ms for when, ms in waits if any(first <= when <= last for first, last in waves.spans)]
    alone = [ms for when, ms in waits if not any(first <= when <= last + 1 for first, last in waves.spans)]
    return {
        "what": f"{PHONES} phones at once, {WAVES} times, beside {len(students)} sessions that slide",
        "mb_a_phone": round(max(waves.fetched) / 1e6, 1),
        "phone_p50_s": _share(waves.seconds, 0.5),
        "phone_p95_s": _share(waves.seconds, 0.95),
        "posts": len(waves.names),
        "lost_posts": PHONES * WAVES - len(waves.names),
        "on_projector": int(shown[0]),
        "phone_errors": waves.errors[:3],
        "releases_beside": len(beside),
        "beside_p95_ms": _share(beside, 0.95),
        "alone_p95_ms": _share(alone, 0.95),
        "target_p95_ms": TARGETS[30],
        "errors": len([error for one in students for error in one.errors]),
        "machine": here().machine,
        "load": load_average(),
    }


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[int(share * (len(ordered) - 1))], 2)


def _opened(teacher: Any, address: str) -> str:
    """What the teacher opens of the models that come with the code: the address's code."""
    teacher.goto(f"{address}/phone?model=demo&task=sst2")
    words = catalogue("en")["phone.open"].partition("{")[0]
    teacher.get_by_role("button", name=re.compile(re.escape(words))).click(timeout=60_000)
    teacher.get_by_role("button", name=catalogue("en")["phone.close"]).wait_for(timeout=60_000)
    return re.findall(r"/p/(\w+)/", teacher.inner_text("[data-testid=stMain]"))[0]


async def _both(address: str, place: str, waves: Waves) -> list[Student]:
    started = asyncio.Event()
    sliding = asyncio.create_task(room(address, 30, SLIDING_S, started))
    await started.wait()
    await asyncio.sleep(ALONE_S)
    loop, spawn = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as others:  # phones have processors of their own: here at least a process
        await loop.run_in_executor(others, _wave, place, 0)
        for _ in range(WAVES):
            began = time.perf_counter()
            found = await loop.run_in_executor(others, _wave, place, PHONES)
            waves.spans.append((began, time.perf_counter()))
            for name in ("seconds", "fetched", "names", "errors"):
                getattr(waves, name).extend(getattr(found, name))
            await asyncio.sleep(APART_S)
    return (await sliding)[0]


def _wave(place: str, count: int) -> Waves:
    waves = Waves()
    phones = [threading.Thread(target=_phone, args=(place, one, waves)) for one in range(count)]
    for one in phones:
        one.start()
    for one in phones:
        one.join()
    return waves


def _phone(place: str, number: int, waves: Waves) -> None:
    began = time.perf_counter()
    try:
        facts, fetched = json.loads(gzip.decompress(_get(f"{place}bonsai.json"))), 0
        addresses = [f"{place}{name}" for name in PAGE_FILES]
        addresses += [urljoin(place, f"{facts['runtime']}{name}") for name in RUNTIME_FILES]
        addresses += [f"{place}{one['place']}{name}" for one in facts["models"] for name in MODEL_FILES]
        for address in addresses:
            fetched += len(_get(address))
        waves.seconds.append(time.perf_counter() - began)
        waves.fetched.append(fetched)
        post = urllib.request.Request(f"{place}{facts['post']}", json.dumps(_measured(number, facts)).encode())
        with urllib.request.urlopen(post, timeout=60) as answer:
            waves.names.append(json.load(answer)["name"]["en"])
    except (OSError, ValueError, KeyError) as error:
        waves.errors.append(f"{type(error).__name__}: {error}")


def _get(address: str) -> bytes:
    asked = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        found: bytes = answer.read()
    return found


def _measured(number: int, facts: dict[str, Any]) -> dict[str, Any]:
    """What the page of a phone sends."""
    times = [40.0 + number % 7] * 15
    models = [{"key": one["key"], "times_ms": times, "download_ms": 1, "start_ms": 1} for one in facts["models"]]
    whole = sum(times) * len(models)
    about = {"agent": AGENT, "mobile": True, "cores": 8, "memory": 4, "hidden": False, "runtime": "1.30.0"}
    how = {"backend": "wasm", "threads": 1, "tokens": facts["tokens"], "wall_ms": whole, "busy_ms": whole}
    return {"id": f"{number:016x}", **about, **how, "models": models}
