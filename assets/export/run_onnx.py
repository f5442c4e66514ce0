"""Ask the exported model: python run.py "a sentence", of pairs two texts. Needs onnxruntime, tokenizers and numpy, nothing else."""

import json
import sys
from pathlib import Path
import numpy as np
import onnxruntime
from answers import meaning
from tokenizers import Tokenizer

here = Path(__file__).resolve().parent
facts = json.loads((here / "labels.json").read_text(encoding="utf8"))
tokenizer = Tokenizer.from_file(str(here / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(facts["max_tokens"])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
# this fusion is slower than its parts on the CPU
session = onnxruntime.InferenceSession(
    here / "model.onnx", options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
)


def answer(*texts):
    encoded = tokenizer.encode(*texts)
    rows = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
    inputs = {one.name: np.array([rows[one.name]], dtype=np.int64) for one in session.get_inputs()}
    logits = session.run(None, inputs)[0][0].astype(np.float64)
    found = meaning(logits.tolist(), facts, texts[0], encoded.offsets, encoded.word_ids)
    return {**found, "cut": True} if encoded.overflowing else found  # the text was longer than max_tokens


count = facts["texts"]  # of an example: 1, or 2 for pairs
words = sys.argv[1:] or ["It works on my machine, and it is a joy."] * count
if len(words) % count:
    sys.exit(f"give {count} texts for each answer, not {len(words)}")
for start in range(0, len(words), count):
    texts = words[start : start + count]
    print(json.dumps({"text": " / ".join(texts), **answer(*texts)}))
