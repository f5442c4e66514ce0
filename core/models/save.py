"""Write a model as a folder that loads again with the same logits, and say in the folder that this was checked.

Layers with fewer heads or neurons than the config says get their shapes in config.json under "bonsai"; transformers
alone then needs the lines of HOW_TO_LOAD.md. Nothing is pickled: safetensors and JSON.
"""

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from core.errors import ModelError
from core.models import dimensions, encoder, find
from core.models.head import HEADS, answered, head_named, head_of
from core.models.load import load
from core.models.quiet import quiet

CHECK = "reload_check.json"
LINES = "HOW_TO_LOAD.md"
TOLERANCE = 1e-5  # largest difference of logits in fp32
SENTENCES = (
    "The plot is thin, but its three actors carry it home.",
    "I asked for my money back, and I would do it again.",
    "It is neither good nor bad; it is long.",
    "Wonderful!",
)


@dataclass(frozen=True)
class ReloadCheck:
    """What came of loading the folder again: the largest difference of its logits on so many sentences."""

    ok: bool
    largest_difference: float | None  # None when the folder cannot be loaded or an answer is no number
    tolerance: float
    sentences: int


def save(model: nn.Module, tokenizer: Any, folder: Path, sentences: Sequence[str] = SENTENCES) -> ReloadCheck:
    """Write model and tokenizer as a Hugging Face folder, load it again and compare logits on the sentences.

    The verdict is returned and written to reload_check.json; a folder that cannot be loaded gets a red one.
    """
    write(model, tokenizer, folder)
    check = reload_check(model, tokenizer, folder, sentences)
    write_json(folder / CHECK, dataclasses.asdict(check))
    return check


def write(model: nn.Module, tokenizer: Any, folder: Path) -> None:
    """Write the folder without checking it."""
    folder.mkdir(parents=True, exist_ok=True)
    with quiet():
        model.save_pretrained(folder)  # type: ignore[operator]
        tokenizer.save_pretrained(folder)
    layers = encoder.shape_of(model)
    if layers is not None:
        config = json.loads((folder / "config.json").read_text(encoding="utf8"))
        write_json(folder / "config.json", config | {find.SHAPE: {"layers": layers}})
    (folder / LINES).write_text(how_to_load(model), encoding="utf8")
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)  # transformers leaves them to their owner alone


def halve(path: Path, **config: Any) -> None:
    """Store the weights of a folder as fp16, half the bytes; models.load turns them into fp32 again. config: what else
    its config.json is to say."""
    tensors = {name: tensor.half().contiguous() for name, tensor in load_file(path).items()}
    save_file(tensors, path, {"format": "pt"})
    path.chmod(0o644)  # safetensors leaves it to its owner alone
    place = path.with_name("config.json")
    write_json(place, json.loads(place.read_text(encoding="utf8")) | {"dtype": "float16", **config})


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Plain values as a JSON file for people and programs."""
    path.write_text(json.dumps(values, indent=2, allow_nan=False) + "\n", encoding="utf8")


def reload_check(model: nn.Module, tokenizer: Any, folder: Path, sentences: Sequence[str]) -> ReloadCheck:
    """Load the folder and compare its logits with those of the model in memory, sentence by sentence."""
    try:
        again = load(find.resolve(str(folder)))
    except ModelError:
        return ReloadCheck(False, None, TOLERANCE, 0)
    differences = [
        float((_logits(model, tokenizer, text) - _logits(again.model, again.tokenizer, text)).abs().max())
        for text in sentences
    ]
    largest = max(differences) if all(map(math.isfinite, differences)) else None
    return ReloadCheck(largest is not None and largest <= TOLERANCE, largest, TOLERANCE, len(differences))


def words(check: ReloadCheck) -> str:
    """The verdict of a reload in a line."""
    if not check.sentences:
        return "reload FAILED: the folder cannot be loaded"
    if check.largest_difference is None:
        return "reload FAILED: an answer is no number"
    verdict = "identical" if check.ok else "DIFFERENT"
    return f"reloaded: logits {verdict} on {check.sentences} sentences (at most {check.largest_difference:.1e} apart)"


def how_to_load(model: nn.Module) -> str:
    """The lines that load the saved folder with transformers alone, as Markdown."""
    ordinary = encoder.shape_of(model) is None
    why = "An ordinary Hugging Face folder." if ordinary else "Its layers differ in heads and width."
    code = "\n".join(loading_lines(model))
    return f"{why} `folder` is this folder.\n\n```python\n{code}\n```\n"


def loading_program(model: nn.Module) -> str:
    """The same as a Python file in the folder, to be imported."""
    first = ["from pathlib import Path", "folder = Path(__file__).resolve().parent"]
    return "\n".join([*first, *loading_lines(model), ""])


def loading_lines(model: nn.Module) -> list[str]:
    """Python that loads `folder` as `model`; where layers differ, each weight brings its own shape."""
    head = head_named([type(model).__name__])  # a bare encoder has none
    auto = f"AutoModel{HEADS[head].architecture if head else ''}"
    if encoder.shape_of(model) is None:
        return [
            f"from transformers import {auto}",
            f"model = {auto}.from_pretrained(folder).eval()",
        ]
    lines = [
        "import safetensors.torch, torch, transformers",
        "config = transformers.AutoConfig.from_pretrained(folder)",
        f"model = transformers.{auto}.from_config(config).eval()",
        'for name, tensor in safetensors.torch.load_file(f"{folder}/model.safetensors").items():',
        '    setattr(model.get_submodule(name[: name.rfind(".")]), name.split(".")[-1], torch.nn.Parameter(tensor))',
    ]
    return [*lines, *encoder.lines_without_attention(model)]


def _logits(model: nn.Module, tokenizer: Any, text: str) -> torch.Tensor:
    inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=dimensions.max_tokens(model))
    with torch.inference_mode():
        output = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
    return answered(output, head_of(model), inputs["attention_mask"])[0]
