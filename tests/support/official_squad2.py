"""SQuAD 2.0's figures written out after its official script (evaluate-v2.0.py), beside which ours are held."""

import collections
import re
import string


def normalized(text):
    """Lower case, no punctuation, no articles, single spaces."""
    bare = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def _f1(truth, said):
    gold, guess = normalized(truth).split(), normalized(said).split()
    if not gold or not guess:
        return int(gold == guess)
    same = sum((collections.Counter(gold) & collections.Counter(guess)).values())
    if not same:
        return 0
    precision, recall = same / len(guess), same / len(gold)
    return 2 * precision * recall / (precision + recall)


def figures(questions, said, na_probs=None, threshold=1.0):
    """Percent, by the script's names. questions: the right answers by id; said: the answers; both for each question."""
    exact, f1 = {}, {}
    for name, answers in questions.items():
        gold = [one for one in answers if normalized(one)] or [""]
        exact[name] = max(int(normalized(one) == normalized(said[name])) for one in gold)
        f1[name] = max(_f1(one, said[name]) for one in gold)
        if na_probs is not None and na_probs[name] > threshold:
            exact[name] = f1[name] = float(not answers)
    parts = {"": list(questions), "HasAns_": [n for n in questions if questions[n]]}
    parts["NoAns_"] = [n for n in questions if not questions[n]]
    return {
        f"{part}{what}": 100 * sum(scores[name] for name in names) / len(names)
        for part, names in parts.items()
        for what, scores in (("exact", exact), ("f1", f1))
    }
