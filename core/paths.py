"""Where the product's own files lie: the code, what is shipped with it, and what it computes."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
# results that come with the code, read wherever the cache lies; BONSAI_RECORDED names another folder, for a cold start
SHIPPED = Path(os.environ.get("BONSAI_RECORDED") or ROOT / "cache" / "recorded")


def cache_folder() -> Path:
    """Where is written what can be computed again: BONSAI_CACHE, cache/ beside core/, or, where that cannot be written
    to, the user's own cache folder."""
    if named := os.environ.get("BONSAI_CACHE"):
        return Path(named)
    beside = ROOT / "cache"
    if os.access(beside if beside.is_dir() else ROOT, os.W_OK):
        return beside
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bert-bonsai"


CACHE = cache_folder()
