"""Write a model as a .pte file for ExecuTorch with XNNPACK: `python -m core.runtimes.executorch_lower FOLDER FILE`.

A process of its own, since lowering takes the better part of a minute and half a gigabyte, and its libraries talk.
FOLDER holds the model, plan.json and calibration.safetensors, as core.runtimes.executorch writes them.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core.models import dimensions, encoder, find
from core.models.load import load
from core.runtimes.precision import integers, scales
from core.runtimes.runtime import exportable

PLAN, CALIBRATION = "plan.json", "calibration.safetensors"
FACTS = "bonsai_facts"  # a method of the file that answers with what it is, as JSON
MASKED = -1e4  # added to the attention scores of padding


class _Program(nn.Module):
    """input_ids, attention_mask and, of pairs, token_type_ids, (batch, tokens), to the outputs.

    The mask is made additive here: one of four dimensions keeps transformers from making one with operations that PT2E
    cannot calibrate.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.first = model, dimensions.first_position(model)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        inputs = {"input_ids": input_ids, "attention_mask": (1 - attention_mask.float())[:, None, None, :] * MASKED}
        if token_type_ids is not None:
            inputs["token_type_ids"] = token_type_ids
        if self.first:  # said here, since the model would count them with a product that PT2E takes for one of floats
            inputs["position_ids"] = torch.arange(self.first, self.first + input_ids.shape[1])[None]
        return tuple(self.model(**inputs).to_tuple())


class _Int8Embedding(nn.Module):
    """Word embeddings as int8 with a scale for each row."""

    quantized: Tensor
    scale: Tensor

    def __init__(self, old: nn.Embedding) -> None:
        super().__init__()
        weight = old.weight.detach()
        scale = scales(weight)
        self.register_buffer("quantized", integers(weight, scale))
        self.register_buffer("scale", scale.reshape(-1))
        self.num_embeddings = old.num_embeddings

    def forward(self, pieces: Tensor) -> Tensor:
        return torch.ops.quantized_decomposed.embedding_byte(  # type: ignore[no-any-return]
            self.quantized, self.scale, None, -128, 127, pieces
        )


def main(folder: Path, file: Path) -> None:
    """Export, quantize where asked for, lower, and write the file."""
    plan = json.loads((folder / PLAN).read_text(encoding="utf8"))
    model: Any = exportable(load(find.resolve(str(folder / "model"))).model)
    names = [name for name in model(**{n: torch.ones(1, 2, dtype=torch.long) for n in plan["inputs"]}).keys()]
    if plan["mode"] != "fp32" and plan["embeddings"]:
        import executorch.exir.passes._quant_patterns_and_replacements  # noqa: F401 - registers embedding_byte

        model.set_submodule(encoder.word_embeddings(model), _Int8Embedding(model.get_input_embeddings()))
    program = _exported(_Program(model).eval(), plan)
    if plan["mode"] != "fp32":
        program = _quantized(program, plan, _examples(folder, plan["inputs"]))
    facts = {"inputs": plan["inputs"], "outputs": names, "max_tokens": plan["max_tokens"], "mode": plan["mode"]}
    file.write_bytes(_lowered(program, json.dumps(facts)))


def _exported(program: nn.Module, plan: dict[str, Any]) -> Any:
    # each its own tensor: inputs that are the same one would be taken for one input
    example = tuple(torch.ones(1, 16, dtype=torch.long) for _ in plan["inputs"])
    tokens = torch.export.Dim("tokens", min=2, max=plan["max_tokens"])
    return torch.export.export(program, example, dynamic_shapes=({1: tokens},) * len(example), strict=True)


def _quantized(program: Any, plan: dict[str, Any], examples: Sequence[tuple[Tensor, ...]]) -> Any:
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    config = get_symmetric_quantization_config(
        is_per_channel=plan["per_channel"], is_dynamic=plan["mode"] == "int8-dynamic"
    )
    # products only: sums and GELU in integers would cost accuracy and buy little
    prepared = prepare_pt2e(program.module(), XNNPACKQuantizer().set_module_type(nn.Linear, config))
    for example in examples:
        prepared(*example)
    return _exported(convert_pt2e(prepared), plan)


def _examples(folder: Path, names: Sequence[str]) -> list[tuple[Tensor, ...]]:
    """Calibration sentences; one of ones where the plan has none, since observers must have seen something."""
    path = folder / CALIBRATION
    if not path.is_file():
        return [(torch.ones(1, 16, dtype=torch.long),) * len(names)]
    found = load_file(path)
    count = len(found) // len(names)
    return [tuple(found[f"{index}.{name}"] for name in names) for index in range(count)]


def _lowered(program: Any, facts: str) -> bytes:
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import EdgeCompileConfig, to_edge_transform_and_lower

    edge = to_edge_transform_and_lower(
        program,
        partitioner=[XnnpackPartitioner()],
        compile_config=EdgeCompileConfig(_check_ir_validity=False),
        constant_methods={FACTS: facts},
    )
    return bytes(edge.to_executorch().buffer)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
