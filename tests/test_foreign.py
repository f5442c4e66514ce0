"""JSON of others: what no later step could write or show is refused when it is read."""

import pytest

from core import foreign


def test_what_is_whole_is_read():
    assert foreign.parse('{"a": ["\\u00e9", "\\ud83d\\ude00", 1.5, null]}') == {"a": ["é", "😀", 1.5, None]}


@pytest.mark.parametrize(
    "text",
    ['"\\ud800"', '{"\\udfff x": 1}', "[" * 100_000, '{"a":' * 100_000, "", "nothing", "9" * 5000],
)
def test_what_is_not_is_one_kind_of_error(text):
    with pytest.raises(ValueError):
        foreign.parse(text)
