"""Records as people have them in files: what cannot be read is named with its line, and nothing else is lost."""

import tracemalloc

import pytest

from core.errors import DataError
from core.tasks import records
from core.tasks.tables import Row, read_table


def write(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def clean(count=60):
    return [f"sentence number {i} is here,{i % 2}" for i in range(count)]


def texts(table):
    return [row.text for row in table.rows]


def test_a_stray_quotation_mark_loses_its_own_line_and_says_what_it_would_swallow(tmp_path):
    lines = clean()
    lines[10] = '"never closed in this line,0'
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *lines]))
    table = read_table(tmp_path / "a.csv")
    assert len(table.rows) == 59 and [str(one) for one in table.problems] == [
        "a.csv line 12: a quotation mark is opened and not closed (50 lines to line 61 would be one text)"
    ]


def test_two_stray_quotation_marks_do_not_take_what_is_between_them(tmp_path):
    lines = clean()
    lines[10], lines[40] = '"opened here,0', 'and closed there",1'
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *lines]))
    table = read_table(tmp_path / "a.csv")
    assert len(table.rows) == 59 and 'and closed there"' in texts(table) and len(table.problems) == 1


def test_texts_of_many_lines_with_commas_stay_texts(tmp_path):
    text = '"It begins,\ngoes on, and on,\nand ends.",1'
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *clean(), text, *clean()]))
    table = read_table(tmp_path / "a.csv")
    assert len(table.rows) == 121 and table.problems == () and "It begins,\ngoes on, and on,\nand ends." in texts(table)


def test_a_tsv_of_pandas_or_excel_is_told_from_one_without_quoting(tmp_path):
    quoted = ["text\tlabel", '"She said ""no"" twice"\t0', "plain\t1", '"two\nlines"\t1']
    (tmp_path / "a.tsv").write_text("\n".join(quoted))
    table = read_table(tmp_path / "a.tsv")
    assert texts(table) == ['She said "no" twice', "plain", "two\nlines"] and table.problems == ()
    assert "as pandas and Excel" in str(table.notes[0])
    plain = ["text\tlabel", '"that\'s it" he said\t0', 'a "word" inside\t1', '"whole"\t1', '5" screen\t0']
    (tmp_path / "b.tsv").write_text("\n".join(plain))
    table = read_table(tmp_path / "b.tsv")
    assert texts(table) == ['"that\'s it" he said', 'a "word" inside', '"whole"', '5" screen']
    assert "belong to the text" in str(table.notes[0])


def test_utf16_with_its_mark_and_semicolons_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes("text;label\ngood, really;1\n".encode("utf-16"))
    assert read_table(tmp_path / "a.csv").rows == (Row("good, really", "1"),)


def test_too_big_a_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="a.csv has 0 MB; at most 0 MB are read"):
        read_table(write(tmp_path / "a.csv", "text,label\ngood,1\n"))


def test_a_quote_left_open_is_reported_with_its_line(tmp_path):
    file = write(tmp_path / "a.csv", 'text,label\ngood,1\n"never closed,0\nbad,0\n')
    table = read_table(file)
    assert table.rows == (Row("good", "1"), Row("bad", "0"))
    (problem,) = map(str, table.problems)
    assert problem == "a.csv line 3: a quotation mark is opened and not closed (2 lines to line 4 would be one text)"


def test_a_hundred_thousand_rows_are_read_in_seconds_and_little_memory(tmp_path):
    lines = [f'"row {i}, with a comma and some more words in it",{i % 3}' for i in range(100_000)]
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *lines]))
    tracemalloc.start()
    try:
        read = read_table(tmp_path / "a.csv")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(read.rows) == 100_000 and peak < 500e6


def test_only_ends_of_lines_end_lines(tmp_path):
    rows = "text,label\r\nnext\u2028line\x0b,1\r\nold mac,0\r"
    table = read_table(write(tmp_path / "a.csv", rows))
    assert texts(table) == ["next\u2028line", "old mac"] and table.problems == ()


def test_a_word_of_the_header_may_stand_in_a_row(tmp_path):
    table = read_table(write(tmp_path / "a.csv", "\n".join(["text,label", "text,1", *clean()])))
    assert len(table.rows) == 61 and table.notes == ()
    numbered = read_table(
        write(tmp_path / "b.csv", "\n".join([",0,1", *(f"{i},{row}" for i, row in enumerate(clean()))])), "0", "1"
    )
    assert len(numbered.rows) == 60


def test_many_stray_quotation_marks_are_found_with_a_few_looks_at_each_line(tmp_path, monkeypatch):
    looks, parsed = [0], records._parsed

    def counted(lines, delimiter):
        looks[0] += len(lines)
        return parsed(lines, delimiter)

    monkeypatch.setattr(records, "_parsed", counted)
    lines = [f'"row {i} is open,{i % 2}' for i in range(4000)]
    with pytest.raises(DataError, match="has no usable row; first problem"):
        read_table(write(tmp_path / "a.csv", "\n".join(["text,label", *lines])))
    assert looks[0] < 5 * len(lines)
