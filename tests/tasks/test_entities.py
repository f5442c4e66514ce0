"""Entities: each word once, whole spans counted, a model's own scheme, long sentences in windows."""

import json

import pytest
import torch
import transformers

from core.__main__ import main
from core.engine.prepare import prepare
from core.engine.run import make_spec, run
from core.engine.store import Store
from core.errors import ConfigError, DataError
from core.result import beside
from core.tasks import load_task
from core.tasks.entities import encode, joined, outcomes
from core.tasks.spans import decoded, written
from core.tasks.task import Origin
from tests.support import heads, tiny

NAMES = heads.TAGS
sentences, conll = heads.tagged, heads.conll


def model(path, names=NAMES, seed=0, **changes):
    config = transformers.BertConfig(
        **tiny.SHAPE, num_labels=len(names), id2label=dict(enumerate(names)), initializer_range=0.3, **changes
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return tiny.folder(path, transformers.BertForTokenClassification(config).eval())


def test_every_word_is_answered_as_transformers_does(tmp_path):
    folder, origin = model(tmp_path / "model"), conll(tmp_path / "own.conll", sentences())
    spec = make_spec(folder, origin)
    quality, task = run(spec, origin, Store(tmp_path / "results")).quality, prepare(spec, origin).task
    peer = transformers.AutoModelForTokenClassification.from_pretrained(folder).eval()
    said, hits, total = [], 0, 0
    for example in task.validation:
        with torch.inference_mode():
            logits = peer(**tiny.tokenizer()(example.text, return_tensors="pt")).logits[0, 1:-1]
        spans = set(decoded([NAMES[tag] for tag in logits.argmax(-1)]))  # a token a word
        true = set(decoded([task.labels[tag] for tag in example.label]))
        hits, total = hits + len(spans & true), total + len(spans) + len(true)
        said.append(written(spans))
    assert list(quality.answers) == said
    assert quality.interval.value == pytest.approx(2 * hits / total) and 0 < quality.interval.value < 1
    assert set(quality.kinds) == {"GOOD", "BAD"} and quality.metric == "micro-F1"
    assert beside(quality)["exact match"].value == sum(quality.scores) / len(quality.scores)


def test_the_scheme_of_the_model_is_taken(tmp_path):
    names = ("O", *(f"{p}-{t}" for p in "BIES" for t in ("GOOD", "BAD")))
    origin = conll(tmp_path / "own.conll", sentences())
    spec = make_spec(model(tmp_path / "model", names), origin)
    task = prepare(spec, origin).task
    assert task.labels == names
    tags = {names[tag] for example in task.validation for tag in example.label}
    assert "S-GOOD" in tags and not {tag for tag in tags if tag[0] in "BI"} - {"B-GOOD", "B-BAD", "I-GOOD", "I-BAD"}
    plain = load_task(origin)
    assert [task.right(e) for e in task.validation] == [plain.right(e) for e in plain.validation]


def test_long_sentences_are_read_in_windows_and_each_word_once(tmp_path):
    words = [word for one in sentences(40) for word in one[0]]
    tags = [tag for one in sentences(40) for tag in one[1]]
    task = load_task(conll(tmp_path / "own.conll", [(words, tags), *sentences()]))
    example = next(e for e in (*task.train, *task.validation) if len(e.words) == len(words))
    windows = encode(tiny.tokenizer(), [example], 32)
    assert len(windows) > 5 and all(len(w.ids) <= 32 for w in windows)
    owned = [word for window in windows for word, _ in window.own]
    assert owned == list(range(len(words)))
    inner = [min(token, len(w.ids) - 1 - token) for w in windows[1:-1] for _, token in w.own]
    assert min(inner) >= 3  # of the words that two windows see, each is answered where it has others around it

    class Right:
        """Answers every token as it should be."""

        def __init__(self, batch):
            self.logits = torch.nn.functional.one_hot(batch["labels"].clamp(min=0), len(task.labels)).float()

    batch = {"labels": torch.tensor([[*w.target, *[-100] * (32 - len(w.ids))] for w in windows])}
    whole = joined(outcomes(task.labels, Right(batch), batch, windows))
    assert whole.answer == task.right(example) and whole.score == 1.0


def test_another_metric_and_no_name_at_all_are_refused(tmp_path):
    origin = conll(tmp_path / "own.conll", sentences())
    with pytest.raises(ConfigError, match="no metric 'pearson' for entities; take f1, micro-f1, exact match"):
        load_task(Origin(origin.task, metric="pearson"))
    nothing = [(words, ["O"] * len(words)) for words, _ in sentences()]
    with pytest.raises(DataError, match="has no tag but O"):
        load_task(conll(tmp_path / "none.conll", nothing))


def test_jsonl_and_conll_are_the_same_task(tmp_path):
    found = sentences()
    (tmp_path / "own.jsonl").write_text("".join(json.dumps({"tokens": w, "tags": t}) + "\n" for w, t in found))
    assert load_task(Origin(str(tmp_path / "own.jsonl"))).data == load_task(conll(tmp_path / "o.conll", found)).data


def test_a_new_head_learns_them_and_a_student_from_it(tmp_path, capsys):
    origin, out = conll(tmp_path / "own.conll", sentences(300)), tmp_path / "out"
    bare = tiny.folder(tmp_path / "bare", tiny.bert(head=False))
    tune = "learning_rate=3e-3,batch_size=8,epochs=6"
    line = ["run", "--task", origin.task, "--no-speed", "--json"]
    assert main([*line, "--model", bare, "--step", f"finetune:{tune}", "--save", str(out)]) == 0
    tuned = json.loads(capsys.readouterr().out)["quality"]
    assert tuned["value"] > 0.95 and set(tuned["kinds"]) == {"GOOD", "BAD"}
    config = json.loads((out / "config.json").read_text())
    assert sorted(config["id2label"].values()) == sorted(NAMES)
    assert main([*line, "--model", str(out), "--step", f"distil:layers=1,hidden=0,alpha=1,{tune}"]) == 0
    assert json.loads(capsys.readouterr().out)["quality"]["value"] > 0.9
    assert main([*line, "--model", str(out), "--step", "structured:keep_macs=0.5"]) == 0


def test_a_model_without_tags_for_beginnings_is_read_as_iob1(tmp_path):
    origin = conll(tmp_path / "own.conll", sentences())
    spec = make_spec(model(tmp_path / "model", ("I-GOOD", "I-BAD", "B-BAD", "O")), origin)
    task = prepare(spec, origin).task
    assert task.labels == ("I-GOOD", "I-BAD", "B-BAD", "O")
    plain = load_task(origin)
    assert [task.right(e) for e in task.validation] == [plain.right(e) for e in plain.validation]
    assert run(spec, origin, Store(tmp_path / "results")).quality.interval.n == len(task.validation)


def test_types_may_have_spaces(tmp_path):
    found = [
        (words, [tag.replace("GOOD", "big place").replace("BAD", "big") for tag in tags]) for words, tags in sentences()
    ]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps({"tokens": w, "tags": t}) + "\n" for w, t in found))
    origin = Origin(str(tmp_path / "own.jsonl"))
    names = ("O", "B-big", "I-big", "B-big place", "I-big place")
    spec = make_spec(model(tmp_path / "model", names), origin)
    quality = run(spec, origin, Store(tmp_path / "results")).quality
    assert set(quality.kinds) == {"big", "big place"} and not load_task(origin).problems
    plain = conll(tmp_path / "plain.conll", sentences())
    other = run(make_spec(model(tmp_path / "other"), plain), plain, Store(tmp_path / "results")).quality
    assert quality.interval == other.interval and quality.kinds["big"] == other.kinds["BAD"]
    assert load_task(Origin(origin.task, metric="exact match")).metric == "exact match"
