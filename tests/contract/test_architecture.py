"""The file list is the architecture: imports point down, one importer of streamlit, nothing is unpickled."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# from the bottom up; a file imports from rows above its own only, so two files of one row never import each other
LAYERS = (
    (
        "core.options",
        "core.spec",
        "core.dimensions",
        "core.checkpoints",
        "core.statistics",
        "core.pareto",
        "core.tables",
        "core.masks",
        "core.search",
    ),
    ("core.result", "core.anatomy", "core.figures", "core.precision", "core.phone", "core.cpu"),
    (
        "core.models",
        "core.removal",
        "core.seeds",
        "core.students",
        "core.summary",
        "core.size",
        "core.runtimes.runtime",
        "core.bits",
    ),
    ("core.tasks", "core.saving", "core.runtimes.lowering"),
    ("core.training", "core.runtimes.onnx", "core.runtimes.answering"),
    ("core.evaluate", "core.latency", "core.importance", "core.refit", "core.teaching", "core.teachers"),
    ("core.runtimes.pytorch", "core.runtimes.executorch", "core.runtimes.openvino"),
    ("core.techniques.technique", "core.demo", "core.runtimes"),
    (
        "core.techniques.magnitude",
        "core.techniques.wanda",
        "core.techniques.structured",
        "core.techniques.heads",
        "core.techniques.layers",
        "core.techniques.vocabulary",
        "core.techniques.qat",
        "core.techniques.distil",
        "core.techniques.gradual",
        "core.techniques.quantize",
        "core.techniques.finetune",
    ),
    ("core.techniques", "core.levels"),
    ("core.pictures", "core.methods", "core.bitfigures", "core.lengthfigures", "core.studentfigures"),
    ("core.defaults",),
    ("core.store", "core.headmap"),
    ("core.memory", "core.control", "core.prepare", "core.exportwords"),
    ("core.measure",),
    ("core.run",),
    ("core.export", "core.lengths"),
    ("core.downloads", "core.estimates"),
    ("core.experiment", "core.work", "core.cluster"),
    ("core.jobstate", "core.workers", "core.sweep"),
    ("core.jobs",),
    ("core.__main__",),
)
LEVEL = {name: level for level, row in enumerate(LAYERS) for name in row}
EMPTY = {"core"}  # packages with a docstring only
PICKLERS = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
UNPICKLING = {("torch", "load"), ("torch", "save"), ("pandas", "read_pickle"), ("pd", "read_pickle")}


def module_of(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


FILES = {module_of(p): p for p in sorted(ROOT.glob("core/**/*.py"))}
OURS = [
    ROOT / "app.py",
    *(p for d in ("core", "pages", "benchmarks", "tests") for p in sorted(ROOT.glob(f"{d}/**/*.py"))),
]


def imports(path):
    """Every module that a file imports, wherever in it, with the names taken from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from ((node.module, alias.name) for alias in node.names)


def imported(path):
    """The files of core that a file imports: "from core import models" is core.models."""
    for module, name in imports(path):
        if module.split(".")[0] == "core":
            yield f"{module}.{name}" if f"{module}.{name}" in FILES else module


def test_every_file_has_its_place():
    assert set(FILES) - EMPTY == set(LEVEL)
    for name in EMPTY:
        assert {module for module, _ in imports(FILES[name])} <= {"sys"}


@pytest.mark.parametrize("name", LEVEL)
def test_imports_point_down_only(name):
    for other in imported(FILES[name]):
        assert LEVEL[other] < LEVEL[name], f"{name} imports {other}"


def test_core_imports_no_page():
    for name, path in FILES.items():
        assert not {m.split(".")[0] for m, _ in imports(path)} & {"pages", "app", "tests", "streamlit"}, name


def test_streamlit_is_imported_by_the_app_and_its_pages_only():
    for path in OURS:
        place = path.relative_to(ROOT).parts[0]
        # the peer of the slider benchmark is a page as others would write it
        if place not in ("app.py", "pages", "tests") and path.name != "slider_peer.py":
            assert "streamlit" not in {m.split(".")[0] for m, _ in imports(path)}, path


def test_pages_do_no_torch_work():
    for path in (ROOT / "app.py", *ROOT.glob("pages/**/*.py")):
        found = {m.split(".")[0] for m, _ in imports(path)}
        assert not found & {"torch", "transformers", "distributed", "safetensors"}, path


def test_attribute_names_of_bert_are_known_in_one_file():
    known = ("attention.self", "q_lin", "intermediate.dense", "encoder.layer", "out_lin")
    for name, path in FILES.items():
        if name != "core.anatomy":
            text = path.read_text(encoding="utf8")
            assert not [word for word in known if word in text], name


def test_nothing_is_pickled():
    for path in OURS:
        assert not {m.split(".")[0] for m, _ in imports(path)} & PICKLERS, path
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in UNPICKLING, path
            if isinstance(node, ast.keyword) and node.arg in ("trust_remote_code", "allow_pickle"):
                assert isinstance(node.value, ast.Constant) and node.value.value is False, path


def test_no_error_is_swallowed():
    for path in (p for p in OURS if p.relative_to(ROOT).parts[0] != "tests"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path}: bare except"
                assert not (len(node.body) == 1 and isinstance(node.body[0], ast.Pass)), f"{path}:{node.lineno}"


def test_files_and_functions_fit_the_head():
    for path in OURS:
        lines = path.read_text(encoding="utf8").splitlines()
        page = path.parent == ROOT / "pages"
        assert len(lines) <= (80 if page else 300), f"{path} has {len(lines)} lines"
        if path.relative_to(ROOT).parts[0] != "core" or path.name == "__main__.py":
            continue
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.FunctionDef):
                count = node.end_lineno - node.lineno + 1
                assert count <= 60, f"{path}: {node.name} has {count} lines"


def test_every_public_thing_of_core_says_what_it_is():
    for name, path in FILES.items():
        tree = ast.parse(path.read_text(encoding="utf8"))
        assert ast.get_docstring(tree), name
        for node in tree.body:
            # work.py's functions are named by jobs.py, which says what each does
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and name != "core.work"
                and not node.name.startswith("_")
            ):
                assert ast.get_docstring(node) or node.name == "apply", f"{name}.{node.name}"


def test_every_technique_file_is_registered():
    from core.techniques import TECHNIQUES

    files = {p.stem for p in ROOT.glob("core/techniques/*.py")} - {"__init__", "technique"}
    assert files == set(TECHNIQUES)


def test_every_file_of_core_has_its_tests():
    # the registry's file and what one reads only in company
    together = {"technique": "test_techniques", "pytorch": "test_latency", "__main__": "test_cli"}
    together |= {"work": "test_jobs", "cluster": "test_jobs", "jobstate": "test_jobs", "__init__": "test_techniques"}
    together |= dict.fromkeys(("runtime", "onnx", "executorch", "openvino", "lowering", "answering"), "test_runtimes")
    together |= dict.fromkeys(("control", "prepare"), "test_run") | {
        "dimensions": "test_anatomy",
        "workers": "test_sweep",
    }
    for path in FILES.values():
        assert (ROOT / "tests" / f"{together.get(path.stem, f'test_{path.stem}')}.py").is_file(), path
