"""Where a training stands, as one file of safetensors: after a kill it goes on from there with the same result."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what AdamW remembers of a parameter
CHANCE = "chance"  # the state of torch's generator, from which dropout is drawn
META = "bonsai"


@dataclass(frozen=True)
class Standing:
    """Steps that are done, the running loss, the points (step, loss, score) of the curve so far, and the seconds."""

    step: int
    loss: float
    curve: tuple[tuple[int, float, float], ...] = ()
    seconds: float = 0.0


def write(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, standing: Standing) -> None:
    """Replace the file by what holds now; readers see the old one or the new one."""
    tensors = {f"model.{name}": parameter.detach() for name, parameter in model.named_parameters()}
    moved = [index for index, parameter in enumerate(_parameters(optimizer)) if optimizer.state.get(parameter)]
    for index in moved:  # a head has no moments as long as hidden states are learnt
        for name, value in optimizer.state[_parameters(optimizer)[index]].items():
            tensors[f"optimizer.{index}.{name}"] = value
    tensors[CHANCE] = torch.get_rng_state()
    facts = {"step": standing.step, "loss": standing.loss, "curve": standing.curve, "seconds": standing.seconds}
    facts["moved"] = moved
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}.half")  # another process may train the same
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(whole, half, {META: json.dumps(facts)})
    os.replace(half, path)


def restore_(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Standing | None:
    """Put model, optimizer and torch's generator back to what the file holds; None where there is none that fits."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()[META])
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        return _restored(tensors, facts, model, optimizer)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError):
        path.unlink(missing_ok=True)  # torn, or of another model: the training begins anew
        return None


def _restored(
    tensors: Mapping[str, Tensor], facts: dict[str, Any], model: nn.Module, optimizer: torch.optim.Optimizer
) -> Standing:
    wanted = dict(model.named_parameters())
    if any(tensors[f"model.{name}"].shape != parameter.shape for name, parameter in wanted.items()):
        raise ValueError("it is the checkpoint of another model")
    curve, spent = tuple(tuple(point) for point in facts["curve"]), float(facts.get("seconds", 0.0))
    standing = Standing(int(facts["step"]), float(facts["loss"]), curve, spent)
    # all of it is looked up before any of it is put in place, so that a file that lacks something changes nothing
    states: dict[Tensor, Any] = {
        parameter: {name: tensors[f"optimizer.{index}.{name}"].to(parameter.device) for name in MOMENTS}
        for index, parameter in enumerate(_parameters(optimizer))
        if index in facts["moved"]
    }
    torch.set_rng_state(tensors[CHANCE])
    with torch.no_grad():
        for name, parameter in wanted.items():
            parameter.copy_(tensors[f"model.{name}"])
    optimizer.state.update(states)
    return standing


def _parameters(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
