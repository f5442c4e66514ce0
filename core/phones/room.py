"""What is open for the browsers of a room while the server runs, and what they have sent."""

import dataclasses
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import DataError
from core.phones.device import Device, read
from core.phones.names import name

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # letters that nobody takes for another
LENGTH = 6
MOST_OPEN = 8  # addresses; the oldest is closed
MOST_DEVICES = 300  # of an address
MOST_EACH = 60  # of these from one place of the network: a class behind one of them has room, and one pupil not all
PAUSE_S = 3.0  # between two posts of one device


@dataclass
class Opened:
    """An address of the room. facts: what its page is told, see core.engine.browser.facts. files: what it may fetch
    besides the page, by name. devices: each way of each, in the order in which they came."""

    code: str
    facts: Mapping[str, Any]
    files: Mapping[str, Path]
    devices: dict[tuple[str, str, int], Device] = field(default_factory=dict)
    senders: dict[str, set[str]] = field(default_factory=dict)  # which devices came from where
    names: dict[str, dict[str, str]] = field(default_factory=dict)  # of every device that ever sent

    @property
    def keys(self) -> list[str]:
        """The results whose models are open, in the order of the page."""
        return [one["key"] for one in self.facts["models"]]


class Room:
    """All addresses of a server; used from the pages' threads and the server's at once."""

    def __init__(self) -> None:
        self._opened: dict[str, Opened] = {}
        self._posted: dict[tuple[str, str], float] = {}  # address and device -> when
        self._lock = threading.Lock()

    def open(self, facts: Mapping[str, Any], files: Mapping[str, Path]) -> Opened:
        """A new address for these models."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        with self._lock:
            while len(self._opened) >= MOST_OPEN:  # one that nobody came to goes first
                idle = [known for known, one in self._opened.items() if not one.devices]
                del self._opened[next(iter(idle or self._opened))]
            return self._opened.setdefault(code, Opened(code, facts, files))

    def close(self, code: str) -> None:
        """Nobody gets anything there any more."""
        with self._lock:
            self._opened.pop(code, None)

    def find(self, code: str) -> Opened | None:
        """What is open at an address, or None; who types it in capitals means the same."""
        return self._opened.get(code.lower())

    def drop(self, code: str, device: str) -> None:
        """Take a device off, in all its ways; it may measure again."""
        found = self.find(code)
        with self._lock:
            if found is not None:
                for way in [way for way in found.devices if way[0] == device]:
                    del found.devices[way]

    def devices(self, code: str) -> list[Device]:
        """Those that have sent, in the order in which they came first."""
        found = self.find(code)
        with self._lock:
            return list(found.devices.values()) if found else []

    def take(self, code: str, body: bytes, sender: str = "") -> Device:
        """Keep what a browser sent; the same browser's newest counts. sender: its address. Raises DataError."""
        opened = self.find(code)
        if opened is None:
            raise DataError("nothing is open at this address any more; ask for a new one")
        device = read(body, opened.keys, opened.facts["tokens"])
        with self._lock:
            now = time.monotonic()
            if now - self._posted.get((opened.code, device.id), -PAUSE_S) < PAUSE_S:
                raise DataError("that was too soon after the last one; wait {seconds} s", seconds=round(PAUSE_S))
            each = opened.senders.setdefault(sender, set())
            for count, most in ((len(opened.devices) + 1, MOST_DEVICES), (len({*each, device.id}), MOST_EACH)):
                if device.way not in opened.devices and count > most:
                    raise DataError("{most} devices are the most here", most=most)
            self._posted[opened.code, device.id] = now
            called = opened.names.setdefault(device.id, name(len(opened.names)))  # also of one that was taken off
            when = datetime.now(UTC).isoformat(timespec="seconds")
            kept = dataclasses.replace(device, name=called, measured_at=when)
            opened.devices[device.way] = kept
            each.add(device.id)
            return kept


ROOM = Room()
