"""The words and programs that go into an export, from the templates in assets/export."""

import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from core.models import ASSETS

TEMPLATES = ASSETS / "export"
TITLES = {"hf": "A Hugging Face folder", "onnx": "An ONNX file", "pte": "An ExecuTorch file"}
PACKAGES = {"hf": ("torch", "transformers"), "onnx": ("onnxruntime", "tokenizers"), "pte": ("executorch", "tokenizers")}
PROGRAM = "run.py"


def write(folder: Path, form: str, facts: Mapping[str, str]) -> None:
    """README.md, with facts for the @names@ of its templates, and run.py."""
    packages = " ".join(f"{name}=={version(name).split('+')[0]}" for name in PACKAGES[form])
    known = {
        **facts,
        "title": TITLES[form],
        "install": f"pip install {packages}",
        "batch": "1" if form == "pte" else "any number",
        "runtime_version": version(PACKAGES[form][0]),
    }
    parts = ["README.md"] if form == "hf" else ["README.md", f"mobile_{form}.md", "phone.md"]
    words = "".join(_filled(TEMPLATES / part, known) for part in parts)
    (folder / "README.md").write_text(words, encoding="utf8")
    shutil.copyfile(TEMPLATES / f"run_{form}.py", folder / PROGRAM)


def _filled(template: Path, facts: Mapping[str, str]) -> str:
    text = template.read_text(encoding="utf8")
    for name, value in facts.items():
        text = text.replace(f"@{name}@", value)
    return text
