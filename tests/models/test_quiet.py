"""transformers kept quiet, and what was before put back."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from transformers.utils import logging

from core.models import find
from core.models.load import load
from core.models.quiet import quiet
from tests.support import tiny

ROOT = Path(__file__).resolve().parents[2]


def bar(capsys):
    """What a bar of transformers leaves on the terminal."""
    list(logging.tqdm(range(3)))
    return capsys.readouterr().err


def test_bars_and_words_are_back_afterwards(tmp_path, capsys):
    level, source = logging.get_verbosity(), find.resolve(tiny.folder(tmp_path / "model"))
    capsys.readouterr()
    load(source)
    assert capsys.readouterr().err == ""
    assert bar(capsys) != "" and logging.is_progress_bar_enabled() and logging.get_verbosity() == level


def test_one_within_another_ends_nothing_early(capsys):
    level = logging.get_verbosity()
    with quiet():
        with quiet():
            assert bar(capsys) == ""
        assert bar(capsys) == "" and logging.get_verbosity() == logging.ERROR
    assert bar(capsys) != "" and logging.get_verbosity() == level


def test_what_fails_is_put_back_too_and_so_is_another_hook(capsys):
    made = []

    def own(make, arguments, named):
        made.append(arguments)
        return make(*arguments, **named)

    before = logging.set_tqdm_hook(own)
    try:
        with pytest.raises(KeyError), quiet():
            raise KeyError
        assert bar(capsys) != "" and len(made) == 1
    finally:
        assert logging.set_tqdm_hook(before) is own


def test_threads_that_overlap_put_back_what_was_before_both(capsys):
    inside, ended = threading.Event(), threading.Event()

    def other():
        with quiet():
            inside.set()
        ended.set()

    with quiet():
        thread = threading.Thread(target=other)
        thread.start()
        assert not inside.wait(0.05)
    thread.join()
    assert ended.is_set() and bar(capsys) != ""


LOADS = """
import importlib.util, sys
{first}
found = lambda: (importlib.util.find_spec("torchao") is not None, "torchao" in sys.modules)
before = found()
from core.models import find, load
assert found() == before == (True, False), before
load.load(find.resolve(sys.argv[1]))
assert found() == (True, False), found()
import torchao
import transformers
print(torchao.__name__, transformers.utils.is_torchao_available())
"""


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", "import core", "import transformers"])
def test_torchao_is_not_loaded_for_nothing_and_stays_for_others(tmp_path, first):
    package = tmp_path / "packages"
    (package / "torchao").mkdir(parents=True)
    (package / "torchao" / "__init__.py").write_text("")
    (package / "torchao-99.0.dist-info").mkdir()
    (package / "torchao-99.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: torchao\nVersion: 99.0\n"
    )
    model = tiny.folder(tmp_path / "model")
    done = subprocess.run(
        [sys.executable, "-c", LOADS.format(first=first), model],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "torchao True\n"), done.stderr
