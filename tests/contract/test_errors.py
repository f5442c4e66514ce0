"""What core refuses is said in every language of the pages: each sentence of an error has its translation."""

import ast
import json
import string
from pathlib import Path

import pytest

from core.errors import ConfigError, ModelError, UserError, Words
from tests.support.app import lab, page, texts

ROOT = Path(__file__).resolve().parents[2]
SPANISH = json.loads((ROOT / "assets" / "text" / "errors.es.json").read_text(encoding="utf8"))
KINDS = {kind.__name__ for kind in (UserError, *UserError.__subclasses__())} | {"Words"}


def sentences():
    """Every sentence that core makes an error or words of, with the place where it does."""
    for path in sorted(ROOT.glob("core/**/*.py")):
        constants: dict[str, str] = {}
        tree = ast.parse(path.read_text(encoding="utf8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                constants |= {target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                said = node.args[0] if node.args else None
                if isinstance(said, ast.Name) and said.id in constants:
                    said = ast.Constant(constants[said.id])
                yield f"{path.relative_to(ROOT)}:{node.lineno}", said, {word.arg for word in node.keywords}


def places(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_a_sentence_is_written_out_where_it_is_raised():
    """As an f-string it could not be translated; a name that holds other sentences has them elsewhere in core."""
    for where, said, _ in sentences():
        assert isinstance(said, ast.Constant | ast.Name | ast.Attribute | ast.Subscript), (
            f"{where}: {ast.unparse(said)}"
        )


def test_its_places_are_what_is_put_into_it():
    for where, said, names in sentences():
        if isinstance(said, ast.Constant):
            assert places(said.value) == names, where


def test_every_sentence_has_its_translation():
    said = {said.value: where for where, said, _ in sentences() if isinstance(said, ast.Constant)}
    assert sorted(f"{where}: {sentence}" for sentence, where in said.items() if sentence not in SPANISH) == []
    for sentence, translation in SPANISH.items():
        assert places(sentence) == places(translation) and translation, sentence


def test_nothing_is_translated_that_is_not_said():
    text = "".join(path.read_text(encoding="utf8") for path in ROOT.glob("core/**/*.py"))
    said = {said.value for _, said, _ in sentences() if isinstance(said, ast.Constant)}
    assert sorted(one for one in SPANISH if one not in said and f'"{one}"' not in text) == []


def test_words_say_themselves_in_any_language_and_travel_as_json():
    inner = ModelError("'{name}' has no config.json; give a folder written by save_pretrained()", name="mine")
    error = ConfigError("entry {number}: {error}", number=2, error=inner)
    assert str(error) == "entry 2: 'mine' has no config.json; give a folder written by save_pretrained()"
    spanish = "entrada 2: 'mine' no tiene config.json; indica una carpeta escrita por save_pretrained()"
    assert error.words.translated(SPANISH) == spanish
    again = Words.from_json(json.loads(json.dumps(error.words.to_json())))
    assert again.translated(SPANISH) == spanish and str(again) == str(error)
    assert isinstance(ConfigError.of(inner), ConfigError) and str(ConfigError.of(inner)) == str(inner)


@pytest.mark.usefixtures("fresh_server")
def test_a_spanish_page_refuses_in_spanish():
    at = page(model="./nowhere", lang="es")
    said = "no existe la carpeta './nowhere'; indica una carpeta que exista, un nombre del hub o demo"
    assert said in texts(at.markdown)
    at = lab("quantize", "magnitude", task="reviews", lang="es")
    assert any("quantize tiene que ser el último paso" in text for text in texts(at.error))
