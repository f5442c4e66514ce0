"""A class at one server: so many sessions slide, each as a browser does, and wait for the figures of their position.

Each session is a websocket of Streamlit's own protocol: it opens Slide, lets go of the slider at a recorded position,
waits for the first figure that comes back, looks for a moment, and goes on. Nothing else offers this to a class, so it
has targets and no peer.
"""

import asyncio
import json
import os
import random
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.slider import serving
from core.environment import here, load_average

SECONDS = float(os.environ.get("BONSAI_ROOM_S", "600"))  # of the thirty; the sixty take a fifth of it
QUERY = "model=demo&task=reviews&method=l1-layer"
POSITIONS = (10, 20, 30, 40, 50, 60, 70, 80, 90)  # which are recorded
LOOKS_S = (1.0, 4.0)  # for how long somebody looks before the next move
ARRIVE_S = 10.0  # in which they open the page: a class does not do so in the same millisecond
OPEN_S = 300.0
AGAIN_S = 1.0
CANVAS = "bonsai_mosaic"  # whose slider is let go
BIG = 1 << 28
TARGETS = {30: 100.0, 60: 250.0}  # ms of the 95th percentile
GROWTH_TARGET_MB = 50.0


@dataclass
class Student:
    """A session: what the page told it, and from when and how long it waited each time."""

    component: str = ""
    fragment: str = ""
    began: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def measure(data: str) -> dict[str, Any]:
    """Milliseconds from a release to its first figure, once everybody has the page; what the server grows meanwhile."""
    found: dict[str, Any] = {"what": f"sessions that slide on Slide, {SECONDS:.0f} s, every position recorded"}
    with serving("app.py", data, {"BONSAI_CLASS": "1"}) as address:
        asyncio.run(room(address, 2, 5.0))  # what is loaded once is loaded
        for count, seconds in ((30, SECONDS), (60, SECONDS / 5)):
            students, opening_s, opened_mb = asyncio.run(room(address, count, seconds))
            waits = sorted(wait for one in students for wait in one.waits_ms)
            errors = [error for one in students for error in one.errors]
            if not waits:
                raise OSError(f"nobody got a figure: {errors[:1]}")
            found |= {
                f"{count}_opened_after_s": round(opening_s, 1),
                f"{count}_releases": len(waits),
                f"{count}_p50_ms": round(median(waits), 1),
                f"{count}_p95_ms": round(waits[int(0.95 * (len(waits) - 1))], 1),
                f"{count}_target_p95_ms": TARGETS[count],
                f"{count}_errors": len(errors),
                f"{count}_growth_mb": round(_server_mb(address) - opened_mb, 1),
            }
    return {**found, "growth_target_mb": GROWTH_TARGET_MB, "machine": here().machine, "load": load_average()}


async def room(
    address: str, count: int, seconds: float, started: asyncio.Event | None = None
) -> tuple[list[Student], float, float]:
    """So many sessions that slide for so long once all of them have the page; how long that took, and the server's
    memory then. started: set when they begin."""
    began, everybody = time.monotonic(), asyncio.Barrier(count + 1)
    students = [Student() for _ in range(count)]
    work = [
        asyncio.create_task(_study(address, number, one, everybody, seconds)) for number, one in enumerate(students)
    ]
    async with asyncio.timeout(OPEN_S):  # one that fails would keep the others waiting
        await everybody.wait()
    if started is not None:
        started.set()
    opening_s, opened_mb = time.monotonic() - began, _server_mb(address)
    await asyncio.gather(*work)
    return students, opening_s, opened_mb


async def _study(address: str, number: int, student: Student, everybody: asyncio.Barrier, seconds: float) -> None:
    """One session: open the page, wait for the others, and slide."""
    chance = random.Random(number)
    await asyncio.sleep(ARRIVE_S * number / everybody.parties)
    place = address.replace("http", "ws", 1) + "/_stcore/stream"
    async with websockets.connect(place, subprotocols=["streamlit"], max_size=BIG, ping_interval=None) as line:
        opened = BackMsg()
        opened.rerun_script.query_string = QUERY
        opened.rerun_script.page_name = "slide"
        await line.send(opened.SerializeToString())
        await _hear(line, student)
        while not student.component:  # where nothing is drawn yet a browser asks again until it is
            await asyncio.sleep(AGAIN_S)
            await line.send(opened.SerializeToString())
            await _hear(line, student)
        await everybody.wait()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(chance.uniform(*LOOKS_S))
            moved = BackMsg()
            moved.rerun_script.query_string = QUERY
            moved.rerun_script.fragment_id = student.fragment
            state = moved.rerun_script.widget_states.widgets.add()
            state.id, state.json_value = student.component, json.dumps({"amount": chance.choice(POSITIONS)})
            began = time.perf_counter()
            await line.send(moved.SerializeToString())
            await _hear(line, student, began)


async def _hear(line: Any, student: Student, began: float | None = None) -> None:
    """Read what the server says until its script has ended; began: when the slider was let go."""
    waits = began is not None
    while True:
        said = ForwardMsg()
        said.ParseFromString(await line.recv())
        kind = said.WhichOneof("type")
        if kind == "delta":
            element = said.delta.new_element
            which = element.WhichOneof("type")
            if which == "metric" and waits and began is not None:
                student.began.append(began)
                student.waits_ms.append(1000 * (time.perf_counter() - began))
                waits = False
            if which == "bidi_component" and element.bidi_component.component_name == CANVAS:
                student.component, student.fragment = element.bidi_component.id, said.delta.fragment_id
            if which == "exception":
                student.errors.append(element.exception.message)
        if kind == "script_finished" and said.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            if waits:
                student.errors.append("no figure came back")
            return


def _server_mb(address: str) -> float:
    """Resident memory of the page's process."""
    port = int(address.rpartition(":")[2])
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            return float(psutil.Process(connection.pid).memory_info().rss / 1e6)
    raise OSError(f"nobody listens at {address}")
