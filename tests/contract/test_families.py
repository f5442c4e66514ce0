"""What each family of models takes is what docs/your-own.md says: it works, or the sentence says what it cannot do."""

import re
from pathlib import Path

import pytest
import torch
import transformers

from core.engine.run import make_spec, run
from core.engine.store import Store
from core.errors import ModelError
from core.models import encoder, macs
from core.models.find import FAMILY, NOT_YET, resolve
from core.runtimes import RUNTIMES
from core.spec import TORCH
from core.tasks.task import Origin
from core.techniques import TECHNIQUES, parse_step
from tests.support import tiny

DOCS = Path(__file__).resolve().parents[2] / "docs" / "your-own.md"
QUICK = {
    "distil": "layers=1,steps=2",
    "finetune": "steps=2",
    "qat": "steps=2",
    "gradual": "steps=2",
    "movement": "steps=3,block=8",
    "heads": "remove=1.1",
    "layers": "drop=1",
}


def rows():
    """The families of the table in the docs, each with what stands beside it."""
    found = {}
    for line in DOCS.read_text(encoding="utf8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`"):
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", cells[0]), cells[1])
    return found


@pytest.fixture(params=FAMILY)
def family(request):
    return request.param


@pytest.fixture
def folder(family, tmp_path):
    shape = {"vocab_size": len(tiny.VOCABULARY), "num_labels": 2, "pad_token_id": 0, "initializer_range": 0.3}
    if family == "distilbert":
        shape |= {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}
    else:
        shape |= {**tiny.SHAPE}
    shape |= {"embedding_size": 32} if family == "electra" else {}
    config = transformers.AutoConfig.for_model(family, **shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = transformers.AutoModelForSequenceClassification.from_config(config).eval()
    return tiny.folder(tmp_path / "model", tiny.shaken(model))


@pytest.mark.parametrize("technique", sorted(TECHNIQUES))
def test_a_technique_works_or_is_refused_as_the_docs_say(family, folder, technique, tmp_path):
    said = rows()[family]
    refused = f"`{technique}`" in said.partition(";")[0].partition("`distil`")[0]
    origin, step = Origin(tiny.csv_file(tmp_path / "own.csv")), parse_step(f"{technique}:{QUICK.get(technique, '')}")
    spec, store = make_spec(folder, origin, (step,)), Store(tmp_path / "results")
    if refused:
        with pytest.raises(ModelError, match="cannot be taken out"):
            run(spec, origin, store)
    else:
        assert run(spec, origin, store).quality.interval.n > 10


def test_less_width_too(family, folder, tmp_path):
    origin = Origin(tiny.csv_file(tmp_path / "own.csv"))
    spec = make_spec(folder, origin, (parse_step("distil:layers=1,width=0.5,steps=2,hidden=0,alpha=0"),))
    if "`distil` of less width" in rows()[family]:
        with pytest.raises(ModelError, match="cannot be taken out"):
            run(spec, origin, Store(tmp_path / "results"))
    else:
        run(spec, origin, Store(tmp_path / "results"))


def test_what_a_mask_leaves_out_and_the_work_are_counted(folder, tmp_path):
    origin = Origin(tiny.csv_file(tmp_path / "own.csv"))
    found = run(make_spec(folder, origin, (parse_step("magnitude:amount=0.5"),)), origin, Store(tmp_path / "results"))
    assert found.size.prunable_nonzero == pytest.approx(found.size.prunable / 2, rel=0.01)
    assert found.size.shape.channels == (32, 32) and found.size.shape.widths == (64, 64)


@pytest.mark.parametrize("runtime", sorted({*RUNTIMES} - {TORCH, "executorch"}))
def test_mpnet_in_every_runtime(runtime, tmp_path):
    if not RUNTIMES[runtime].installed:
        pytest.skip(f"{runtime} is not installed")
    config = transformers.MPNetConfig(**{**tiny.SHAPE, "num_labels": 2, "pad_token_id": 0, "initializer_range": 0.3})
    folder = tiny.folder(tmp_path / "model", transformers.MPNetForSequenceClassification(config).eval())
    origin = Origin(tiny.csv_file(tmp_path / "own.csv"))
    store = Store(tmp_path / "results")
    answers = [run(make_spec(folder, origin, runtime=one), origin, store).quality for one in (TORCH, runtime)]
    assert answers[0].answers == answers[1].answers


def test_transformers_agrees_on_what_mpnet_multiplies():
    """The formula of BERT holds: relative positions are added, not multiplied."""
    shape = {**tiny.SHAPE, "num_labels": 2}
    models = [
        transformers.MPNetForSequenceClassification(transformers.MPNetConfig(**shape)),
        transformers.RobertaForSequenceClassification(transformers.RobertaConfig(**shape)),
    ]
    assert macs.macs(models[0], 64) == macs.macs(models[1], 64)
    assert encoder.matrices(models[0])[0].role == "Q"


@pytest.mark.parametrize("kind", NOT_YET)
def test_others_say_why_not(kind, tmp_path):
    tiny.folder(tmp_path / "model")
    config = tmp_path / "model" / "config.json"
    tiny.edit_config(config.parent, model_type=kind)
    with pytest.raises(ModelError) as refused:
        resolve(str(tmp_path / "model"))
    why = NOT_YET[kind].replace("its attention has", "their attention has") if "deberta" in kind else NOT_YET[kind]
    assert NOT_YET[kind] in str(refused.value) and why in rows()[kind]


def test_the_docs_name_every_family():
    assert set(rows()) == {*FAMILY, *NOT_YET}
