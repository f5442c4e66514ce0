"""The demo of entities: its folder is what the card says, and the command that made it works whole on a tiny model."""

import json
import re

import pytest

from core.engine.run import make_spec, run
from core.engine.store import Store
from core.errors import ModelError
from core.jobs import entity_demo
from core.models.find import DEMO_ENTITIES, resolve
from core.models.weights import WEIGHTS, shapes
from core.summary import percent, scored
from core.tasks import forget, load_task, named
from core.tasks.spans import Span
from core.tasks.tables import Row
from core.tasks.task import Origin
from tests.support import heads, tiny


def test_the_shipped_folder_is_small_and_as_good_as_its_card_says(tmp_path):
    assert (DEMO_ENTITIES / WEIGHTS).stat().st_size < 12e6
    source, origin = resolve("demo-entities"), Origin("entities")
    assert source.head == "token" and all(len(shape) <= 2 for shape in shapes(source.folder).values())
    quality = run(make_spec("demo-entities", origin), origin, Store(tmp_path / "results")).quality
    card = (DEMO_ENTITIES / "README.md").read_text(encoding="utf8")
    row = [scored(quality), *(percent(quality.kinds[kind], quality.metric) for kind in sorted(quality.kinds))]
    assert f"| this folder | {' | '.join(row)} |" in card and load_task(origin).data in card
    assert quality.interval.value > 0.7


def test_names_are_exchanged_within_their_type():
    rows = [
        Row(
            "Ana met Bo in Rome",
            "",
            words=tuple("Ana met Bo in Rome".split()),
            spans=(Span(0, 0, "P"), Span(2, 2, "P")),
        ),
        Row("x New York", "", words=("x", "New", "York"), spans=(Span(1, 2, "L"),)),
        Row("no name", "", words=("no", "name"), spans=()),
    ]
    found = entity_demo.with_other_names(rows, 40)
    assert found[:3] == rows and len(found) == 3 + 40 * 3
    assert found == entity_demo.with_other_names(rows, 40)
    for row in found:
        assert row.text == " ".join(row.words)
        said = {(span.type, " ".join(row.words[span.first : span.last + 1])) for span in row.spans}
        assert said <= {("P", "Ana"), ("P", "Bo"), ("L", "New York")}
    assert {row.text for row in found if "in Rome" in row.text} == {
        f"{a} met {b} in Rome" for a in ("Ana", "Bo") for b in ("Ana", "Bo")
    }


def test_the_command_trains_such_a_folder(tmp_path, monkeypatch):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for part, seed in (("train", 0), ("test", 1)):
        heads.conll(corpus / part, heads.tagged(60, seed))
    monkeypatch.setattr(named, "ENTITIES", corpus)
    monkeypatch.setattr(entity_demo, "COPIES", 2)
    monkeypatch.setattr(entity_demo, "TEACHER", "finetune:learning_rate=3e-3,batch_size=8,epochs=6")
    tune = "learning_rate=3e-3,batch_size=8,epochs=6"
    monkeypatch.setattr(entity_demo, "STUDENT", f"distil:layers=1,{tune}")
    monkeypatch.setattr(entity_demo, "SPELLING", f"finetune:{tune}")
    monkeypatch.setattr(entity_demo, "PIECES", 25)
    forget()
    base, out = tiny.folder(tmp_path / "base", tiny.bert(head=False)), tmp_path / "out"
    value = entity_demo.train_entity_demo(base, out, Store(tmp_path / "cache" / "results"))
    card, config = (out / "README.md").read_text(), json.loads((out / "config.json").read_text())
    assert value > 0.7 and f"{100 * value:.1f} %" in card and "{" not in card
    assert config["dtype"] == "float16" and config["num_hidden_layers"] == 1 and config["vocab_size"] <= 27
    assert resolve(str(out)).head == "token" and sorted(p.name for p in tmp_path.glob("out*")) == ["out"]
    assert re.search(r"\| fine-tuned \| \d", card) and "1 layers x 4 heads x 32 and" in card
    forget()


def test_the_base_has_to_be_there(tmp_path):
    with pytest.raises(ModelError, match="there is no folder"):
        entity_demo.train_entity_demo("./nothing", tmp_path / "out", Store(tmp_path / "results"))
    assert not list(tmp_path.glob("out*"))
