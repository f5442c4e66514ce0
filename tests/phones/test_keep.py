"""A device of the room as a machine of the store: its name, its times, and where they stand beside others."""

import dataclasses

from core.choice import machines, times
from core.phones.device import read
from core.phones.keep import OF_ROOM, kept, machine, speed
from core.phones.names import name, translated
from core.runtimes import web
from tests.phones.test_device import KEYS, sent
from tests.support import tiny


def device(number=0, **changed):
    """What a browser sent, with its name on the projector."""
    values = {"id": f"{number:016x}"} | changed
    return dataclasses.replace(read(sent(**values), KEYS, 128), name=name(number), measured_at="2026-11-30T12:00:00")


def test_a_machine_is_named_by_what_it_says_and_by_its_animal():
    assert machine(device()) == "phone: Android, Chrome 159, 8 cores · green heron 0000"
    gpu = machine(device(1, backend="webgpu", cores=0))
    assert gpu == "phone: Android, Chrome 159, WebGPU · blue otter 0000"
    assert OF_ROOM.fullmatch(gpu).groups() == ("phone", "Android, Chrome 159, WebGPU", "blue otter 0000")
    assert OF_ROOM.fullmatch("AMD EPYC (family 25 model 17, VNNI), 2 cores, Linux x86_64") is None


def test_names_are_translated_with_what_follows():
    assert translated("green heron 3f2a", "es") == "garza verde 3f2a"
    assert translated("nobody", "es") == "nobody"


def test_times_are_kept_pair_by_pair_with_their_settings():
    found = speed(device(), 1)
    assert found.speedup == 2.0 and found.verdict == "faster" and found.seq == 128 and found.threads == 1
    assert found.median_ms == 20.0 and found.dense_median_ms == 40.0 and not found.environment.torch


def test_only_devices_whose_times_hold_are_kept_and_stand_beside_dense_in_a_browser():
    results = [tiny.result(spec=tiny.spec(runtime=web.RUNTIME.name, seed=seed)) for seed in (0, 1)]
    found = kept(results, [device(), device(1, hidden=True), device(2, threads=4)])
    assert machines(found, ["torch", "torch"]) == {machine(device()): 2}  # four threads are another setting
    assert [one.ms for one in times(found, machine(device()))] == [40.0, 20.0]
    assert {len(one.speeds) for one in found} == {2}
    again = kept(found, [device()])  # who is kept twice is there once
    assert {len(one.speeds) for one in again} == {2}
