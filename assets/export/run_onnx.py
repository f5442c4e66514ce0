"""Ask the exported model: python run.py "a sentence". Needs onnxruntime, tokenizers and numpy, nothing else."""

import json
import sys
from pathlib import Path
import numpy as np
import onnxruntime
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


def answer(text):
    ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
    logits = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0].astype(np.float64)
    shares = np.exp(logits - logits.max())
    return facts["labels"][int(logits.argmax())], float(shares.max() / shares.sum()), logits.tolist()


for sentence in sys.argv[1:] or ["It works on my machine, and it is a joy."]:
    label, sure, logits = answer(sentence)
    print(json.dumps({"text": sentence, "label": label, "probability": round(sure, 4), "logits": logits}))
