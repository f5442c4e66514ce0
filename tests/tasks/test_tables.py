"""Labelled text of the user's own: formats, columns, and every row that cannot be used."""

import json

import pytest

from core.errors import DataError
from core.tasks import tables
from core.tasks.tables import Row, read_table


def write(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_csv_with_detected_columns_and_kinds(tmp_path):
    file = write(tmp_path / "a.csv", 'id,Sentence,Sentiment,kind\n1,"Good, really",1,plain\n2,"Say ""no""",0,irony\n')
    assert read_table(file).rows == (Row("Good, really", "1", "plain"), Row('Say "no"', "0", "irony"))
    assert read_table(file).problems == ()


def test_tsv_keeps_quotation_marks(tmp_path):
    file = write(tmp_path / "a.tsv", 'sentence\tlabel\n"a lone mark\t0\nfine "here"\t1\n')
    assert read_table(file).rows == (Row('"a lone mark', "0"), Row('fine "here"', "1"))


def test_jsonl(tmp_path):
    lines = [{"review": "good", "label": 1}, {"review": "bad", "label": 0}]
    file = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n")
    assert read_table(file).rows == (Row("good", "1"), Row("bad", "0"))


def test_a_label_of_zero_or_false_is_not_empty(tmp_path):
    file = write(tmp_path / "a.jsonl", '{"text": "bad", "label": 0}\n{"text": "worse", "label": false}\n')
    assert [row.label for row in read_table(file).rows] == ["0", "False"]


def test_named_columns_win_over_detected_ones(tmp_path):
    file = write(tmp_path / "a.csv", "text,label,comment,stars\nnot this,9,good,1\n")
    assert read_table(file, "comment", "stars").rows == (Row("good", "1"),)


def test_byte_order_mark_and_windows_line_ends(tmp_path):
    file = write(tmp_path / "a.csv", "\ufefftext,label\r\ngood,1\r\n")
    assert read_table(file).rows == (Row("good", "1"),)


def test_line_break_inside_quotes(tmp_path):
    file = write(tmp_path / "a.csv", 'text,label\n"one\ntwo",1\n,0\n')
    table = read_table(file)
    assert table.rows == (Row("one\ntwo", "1"),)
    assert tuple(map(str, table.problems)) == ("a.csv line 4: the text is empty",)


def test_no_row_is_dropped_silently(tmp_path):
    file = write(tmp_path / "a.csv", "text,label\ngood,1\n,1\nno label,\ntoo,many,columns\nbad,0\nfew\n")
    table = read_table(file)
    assert [row.text for row in table.rows] == ["good", "bad"]
    assert tuple(map(str, table.problems)) == (
        "a.csv line 3: the text is empty",
        "a.csv line 4: the label is empty",
        "a.csv line 5: 3 columns where the header has 2",
        "a.csv line 7: 1 columns where the header has 2",
    )


def test_bad_lines_of_jsonl(tmp_path):
    file = write(tmp_path / "a.jsonl", '{"text": "good", "label": 1}\nnot json\n[1]\n{"text": "bad"}\n')
    assert tuple(map(str, read_table(file).problems)) == (
        "a.jsonl line 2: is not JSON",
        "a.jsonl line 3: is not a JSON object",
        "a.jsonl line 4: the label is empty",
    )


def test_a_quote_left_open_is_reported_with_its_line(tmp_path):
    file = write(tmp_path / "a.csv", 'text,label\ngood,1\n"never closed,0\nbad,0\n')
    table = read_table(file)
    assert table.rows == (Row("good", "1"),)
    assert len(table.problems) == 1 and str(table.problems[0]).startswith("a.csv line 3: cannot be read")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", "text,label\n", "a.xlsx is not .csv, .tsv or .jsonl; save the table in one of these formats"),
        ("a.csv", "text,label\nna\u00efve,1\n".encode("latin-1"), "a.csv is not UTF-8 (byte 13); save it as UTF-8"),
        ("a.csv", "words,label\ngood,1\n", "a.csv has no text column called text, sentence, review"),
        ("a.csv", "text,mark\ngood,1\n", "a.csv has no label column called label, labels, sentiment"),
        ("a.csv", "text,mark\ngood,1\n", "its columns are: text, mark"),
        ("a.csv", "text,label\n", "a.csv has no usable row"),
        ("a.csv", "", "a.csv has no usable row"),
        ("a.csv", "text,label\n,1\n", "first problem: a.csv line 2: the text is empty"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, name, content, words):
    with pytest.raises(DataError) as caught:
        read_table(write(tmp_path / name, content))
    assert words in str(caught.value)


def test_a_named_column_that_is_missing(tmp_path):
    with pytest.raises(DataError, match="a.csv has no text column 'body'; its columns are: text, label"):
        read_table(write(tmp_path / "a.csv", "text,label\ngood,1\n"), "body")


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="is not a file; give a .csv, .tsv or .jsonl file"):
        read_table(tmp_path / "nothing.csv")


def test_too_big_a_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="a.csv has 0 MB; at most 0 MB are read"):
        read_table(write(tmp_path / "a.csv", "text,label\ngood,1\n"))
