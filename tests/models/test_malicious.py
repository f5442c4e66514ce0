"""Files that run code where they are unpickled: as a stranger's weights, tokenizer or leftovers, they run nothing."""

import subprocess
import sys
import zipfile

import pytest

from core.errors import ModelError
from core.models import find
from core.models.load import load
from core.models.weights import WEIGHTS
from tests.support import tiny


def plain(path, written):
    """A pickle of protocol 0 that has the system write a file."""
    path.write_bytes(f"cos\nsystem\n(S'echo > {written}'\ntR.".encode())


def zipped(path, written):
    """The same in the archive that torch.save writes."""
    inner = path.with_suffix(".pkl")
    plain(inner, written)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, "archive/data.pkl")
        archive.writestr("archive/version", "3\n")
    inner.unlink()


@pytest.mark.parametrize("write", [plain, zipped])
@pytest.mark.parametrize("name", ["pytorch_model.bin", WEIGHTS, "tokenizer.json", "training_args.bin"])
def test_what_unpickling_would_run_is_not_run(tmp_path, name, write):
    folder, written = tmp_path / "model", tmp_path / "written"
    tiny.folder(folder)
    if name == "pytorch_model.bin":
        (folder / WEIGHTS).unlink()
    write(folder / name, written)
    if name == "training_args.bin":  # nobody looks at it
        load(find.resolve(str(folder)))
    else:
        with pytest.raises(ModelError, match="model"):
            load(find.resolve(str(folder)))
    assert not written.exists()


def test_whoever_unpickles_it_runs_it(tmp_path):
    """Else the test above could not fail."""
    file, written = tmp_path / "plain.bin", tmp_path / "written"
    plain(file, written)
    subprocess.run([sys.executable, "-m", "pickle", str(file)], check=True)
    assert written.exists()
