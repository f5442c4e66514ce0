"""What happens to the store: killed in the middle of a write, two writers at once, a disk that is full."""

import dataclasses
import errno
import os
import random
import signal
import subprocess
import time

import pytest

from core.engine.store import Store, write_atomically
from tests.support import tiny

MOMENTS = 200
WAIT_S = 0.012  # longer than a write takes


def writing(folder):
    """In a child: results of many sizes, one after another, for ever."""
    store, number = Store(folder), 0
    while True:
        number += 1
        facts = {"of": number, "filling": "x" * random.randrange(60_000)}
        store.write(dataclasses.replace(tiny.result(tiny.spec(seed=number % 5)), facts=facts))


def forked(work):
    """The process id of a child that does this until it is killed."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(1)


def test_killed_at_200_moments_every_result_is_whole_or_absent(tmp_path):
    folder, chance, written = tmp_path / "results", random.Random(0), 0
    for _ in range(MOMENTS):
        child = forked(lambda: writing(folder))
        time.sleep(chance.random() * WAIT_S)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        files = list(folder.glob("*.json")) if folder.is_dir() else []
        found = [Store(folder).read(path.stem) for path in files]
        assert None not in found and Store(folder).set_aside() == []
        written += bool(files)
    assert written > MOMENTS / 4  # it was killed in mid-work, not before it


def test_two_writers_of_one_cache_leave_whole_results(tmp_path):
    children = [forked(lambda: writing(tmp_path)) for _ in range(2)]
    try:
        end, read = time.monotonic() + 2, 0
        while time.monotonic() < end:
            for path in tmp_path.glob("*.json"):
                assert Store(tmp_path).read(path.stem) is not None
                read += 1
        assert read
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    assert Store(tmp_path).set_aside() == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 kB, where this account may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this account may not mount a disk")
    yield place
    subprocess.run(["umount", place], check=False)


def test_a_full_disk_loses_nothing_that_was_recorded(small_disk):
    store = Store(small_disk)
    kept = tiny.result(tiny.spec(seed=1))
    store.write(kept)
    large = dataclasses.replace(kept, facts={"filling": "x" * 400_000})
    for result in (large, dataclasses.replace(large, spec=tiny.spec(seed=2))):
        with pytest.raises(OSError) as refused:
            store.write(result)
        assert refused.value.errno == errno.ENOSPC
    assert Store(small_disk).all() == [kept] and [path.suffix for path in small_disk.iterdir()] == [".json"]
    store.write(dataclasses.replace(kept, facts={"a": 1}))  # and goes on


def test_a_cache_that_cannot_be_written_to_keeps_what_it_has(tmp_path, monkeypatch):
    store = Store(tmp_path)
    kept = tiny.result(tiny.spec(seed=1))
    store.write(kept)

    def refused(*names, **about):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("core.engine.store.tempfile.mkstemp", refused)
    with pytest.raises(OSError):
        store.write(dataclasses.replace(kept, facts={"a": 1}))
    (tmp_path / "broken.json").write_text("{")
    monkeypatch.setattr("core.engine.store.Path.replace", refused)
    assert Store(tmp_path).read(kept.key) == kept and Store(tmp_path).read("broken") is None
    with pytest.raises(OSError):
        write_atomically(tmp_path / "x", b"")


def test_a_clock_that_jumps_back_hides_no_newer_result(tmp_path):
    store, result = Store(tmp_path), tiny.result(tiny.spec(seed=1))
    path = store.write(dataclasses.replace(result, facts={"of": 1}))
    assert store.read(result.key).facts == {"of": 1}
    store.write(dataclasses.replace(result, facts={"of": 2}))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert store.read(result.key).facts == {"of": 2}
