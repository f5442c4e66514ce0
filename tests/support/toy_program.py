"""Ask the exported toy model: python run.py "a sentence"."""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors import safe_open
from tokenizers import Tokenizer

here = Path(__file__).resolve().parent
labels = json.loads((here / "labels.json").read_text(encoding="utf8"))["labels"]
tokenizer = Tokenizer.from_file(str(here / "tokenizer.json"))
with safe_open(here / "model.toy", "pt") as stored:
    config = transformers.AutoConfig.for_model(**json.loads(stored.metadata()["toy"])["config"])
    model = transformers.AutoModelForSequenceClassification.from_config(config).eval()
    model.load_state_dict({name: stored.get_tensor(name) for name in stored.keys()})
for sentence in sys.argv[1:]:
    with torch.inference_mode():
        logits = model(torch.tensor([tokenizer.encode(sentence).ids])).logits[0]
    print(json.dumps({"text": sentence, "label": labels[int(logits.argmax())], "logits": logits.tolist()}))
