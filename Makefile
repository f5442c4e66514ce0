# make run: the dashboard. make check: format, lint, types, Dockerfile, tests.
# make check-all: the same with the tests that take ten seconds or more each, as CI does it.
# make quick: without the tests that start a browser, a process or a lowering.
PYTHON ?= python3
PORT ?= 8501
# PyTorch's CPU wheel index, for systems whose default torch brings gigabytes of CUDA libraries
TORCH_INDEX ?=
BIN := .venv/bin

.PHONY: run check check-all lint quick format audit clean

run: .venv/run-ready
	$(BIN)/streamlit run app.py --server.port $(PORT)

check: lint
	$(BIN)/pytest -m "not long"

check-all: lint
	$(BIN)/pytest

lint: .venv/check-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile

quick: lint
	$(BIN)/pytest -m "not slow"

# known holes of what is installed; needs the internet
audit: .venv/run-ready
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	.venv/audit/bin/pip-audit --path $$($(BIN)/python -c "import site; print(site.getsitepackages()[0])")

format: .venv/check-ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/run-ready: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0 $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/check-ready: requirements-dev.txt .venv/run-ready
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache cache/results cache/weights cache/pictures cache/built cache/exports
