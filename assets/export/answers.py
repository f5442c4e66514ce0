"""What the numbers of the exported model mean: a label, several labels, a number, names in the text, or the part of a passage that
answers a question. Plain Python."""

import json
import math


def say(arguments, tokenizer, facts, ask):
    """Print a line of JSON for each example. tokenizer: of the tokenizers library. facts: labels.json.

    ask: one encoded text, or pair of texts -> the model's outputs, a list of numbers each.
    """
    count, words = facts["texts"], arguments or facts["example"]
    if len(words) % count:
        raise SystemExit(f"give {facts['takes']} for each answer: {count} texts, not {len(words)}")
    tokenizer.no_padding()
    for start in range(0, len(words), count):
        texts = words[start : start + count]
        print(json.dumps({"text": " / ".join(texts), **answer(texts, tokenizer, facts, ask)}))


def answer(texts, tokenizer, facts, ask):
    """What the model answers to one example."""
    if facts["head"] == "span":
        return read(*texts, tokenizer, facts, ask)
    tokenizer.enable_truncation(facts["max_tokens"])
    encoded = tokenizer.encode(*texts)
    found = meaning(ask(encoded)[0], facts, texts[0], encoded.offsets, encoded.word_ids)
    return {**found, "cut": True} if encoded.overflowing else found  # the text was longer than max_tokens


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


def read(question, passage, tokenizer, facts, ask):
    """The part of the passage that answers the question: of the windows over a long one the surest; "" for none."""
    for name, text in (("question", question), ("passage", passage)):
        if not text.strip():
            raise SystemExit(f"the {name} is empty; give a question and a passage")
    asked, cut = shortened(question.strip(), tokenizer, facts["question_tokens"])
    tokenizer.enable_truncation(facts["max_tokens"], stride=facts["stride"], strategy="only_second")
    whole = tokenizer.encode(asked, passage)
    score, first, last, nothing = -math.inf, 0, 0, math.inf
    for window in (whole, *whole.overflowing):
        starts, ends = ask(window)
        nothing = min(nothing, starts[0] + ends[0])
        best = surest(starts, ends, window.sequence_ids, facts["longest"])
        if best and best[0] > score:
            score, (first, _), (_, last) = best[0], window.offsets[best[1]], window.offsets[best[2]]
    found = {"answer": passage[first:last], "start": first, "end": last, "score": score}
    if score == -math.inf or (facts["no_answer"] and nothing - score > facts["null_threshold"]):
        found = {"answer": "", "score": score if math.isfinite(score) else None}
    return {**found, **({"score_of_none": nothing} if facts["no_answer"] else {}), **({"cut": True} if cut else {})}


def shortened(question, tokenizer, most):
    """The question up to its first `most` tokens, and whether it had more."""
    tokenizer.no_truncation()
    cut = False
    while len(offsets := tokenizer.encode(question, add_special_tokens=False).offsets) > most:
        ends = [end for _, end in offsets[:most] if end <= offsets[most][0]]
        question, cut = question[: max(ends, default=0)], True
    return question, cut


def surest(starts, ends, belongs, longest):
    """The largest sum of a start and an end up to so many tokens apart, and these two tokens; None without a passage."""
    inside = [place for place, which in enumerate(belongs) if which == 1]
    pairs = ((first, last) for first in inside for last in range(first, min(first + longest, inside[-1] + 1)))
    return max(((starts[first] + ends[last], first, last) for first, last in pairs), key=lambda one: one[0], default=None)
