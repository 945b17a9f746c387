# `make demo` shows what this is; `make test` runs every test. Both make their own
# virtual environment first.
PYTHON ?= python3
VENV := .venv
OTHER := .venv-ipykernel6
BIN := $(VENV)/bin
DEMO := build/demo
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.PHONY: demo test test-matrix lint types check notebooks pictures bench clean

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --group dev --editable '.[demo,keyring,lab,notebooks,pdf]'
	@touch $@

$(OTHER)/.ready: pyproject.toml
	$(PYTHON) -m venv $(OTHER)
	$(OTHER)/bin/python -m pip install --quiet --upgrade pip
	$(OTHER)/bin/python -m pip install --quiet --editable . 'ipykernel==6.29.*' pandas
	@touch $@

demo: $(VENV)/.ready
	@mkdir -p $(DEMO)
	@cp notebooks/01-quickstart.ipynb $(DEMO)/
	$(BIN)/jupyter execute --inplace $(DEMO)/01-quickstart.ipynb
	@echo
	@for picture in $(DEMO)/renders/*; do echo "Rendered: $$picture"; done
	@echo "Open it:  $(BIN)/jupyter lab $(DEMO)/01-quickstart.ipynb"

test: $(VENV)/.ready $(OTHER)/.ready
	CHILI_OTHER_PYTHON=$(CURDIR)/$(OTHER)/bin/python $(BIN)/python -m pytest --numprocesses auto --dist loadscope \
	  --nbval-lax tests notebooks

# `make test-matrix ONLY=lowest` or ONLY=3.12 runs one row of it.
test-matrix: $(VENV)/.ready
	$(BIN)/python tests/run_matrix.py $(ONLY)

lint: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.ready
	$(BIN)/mypy

check: lint types test

notebooks: $(VENV)/.ready
	$(BIN)/python tests/store_notebooks.py

pictures: $(VENV)/.ready
	$(BIN)/python tests/take_pictures.py

bench: $(VENV)/.ready
	$(BIN)/python benchmarks/bench_load_ext.py
	$(BIN)/python benchmarks/bench_guard.py
	$(BIN)/python benchmarks/bench_simulator.py

clean:
	rm -rf $(VENV) $(OTHER) build dist
