"""Names of devices: one each, in both languages."""

from core.phones.names import ANIMALS, COLOURS, name


def test_the_first_two_hundred_are_all_different():
    for language in ("en", "es"):
        found = [name(number)[language] for number in range(len(COLOURS) * len(ANIMALS))]
        assert len(set(found)) == len(found)
    assert name(0) == {"en": "green heron", "es": "garza verde"}
    assert name(210)["en"] == "green heron 2"
