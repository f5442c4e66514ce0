"""What every runtime of the registry keeps, as checks of one entry; the models that they ask it to take."""

import dataclasses
import functools
from pathlib import Path

import pytest
import torch

from core.errors import ModelError
from core.models import dimensions
from core.pruning import removal
from core.pruning.removal import Kept
from core.runtimes.precision import MODES, Precision
from core.runtimes.runtime import Plan, Runtime
from tests.support import tiny

WIDE = {"vocab_size": 2000, "hidden_size": 64, "intermediate_size": 256}
# lowering to ExecuTorch takes half a minute a file, and each try to open one a process
SLOW = {"executorch": (("shaped", "fp32"), ("shaped", "int8-dynamic"), ("shallow", "int8-static"))}
Case = tuple[str, str]  # a model of `model`, a precision


@functools.cache
def model(kind: str) -> torch.nn.Module:
    """The models that files are built from; in `shaped` one layer has no FFN and the other no attention."""
    if kind == "shaped":
        whole = tiny.shaken(tiny.bert())
        return removal.removed(whole, Kept(((0, 2), ()), ((), tuple(range(24)))))
    made = {"roberta": tiny.roberta, "distilbert": tiny.distilbert, "shallow": tiny.roberta, "wide": tiny.bert}
    changes = {"shallow": {"num_hidden_layers": 1}, "wide": WIDE}
    return tiny.shaken(made[kind](**changes.get(kind, {})))


def written(runtime: Runtime) -> list[str]:
    """The precisions of which there are files."""
    return [mode for mode in runtime.modes if runtime.export is None or mode not in runtime.export.lacks]


def cases(runtime: Runtime) -> list[Case]:
    """Which models it is asked to take in which precision."""
    if runtime.name in SLOW:
        return list(SLOW[runtime.name])
    found = [(kind, "fp32") for kind in ("roberta", "distilbert", "shaped", "wide")]
    found += [("wide", mode) for mode in written(runtime) if mode != "fp32"]
    return [*found, *(("shaped", mode) for mode in ("int8-dynamic", "int4-weights") if mode in written(runtime))]


def batch(*texts: str) -> dict[str, torch.Tensor]:
    found = tiny.tokenizer()(list(texts), padding=True, return_tensors="pt")
    return {name: found[name] for name in ("input_ids", "attention_mask")}


def build(runtime: Runtime, kind: str, mode: str, folder: Path) -> Path:
    """The file of that model in the folder."""
    examples = [batch(text) for text, _ in tiny.sentences(16)]
    calibration = examples if Precision(mode).calibrated else []
    example, longest = batch("the film was good", "bad"), dimensions.max_tokens(model(kind))
    plan = Plan(model(kind), tiny.tokenizer(), Precision(mode), example, calibration, longest)
    runtime.build(plan, folder / runtime.file)
    if runtime.in_memory is None:  # what it writes beside the file would not be found again
        assert [path.name for path in folder.iterdir()] == [runtime.file]
    return folder / runtime.file


def check_answers(runtime: Runtime, kind: str, mode: str, file: Path) -> None:
    """The file answers as the model does, as closely as its precision allows, and says which that is."""
    session = runtime.open(file, 1)
    try:
        apart = (session.run(batch(*tiny.TEXTS[:2])).logits - tiny.logits(model(kind), tiny.TEXTS[:2])).abs().max()
    finally:
        session.close()
    assert apart < {"fp32": 1e-5, "int4-weights": 0.5}.get(mode, 0.1)
    assert (apart > 0) or mode == "fp32"
    assert mode in session.precision


def check_any_batch(runtime: Runtime, file: Path) -> None:
    """The file of `shaped` answers any number and length of sentences, on threads, and says what is too long."""
    session = runtime.open(file, 1 if runtime.one_thread else 2)
    for texts in (["bad"], ["it was good"] * 5, ["very " * 120]):
        found = session.run(batch(*texts)).logits
        assert torch.allclose(found, tiny.logits(model("shaped"), tuple(texts)), atol=1e-5)
    with pytest.raises(ModelError, match="the model takes at most 140 tokens, not 202; shorten the sentence"):
        session.run(batch("very " * 200))
    session.close()


def check_broken_files(runtime: Runtime, file: Path, place: Path) -> None:
    """A file that is torn, foreign, empty or missing is one sentence."""
    whole = file.read_bytes()
    contents = {"torn": whole[: len(whole) // 2], "noise": b"not a model at all" * 100, "empty": b"", "missing": None}
    for word in ("torn", "missing") if runtime.name in SLOW else contents:
        other = place / f"{word}-{runtime.file}"
        if contents[word] is not None:
            other.write_bytes(contents[word])
        with pytest.raises(ModelError, match=f"'{other.name}' is not .*; build it again"):
            runtime.open(other, 1).close()


def check_entry(runtime: Runtime) -> None:
    """What the entry says of itself fits together."""
    assert dataclasses.is_dataclass(runtime) and runtime.modes[0] == "fp32" and set(runtime.modes) <= set(MODES)
    assert runtime.title and runtime.install and set(runtime.one_layer) <= set(runtime.modes)
    assert runtime.integers in ("", *(mode for mode in runtime.modes if mode.startswith("int8")))
    if runtime.export is not None:
        assert set(runtime.export.lacks) < set(runtime.modes)
        assert runtime.export.packages or runtime.export.page
        assert all(path.is_file() for path in (runtime.export.program, *runtime.export.notes))
        assert not set(runtime.export.format) & set("-/ ")  # it is part of keys and of names of folders
