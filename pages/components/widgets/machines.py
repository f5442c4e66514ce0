"""What a machine is called that took a time: this one, another one, or a device of a room."""

from core.environment import here
from core.phones import keep, names
from core.result import Speed
from pages.components.widgets.text import current, say


def called(machine: str) -> str:
    """Its name as people read it; of a device with its name on the projector."""
    if machine == here().machine:
        return say("tradeoffs.own")
    device = keep.OF_ROOM.fullmatch(machine)
    if device is None:
        return machine
    kind, what, name = device.groups()
    return f"{say(f'phone.{kind}')}: {what} · {names.translated(name, current())}"


def device_of(speed: Speed | None) -> str:
    """The name of the device of a room that took this time; "" where it was none."""
    return called(speed.environment.machine) if speed is not None and speed.environment.is_browser else ""
