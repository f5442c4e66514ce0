# make run: the dashboard. make check: format, lint, types, Dockerfile, tests.
# make check-all: the same with the tests that take ten seconds or more each, as CI does it.
# make quick: without the tests that start a browser, a process or a lowering.
PYTHON ?= python3
PORT ?= 8501
# PyTorch's CPU wheel index, for systems whose default torch brings gigabytes of CUDA libraries
TORCH_INDEX ?=
BIN := .venv/bin

.PHONY: run web check check-all lint quick format audit clean

run: .venv/run-ready
	@$(MAKE) --silent web || echo "The page Phone needs npm and its registry once (make web); everything else works."
	$(BIN)/streamlit run app.py --server.port $(PORT)

# what a browser needs to run a model itself: from npm, in the versions of the lock file
web: assets/web/node_modules/.package-lock.json

check: lint web
	$(BIN)/pytest -m "not long"

check-all: lint web
	$(BIN)/pytest

lint: .venv/check-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile

quick: lint web
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

# node and npm come as a wheel where the system has none
assets/web/node_modules/.package-lock.json: assets/web/package-lock.json .venv/run-ready
	command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check -r requirements-web.txt
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --prefix assets/web --ignore-scripts --no-audit --no-fund --silent
	touch $@

.venv/check-ready: requirements-dev.txt .venv/run-ready
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache cache/results cache/weights cache/pictures cache/built cache/exports
