"""quantize: says the precision, comes last, and is realised by the runtime alone."""

import pytest
import torch

from core.engine.run import check
from core.errors import ConfigError, ModelError
from core.runtimes import pytorch, runtime
from core.runtimes.precision import Precision
from core.spec import Step
from core.techniques import finetune, magnitude, quantize
from core.techniques.technique import Context, State
from tests.support import tiny


def test_the_model_is_the_same_and_the_state_says_how_to_run_it():
    model = tiny.bert()
    state = quantize.apply(State(model), quantize.Config("int4-weights", embeddings=False), Context(None))
    assert state.model is model and state.precision == Precision("int4-weights", embeddings=False)


def test_nothing_can_follow_it():
    steps = [Step("quantize", quantize.Config()), Step("magnitude", magnitude.Config())]
    with pytest.raises(ConfigError, match="quantize has to be the last step: .* put magnitude before it"):
        check(steps, "onnx")
    with pytest.raises(ConfigError, match="last step"):
        check([*steps[:1], Step("finetune", finetune.Config()), *steps[:1]], "onnx")
    check(list(reversed(steps)), "onnx")


@pytest.mark.parametrize("mode", ["int8-static", "int4-weights"])
def test_a_pair_that_does_not_exist_names_those_that_do(mode):
    with pytest.raises(ConfigError, match=rf"'torch' has no {mode}; it has fp32, .*; {mode} exists in onnx"):
        check([Step("quantize", quantize.Config(mode))], "torch")


def test_unknown_runtimes_and_those_that_are_not_installed(monkeypatch):
    with pytest.raises(ConfigError, match="unknown runtime 'tflite'; runtimes: torch, onnx"):
        check([], "tflite")
    monkeypatch.setattr(runtime.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="ONNX Runtime is not installed; `pip install .*` installs it"):
        check([], "onnx")


@pytest.mark.parametrize(("mode", "share"), [("fp16", 0.51), ("bf16", 0.51), ("int8-dynamic", 0.4)])
def test_torch_realises_its_modes(mode, share):
    model = tiny.shaken(tiny.bert(vocab_size=400, hidden_size=64, intermediate_size=256))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    realised = pytorch.realised(model, Precision(mode))
    with torch.inference_mode():
        apart = (tiny.logits(realised).float() - tiny.logits(model)).abs().max()
    assert 0 < apart < 0.05
    stored, whole = (sum(t.nbytes for t in tensors.values()) for tensors in (pytorch.tensors(realised), before))
    assert stored <= share * whole
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_one_layer_alone():
    model = tiny.bert(num_hidden_layers=3)
    state = quantize.apply(State(model), quantize.Config(layer=2), Context(None))
    realised = pytorch.realised(model, state.precision)
    integers = {name for name, tensor in pytorch.tensors(realised).items() if tensor.dtype == torch.int8}
    assert len(integers) == 6 and all("layer.1." in name for name in integers)
    with pytest.raises(ConfigError, match="layer=4 is not in the model, which has layers 1 to 3"):
        quantize.apply(State(model), quantize.Config(layer=4), Context(None))
    for step, name in ((quantize.Config(layer=1), "onnx"), (quantize.Config("bf16", layer=1), "torch")):
        with pytest.raises(ConfigError, match="layer=1 alone can be quantized to int8-dynamic in torch only"):
            check([Step("quantize", step)], name)


def test_embeddings_are_left_out_where_it_is_said():
    model = tiny.bert(vocab_size=400)
    both = [pytorch.realised(model, Precision("int8-dynamic", embeddings=chosen)) for chosen in (True, False)]
    sizes = [sum(tensor.nbytes for tensor in pytorch.tensors(one).values()) for one in both]
    assert sizes[1] - sizes[0] > 2 * model.get_input_embeddings().weight.numel()
