"""What a spreadsheet opens is text and numbers, whatever somebody called a model."""

import io

import pandas as pd
import pytest

from pages.components.widgets import spreadsheet


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1 point", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK(A1)"])
def test_no_cell_is_a_formula(text):
    table = pd.read_csv(io.BytesIO(spreadsheet.csv(pd.DataFrame({text: [text]}))), encoding="utf-8-sig")
    assert list(table.columns) == [f"'{text}"] and list(table[f"'{text}"]) == [f"'{text}"]


def test_numbers_stay_numbers_and_letters_letters():
    written = spreadsheet.csv(pd.DataFrame({"ms": [-1.5, None], "modelo": ["más pequeño", "un tercio, [1; 2]"]}))
    table = pd.read_csv(io.BytesIO(written), encoding="utf-8-sig")
    assert table["ms"][0] == -1.5 and list(table["modelo"]) == ["más pequeño", "un tercio, [1; 2]"]
    assert written.startswith(b"\xef\xbb\xbf")
