# `make demo` runs the quickstart notebook; `make lab` opens it in JupyterLab. `make test`
# runs every test. Each target makes the virtual environments that it needs.
PYTHON ?= python3
VENV := .venv
# Some tests need a kernel of ipykernel 6. The other environments have version 7.
OTHER := .venv-ipykernel6
WHEEL := .venv-wheel
# What the quickstart needs, and no more: `make demo` is what newcomers run first.
DEMO := .venv-demo
BIN := $(VENV)/bin
DEMO_FOLDER := build/demo
WHEEL_FOLDER := build/wheel-demo
NPM := $(shell command -v npm)
# tests/conftest.py decides which modules come first.
RUN_TESTS := -m pytest --numprocesses auto --dist loadscope --no-loadscope-reorder \
  --nbval-lax tests notebooks
export PYDEVD_DISABLE_FILE_VALIDATION := 1
# Container images may set it. Then every process would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo lab test wheel-test test-matrix lint types check notebooks pictures bench clean

define check_python
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
endef

$(VENV)/.ready: pyproject.toml
	$(check_python)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --group dev --editable '.[batch,demo,keyring,lab,notebooks,pdf]'
	@touch $@

$(OTHER)/.ready: pyproject.toml
	$(PYTHON) -m venv $(OTHER)
	$(OTHER)/bin/python -m pip install --quiet --upgrade pip
	$(OTHER)/bin/python -m pip install --quiet --editable . 'ipykernel==6.29.*' pandas tqdm
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

# Modules are compiled when they are first imported: most of them never are.
$(DEMO)/.ready: pyproject.toml
	$(check_python)
	@echo "Installing chili_notebook and its simulator in $(DEMO) (once; less than a minute) …"
	@$(PYTHON) -m venv $(DEMO)
	@$(DEMO)/bin/python -m pip install --quiet --quiet --disable-pip-version-check \
	  --no-compile --editable '.[demo]' ipykernel nbclient
	@touch $@

demo: $(DEMO)/.ready
	@$(DEMO)/bin/python tests/run_quickstart.py $(DEMO_FOLDER)
	@echo "Open it in JupyterLab:  make lab"

$(DEMO_FOLDER)/01-quickstart.ipynb:
	@$(MAKE) --no-print-directory demo

lab: $(DEMO_FOLDER)/01-quickstart.ipynb
	@test -x $(DEMO)/bin/jupyter-lab || { echo "Installing JupyterLab and what the notebooks use in $(DEMO) (once) …"; \
	  $(DEMO)/bin/python -m pip install --quiet --quiet --disable-pip-version-check \
	  --editable '.[demo,lab,notebooks]'; }
	$(DEMO)/bin/jupyter lab $<

# `make test COVERAGE=1` also measures and prints the coverage of the package in pytest's
# processes. The kernels and servers that tests start are not measured, nor are the rings
# that consist of them: see tests/conftest.py.
test: $(VENV)/.ready $(OTHER)/.ready
	@rm -rf build/coverage
	@CHILI_OTHER_PYTHON=$(CURDIR)/$(OTHER)/bin/python \
	  $(BIN)/$(if $(COVERAGE),coverage run,python) $(RUN_TESTS)
	@$(if $(COVERAGE),$(BIN)/coverage combine --quiet && $(BIN)/coverage report)

# Run the quickstart notebook with the built wheel, in an environment and a folder
# without this source tree.
wheel-test: $(VENV)/.ready
	@rm -rf dist $(WHEEL) $(WHEEL_FOLDER)
	$(BIN)/python -m hatchling build --target wheel
	$(PYTHON) -m venv $(WHEEL)
	$(WHEEL)/bin/python -m pip install --quiet "$$(echo dist/*.whl)[demo]" ipykernel nbclient
	$(WHEEL)/bin/python -m chili_notebook notebooks $(WHEEL_FOLDER)
	@cd $(WHEEL_FOLDER) && $(CURDIR)/$(WHEEL)/bin/python -c 'import chili_notebook, sys; \
	  sys.exit(not chili_notebook.__file__.startswith(sys.prefix))'
	$(WHEEL)/bin/python tests/run_quickstart.py $(WHEEL_FOLDER)

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
	$(BIN)/python -m venv --clear build/bench
	build/bench/bin/python -m pip install --quiet --editable '.[batch,demo]' \
	  --requirement benchmarks/requirements.txt
	PATH="$(CURDIR)/build/bench/bin:$$PATH" build/bench/bin/python benchmarks

clean:
	rm -rf $(VENV) $(OTHER) $(WHEEL) $(DEMO) node_modules build dist
