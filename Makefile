# `make demo` runs the quickstart notebook. `make test` runs every test. Each target makes
# the virtual environments that it needs.
PYTHON ?= python3
VENV := .venv
# Some tests need a kernel of ipykernel 6. The other environments have version 7.
OTHER := .venv-ipykernel6
WHEEL := .venv-wheel
BIN := $(VENV)/bin
DEMO := build/demo
WHEEL_DEMO := build/wheel-demo
NPM := $(shell command -v npm)
RUN_TESTS := -m pytest --numprocesses auto --dist loadscope --nbval-lax tests notebooks
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.PHONY: demo test wheel-test test-matrix lint types check notebooks pictures bench clean

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --group dev --editable '.[batch,demo,keyring,lab,notebooks,pdf]'
	@touch $@

$(OTHER)/.ready: pyproject.toml
	$(PYTHON) -m venv $(OTHER)
	$(OTHER)/bin/python -m pip install --quiet --upgrade pip
	$(OTHER)/bin/python -m pip install --quiet --editable . 'ipykernel==6.29.*' pandas
	@touch $@

# Biome and TypeScript check the card's script. They need npm, which not every machine
# has: without it these checks are skipped, unless the environment requires them.
node_modules/.ready: package.json package-lock.json
	npm ci --silent
	@touch $@

ifneq ($(NPM),)
NODE_TOOLS := node_modules/.ready
npm_run = npm run --silent $(1)
else ifneq ($(filter true,$(CI))$(filter 1,$(CHILI_REQUIRE_NODE)),)
npm_run = @echo "npm is not installed, and CI or CHILI_REQUIRE_NODE requires it."; exit 1
else
npm_run = @echo "Skipped the $(1) check of the card's script: npm is not installed."
endif

# Run the quickstart notebook in a folder, with the tools of an environment.
define run_quickstart
@mkdir -p $(1)
@cp notebooks/01-quickstart.ipynb $(1)/
@cd $(1) && $(CURDIR)/$(2)/bin/jupyter execute --inplace 01-quickstart.ipynb
@echo
@for picture in $(1)/renders/*; do test -s "$$picture" && echo "Rendered: $$picture" || exit 1; done
endef

demo: $(VENV)/.ready
	$(call run_quickstart,$(DEMO),$(VENV))
	@echo "Open it:  $(BIN)/jupyter lab $(DEMO)/01-quickstart.ipynb"

# `make test COVERAGE=1` also measures and prints the coverage of the package in pytest's
# processes. The kernels and servers that tests start are not measured: see
# tests/conftest.py.
test: $(VENV)/.ready $(OTHER)/.ready
	@rm -rf build/coverage
	@CHILI_OTHER_PYTHON=$(CURDIR)/$(OTHER)/bin/python \
	  $(BIN)/$(if $(COVERAGE),coverage run,python) $(RUN_TESTS)
	@$(if $(COVERAGE),$(BIN)/coverage combine --quiet && $(BIN)/coverage report)

# Run the quickstart notebook with the built wheel, in an environment and a folder
# without this source tree.
wheel-test: $(VENV)/.ready
	@rm -rf dist $(WHEEL) $(WHEEL_DEMO)
	$(BIN)/python -m hatchling build --target wheel
	$(PYTHON) -m venv $(WHEEL)
	$(WHEEL)/bin/python -m pip install --quiet "$$(echo dist/*.whl)[demo]" ipykernel nbclient
	@mkdir -p $(WHEEL_DEMO)
	@cd $(WHEEL_DEMO) && $(CURDIR)/$(WHEEL)/bin/python -c 'import chili_notebook, sys; \
	  sys.exit(not chili_notebook.__file__.startswith(sys.prefix))'
	$(call run_quickstart,$(WHEEL_DEMO),$(WHEEL))

# `make test-matrix ONLY=lowest` or ONLY=3.12 runs one row of the matrix.
test-matrix: $(VENV)/.ready
	$(BIN)/python tests/run_matrix.py $(ONLY)

lint: $(VENV)/.ready $(NODE_TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(call npm_run,lint)

types: $(VENV)/.ready $(NODE_TOOLS)
	$(BIN)/mypy
	$(call npm_run,types)

check: lint types test

notebooks: $(VENV)/.ready
	$(BIN)/python tests/store_notebooks.py

pictures: $(VENV)/.ready
	$(BIN)/python tests/take_pictures.py

bench: $(VENV)/.ready
	$(BIN)/python benchmarks/bench_load_ext.py
	$(BIN)/python benchmarks/bench_guard.py
	$(BIN)/python benchmarks/bench_simulator.py
	$(BIN)/python benchmarks/bench_requests.py
	$(BIN)/python benchmarks/bench_batch.py

clean:
	rm -rf $(VENV) $(OTHER) $(WHEEL) node_modules build dist
