"""Reading: the best part of a passage is the answer, by every rule counted out on logits of our own."""

import itertools
import math
from types import SimpleNamespace

import pytest
import torch

from core.errors import ConfigError
from core.metrics import EXACT_ANSWER, HAS_EXACT, HAS_F1, MEAN_F1, NO_EXACT
from core.models.head import SPAN
from core.result import beside, figure
from core.runtimes import pytorch
from core.tasks import load_task
from core.tasks.evaluate import evaluate
from core.tasks.questions import Question, Questions, read
from core.tasks.reading import (
    FAR,
    LONGEST,
    certainty,
    collate,
    joined,
    loss,
    outcomes,
    pair_sums,
    reading,
    with_threshold,
    words,
)
from core.tasks.task import Origin
from core.tasks.windows import windows
from core.training.loop import Recipe, train_
from tests.support import official_squad2, tiny, tiny_qa, tiny_squad

TEXT = " ".join(["the film was good and the book was very bad"] * 6)


def question(*answers, asked="what was good"):
    label = tuple((TEXT.index(answer), answer) for answer in answers)
    return Question(asked, label, "what", TEXT, "q", "t")


def asked(*questions, most=30):
    return windows(tiny.tokenizer(), questions, most)


def output(features, seed=0, scale=1.0):
    """Logits of chance, (windows, tokens)."""
    width = max(len(one.ids) for one in features)
    generator = torch.Generator().manual_seed(seed)
    start, end = (scale * torch.randn(len(features), width, generator=generator) for _ in range(2))
    return SimpleNamespace(start_logits=start, end_logits=end)


def by_hand(start, end, window):
    """Every answer of a window with its sum, by three loops."""
    inside = range(window.first, window.first + len(window.begins))
    return {(i, j): float(start[i] + end[j]) for i, j in itertools.product(inside, inside) if i <= j < i + LONGEST}


@pytest.mark.parametrize("most", [30, 384])
def test_the_answer_is_the_best_pair_of_all_that_may_be_one(most):
    features = asked(question("the film"), question("very bad"), most=most)
    found, batch = output(features), collate(features, 0)
    for row, (outcome, window) in enumerate(zip(outcomes(False, found, batch, features), features, strict=True)):
        sums = by_hand(found.start_logits[row], found.end_logits[row], window)
        (i, j), best = max(sums.items(), key=lambda item: item[1])
        assert outcome.confidence == pytest.approx(best, abs=1e-5)
        assert outcome.answer == TEXT[window.begins[i - window.first] : window.ends[j - window.first]]
        twenty = torch.tensor(sorted(sums.values(), reverse=True)[:20]).softmax(-1)
        assert outcome.margin == pytest.approx(4 * float(twenty[0] - twenty[1]), abs=1e-5)


def test_no_answer_lies_outside_of_the_passage_or_is_longer_than_allowed():
    features = asked(question("the film"), most=384)
    sums = pair_sums(*(torch.zeros(1, len(features[0].ids)) for _ in range(2)), features)
    allowed = by_hand(torch.zeros(999), torch.zeros(999), features[0])
    assert int((sums > FAR / 2).sum()) == len(allowed) and sums.shape[2] == LONGEST
    assert words(features[0], features[0].first, 1) == "the film"


def test_the_score_is_the_f1_of_the_best_right_answer_and_the_loss_that_of_both_ends():
    features = asked(question("was good and", "good"), most=384)
    found, batch = output(features), collate(features, 0)
    place = features[0].first + 3
    found.start_logits[0, place] = found.end_logits[0, place] = 50.0
    (outcome,) = outcomes(False, found, batch, features)
    assert (outcome.answer, outcome.score) == ("good", 1.0)
    start, end = features[0].target
    by_ends = [-x[0].log_softmax(-1)[y] for x, y in ((found.start_logits, start), (found.end_logits, end))]
    assert outcome.loss == pytest.approx(float(sum(by_ends)) / 2, rel=1e-5)
    assert float(loss(found, batch)) == pytest.approx(outcome.loss, rel=1e-5)


def test_padding_changes_no_loss():
    short, long = (
        asked(question("good"), most=384),
        asked(question("good"), question("bad", asked="what " * 20), most=384),
    )
    found = output(long)
    narrow = SimpleNamespace(**{k: v[:1, : len(short[0].ids)] for k, v in vars(found).items()})
    alone = outcomes(False, narrow, collate(short, 0), short)[0]
    assert outcomes(False, found, collate(long, 0), long)[0].loss == pytest.approx(alone.loss, rel=1e-5)


def test_of_several_windows_the_surest_answers():
    features = asked(question("the film"), most=30)
    parts = outcomes(False, output(features), collate(features, 0), features)
    assert len(parts) > 2 and joined(parts) == max(parts, key=lambda part: part.confidence)


def test_nothing_is_answered_where_the_first_token_is_larger_in_every_window():
    nothing = Question("who was it", (), "who", TEXT, "n", "t")
    features = asked(nothing, most=30)
    found = output(features)
    found.start_logits[:, 0] = found.end_logits[:, 0] = 20.0
    answered = joined(outcomes(True, found, collate(features, 0), features))
    assert (answered.answer, answered.score) == ("", 1.0)
    found.start_logits[1, 0] = -20.0  # one window is sure that it holds the answer
    answered = joined(outcomes(True, found, collate(features, 0), features))
    assert answered.answer and answered.score == 0.0
    assert joined(outcomes(False, found, collate(features, 0), features)).answer


