"""Ask the exported model: python run.py "a sentence", of pairs two texts, of questions a question and a passage. Needs torch and
transformers."""

import json
import sys
import torch
from answers import say
from load import folder, model
from tokenizers import Tokenizer

facts = json.loads((folder / "labels.json").read_text(encoding="utf8"))
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))


def ask(encoded):
    rows = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
    with torch.inference_mode():
        found = model(**{name: torch.tensor([rows[name]]) for name in facts["inputs"]})
    return [getattr(found, name)[0].float().tolist() for name in facts["outputs"]]


say(sys.argv[1:], tokenizer, facts, ask)
