"""What each word looks at in one head, as lines between words: before compression beside after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.engine.attend import Attention
from pages.components.canvas.component import component

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component import ComponentResult

SCRIPTS = ("drawing", "attention")
TEXTS = ("label", "hint", "gone", "looks")  # looks: {token} {seen}


def attention_view(named: Sequence[tuple[str, Attention]], text: Mapping[str, str], *, key: str) -> ComponentResult:
    """Mount it: a panel for each model, which is called so; text: the words of TEXTS."""
    models = [{"name": name, "tokens": one.tokens, "shares": _rounded(one.shares)} for name, one in named]
    return component("attention", SCRIPTS)(key=key, data={"models": models, "text": dict(text)})


def _rounded(shares: tuple[tuple[float, ...], ...] | None) -> list[list[float]] | None:
    return None if shares is None else [[round(share, 3) for share in row] for row in shares]
