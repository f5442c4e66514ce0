"""Labelled text of the user's own: formats, columns, and every row that cannot be used."""

import json

import pytest

from core.errors import DataError
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
        "a.jsonl line 3: is one array; write one object a line",
        "a.jsonl line 4: the label is empty",
    )


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


def clean(count=60):
    return [f"sentence number {i} is here,{i % 2}" for i in range(count)]


def texts(table):
    return [row.text for row in table.rows]


@pytest.mark.parametrize("missing", ["", "nan", "NaN", "NULL"])
def test_a_label_that_is_not_there_is_a_skipped_row(tmp_path, missing):
    (tmp_path / "a.csv").write_text(f"text,label\ngood,1\nlost,{missing}\nbad,0\n")
    table = read_table(tmp_path / "a.csv")
    assert texts(table) == ["good", "bad"] and str(table.problems[0]) == "a.csv line 3: the label is empty"


def test_nan_in_json_is_a_skipped_row_and_numbers_are_one_class_however_written(tmp_path):
    rows = [("a", "1"), ("b", '"1"'), ("c", "1.0"), ("d", "NaN"), ("e", "0"), ("f", "true")]
    lines = [f'{{"text": "{text}", "label": {label}}}' for text, label in rows]
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, '{"text": NaN, "label": 1}']))
    table = read_table(tmp_path / "a.jsonl")
    assert [row.label for row in table.rows] == ["1", "1", "1", "0", "True"] and len(table.problems) == 2


def test_a_list_of_labels_says_several(tmp_path):
    rows = ['{"text": "a", "labels": [1, "b", 1]}', '{"text": "b", "labels": []}', '{"text": "c", "labels": "b"}']
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    table = read_table(tmp_path / "a.jsonl")
    assert table.several and [row.labels for row in table.rows] == [("1", "b"), ()]
    assert [str(one) for one in table.problems] == ["a.jsonl line 3: the labels is no list of labels"]


def test_columns_of_0_and_1_are_labels(tmp_path):
    (tmp_path / "a.csv").write_text("text,toxic,rude\na,1,0\nb,0,0\nc,1.0,true\nd,2,0\n")
    table = read_table(tmp_path / "a.csv", label_column="toxic,Rude")
    assert table.several and [row.labels for row in table.rows] == [("toxic",), (), ("toxic", "rude")]
    assert [str(one) for one in table.problems] == ["a.csv line 5: the toxic is neither 0 nor 1"]
    with pytest.raises(DataError, match="'toxic' is taken for two columns at once"):
        read_table(tmp_path / "a.csv", label_column="toxic,toxic")


def test_columns_of_0_and_1_are_taken_for_labels_where_nothing_else_is_called_so(tmp_path):
    """Also one that nobody has in this file; one such column alone is no list of labels."""
    file = write(tmp_path / "a.csv", "text,id,late,rude,lost\ngood,7,0,0,0\nbad,8,1,1,0\nworse,9,yes,no,0\n")
    found = read_table(file)
    assert [row.labels for row in found.rows] == [(), ("late", "rude"), ("late",)] and found.several
    assert "late, rude, lost" in str(found.notes[-1])
    alone = write(tmp_path / "b.csv", "text,id,late\ngood,7,0\nbad,8,1\n")
    with pytest.raises(DataError, match="no label column"):
        read_table(alone)


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("text,label,text\ngood,1,x\n")
    with pytest.raises(DataError, match="has the column 'text' twice; rename one of them"):
        read_table(tmp_path / "a.csv")


def test_two_columns_of_other_names_are_told_by_their_values_and_said(tmp_path):
    (tmp_path / "a.csv").write_text("\n".join(["utterance,kind", *clean()]))
    table = read_table(tmp_path / "a.csv")
    assert len(table.rows) == 60 and {row.label for row in table.rows} == {"0", "1"}
    assert str(table.notes[0]) == "the column 'utterance' is taken for the text and 'kind' for the label"


def test_a_file_without_header_is_read_by_number_or_says_so(tmp_path):
    (tmp_path / "a.csv").write_text("\n".join(clean()))
    table = read_table(tmp_path / "a.csv")
    assert len(table.rows) == 60 and "it has no header" in str(table.notes[0])
    (tmp_path / "b.tsv").write_text("\n".join(f"gj04\t{i % 2}\t\tsentence number {i}" for i in range(40)))
    with pytest.raises(DataError, match="its columns are: 1, 2, 3, 4; name it with --text-column"):
        read_table(tmp_path / "b.tsv")
    assert len(read_table(tmp_path / "b.tsv", "4", "2").rows) == 40


def test_pairs_of_texts_are_read_as_such(tmp_path):
    (tmp_path / "a.tsv").write_text("index\tquestion\tsentence\tlabel\n0\twhy?\tbecause\t1\n")
    assert read_table(tmp_path / "a.tsv").rows == (Row("why?", "1", "", "because"),)
    (tmp_path / "b.csv").write_text("one,two,label\nx,y,1\n")
    assert read_table(tmp_path / "b.csv", "one, two").rows == (Row("x", "1", "", "y"),)
    with pytest.raises(DataError, match="are 3 columns; a pair has two"):
        read_table(tmp_path / "b.csv", "one,two,label")


def test_nested_texts_are_skipped_and_an_array_is_called_one(tmp_path):
    lines = ['{"text": {"body": "a"}, "label": 1}', '{"text": "b", "label": {"name": 1}}', '{"text": "c", "label": 1}']
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, '[{"text": "d", "label": 1}]']))
    table = read_table(tmp_path / "a.jsonl")
    assert [row.text for row in table.rows] == ["c"]
    assert [str(one).partition(": ")[2] for one in table.problems] == [
        "the text is no text but an object",
        "the label is no text but an object",
        "is one array; write one object a line",
    ]


def test_a_column_is_named_once_and_whatever_its_case(tmp_path):
    (tmp_path / "a.csv").write_text("Comment,Mark\ngood,1\n")
    assert read_table(tmp_path / "a.csv", "comment", "MARK").rows == (Row("good", "1"),)
    for text, label in (("Comment,Comment", "Mark"), ("Comment", "Comment")):
        with pytest.raises(DataError, match="'Comment' is taken for two columns at once"):
            read_table(tmp_path / "a.csv", text, label)
