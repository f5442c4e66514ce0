"""Every technique is said in words, in both languages."""

import dataclasses
import json

from core import paths
from core.engine.run import recorded_spec
from core.techniques import TECHNIQUES, parse_step, told_of, words_of
from tests.support import toy_technique

SAID = {
    "magnitude:amount=0.3": "30 % of the encoder's weights at zero, the smallest of each matrix",
    "magnitude:scope=global,layers=all": "30 % of the weights of every linear layer at zero, the smallest of all",
    "structured:remove=false,keep_macs=0.4": "the heads and neurons of 60 % of the work at zero",
    "structured:criterion=random": "50 % of the work in its heads and neurons, by chance",
    "layers:drop=2,which=top": "2 layers fewer at the top",
    "distil:layers=2,width=0.5,alpha=0": "a student of 2 layers at 0.5 of the width without a teacher",
    "distil": "training by the dense model",
    "movement:variant=hybrid": "36 % of the linear weights, chosen in training block by block",
    "quantize:mode=fp16": "fp16",
}


def test_recipes_have_words():
    spanish = json.loads((paths.ASSETS / "text" / "errors.es.json").read_text(encoding="utf8"))
    for text, words in SAID.items():
        assert str(told_of(parse_step(text))) == words
        assert told_of(parse_step(text)).translated(spanish) != words or text.endswith("fp16")
    assert all(one.told for one in TECHNIQUES.values())
    steps = tuple(map(parse_step, ("distil:layers=1", "vocabulary", "quantize")))
    spec = dataclasses.replace(recorded_spec("demo", "sst2"), steps=steps, runtime="onnx")
    assert str(words_of(spec)) == "a student of one layer, a smaller vocabulary, int8 in ONNX Runtime"
    assert str(words_of(spec.dense)) == "dense"


def test_what_has_no_words_is_called_as_the_command_line_does(monkeypatch):
    monkeypatch.setitem(TECHNIQUES, "toy", toy_technique.TECHNIQUE)
    assert str(told_of(parse_step("toy:amount=0.4"))) == "toy:amount=0.4"
