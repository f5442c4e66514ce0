"""Spans from tags and back, beside cases worked out by hand from conlleval's rules, which seqeval's default follows."""

import pytest

from core.tasks.spans import Span, decoded, encoded, read, scheme, written

CASES = (
    ("O B-PER I-PER O", ["PER 1-2"]),
    ("B-PER B-PER I-PER", ["PER 0-0", "PER 1-2"]),
    ("I-PER I-PER O I-LOC", ["PER 0-1", "LOC 3-3"]),  # IOB1, or a model that forgot the B
    ("B-PER I-LOC I-LOC", ["PER 0-0", "LOC 1-2"]),  # another type is another span
    ("I-PER B-PER", ["PER 0-0", "PER 1-1"]),
    ("S-PER B-LOC I-LOC E-LOC S-PER", ["PER 0-0", "LOC 1-3", "PER 4-4"]),
    ("B-PER E-PER E-PER", ["PER 0-1", "PER 2-2"]),  # an end after an end begins anew
    ("S-PER I-PER", ["PER 0-0", "PER 1-1"]),
    ("E-PER I-PER", ["PER 0-0", "PER 1-1"]),
    ("B-PER S-PER O", ["PER 0-0", "PER 1-1"]),
    ("U-PER B-LOC L-LOC", ["PER 0-0", "LOC 1-2"]),
    ("B-my-type I-my-type", ["my-type 0-1"]),
    ("O O", []),
    ("", []),
    ("O PER PER LOC", ["PER 1-2", "LOC 3-3"]),  # a model whose classes have no prefix
)


@pytest.mark.parametrize(("tags", "spans"), CASES)
def test_tags_are_read(tags, spans):
    found = decoded(tags.split())
    assert written(found) == "; ".join(spans) and read(written(found)) == sorted(found)


@pytest.mark.parametrize(
    ("ends", "tags"),
    [
        ("", "B-PER O B-LOC I-LOC B-LOC"),
        ("ES", "S-PER O B-LOC E-LOC S-LOC"),
        ("LU", "U-PER O B-LOC L-LOC U-LOC"),
    ],
)
def test_spans_are_written_in_each_scheme(ends, tags):
    spans = [Span(0, 0, "PER"), Span(2, 3, "LOC"), Span(4, 4, "LOC")]
    assert encoded(spans, 5, ends) == tags.split() and decoded(tags.split()) == spans
    assert scheme(tags.split()) == ends
