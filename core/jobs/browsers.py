"""What is recorded of browsers: the accuracy in WebAssembly of the models that the page Phone offers first.

With it devices of a room can be kept as results at once. Of a model that comes with the code its very file is run.
"""

import dataclasses

import transformers

from core.control import Control
from core.engine.prepare import prepare
from core.engine.recipes import quantized, waterfall
from core.engine.run import make_spec, run
from core.engine.store import Store
from core.errors import ModelError
from core.jobs import exports
from core.jobs.exports import Download
from core.models.quiet import quiet
from core.result import Result
from core.runtimes import web
from core.spec import Spec
from core.tasks.evaluate import evaluate
from core.tasks.task import Origin

NAME, FORM = web.RUNTIME.name, "onnx"


def specs(dense: Spec) -> list[Spec]:
    """Those that need no training: dense, its integers, half of its work in integers, and that with fewer words."""
    plain, stages = dataclasses.replace(dense, runtime=NAME), waterfall(dense, NAME)
    return [plain, quantized(dense, NAME, web.RUNTIME.integers), stages["int8"], stages["vocabulary"]]


def browsers(model: str, origin: Origin, store: Store, control: Control | None = None) -> list[Result]:
    """All of them with the models that come with the code. Raises UserError."""
    dense, control = make_spec(model, origin), control or Control()
    found = [run(spec, origin, store, None, control) for spec in specs(dense)]
    shipped = [exports.find(spec.key, form) for spec, form in exports.ready(dense) if form == FORM]
    return [*found, *(of_file(one, origin, store, control) for one in shipped if one is not None)]


def of_file(download: Download, origin: Origin, store: Store, control: Control) -> Result:
    """The result of an exported file in WebAssembly: its own answers, the native sizes. Raises ModelError."""
    native, spec = store.read(download.spec.key), dataclasses.replace(download.spec, runtime=NAME)
    if native is None:
        raise ModelError("there is no result of '{key}' yet; run its recipe first", key=download.spec.key)
    folder, task = download.exported.folder, prepare(spec, origin).task
    with quiet():
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    session = web.open_file(folder / "model.onnx")
    try:
        given = task.features(tokenizer, task.validation)
        quality = evaluate(session, task, given, pad=int(tokenizer.pad_token_id or 0), cancelled=control.cancelled)
    finally:
        session.close()
    result = dataclasses.replace(native, spec=spec, quality=quality, speeds=())
    store.write(result)
    return result
