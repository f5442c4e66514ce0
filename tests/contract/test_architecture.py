"""The house: packages in rows that import only what lies below, files of a sane size, and nothing that unpickles."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# each row imports only rows below it; "" are the files of core itself: plain values
ROWS = (
    ("",),
    ("models", "figures"),
    ("runtimes",),
    ("tasks",),
    ("training", "pruning"),
    ("techniques",),
    ("engine", "pictures"),
    ("jobs", "phones"),
    ("reproduce",),
    ("decide",),
    ("commands",),
    ("__main__",),
)
ROW = {package: row for row, packages in enumerate(ROWS) for package in packages}
HEAVY = ("torch", "transformers", "streamlit", "distributed", "onnxruntime")
PICKLERS = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
UNPICKLING = {("torch", "load"), ("torch", "save"), ("pandas", "read_pickle"), ("pd", "read_pickle")}


# of the package of techniques: what each of them may import
SHARED = {f"core.techniques.{name}" for name in ("moving", "operations", "technique")}


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {module_of(p): p for p in sorted(ROOT.glob("core/**/*.py"))}
OURS = [
    ROOT / "app.py",
    ROOT / "dashboard.py",
    *(p for d in ("core", "pages", "benchmarks", "tests") for p in sorted(ROOT.glob(f"{d}/**/*.py"))),
]


def package_of(module):
    """The room of a file of core: "" for plain values, its own name for what lies on top."""
    parts = module.split(".")[1:]
    return parts[0] if parts and (len(parts) > 1 or parts[0] in ROW or module_is_package(module)) else ""


def module_is_package(module):
    return FILES[module].name == "__init__.py" and module != "core"


def imports(path):
    """Every module that a file imports, wherever in it, with the names taken from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from ((node.module, alias.name) for alias in node.names)


def imported(path):
    """The files of core that a file imports: "from core.models import find" is core.models.find."""
    for module, name in imports(path):
        if module.split(".")[0] == "core":
            yield f"{module}.{name}" if f"{module}.{name}" in FILES else module


def test_every_package_has_its_row_and_says_what_it_is():
    assert {package_of(name) for name in FILES} == set(ROW)
    for package in ROW:
        if f"core.{package}" in FILES and module_is_package(f"core.{package}"):
            said = ast.get_docstring(ast.parse(FILES[f"core.{package}"].read_text(encoding="utf8")))
            assert said and len(said.splitlines()) >= 3, package


@pytest.mark.parametrize("name", FILES)
def test_a_package_imports_only_packages_below_it(name):
    own = package_of(name)
    for other in imported(FILES[name]):
        assert package_of(other) == own or ROW[package_of(other)] < ROW[own], f"{name} imports {other}"


def test_files_import_in_no_circle():
    graph = {name: set(imported(path)) - {name} for name, path in FILES.items()}
    tuple(graphlib.TopologicalSorter(graph).static_order())


def test_plain_values_and_figures_load_nothing_heavy():
    light = [name for name in FILES if package_of(name) in ("", "figures") and name != "core"]
    program = f"import sys, {', '.join(light)}; print([name for name in {HEAVY!r} if sys.modules.get(name)])"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_techniques_do_not_import_each_other():
    files = {name for name in FILES if package_of(name) == "techniques"}
    for name in files - {"core.techniques"}:
        assert {other for other in imported(FILES[name]) if other in files} <= SHARED, name


def test_core_imports_no_page():
    for name, path in FILES.items():
        assert not {m.split(".")[0] for m, _ in imports(path)} & {"pages", "app", "tests", "streamlit"}, name


def test_streamlit_is_imported_by_the_app_and_its_pages_only():
    for path in OURS:
        place = path.relative_to(ROOT).parts[0]
        # the slider's peer is a page as others would write it, and a room of browsers speaks Streamlit's own protocol
        if place not in ("app.py", "dashboard.py", "pages", "tests") and path.name not in ("slider_peer.py", "room.py"):
            assert "streamlit" not in {m.split(".")[0] for m, _ in imports(path)}, path


def test_pages_do_no_torch_work():
    for path in (ROOT / "app.py", ROOT / "dashboard.py", *ROOT.glob("pages/**/*.py")):
        found = {m.split(".")[0] for m, _ in imports(path)}
        assert not found & {"torch", "transformers", "distributed", "safetensors"}, path


def test_attribute_names_of_bert_are_known_in_one_file():
    known = ("attention.self", "q_lin", "intermediate.dense", "encoder.layer.", "out_lin")
    for name, path in FILES.items():
        if name != "core.models.encoder":
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
        if path.relative_to(ROOT).parts[0] != "core":
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
            # the worker's functions are named by the executor, which says what each does
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and name != "core.jobs.worker"
                and not node.name.startswith("_")
            ):
                assert ast.get_docstring(node) or node.name == "apply", f"{name}.{node.name}"


def test_every_technique_file_is_registered():
    from core.techniques import TECHNIQUES

    files = {p.stem for p in ROOT.glob("core/techniques/*.py")} - {"__init__", "moving", "operations", "technique"}
    assert files == set(TECHNIQUES)


def test_tests_mirror_the_code():
    # what one reads only in company
    together = {
        "control": "engine/test_run",
        "errors": "contract/test_errors",
        "paths": "contract/test_setup",
        "__main__": "test_cli",
        "commands": "test_cli",
        "reproduce": "test_cli",
        "decide": "engine/test_choose",
        "models/dimensions": "models/test_encoder",
        "pruning/choose": "techniques/test_structured",
        "models/find": "models/test_load",
        "models/head": "contract/test_tasks",
        "models/forward": "training/test_loop",
        "figures/style": "figures/test_tradeoffs",
        "figures/heads": "figures/test_tradeoffs",
        "pictures/picture": "pictures/test_mosaic",
        "techniques/operations": "contract/test_techniques",
        "techniques/moving": "techniques/test_movement",
        "techniques/technique": "contract/test_techniques",
        "engine/prepare": "engine/test_run",
        "engine/manifest": "engine/test_export",
        "engine/lesson_figures": "test_lessons",
        "jobs/status": "jobs/test_executor",
        "jobs/worker": "jobs/test_executor",
        "jobs/outcome": "jobs/test_process",
        "jobs/group": "jobs/test_sweep",
        "tasks/hub": "tasks/test_glue",
    }
    together |= dict.fromkeys(
        (f"tasks/{name}" for name in ("task", "classification", "custom", "sst2", "texts")), "tasks/test_tasks"
    )
    runtimes = ("runtime", "pytorch", "onnx", "executorch", "executorch_run", "executorch_lower", "openvino")
    together |= dict.fromkeys((f"runtimes/{name}" for name in runtimes), "runtimes/test_runtimes")
    for path in (path for path in FILES.values() if path.name != "__init__.py"):
        place = path.relative_to(ROOT / "core").with_suffix("")
        mirrored = together.get(place.as_posix(), (place.parent / f"test_{place.name}").as_posix())
        assert (ROOT / "tests" / f"{mirrored}.py").is_file(), place
