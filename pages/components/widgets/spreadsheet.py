"""Tables to take along, which a spreadsheet opens as text and numbers and never obeys."""

from csv import QUOTE_NONNUMERIC

import pandas as pd

COMMANDS = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that Excel or LibreOffice calculates


def csv(table: pd.DataFrame) -> bytes:
    """A table as CSV in UTF-8, with the mark by which spreadsheets know that; a text that would be a formula is quoted
    by an apostrophe, numbers stay numbers."""
    written = table.map(_harmless).rename(columns=_harmless).to_csv(index=False, quoting=QUOTE_NONNUMERIC)
    return written.encode("utf-8-sig")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(COMMANDS) else cell
