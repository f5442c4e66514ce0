"""A question answering model taken home: its program answers every question as it is answered here."""

import importlib.util
import json
import subprocess
import sys

import pytest
from tokenizers import Tokenizer

from core.engine.card import ANSWERS, TEMPLATES
from core.engine.export import export
from core.engine.manifest import LABELS
from core.engine.run import make_spec
from core.engine.store import Store
from core.models.head import SPAN
from core.runtimes import formats, pytorch
from core.tasks import load_task
from core.tasks.evaluate import evaluate
from core.tasks.reading import TOKENS
from core.tasks.task import Origin
from core.tasks.windows import windows
from tests.support import tiny, tiny_qa, tiny_squad

SHORT = 20  # tokens of a window, so that every passage takes several


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache" / "results")


def reader(tmp_path):
    """A model that reads, and questions some of which have no answer; one of them is longer than is read."""
    found = tiny_squad.articles(12, 1, impossible=True)
    found[0]["paragraphs"][0]["qas"][0]["question"] = "what was the good word of the book and the film and the phone?"
    place = tmp_path / "squad"
    place.mkdir()
    tiny_squad.write(place / "dev-v2.0.json", found, "2.0")
    return tiny.folder(tmp_path / "reader", tiny_qa.model()), Origin("squad", str(place))


def answers(origin, most):
    """What is answered here, in fp32."""
    task = load_task(origin)
    features = windows(tiny.tokenizer(), task.validation, most)
    assert most > SHORT or len(features) > 2 * len(task.validation)
    return list(evaluate(pytorch.session(tiny_qa.model(), exact=True), task, features, pad=0).answers)


@pytest.mark.parametrize("form", ["hf", "onnx", "pte"])
@pytest.mark.slow
@pytest.mark.usefixtures("shared_lowering")
def test_the_program_answers_every_question_as_it_is_answered_here(form, tmp_path, store):
    if not formats()[form].installed:
        pytest.skip(f"{formats()[form].title} is not installed")
    model, origin = reader(tmp_path)
    spec = make_spec(model, origin, runtime=formats()[form].name, max_tokens=SHORT)
    done = export(spec, origin, form, tmp_path / "mine", store)
    assert done.check.good and done.check.agreement == 1.0 and done.check.metric == "mean F1", done.check.reasons
    examples = load_task(origin).validation
    line = [sys.executable, "run.py", *(text for one in examples for text in one.texts)]
    said = subprocess.run(line, cwd=done.folder, capture_output=True, text=True, timeout=200, check=True).stdout
    found = [json.loads(one) for one in said.splitlines()]
    assert [one["answer"] for one in found] == answers(origin, SHORT)
    for one, example in zip(found, examples, strict=True):
        assert not one["answer"] or example.second[one["start"] : one["end"]] == one["answer"]
    assert [bool(one.get("cut")) for one in found] == [number == 0 for number in range(len(found))]
    readme = (done.folder / "README.md").read_text()
    assert "takes a question and a passage" in readme and "outputs: `start_logits` and `end_logits`" in readme


def test_the_check_of_a_written_reader_counts_its_answers(tmp_path, store, monkeypatch):
    model, origin = reader(tmp_path)
    plain = evaluate

    def worse(session, task, *rest, **named):
        found = plain(session, task, *rest, **named)
        changed = ("another", *found.answers[1:]) if session.precision == "fp32" and worse.calls else found.answers
        worse.calls += 1
        return found.__class__(**{**vars(found), "answers": changed})

    worse.calls = 0
    monkeypatch.setattr("core.engine.export.evaluate", worse)
    done = export(make_spec(model, origin, runtime="onnx"), origin, "onnx", tmp_path / "mine", store)
    assert done.check.agreement == pytest.approx(1 - 1 / 36)


class Asked:
    """answers.py, as a program of a user's reads it, with a model of chance."""

    def __init__(self, tmp_path, **facts):
        found = importlib.util.spec_from_file_location("answers", TEMPLATES / ANSWERS)
        self.module = importlib.util.module_from_spec(found)
        found.loader.exec_module(self.module)
        tiny.tokenizer().save_pretrained(tmp_path)
        self.tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
        usual = {
            "head": "span",
            "labels": [],
            "max_tokens": TOKENS,
            "question_tokens": 64,
            "stride": 128,
            "longest": 30,
        }
        self.facts = {**usual, "no_answer": False, "null_threshold": 0.0, **facts}

    def read(self, question, passage, start, end):
        """The answer where the model gives these numbers to the tokens."""

        def ask(window):
            return [[row.get(place, 0.0) for place in range(len(window.ids))] for row in (start, end)]

        return self.module.read(question, passage, self.tokenizer, self.facts, ask)


def test_an_answer_ends_where_it_begins_or_later_and_is_no_longer_than_allowed(tmp_path):
    reads = Asked(tmp_path)
    passage = " ".join(["the film was good"] * 20)  # [CLS] what is it [SEP] the ...: the passage begins at token 5
    found = reads.read("what is it", passage, {8: 6.0, 5: 1.0}, {7: 5.0, 9: 1.0})
    assert (found["answer"], found["score"]) == ("good the", 7.0) and "score_of_none" not in found
    assert passage[found["start"] : found["end"]] == "good the"
    assert reads.read("what is it", passage, {5: 5.0}, {34: 2.0, 35: 4.0})["score"] == 7.0
    assert reads.read("what is it", passage, {1: 50.0}, {2: 50.0})["score"] == 0.0  # in the question


@pytest.mark.parametrize(("threshold", "answer"), [(0.0, ""), (2.5, "the")])
def test_no_answer_is_given_where_its_score_is_larger_by_more_than_the_threshold(tmp_path, threshold, answer):
    reads = Asked(tmp_path, no_answer=True, null_threshold=threshold)
    found = reads.read("what is it", "the film", {0: 2.0, 5: 1.0}, {0: 1.0})
    assert (found["answer"], found["score"], found["score_of_none"]) == (answer, 1.0, 3.0)


@pytest.mark.parametrize(("question", "passage", "which"), [(" ", "the film", "question"), ("what", "\n", "passage")])
def test_an_empty_text_is_one_sentence(tmp_path, question, passage, which):
    with pytest.raises(SystemExit, match=f"the {which} is empty; give a question and a passage"):
        Asked(tmp_path).read(question, passage, {}, {})


def test_what_the_program_knows_is_what_is_done_here(tmp_path, store):
    model, origin = reader(tmp_path)
    spec = make_spec(model, origin, runtime="torch", max_tokens=SHORT)
    done = export(spec, origin, "hf", tmp_path / "mine", store)
    facts = json.loads((done.folder / LABELS).read_text())
    assert (facts["outputs"], facts["no_answer"], facts["texts"]) == (list(SPAN.outputs), True, 2)
    assert (facts["question_tokens"], facts["stride"], facts["longest"]) == (8, 4, 30)
