"""JSON that somebody else wrote: what cannot be taken on is refused here, and not where it is shown or tokenized."""

import json
from typing import Any


def parse(text: str) -> Any:
    """The value of a JSON text.

    Raises ValueError, also for one that is nested too deeply, and for half of a character (a lone surrogate, which JSON
    can name and no text can hold).
    """
    try:
        found = json.loads(text)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return found
