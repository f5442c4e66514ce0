"""Ask the exported model: python run.py "a sentence", of pairs two texts, of questions a question and a passage. Needs onnxruntime,
tokenizers and numpy, nothing else."""

import json
import sys
from pathlib import Path
import numpy as np
import onnxruntime
from answers import say
from tokenizers import Tokenizer

here = Path(__file__).resolve().parent
facts = json.loads((here / "labels.json").read_text(encoding="utf8"))
tokenizer = Tokenizer.from_file(str(here / "tokenizer.json"))
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
# this fusion is slower than its parts on the CPU
session = onnxruntime.InferenceSession(
    here / "model.onnx", options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
)


def ask(encoded):
    rows = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
    inputs = {one.name: np.array([rows[one.name]], dtype=np.int64) for one in session.get_inputs()}
    return [found[0].astype(np.float64).tolist() for found in session.run(facts["outputs"], inputs)]


say(sys.argv[1:], tokenizer, facts, ask)
