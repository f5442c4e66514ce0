"""What is answered at every position of the slider, redrawn in the browser while it is dragged."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.engine.track import Track
from core.engine.track_facts import by_level
from core.pictures.mosaic import pack
from pages.components.canvas.component import component

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component import ComponentResult

SCRIPTS = ("drawing", "track")
# Every word of the component; a payload's header says them under "text".
TEXTS = (
    "accuracy",
    "loss",
    "weights",
    "all",
    "zipped",
    "interval",  # {low} {high} {count}
    "seeds",  # {low} {high} {count}
    "points",  # {points}
    "same",  # {points}
    "dense",  # {value}
    "flips",  # {count}
    "none",
    "flip",  # {from} {to} {sure}
    "number",  # {number}
    "kinds",
    "between",  # {low} {below} {high} {above}
    "beyond",  # {low} {below}
)


def payload(
    track: Track,
    sentences: Sequence[str | None],
    labels: Sequence[str],
    kinds: Mapping[str, str],
    text: dict[str, str],
    amount: int,
    others: Sequence[Track] = (),
) -> bytes:
    """The bytes of a track for the component; sentences: of each example its text, or None where it is not here.

    labels: what each label is called. kinds: what the kinds are called. amount: the position to start from. others: the
    same by other seeds, at the same levels.
    """
    names = sorted({kind for kind in track.kinds if kind})
    numbers = {kind: number for number, kind in enumerate(names)}
    scores = [100 * (one.answers == one.right).mean(1) for one in (track, *others)]
    header = {
        **by_level(track),
        "count": len(track.right),
        "labels": list(labels),
        "kinds": [kinds.get(name, name) for name in names],
        "seeds": [[round(float(score), 2) for score in row] for row in scores] if others else [],
        "text": dict(text),
        "amount": amount,
    }
    kind = np.array([numbers.get(one, 0) for one in track.kinds], np.uint8)
    texts = json.dumps(list(sentences), ensure_ascii=False).encode()
    body = b"".join(part.tobytes() for part in (track.answers, track.sure, track.right, kind))
    return pack(header, zlib.compress(body + texts, 9))


def track_view(data: bytes, *, key: str) -> ComponentResult:
    """Mount it; it follows every slider that sends the window "bonsai-amount"."""
    return component("track", SCRIPTS)(key=key, data=data)
