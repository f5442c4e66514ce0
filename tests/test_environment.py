"""The card of the CPU: features by their flags, and what to expect of integers."""

import pytest

from core.environment import FEATURES, cpu, reduce_range


@pytest.mark.parametrize(
    ("flags", "there", "expectation", "seven_bits"),
    [
        ({"avx2", "avx512_vnni", "avx512_bf16"}, {"AVX2", "AVX512-VNNI", "bf16"}, "dots", False),
        ({"avx2", "avx_vnni"}, {"AVX2", "AVX512-VNNI"}, "dots", False),
        ({"avx2"}, {"AVX2"}, "pairs", True),
        ({"asimddp", "i8mm"}, {"ARM dot product", "ARM i8mm"}, "dots", False),
        ({"amx_int8", "amx_bf16"}, {"AMX int8", "bf16"}, "dots", False),
        (set(), set(), "unknown", True),
    ],
)
def test_what_there_is_and_what_to_expect(flags, there, expectation, seven_bits):
    found = cpu(flags)
    assert {name for name, has in found.features.items() if has} == there
    assert set(found.features) == set(FEATURES)
    assert found.expectation == expectation and reduce_range(flags) is seven_bits
