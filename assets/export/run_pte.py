"""Ask the exported model: python run.py "a sentence", of pairs two texts, of questions a question and a passage. Needs executorch
(which brings torch) and tokenizers."""

import json
import sys
from pathlib import Path
import executorch.kernels.quantized  # registers the embedding of bytes
import torch
from answers import say
from executorch.runtime import Runtime
from tokenizers import Tokenizer

here = Path(__file__).resolve().parent
facts = json.loads((here / "labels.json").read_text(encoding="utf8"))
tokenizer = Tokenizer.from_file(str(here / "tokenizer.json"))
forward = Runtime.get().load_program(here / "model.pte").load_method("forward")


def ask(encoded):
    rows = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
    return [found[0].tolist() for found in forward.execute([torch.tensor([rows[name]]) for name in facts["inputs"]])]


say(sys.argv[1:], tokenizer, facts, ask)
