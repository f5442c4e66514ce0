"""A runtime as somebody would add one: its file is a copy of the weights, its answers are PyTorch's in fp32.

Nothing of the product knows it; a test registers it with one line.
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from core.errors import ModelError
from core.models import dimensions, encoder
from core.models.head import HEADS, head_of
from core.runtimes.runtime import Export, Plan, Runtime, Session, check_length

FACTS = "toy"


def build(plan: Plan, file: Path) -> None:
    """Write config and weights; nothing else is needed to run them."""
    facts = {"config": plan.model.config.to_dict(), "layers": encoder.layer_shapes(plan.model)}
    config = json.dumps({**facts, "head": head_of(plan.model).name})
    tensors = {name: tensor.contiguous() for name, tensor in plan.model.state_dict().items()}
    save_file(tensors, file, {FACTS: config})


def open_file(file: Path, threads: int = 1) -> Session:
    """Read what `build` wrote. Raises ModelError for one that is corrupt or foreign."""
    try:
        with safe_open(file, "pt") as stored:
            facts, tensors = (
                json.loads(stored.metadata()[FACTS]),
                {name: stored.get_tensor(name) for name in stored.keys()},
            )
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise ModelError(
            "'{file}' is not a whole toy file ({why}); build it again", file=file.name, why=type(error).__name__
        ) from error
    config = transformers.AutoConfig.for_model(**facts["config"])
    model = HEADS[facts["head"]].auto.from_config(config)
    encoder.fit_(model, facts["layers"])
    model.load_state_dict(tensors)
    model.eval()

    def answer(batch):
        check_length(batch, dimensions.max_tokens(model))
        with torch.inference_mode():
            return model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])

    return Session(answer, "fp32", 8)


RUNTIME = Runtime(
    name="toy",
    title="Toy runtime",
    modes=("fp32",),
    file="model.toy",
    build=build,
    open=open_file,
    packages=("torch", "safetensors"),
    install="pip install -r requirements.txt",
    export=Export(
        format="toy",
        title="A toy file",
        packages=("torch", "safetensors", "tokenizers"),
        program=Path(__file__).with_name("toy_program.py"),
    ),
)
