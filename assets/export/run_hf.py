"""Ask the exported model: python run.py "a sentence", of pairs two texts. Needs torch and transformers."""

import json
import sys
import torch
from answers import meaning
from load import folder, model
from transformers import AutoTokenizer

facts = json.loads((folder / "labels.json").read_text(encoding="utf8"))
tokenizer = AutoTokenizer.from_pretrained(folder)


def answer(*texts):
    inputs = tokenizer(*texts, return_tensors="pt", truncation=True, max_length=facts["max_tokens"])
    with torch.inference_mode():
        logits = model(**{name: inputs[name] for name in facts["inputs"]}).logits[0].float()
    encoded = inputs.encodings[0]
    found = meaning(logits.tolist(), facts, texts[0], encoded.offsets, encoded.word_ids)
    return {**found, "cut": True} if encoded.overflowing else found  # the text was longer than max_tokens


count = facts["texts"]  # of an example: 1, or 2 for pairs
words = sys.argv[1:] or ["It works on my machine, and it is a joy."] * count
if len(words) % count:
    sys.exit(f"give {count} texts for each answer, not {len(words)}")
for start in range(0, len(words), count):
    texts = words[start : start + count]
    print(json.dumps({"text": " / ".join(texts), **answer(*texts)}))
