"""PyTorch eager in fp32 on the CPU: the runtime of the report, and the slow baseline of the field."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

NAME = "torch fp32"


def runner(model: nn.Module) -> Callable[[dict[str, Tensor]], None]:
    """A function that runs one batch through the model, as a user's program would."""

    def run(batch: dict[str, Tensor]) -> None:
        with torch.inference_mode():
            model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])

    return run
