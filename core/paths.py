"""Where the product's own files lie: the code, what is shipped with it, and what it computes."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
CACHE = Path(os.environ.get("BONSAI_CACHE") or ROOT / "cache")
