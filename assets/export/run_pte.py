"""Ask the exported model: python run.py "a sentence", of pairs two texts. Needs executorch (which brings torch) and tokenizers."""

import json
import sys
from pathlib import Path
import executorch.kernels.quantized  # registers the embedding of bytes
import torch
from answers import meaning
from executorch.runtime import Runtime
from tokenizers import Tokenizer

here = Path(__file__).resolve().parent
facts = json.loads((here / "labels.json").read_text(encoding="utf8"))
tokenizer = Tokenizer.from_file(str(here / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(facts["max_tokens"])
forward = Runtime.get().load_program(here / "model.pte").load_method("forward")


def answer(*texts):
    encoded = tokenizer.encode(*texts)
    rows = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
    logits = forward.execute([torch.tensor([rows[name]]) for name in facts["inputs"]])[0][0]
    found = meaning(logits.tolist(), facts, texts[0], encoded.offsets, encoded.word_ids)
    return {**found, "cut": True} if encoded.overflowing else found  # the text was longer than max_tokens


count = facts["texts"]  # of an example: 1, or 2 for pairs
words = sys.argv[1:] or ["It works on my machine, and it is a joy."] * count
if len(words) % count:
    sys.exit(f"give {count} texts for each answer, not {len(words)}")
for start in range(0, len(words), count):
    texts = words[start : start + count]
    print(json.dumps({"text": " / ".join(texts), **answer(*texts)}))