@pytest.mark.parametrize(("threshold", "none"), [(0.0, True), (1.9, True), (2.1, False), (-5.0, True)])
def test_no_answer_is_given_where_it_scores_higher_by_more_than_the_threshold(tmp_path, threshold, none):
    """Devlin et al. 2019, 4.3: s_null > s_best + tau, here with s_null - s_best = 2."""
    task = with_threshold(without_an_answer(tmp_path), threshold)
    features = asked(question("the film"), most=384)
    found, batch = output(features, scale=0.0), collate(features, 0)
    found.start_logits[0, 0] = 3.0
    found.end_logits[0, features[0].first] = 1.0
    (outcome,) = task.outcomes(found, batch, features)
    assert outcome.margin <= abs(2.0 - threshold) + 1e-6
    assert (task.joined([outcome]).answer == "") == none and task.null_threshold == threshold
    other = with_threshold(task, 2.0)
    assert other.outcomes(found, batch, features)[0].margin == pytest.approx(0.0, abs=1e-6)  # too close to call


def without_an_answer(tmp_path):
    return load_task(Origin(tiny_squad.folder(tmp_path / "two", train=4, dev=10, impossible=True)))


def test_the_threshold_is_asked_for_with_the_task_and_refused_elsewhere(tmp_path):
    path = tiny_squad.folder(tmp_path / "two", train=4, dev=10, impossible=True)
    task = load_task(Origin(path, null_threshold=-1.5))
    assert (
        task.null_threshold == task.program(task)["null_threshold"] == -1.5
        and load_task(Origin(path)).null_threshold == 0
    )
    one = tiny_squad.folder(tmp_path / "one", train=4, dev=10)
    for origin in (Origin(one, null_threshold=1.0), Origin(tiny.csv_file(tmp_path / "own.csv"), null_threshold=1.0)):
        with pytest.raises(ConfigError, match="null-threshold=1 is for questions that may have no answer"):
            load_task(origin)
    for value in (math.nan, math.inf):
        with pytest.raises(ConfigError, match=f"null-threshold={value} is not allowed; it takes a number"):
            load_task(Origin(path, null_threshold=value))


@pytest.mark.parametrize("threshold", [0.0, 2.0, -3.0])
def test_the_figures_are_those_of_the_official_script(tmp_path, threshold):
    path = tiny_squad.folder(tmp_path / "two", train=4, dev=30, impossible=True)
    task = load_task(Origin(path, null_threshold=threshold))
    features = task.features(tiny.tokenizer(), task.validation)
    quality = evaluate(pytorch.session(tiny_qa.model()), task, features, pad=0)
    said = dict(zip((one.id for one in task.validation), quality.answers, strict=True))
    expected = official_squad2.figures({one.id: list(one.truths) for one in task.validation}, said)
    figures = {"f1": quality.interval, **beside(quality)}
    names = {"f1": "f1", EXACT_ANSWER: "exact", HAS_F1: "HasAns_f1", HAS_EXACT: "HasAns_exact", NO_EXACT: "NoAns_exact"}
    assert {names[name]: 100 * one.value for name, one in figures.items()} == pytest.approx(
        {name: expected[name] for name in names.values()}
    )
    assert expected["NoAns_f1"] == expected["NoAns_exact"] and {figures[HAS_F1].n, figures[NO_EXACT].n} == {60, 30}


def test_an_output_that_is_no_number_is_no_answer():
    features = asked(question("the film"), question("very bad"), most=384)
    found = output(features)
    found.start_logits[0, 5] = math.nan
    first, second = outcomes(False, found, collate(features, 0), features)
    assert math.isnan(first.loss) and math.isfinite(second.loss)
    assert math.isnan(joined([first, second]).loss)


def test_a_model_learns_to_read_and_its_figures_are_those_of_its_answers(tmp_path):
    tiny_squad.write(tmp_path / "a.json", tiny_squad.articles(60))
    questions = read(tmp_path / "a.json")
    task = reading("tiny", questions, Questions(questions.rows[:40]))
    model = tiny_qa.model()
    features = task.features(tiny.tokenizer(), task.train)
    recipe = Recipe(3e-3, 16, 25.0, 0.0, 0, dropout=False)
    train_(model, task, features, recipe, pad=0, masks={}, on_step=lambda _: None, cancelled=lambda: False)
    model.eval()
    quality = evaluate(pytorch.session(model), task, task.features(tiny.tokenizer(), task.validation), pad=0)
    assert quality.metric == MEAN_F1 and quality.beside == (EXACT_ANSWER,) and quality.interval.value > 0.9
    right = [a in q.truths for a, q in zip(quality.answers, task.validation, strict=True)]
    assert figure(quality.sample, EXACT_ANSWER).value == pytest.approx(sum(right) / len(right))
    assert task.head is SPAN and set(quality.kinds) == {"what"}


def test_certainty_is_the_share_of_the_best_of_all_answers():
    features = asked(question("good"), most=120)
    batch, found = collate(features, 0), output(features)
    (window,) = features
    last = window.first + len(window.begins)
    pairs = [(a, b) for a in range(window.first, last) for b in range(a, min(last, a + LONGEST))]
    sums = torch.stack([found.start_logits[0, a] + found.end_logits[0, b] for a, b in pairs])
    nothing = (found.start_logits[0, 0] + found.end_logits[0, 0])[None]
    assert certainty(found, batch, features, False) == pytest.approx(float(sums.softmax(0).max()), rel=1e-4)
    either = float(torch.cat([sums, nothing]).softmax(0).max())
    assert certainty(found, batch, features, True) == pytest.approx(either, rel=1e-4)
