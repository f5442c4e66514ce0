"""What the numbers of the exported model mean: a label, several labels, a number, or names in the text. Plain Python."""

import math


def meaning(logits, facts, text="", offsets=(), words=()):
    """logits: the model's numbers, of names in a text a row for each token. facts: labels.json.

    offsets, words: where each token stands in the text, and which word it is of (None for [CLS] and [SEP]).
    """
    head, labels = facts["head"], facts["labels"]
    if head == "token":
        return {"entities": names([labels[row.index(max(row))] for row in logits], text, offsets, words)}
    if head == "regression":
        return {"value": logits[0], "logits": logits}
    if head == "multi-label":
        shares = {label: round(1 / (1 + math.exp(-number)), 4) for label, number in zip(labels, logits)}
        return {"labels": [label for label, share in shares.items() if share > 0.5], "probabilities": shares, "logits": logits}
    shares = [math.exp(number - max(logits)) for number in logits]
    best = logits.index(max(logits))
    return {"label": labels[best], "probability": round(shares[best] / sum(shares), 4), "logits": logits}


def names(tags, text, offsets, words):
    """The names that the tags of words write; the tag of a word is that of its first token."""
    found, before, seen = [], ("", ""), set()
    for tag, (start, end), word in zip(tags, offsets, words):
        if word is None:
            continue
        if word in seen:  # a further piece of the same word
            if before[0] and found:
                found[-1]["end"] = end
            continue
        seen.add(word)
        prefix, kind = ("", "") if tag == "O" else tag.split("-", 1) if tag[1:2] == "-" else ("I", tag)
        if prefix and (prefix in "BSU" or before[0] in ("", "E", "L", "S", "U") or before[1] != kind):
            found.append({"type": kind, "start": start, "end": end})
        elif prefix:
            found[-1]["end"] = end
        before = (prefix, kind)
    return [{"text": text[one["start"] : one["end"]], **one} for one in found]
