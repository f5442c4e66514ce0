"""The canvas' bytes: unpacked as the browser does, they are the density of the exact masks."""

import struct
import zlib

import numpy as np
import pytest
import torch

from core.models import encoder
from core.pictures import mosaic as pictures
from core.pictures.levels import levels
from core.pictures.mosaic import pack, single_weights, unpack
from core.pictures.picture import CloseUp, HeadMap, Mosaic, picture_key
from core.pruning.masks import LEVELS, keep_mask
from core.spec import Step
from core.techniques import structured, wanda
from core.techniques.magnitude import Config
from core.techniques.technique import Context, State
from tests.support import tiny


def mosaic(model, config):
    return tiny.mosaic(model, Step("magnitude", config))


def cubes(payload):
    """What the browser makes of the bytes: per matrix its entry, and (101, down, across) of 0..255."""
    header, body = unpack(payload)
    raw, at, found = np.frombuffer(zlib.decompress(body), np.uint8), 0, []
    for entry in header["matrices"]:
        count = LEVELS * entry["down"] * entry["across"]
        losses = raw[at : at + count].reshape(LEVELS, entry["down"], entry["across"]).astype(int)
        at += count
        found.append((entry, 255 - np.cumsum(losses, axis=0)))
    assert at == len(raw)
    return found


@pytest.mark.parametrize("layers", ["encoder", "all", "*query"])
def test_every_slider_position_is_in_it(layers):
    model = tiny.bert(hidden_size=64, intermediate_size=96)
    payload = mosaic(model, Config(layers=layers))
    header, found = unpack(payload)[0], cubes(payload)
    matrices = encoder.matrices(model, layers)
    assert [entry["name"] for entry, _ in found] == [m.name for m in matrices]
    for (entry, cube), matrix in zip(found, matrices, strict=True):
        score = encoder.weight(model, matrix.name).detach().abs()
        assert (entry["rows"], entry["columns"], entry["label"]) == (matrix.rows, matrix.columns, matrix.label)
        assert (cube[0] == 255).all() and (cube[100] == 0).all()
        for level in (10, 50, 90):
            exact = keep_mask(score, level / 100).numpy()
            block = exact[: header["block"], : header["block"]]
            assert abs(cube[level, 0, 0] / 255 - block.mean()) <= 0.01


def test_the_header_places_layers_in_rows_and_roles_in_columns():
    header, _ = unpack(mosaic(tiny.bert(), Config(layers="all")))
    places = {entry["label"]: (entry["row"], entry["column"]) for entry in header["matrices"]}
    for layer in (1, 2):
        for column, role in enumerate(("Q", "K", "V", "O", "up", "down")):
            assert places[f"layer {layer} {role}"] == (layer - 1, column)
    assert places["bert.pooler.dense"] == (2, 0) and places["classifier"] == (2, 1)
    assert len(set(places.values())) == len(places)
    assert header["rowLabels"] == ["1", "2", ""] and header["columnLabels"] == ["Q", "K", "V", "O", "up", "down"]


def test_scope_and_criterion_change_the_picture_but_the_amount_does_not():
    model = tiny.bert()
    with torch.no_grad():
        encoder.weight(model, "bert.encoder.layer.0.attention.self.query").mul_(0.1)
    plain = mosaic(model, Config())
    assert mosaic(model, Config(amount=0.9)) == plain
    assert mosaic(model, Config(scope="global")) != plain != mosaic(model, Config(criterion="random"))
    everywhere = {entry["label"]: cube for entry, cube in cubes(mosaic(model, Config(scope="global")))}
    assert everywhere["layer 1 Q"][20].mean() < 0.2 * everywhere["layer 2 Q"][20].mean()


def test_random_is_the_same_twice():
    assert mosaic(tiny.bert(), Config(criterion="random")) == mosaic(tiny.bert(), Config(criterion="random"))


def test_large_models_are_drawn_in_larger_blocks(monkeypatch):
    assert unpack(mosaic(tiny.bert(), Config()))[0]["block"] == 16
    monkeypatch.setattr(pictures, "SMALL_MODEL", 1000)
    assert unpack(mosaic(tiny.bert(), Config()))[0]["block"] == 32


def singles(config):
    """Header and, by name, the ranks of the single weights of a tiny model."""
    header, packed = unpack(single_weights(levels(State(tiny.bert()), Step("magnitude", config), Context(None))))
    raw, at, found = np.frombuffer(zlib.decompress(packed), np.uint8), 0, {}
    for entry in header["matrices"]:
        size = entry["rows"] * entry["columns"]
        found[entry["name"]] = raw[at : at + size].reshape(entry["rows"], entry["columns"])
        at += size
    assert at == len(raw)
    return header, found


def test_the_magnifier_has_every_single_weight(monkeypatch):
    header, found = singles(Config())
    assert header["kind"] == "ranks" and [*found] == [m.name for m in encoder.matrices(tiny.bert())]
    for name, ranks in found.items():
        exact = keep_mask(encoder.weight(tiny.bert(), name).detach().abs(), 0.4).numpy()
        assert ((ranks >= 40) != exact).mean() <= 0.01
    monkeypatch.setattr(pictures, "SMALL_MODEL", 1000)
    assert singles(Config())[1] == {}  # of a large model the page is sent none


def test_the_bytes_begin_with_the_length_of_the_header():
    payload = pack({"words": "año"}, b"body")
    (length,) = struct.unpack_from("<I", payload)
    assert payload[4 : 4 + length].decode() == '{"words":"año"}' and payload[4 + length :] == b"body"
    assert unpack(payload) == ({"words": "año"}, b"body")


MOSAIC = Mosaic()


def test_the_key_knows_all_but_the_amount():
    def key(config=None, technique="magnitude", picture=MOSAIC, **changes):
        return picture_key(tiny.spec(**changes), Step(technique, config or Config()), picture)

    assert key(Config(amount=0.9)) == key() == key(data="0000000000000000", seed=3)
    fisher = structured.Config()
    assert key(structured.Config(keep_macs=0.3), "structured") == key(fisher, "structured")
    others = [
        key(revision="0000000000000000"),
        key(Config(criterion="random")),
        key(Config(scope="global")),
        key(Config(layers="all")),
        key(picture=HeadMap()),
        key(picture=CloseUp("a")),
        key(picture=CloseUp("b")),
        key(wanda.Config(), "wanda"),
        key(wanda.Config(), "wanda", data="0000000000000000"),
        key(fisher, "structured"),
        key(fisher, "structured", data="0000000000000000"),
        key(structured.Config(criterion="taylor"), "structured"),
    ]
    assert len({key(), *others}) == 1 + len(others)


def test_the_model_is_left_as_it_was():
    model = tiny.bert()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    mosaic(model, Config(layers="all"))
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
