"""Two commands on a fresh machine: pinned requirements, one list of checks, a safe default configuration."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STREAMLIT = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf8"))
# distributions whose module has another name
NAMES = {
    "huggingface_hub": "huggingface-hub",
    "torch_pruning": "torch-pruning",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
# what another requirement brings along and pins
BROUGHT = {
    "torch": {"numpy"},
    "transformers": {"tokenizers"},
    "distributed": {"dask", "psutil"},
    "streamlit": {"starlette"},
}


def pinned(name):
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf8").splitlines()]
    return {line.partition("==")[0]: line.partition("==")[2] for line in lines if line and not line.startswith("-")}


FILES = sorted(path.name for path in ROOT.glob("requirements*.txt"))


@pytest.mark.parametrize("name", FILES)
def test_requirements_are_pinned_exactly(name):
    assert pinned(name) and all(re.fullmatch(r"\d+(\.\d+)+", version) for version in pinned(name).values())


def test_no_two_files_pin_another_version():
    found = {}
    for name in FILES:
        for package, version in pinned(name).items():
            assert found.setdefault(package, version) == version, f"{name}: {package}"
    # and what installs a package by hand installs that version
    for name in ("Dockerfile", "Makefile", "README.md"):
        written = re.findall(r"\b([a-z][\w-]*)==(\d[\w.]*\w)", (ROOT / name).read_text(encoding="utf8"))
        assert {package for package, _ in written} >= {"torch"}, name
        assert [(package, version) for package, version in written if found[package] != version] == [], name


def test_the_demos_base_is_no_requirement():
    assert not [name for name in pinned("requirements.txt") if "minilm" in name.lower()]


@pytest.mark.parametrize("folder", ["core", "pages"])
def test_what_is_imported_is_required(folder):
    extras = ("requirements-mobile.txt", "requirements-openvino.txt") if folder == "core" else ()
    required = {name for file in ("requirements.txt", *extras) for name in pinned(file)}
    required |= {name for base in required for name in BROUGHT.get(base, set())}
    for path in (ROOT / "app.py", ROOT / "dashboard.py", *ROOT.glob(f"{folder}/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in (module.split(".")[0] for module in modules):
                if module not in sys.stdlib_module_names and module not in ("core", "pages", "benchmarks"):
                    assert NAMES.get(module, module) in required, f"{path}: {module}"


def test_make_knows_both_commands_and_check_runs_everything():
    text = (ROOT / "Makefile").read_text(encoding="utf8")
    check, whole, lint = (text.partition(f"\n{one}:")[2].partition("\n\n")[0] for one in ("check", "check-all", "lint"))
    assert check.split("\n")[0] == whole.split("\n")[0] == " lint web"
    assert '$(BIN)/pytest -m "not long"' in check and whole.endswith("$(BIN)/pytest")
    for tool in ("ruff format --check", "ruff check", "mypy", "hadolint Dockerfile"):
        assert tool in lint, tool
    assert "streamlit run app.py" in text.partition("\nrun:")[2].partition("\n\n")[0]
    assert "-r requirements.txt" in text and "-r requirements-dev.txt" in text


def test_ci_runs_everything():
    script = ROOT / ".ci" / "run"
    lines = script.read_text(encoding="utf8").splitlines()
    assert script.stat().st_mode & 0o111 and lines[-1].strip() == "make check-all"


def test_streamlit_is_fast_quiet_and_local():
    assert STREAMLIT["runner"]["postScriptGC"] is False
    assert STREAMLIT["browser"]["gatherUsageStats"] is False
    assert STREAMLIT["server"]["address"] == "localhost"
    assert STREAMLIT["server"]["enableCORS"] and STREAMLIT["server"]["enableXsrfProtection"]
    assert STREAMLIT["theme"]["light"]["backgroundColor"] != STREAMLIT["theme"]["dark"]["backgroundColor"]


def test_streamlit_still_knows_these_options():
    # the collection after each rerun is a hidden option: 0.6 s each if it disappears
    from streamlit import config

    for section, option in (("runner", "postScriptGC"), ("browser", "gatherUsageStats"), ("server", "fileWatcherType")):
        assert f"{section}.{option}" in config.get_config_options()


def test_no_font_or_script_comes_from_elsewhere():
    fonts = [STREAMLIT["theme"][name] for name in ("font", "headingFont", "codeFont")]
    assert not [font for font in fonts if "http" in font]
    for path in (*ROOT.glob("pages/**/*.js"), *ROOT.glob("pages/**/*.css"), *ROOT.glob("pages/**/*.html")):
        found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf8"))
        assert not [url for url in found if "www.w3.org" not in url], path  # namespaces are no addresses


def test_the_image_is_slim_and_not_roots():
    text = (ROOT / "Dockerfile").read_text(encoding="utf8")
    assert re.search(r"^FROM python:3\.11\S*-slim", text, re.MULTILINE)
    assert re.search(r"^USER (?!root|0)", text, re.MULTILINE)
    assert "HEALTHCHECK" in text and "/_stcore/health" in text
    # whoever builds it may have measured here: of the cache only what is shipped goes in
    assert not re.search(r"^COPY .* cache$", text, re.MULTILINE)
    for inside in ("requirements.txt", "dashboard.py", ".streamlit", "core", "pages", "assets", "cache/recorded"):
        assert re.search(rf"^COPY .*(?<![\w.]){re.escape(inside)} ", text, re.MULTILINE), inside


def test_warnings_are_errors():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))
    assert settings["tool"]["pytest"]["ini_options"]["filterwarnings"][0] == "error"
    assert settings["tool"]["mypy"]["strict"] is True
    assert set(settings["tool"]["ruff"]["lint"]["select"]) >= {"E", "F", "I", "B", "UP", "PIE"}


def test_what_can_be_computed_again_is_not_tracked():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf8").splitlines()
    assert {".venv/", "cache/*", "!cache/recorded/"} <= set(ignored)
