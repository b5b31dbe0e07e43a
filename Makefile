# Two commands: `make run` opens the app on the sample agent (without a terminal it deploys it to this
# machine), `make test` runs every test.
# Both start from nothing: they make the virtual environment and install what they need.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m uv pip install -q --python $(BIN)/python -c constraints.txt
TESTS ?=
# Much of the suite waits for engines, registries and processes: three at a time, also on two cores.
WORKERS ?= 3
SAMPLE := build/sample

.PHONY: run test lint bench screenshots environment lock clean

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "This needs Python 3.10 or newer; say which: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip uv

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev]'
	@touch $@

$(VENV)/.local: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing (the real holodeck-ai has about 240 packages: some minutes the first time) …"
	$(PIP) -e '.[local]'
	@touch $@

# A copy, so that what a deploy remembers (.holodeck/) does not land in the package.
run: $(VENV)/.local
	@mkdir -p $(SAMPLE) && cp -R holodeck_tui/sample/. $(SAMPLE)/
	@if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then \
		exec $(BIN)/holodeck-deploy-tui --target local $(SAMPLE)/agent.yaml; \
	else \
		exec $(BIN)/holodeck-deploy-tui --no-ui --target local $(SAMPLE)/agent.yaml; \
	fi

environment:
	@tests/environment/setup.sh

test: $(VENV)/.dev environment
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder $(TESTS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev environment
	$(BIN)/python -m tests.benchmarks

# From real runs: the local target, and the clouds' contract servers.
screenshots: $(VENV)/.dev environment
	$(BIN)/python -m tests.screenshots

# Pins without addresses of an index: whoever installs brings their own.
lock: $(VENV)/.dev
	@echo "# Exact versions that CI uses; made by 'make lock' from pyproject.toml for Python 3.10 to 3.13." >constraints.txt
	$(BIN)/python -m uv pip compile pyproject.toml --universal --python-version 3.10 --all-extras -q \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links >>constraints.txt

clean:
	rm -rf build dist $(VENV)
