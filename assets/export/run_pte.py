"""Ask the exported model: python run.py "a sentence". Needs executorch (which brings torch) and tokenizers."""

import json
import sys
from pathlib import Path
import executorch.kernels.quantized  # registers the embedding of bytes
import torch
from executorch.runtime import Runtime
from tokenizers import Tokenizer

here = Path(__file__).resolve().parent
facts = json.loads((here / "labels.json").read_text(encoding="utf8"))
tokenizer = Tokenizer.from_file(str(here / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(facts["max_tokens"])
forward = Runtime.get().load_program(here / "model.pte").load_method("forward")


def answer(text):
    ids = torch.tensor([tokenizer.encode(text).ids])
    logits = forward.execute([ids, torch.ones_like(ids)])[0][0]
    return facts["labels"][int(logits.argmax())], float(logits.softmax(0).max()), logits.tolist()


for sentence in sys.argv[1:] or ["It works on my machine, and it is a joy."]:
    label, sure, logits = answer(sentence)
    print(json.dumps({"text": sentence, "label": label, "probability": round(sure, 4), "logits": logits}))
