"""How answers to questions about a passage are scored: exact match and F1 over words (Rajpurkar et al. 2016, 4).

As the official scripts of SQuAD 1.1 and 2.0 do it: case, punctuation, articles and spaces do not count, and of several
right answers the best one counts. Where questions may have no answer (Rajpurkar et al. 2018) right answers of which
nothing is left so are none, and a question without any is answered by "".
"""

import collections
import re
import string
from collections.abc import Collection, Mapping, Sequence

ARTICLES = re.compile(r"\b(?:a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)  # of ASCII only, as officially
APART = "\x1f"  # between the right answers of one question, where they stand in one text


def normalised(answer: str) -> str:
    """The answer without what does not count."""
    return " ".join(ARTICLES.sub(" ", answer.lower().translate(PUNCTUATION)).split())


def exact(answer: str, truths: Sequence[str], unanswerable: bool = False) -> float:
    """1 where the answer is one of the right ones, else 0; of a question without any, where it is "" or no word.

    unanswerable: as SQuAD 2.0's script has it; else that of 1.1.
    """
    said = normalised(answer)
    return float(any(said == truth for truth in _right(truths, unanswerable) or ("",)))


def f1(answer: str, truths: Sequence[str], unanswerable: bool = False) -> float:
    """The best F1 over words with any of the right answers, in 0..1; where there is none, whether none was given."""
    said, right = normalised(answer).split(), _right(truths, unanswerable)
    if not right:
        return float(not said)
    return max(_f1(said, truth.split()) for truth in right)


def _right(truths: Sequence[str], unanswerable: bool) -> list[str]:
    """The right answers as they are compared."""
    found = [normalised(truth) for truth in truths]
    return [truth for truth in found if truth] if unanswerable else found


def _f1(said: Sequence[str], right: Sequence[str]) -> float:
    same = sum((collections.Counter(said) & collections.Counter(right)).values())
    return 2 * same / (len(said) + len(right)) if same else 0.0


def score(
    questions: Mapping[str, Sequence[str]], predictions: Mapping[str, str], silent: Collection[str] = ()
) -> tuple[list[float], list[float]]:
    """Exact match and F1 of each question, in the questions' order; one without a prediction counts 0.

    questions: the right answers by id; where one has none, all are scored as SQuAD 2.0's script does. predictions: the
    answers by id, as the official files hold them. silent: ids of which, whatever was predicted, the answer is that
    there is none.
    """
    second, exacts, f1s = not all(questions.values()), list[float](), list[float]()
    for one, truths in questions.items():
        said = predictions.get(one)
        if said is None or one in silent:
            found = (float(said is not None and not truths),) * 2
        else:
            found = exact(said, truths, second), f1(said, truths, second)
        exacts.append(found[0])
        f1s.append(found[1])
    return exacts, f1s
