"""How answers to questions about a passage are scored: exact match and F1 over words (Rajpurkar et al. 2016, 4).

As the official scripts of SQuAD 1.1 and 2.0 do it: case, punctuation, articles and spaces do not count, and of several
right answers the best one counts. Where a question may have no answer (Rajpurkar et al. 2018) its right answer is "".
"""

import collections
import re
import string
from collections.abc import Mapping, Sequence

ARTICLES = re.compile(r"\b(?:a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)  # of ASCII only, as officially
APART = "\x1f"  # between the right answers of one question, where they stand in one text


def normalised(answer: str) -> str:
    """The answer without what does not count."""
    return " ".join(ARTICLES.sub(" ", answer.lower().translate(PUNCTUATION)).split())


def exact(answer: str, truths: Sequence[str]) -> float:
    """1 where the answer is one of the right ones, else 0; of a question without any, where it is "" or no word."""
    said = normalised(answer)
    return float(any(said == normalised(truth) for truth in truths or ("",)))


def f1(answer: str, truths: Sequence[str]) -> float:
    """The best F1 over words with any of the right answers, in 0..1; where there is none, whether none was given."""
    said = normalised(answer).split()
    if not truths:
        return float(not said)
    return max(_f1(said, normalised(truth).split()) for truth in truths)


def _f1(said: Sequence[str], right: Sequence[str]) -> float:
    same = sum((collections.Counter(said) & collections.Counter(right)).values())
    return 2 * same / (len(said) + len(right)) if same else 0.0


def score(questions: Mapping[str, Sequence[str]], predictions: Mapping[str, str]) -> tuple[list[float], list[float]]:
    """Exact match and F1 of each question, in the questions' order; one without a prediction counts 0.

    questions: the right answers by id; predictions: the answers by id, as the official files hold them.
    """
    found = [
        (exact(predictions[one], truths), f1(predictions[one], truths)) if one in predictions else (0.0, 0.0)
        for one, truths in questions.items()
    ]
    return [one for one, _ in found], [other for _, other in found]
