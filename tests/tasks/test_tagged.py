"""Words with tags from CoNLL's files and JSONL, and the line of every sentence that is of no use."""

import json

import pytest

from core.errors import DataError
from core.tasks.spans import written
from core.tasks.tagged import is_tagged, read_tagged

GOOD = "-DOCSTART- -X- O\n\n# id = 1\nAnna NNP B-PER\nsings VB O\n\n\nRome NNP I-LOC\n"


def write(path, text):
    path.write_text(text)
    return path


def told(table):
    return [(row.text, written(row.spans), row.line) for row in table.rows]


def test_conll(tmp_path):
    table = read_tagged(write(tmp_path / "a.conll", GOOD))
    assert told(table) == [("Anna sings", "PER 0-0", 4), ("Rome", "LOC 0-0", 8)]
    assert table.tagged and not table.problems
    tabs = "New York\tB-LOC\nis\tO\n"  # a word with a space in it, as some tools write numbers
    assert read_tagged(write(tmp_path / "b.iob2", tabs)).rows[0].words == ("New York", "is")


def test_what_is_wrong_is_named_with_its_line(tmp_path):
    text = "Anna B-PER\n\nRome\nis O\n\nOslo LOC-B\n\nit O\n"
    table = read_tagged(write(tmp_path / "a.bio", text))
    assert told(table) == [("Anna", "PER 0-0", 1), ("it", "", 8)]
    assert [str(one) for one in table.problems] == [
        "a.bio line 3: a word has no tag",
        "a.bio line 6: 'LOC-B' is no tag; tags are O, or B-TYPE, I-TYPE, E-TYPE and S-TYPE",
    ]
    with pytest.raises(DataError, match="b.bio has no usable row; first problem: b.bio line 1: a word has no tag"):
        read_tagged(write(tmp_path / "b.bio", "Anna\n"))


def test_jsonl(tmp_path):
    records = (
        {"tokens": ["Anna", "sings"], "ner_tags": ["B-PER", "O"]},
        {"tokens": ["a"], "ner_tags": ["O", "O"]},
        {"tokens": ["a"], "ner_tags": [3]},
        {"text": "a"},
    )
    path = write(tmp_path / "a.jsonl", "\n".join([*map(json.dumps, records), "{"]))
    assert is_tagged(path)
    table = read_tagged(path)
    assert told(table) == [("Anna sings", "PER 0-0", 1)]
    assert [str(one).partition(": ")[2] for one in table.problems] == [
        "1 words and 2 tags",
        "its tags are numbers; write their names, such as B-PER",
        "it needs a list of tokens and one of tags",
        "is not JSON",
    ]


def test_texts_with_labels_are_not_tagged(tmp_path):
    assert not is_tagged(write(tmp_path / "a.jsonl", '{"text": "a", "labels": ["x"]}\n'))
    assert not is_tagged(write(tmp_path / "b.jsonl", "nonsense\n"))
    assert not is_tagged(tmp_path / "c.csv") and not is_tagged(tmp_path / "missing.jsonl")
