"""Ask the exported model: python run.py "a sentence". Needs torch and transformers."""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoTokenizer

folder = Path(__file__).resolve().parent
labels = json.loads((folder / "labels.json").read_text(encoding="utf8"))["labels"]
tokenizer = AutoTokenizer.from_pretrained(folder)
@loading@

def answer(text):
    inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=@max_tokens@)
    with torch.inference_mode():
        logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[0].float()
    return labels[int(logits.argmax())], float(logits.softmax(0).max()), logits.tolist()


for sentence in sys.argv[1:] or ["It works on my machine, and it is a joy."]:
    label, sure, logits = answer(sentence)
    print(json.dumps({"text": sentence, "label": label, "probability": round(sure, 4), "logits": logits}))
