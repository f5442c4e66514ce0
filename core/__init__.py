"""BERT Bonsai's core: compress a BERT-family model, evaluate it, measure it, keep the result."""

import sys

# ExecuTorch brings torchao, which transformers would load for nothing: seconds of every start, and warnings
sys.modules.setdefault("torchao", None)  # type: ignore[arg-type]
