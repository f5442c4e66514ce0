"""Devices of the room as machines of the store: what they measured becomes times of results like any other's.

A browser has no PyTorch, so its times stand beside the dense model in the same runtime, see core.choice.usual.
"""

import re
from collections.abc import Sequence

from core.environment import Environment
from core.phones.device import Device
from core.result import Result, Speed

KINDS = ("phone", "tablet", "computer")
OF_ROOM = re.compile(f"(?P<kind>{'|'.join(KINDS)}): (?P<what>.*) · (?P<name>.*)")  # what such a machine is called


def machine(device: Device) -> str:
    """The name of the machine: what it says of itself, and its name on the projector."""
    cores = f", {device.cores} cores" if device.cores else ""
    way = ", WebGPU" if device.backend == "webgpu" else ""
    return f"{device.kind}: {device.system}, {device.browser}{cores}{way} · {device.name['en']} {device.id[:4]}"


def speed(device: Device, place: int) -> Speed:
    """The times of the model at a place beside those of the first, which is dense, round by round."""
    dense, timed = device.models[0], device.models[place]
    return Speed(
        batch=1,
        seq=device.tokens,
        threads=device.threads,
        times_ms=timed.times_ms,
        dense_times_ms=dense.times_ms,
        cpu_share=min(1.0, device.busy_ms / device.wall_ms) if device.wall_ms else 1.0,
        load=0.0,
        examples=len(timed.times_ms),
        environment=Environment(machine(device), "", "", ""),
        measured_at=device.measured_at,
    )


def kept(results: Sequence[Result], devices: Sequence[Device]) -> list[Result]:
    """The results of the room's models, in its order, with the times of every device whose times hold."""
    found = list(results)
    for device in devices:
        if device.sound:
            found = [one.with_speed(speed(device, place)) for place, one in enumerate(found)]
    return found
