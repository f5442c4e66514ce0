"""Uploaded tables: whole or not there, of a size that a page can take on, and what they were when they are read."""

import pytest

from core import paths
from core.engine import uploads
from core.errors import DataError

CONTENT = b"text,label\ngood,1\nbad,0\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path)
    return tmp_path


def test_an_upload_is_found_by_its_content_and_called_by_its_name(cache):
    path = uploads.keep("../../My table!.CSV", CONTENT)
    assert path.name == "My-table.csv" and path.is_relative_to(cache / "uploads") and path.read_bytes() == CONTENT
    assert uploads.keep("other.csv", CONTENT) == path == uploads.find(path.parent.name)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_what_is_not_what_was_uploaded_is_not_read(cache):
    path = uploads.keep("a.csv", CONTENT)
    path.write_bytes(CONTENT + b"worse,1\n")
    assert uploads.find(path.parent.name) is None
    assert uploads.keep("a.csv", CONTENT).read_bytes() == CONTENT  # uploaded again


@pytest.mark.parametrize("known", ["", "..", "0" * 16, "../results", "A" * 16, "0" * 15 + "\n"])
def test_a_link_that_names_none_finds_none(known):
    assert uploads.find(known) is None


@pytest.mark.parametrize("content", [b"x\n" * (uploads.MOST_ROWS + 1), b"x" * (uploads.MOST_BYTES + 1)])
def test_more_than_a_page_takes_is_refused_before_it_is_kept(cache, content):
    with pytest.raises(DataError, match=r"'big.csv' has \d+ lines in \d+ MB; a page takes 100000 lines in 40 MB"):
        uploads.keep("big.csv", content)
    assert not (cache / "uploads").exists()


def test_a_disk_that_takes_nothing_is_said(monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads, "write_atomically", full)
    with pytest.raises(DataError, match="'a.csv' cannot be kept here .No space left on device."):
        uploads.keep("a.csv", CONTENT)
