"""Models in a real Chromium beside native ONNX Runtime: the same tokens and answers, and how much of the speed is left.

The page's own worker answers and measures; each block is followed by one of the native runtime, so that both share
what else the machine does. The smallest student is the one that comes with the code. Then the page itself is opened and
typed into. BONSAI_WEB_RECORD=1 keeps the table as assets/browser.json, which the page Phone shows.
"""

import contextlib
import functools
import http.server
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.slider import ARGUMENTS, CHROMIUM
from benchmarks.web_page import typed, ways
from core import paths
from core.control import Control
from core.engine import browser, latency
from core.engine import measure as measuring
from core.engine.manifest import LABELS
from core.engine.prepare import prepare
from core.engine.run import compress, make_spec
from core.engine.store import default_store
from core.environment import here, load_average
from core.installation import now
from core.intervals import median_interval
from core.jobs import exports
from core.models.quiet import quiet
from core.models.save import write_json
from core.runtimes import onnx
from core.spec import Spec
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import parse_step

RECIPES = {
    "fp32": (),
    "int8": ("quantize:mode=int8-dynamic",),
    "half": ("structured:keep_macs=0.5", "quantize:mode=int8-dynamic"),
}
STUDENT = "student"
TOKENS = (16, 32, 64, 128)
BLOCKS, SECONDS = 5, 2.0
RECORD = paths.ASSETS / "browser.json"
# the page's worker, asked from outside
PROGRAM = """
import { Crew, ways } from "./crew.mjs";
window.crews = (await ways(true)).map((way) => new Crew([], "", way));
window.call = (request, way = 0) => crews[way].call(request);
window.ready = true;
"""

ASK = """
async ([place, rows]) => {
  const found = [];
  for (const texts of rows) found.push(await call({ask: {place, texts}}));
  return found;
}
"""


def measure(data: str) -> dict[str, Any]:
    """Ids, answers and times of the demo on SST-2 (reviews where its sentences are not here)."""
    from playwright.sync_api import sync_playwright

    origins = [Origin("reviews"), *([Origin("sst2", data)] if data else [])]
    with tempfile.TemporaryDirectory() as place, serving(_page(Path(place), origins[-1])) as address:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = chromium.new_page()
            page.goto(f"{address}/bench.html")
            page.wait_for_function("window.ready")
            names = [path.name for path in sorted(Path(place).iterdir()) if (path / LABELS).is_file()]
            about = {name: _load(page, address, name) for name in names}
            answers = {name: _answers(page, address, Path(place), name, origins) for name in names}
            times = _times(page, address, Path(place), names)
            others = ways(page, address, names, TOKENS[-1], BLOCKS * SECONDS)
            page.close()
            waits = typed(chromium.new_page(), address)
            version = chromium.version
            chromium.close()
    found = {
        "what": "the demo in Chromium, WebAssembly on one thread, beside ONNX Runtime on one thread",
        "task": origins[-1].task,
        "chromium": version,
        "measured_at": now(),
        "machine": here().machine,
        "load": load_average(),
        "loaded": about,
        "answers": answers,
        "times": times,
        "ways": others,
        "typed": waits,
    }
    if os.environ.get("BONSAI_WEB_RECORD"):
        write_json(RECORD, found)
    return found


def _page(place: Path, origin: Origin) -> Path:
    """The page's files, with a folder for each model."""
    for name, path in browser.files().items():
        (place / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, place / name)
    (place / "bench.mjs").write_text(PROGRAM, encoding="utf8")
    (place / "bench.html").write_text('<script type="module" src="bench.mjs"></script>', encoding="utf8")
    dense = make_spec("demo", origin)
    for name, steps in RECIPES.items():
        spec = make_spec("demo", origin, steps=tuple(map(parse_step, steps)), runtime="onnx")
        _write(place / name, spec, origin)
    for spec, form in exports.ready(dense):
        found = exports.find(spec.key, form) if form == "onnx" else None
        if found is not None and any(step.technique == "vocabulary" for step in spec.steps):
            shutil.copytree(found.exported.folder, place / STUDENT)
            _write_page(place, spec, origin)
    return place


def _write_page(place: Path, student: Spec, origin: Origin) -> None:
    """What the page is told: the dense model and the student beside it."""
    labelled = browser.labels(place / STUDENT)
    models = [
        browser.shown(one, place / name / "model.onnx", f"{name}/")
        for name, one in (("fp32", student.dense), (STUDENT, student))
    ]
    write_json(place / browser.FACTS, browser.facts(browser.title(student), labelled, models, origin.task))


