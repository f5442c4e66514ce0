"""What the devices of the room have sent, as it comes: dots, verdicts in words, a table; beside them what the server
takes, and the estimate from before there were any."""

from collections.abc import Sequence
from statistics import median

import streamlit as st

from core.environment import here
from core.figures import phones
from core.figures.phones import Dot, Mark
from core.jobs import exports
from core.jobs.exports import Download
from core.phones.device import Device
from core.phones.room import ROOM, Opened
from pages.components.phone.opening import FORM
from pages.components.widgets import charts
from pages.components.widgets.text import current, literal, local, say

POLL_S = 1.0


def show(opened: Opened) -> None:
    """Drawn anew each second while devices measure."""
    found = [exports.find(key, FORM) for key in opened.keys]
    marks = [
        Mark(say("phone.server"), [_own_ms(one) for one in found]),
        Mark(say("phone.estimate"), [one and (one.phone.low_ms, one.phone.high_ms) for one in found]),
    ]
    st.fragment(_shown, run_every=POLL_S)(opened, marks)


def _shown(opened: Opened, marks: Sequence[Mark]) -> None:
    devices = ROOM.devices(opened.code)
    models = opened.facts["models"]
    signs = [one["sign"] for one in models]
    st.markdown(say("phone.count", count=len({one.id for one in devices})))
    dots = [
        Dot(place, one.median_ms, _group(device), _words(device, place, signs), device.name[current()])
        for device in devices
        for place, one in enumerate(device.models)
    ]
    if dots or any(one for mark in marks for one in mark.spans):
        charts.show(
            phones.dots(signs, dots, marks, say("phone.axis", tokens=opened.facts["tokens"])),
            key="phones",
            alt=say("phone.alt"),
        )
    for place, one in enumerate(models):
        size = local(f"{one['mb']:.1f} MB")
        told = f"**{one['sign']}** · {literal(one['name'][current()])}, {size}"
        told += "" if one.get("good", True) else f" · :orange[{say('phone.not_good')}]"
        st.markdown(f"{told}: {_summary(devices, place, signs[0])}" if place and devices else told)
    if devices:
        charts.table([_row(device, signs) for device in devices], say("phone.alt"), "phones")
        _take_off(opened.code, devices)


def _take_off(code: str, devices: Sequence[Device]) -> None:
    """A device whose times nobody believes goes before the others are kept."""
    known = {one.id: one.name[current()] for one in devices}
    with st.popover(say("phone.take_off")):
        which = st.selectbox(say("phone.device"), list(known), format_func=lambda one: known.get(one, one))
        st.button(say("phone.take_off"), key="phone-take-off", on_click=ROOM.drop, args=(code, which))


def _own_ms(one: Download | None) -> tuple[float, float] | None:
    """What this machine took when it ran the file for its check; what came with the code was checked on another."""
    if one is None or one.environment.machine != here().machine:
        return None
    return one.exported.check.latency_ms, one.exported.check.latency_ms


def _group(device: Device) -> str:
    """What colours it: the kind of device, and how it ran the models where that is not the plain way."""
    way = "" if device.plain else f" · {_way(device)}"
    return f"{say(f'phone.{device.kind}')}{way}"


def _way(device: Device) -> str:
    return "WebGPU" if device.backend == "webgpu" else say("phone.threads", count=device.threads)


def _words(device: Device, place: int, signs: Sequence[str]) -> str:
    return local(
        f"{device.name[current()]}<br>{signs[place]}: {device.models[place].median_ms:.1f} ms<br>{_device(device)}"
    )


def _device(device: Device) -> str:
    return f"{device.system} · {device.browser} · {_way(device)}"


def _summary(devices: Sequence[Device], place: int, first: str) -> str:
    sound = [one for one in devices if one.sound and one.plain]  # each device once, all in the same way
    faster = sum(one.verdict(place) == "faster" for one in sound)
    slower = sum(one.verdict(place) == "slower" for one in sound)
    if not sound:
        return say("phone.no_verdicts")
    ratio = f"{median(one.speedup(place)[0] for one in sound):.2f}"
    return say("phone.summary", first=first, ratio=ratio, count=len(sound), faster=faster, slower=slower)


def _row(device: Device, signs: Sequence[str]) -> dict[str, object]:
    row: dict[str, object] = {say("phone.device"): device.name[current()]}
    for place, (name, one) in enumerate(zip(signs, device.models, strict=True)):
        row[f"{name} (ms)"] = round(one.median_ms, 2)
        if place:
            ratio, low, high = device.speedup(place)
            verdict = say(f"phone.{device.verdict(place).replace(' ', '_')}")
            row[f"{name} (x)"] = f"{verdict} · {ratio:.2f}x [{low:.2f}, {high:.2f}]"
    return row | {say("phone.kind"): _device(device)}
