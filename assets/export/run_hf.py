"""Ask the exported model: python run.py "a sentence". Needs torch and transformers."""

import json
import sys
import torch
from load import folder, model
from transformers import AutoTokenizer

facts = json.loads((folder / "labels.json").read_text(encoding="utf8"))
tokenizer = AutoTokenizer.from_pretrained(folder)


def answer(text):
    inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=facts["max_tokens"])
    with torch.inference_mode():
        logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[0].float()
    return facts["labels"][int(logits.argmax())], float(logits.softmax(0).max()), logits.tolist()


for sentence in sys.argv[1:] or ["It works on my machine, and it is a joy."]:
    label, sure, logits = answer(sentence)
    print(json.dumps({"text": sentence, "label": label, "probability": round(sure, 4), "logits": logits}))
