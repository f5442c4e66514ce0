"""The page of a browser, in node: the same tokens, the same cuts, the same intervals, the same answers as here."""

import dataclasses
import json
import random
import subprocess

import psutil
import pytest
import torch

from core import intervals
from core.errors import ModelError
from core.models.find import resolve
from core.models.load import load
from core.runtimes import onnx, web
from core.tasks import load_task
from core.tasks.task import Origin
from tests.support import runtimes

PAGE = web.TEMPLATES / "web"
STRANGE = (
    "😀 I love it 👍🏽",
    "Café naïve São",
    "中文 测试句子",
    "<b>html</b> & co",
    "a\u0301 e\u0301",
    "ﬁne ligature",
    "\u200bzero\u00adsoft",
    "tab\tnew\nline",
    "İstanbul ŞÇ",
    "مرحبا بالعالم",
    "한국어",
    "x" * 300,
    "null\0char",
    "…—–“”",
    "[CLS] hi [SEP] [MASK]",
    "word " * 600,
)
needs_web = pytest.mark.skipif(not web.RUNTIME.installed, reason="make web")


def in_node(program: str, values: object, tmp_path) -> object:
    """What a program of the page's modules prints, given values as JSON."""
    (tmp_path / "values.json").write_text(json.dumps(values), encoding="utf8")
    (tmp_path / "program.mjs").write_text(
        'import { readFileSync } from "node:fs";\n'
        f"const values = JSON.parse(readFileSync({json.dumps(str(tmp_path / 'values.json'))}));\n{program}",
        encoding="utf8",
    )
    command = [web.node(), str(tmp_path / "program.mjs")]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@needs_web
@pytest.mark.parametrize("most", [9, 16, 128])
def test_the_same_ids_for_every_sentence(most, tmp_path):
    tokenizer = load(resolve("demo")).tokenizer
    reviews = [one.text for one in load_task(Origin("reviews")).validation]
    chance = random.Random(0)
    rows = [[text] for text in (*reviews, *STRANGE)] + [chance.sample(reviews, 2) for _ in range(100)]
    tokenizer.save_pretrained(tmp_path)
    found = in_node(
        f"""import {{ Tokenizer }} from {json.dumps(web.TOKENIZER.as_uri())};
        import {{ encode }} from {json.dumps((PAGE / "tokens.mjs").as_uri())};
        const read = (name) => JSON.parse(readFileSync({json.dumps(str(tmp_path))} + "/" + name));
        const tokenizer = new Tokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
        console.log(JSON.stringify(values.map((texts) => Object.values(encode(tokenizer, texts, {most})))));""",
        rows,
        tmp_path,
    )
    plain = tokenizer.backend_tokenizer
    plain.no_padding()
    plain.enable_truncation(most)
    for texts, (ids, types, cut) in zip(rows, found, strict=True):
        ours = plain.encode(*texts)
        assert (ids, types, cut) == (ours.ids, ours.type_ids, bool(ours.overflowing)), texts


@needs_web
def test_the_same_intervals_and_verdicts(tmp_path):
    chance = random.Random(1)
    rows = [[chance.uniform(0.5, 2) for _ in range(n)] for n in (1, 2, 3, 5, 6, 9, 10, 21, 100, 301)]
    found = in_node(
        f"""import {{ interval, median }} from {json.dumps((PAGE / "speed.mjs").as_uri())};
        console.log(JSON.stringify(values.map((row) => [...interval(row), median(row)])));""",
        rows,
        tmp_path,
    )
    for row, (low, high, middle) in zip(rows, found, strict=True):
        assert (low, high) == intervals.median_interval(row)
        assert middle == pytest.approx(float(torch.tensor(row, dtype=torch.float64).quantile(0.5)))


@needs_web
def test_a_verdict_needs_the_whole_interval(tmp_path):
    rounds = [[40.0] * 15, [20.0] * 15, [80.0] * 15, [40.0, 50.0, 30.0] * 5]
    found = in_node(
        f"""import {{ compared, drift }} from {json.dumps((PAGE / "speed.mjs").as_uri())};
        const verdicts = values.slice(1).map((row) => compared(values[0], row).verdict);
        console.log(JSON.stringify([...verdicts, drift([1, 1, 1, 2, 2, 2])]));""",
        rounds,
        tmp_path,
    )
    assert found == ["faster", "slower", "same", 2]


@needs_web
def test_answers_are_those_of_the_other_runtime(tmp_path):
    file = runtimes.build(web.RUNTIME, "shaped", "int8-dynamic", tmp_path)
    ours, theirs = web.open_file(file), onnx.open_file(file)
    for text in ("bad", "it was good", "very " * 60):
        batch = runtimes.batch(text)
        assert torch.allclose(ours.run(batch).logits, theirs.run(batch).logits, atol=0.02)
    ours.close()


@needs_web
def test_more_threads_and_a_dead_process_are_sentences(tmp_path):
    file = runtimes.build(web.RUNTIME, "shaped", "fp32", tmp_path)
    with pytest.raises(ModelError, match="one thread here; ask for threads=1, not 2"):
        web.open_file(file, 2)
    before = set(psutil.Process().children())
    session = web.open_file(file)
    (host,) = set(psutil.Process().children()) - before
    host.kill()
    host.wait()
    with pytest.raises(ModelError, match="node ended while it ran"):
        session.run(runtimes.batch("bad"))
    session.close()


def test_without_the_runtime_its_line_is_named(monkeypatch):
    absent = dataclasses.replace(web.RUNTIME, ready=lambda: False)
    assert not absent.installed
    with pytest.raises(ModelError, match="ONNX Runtime Web is not installed; `make web` installs it"):
        absent.require()
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert web.node() == ""