def _write(folder: Path, spec: Spec, origin: Origin) -> None:
    ready, store = prepare(spec, origin), default_store()
    state = compress(spec, origin, store, Control())
    realised = measuring.realise(state, spec, ready, store, Control())
    assert realised.file is not None
    folder.mkdir()
    shutil.copyfile(realised.file, folder / "model.onnx")
    with quiet():
        state.tokenizer.save_pretrained(folder)
    write_json(folder / LABELS, {"max_tokens": spec.max_tokens, "outputs": list(ready.task.head.outputs)})


def _load(page: Any, address: str, name: str) -> dict[str, Any]:
    """Download, start and first answer, in ms."""
    way = {"backend": "wasm", "threads": 1}
    request = {"load": {"runtime": f"{address}/runtime/", "place": f"{address}/{name}/", "way": way}}
    about: dict[str, Any] = page.evaluate("(request) => call(request)", request)
    began = time.perf_counter()
    first = page.evaluate(
        "(request) => call(request)", {"ask": {"place": f"{address}/{name}/", "texts": ["It works."]}}
    )
    return {**about, "first_answer_ms": first["ms"], "first_asked_ms": 1000 * (time.perf_counter() - began)}


def _answers(page: Any, address: str, place: Path, name: str, origins: Sequence[Origin]) -> dict[str, Any]:
    """The share of validation sentences with the same ids and the same answer as native, and accuracy of both."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(place / name / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(json.loads((place / name / LABELS).read_text(encoding="utf8"))["max_tokens"])
    native = onnxruntime.InferenceSession(place / name / "model.onnx", disabled_optimizers=onnx.SLOW_FUSIONS)
    found: dict[str, Any] = {}
    for origin in origins:
        task = load_task(origin)
        number = {label: at for at, label in enumerate(task.labels)}
        texts = [list(one.texts) for one in task.validation]
        theirs = page.evaluate(ASK, [f"{address}/{name}/", texts])
        same = right = ours_right = agree = 0
        apart = 0.0
        for example, row, one in zip(task.validation, texts, theirs, strict=True):
            encoded = tokenizer.encode(*row)
            fed = {
                "input_ids": encoded.ids,
                "attention_mask": [1] * len(encoded.ids),
                "token_type_ids": encoded.type_ids,
            }
            inputs = {value.name: np.array([fed[value.name]], np.int64) for value in native.get_inputs()}
            logits = native.run(None, inputs)[0][0]
            truth = number[task.right(example)]
            same += one["ids"] == encoded.ids
            right += int(np.argmax(one["logits"])) == truth
            ours_right += int(np.argmax(logits)) == truth
            agree += int(np.argmax(logits)) == int(np.argmax(one["logits"]))
            apart = max(apart, float(np.abs(logits - np.array(one["logits"])).max()))
        n = len(texts)
        found[origin.task] = {
            "sentences": n,
            "same_ids": same,
            "accuracy": right / n,
            "native_accuracy": ours_right / n,
            "same_answers": agree,
            "largest_difference": apart,
        }
    return found


def _times(page: Any, address: str, place: Path, names: Sequence[str]) -> dict[str, Any]:
    """Medians of blocks, the page's and the native runtime's by turns; ratios of the page's own rounds."""
    places = [f"{address}/{name}/" for name in names]
    native = {name: onnx.open_file(place / name / "model.onnx") for name in names}
    found: dict[str, Any] = {}
    for tokens in TOKENS:
        rows: dict[str, list[float]] = {name: [] for name in names}
        natives: dict[str, list[float]] = {name: [] for name in names}
        ratios: dict[str, list[float]] = {name: [] for name in names}
        item = latency.random_input(1, tokens, 1000)
        for _ in range(BLOCKS):
            block = page.evaluate(
                "(request) => call(request)", {"measure": {"places": places, "tokens": tokens, "seconds": SECONDS}}
            )
            runs = [native[name].run for name in names]
            taken = latency.rounds(runs, [[item] * 9] * len(names), batch=1, seq=tokens)
            for at, name in enumerate(names):
                rows[name] += block["times"][at]
                natives[name] += taken.times_ms[at]
                base = block["times"][names.index("fp32")]
                ratios[name] += [a / b for a, b in zip(base, block["times"][at], strict=True)]
        found[str(tokens)] = {
            name: {
                "web_ms": median(rows[name]),
                "native_ms": median(natives[name]),
                "faster_than_fp32": [median(ratios[name]), *median_interval(ratios[name])],
                "native_faster_than_fp32": median(natives["fp32"]) / median(natives[name]),
            }
            for name in names
        }
    for session in native.values():
        session.close()
    return found


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The folder over http with the standard library."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

        def end_headers(self) -> None:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")  # for threads
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            super().end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
