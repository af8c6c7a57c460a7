# Everything a developer or a newcomer runs. `make help` lists it.
PYTHON ?= python3
ENGINES ?= embedded
PORT ?= 8000
SECONDS ?= 120
PROCESSES ?= 2
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz check lint bench clean lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: .venv/.run ## Set everything up and run the hub with simulated traffic at http://127.0.0.1:8000 (PORT=...)
	@exec $(BIN)/hub demo --port $(PORT)

test: .venv/.dev ## Run the whole suite (ENGINES=machine: on the PostgreSQL and Redis that run on this machine)
	HUB_TEST_ENGINES=$(ENGINES) $(BIN)/python -m pytest -q -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

fuzz: .venv/.dev ## Throw mutated callbacks at whatever reads them (SECONDS=120)
	$(BIN)/python -m tests.fuzz.callbacks --seconds $(SECONDS)

lint: .venv/.dev ## Format, style, types, and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test ## All that must hold before a change lands

bench: .venv/.dev ## Measure, print ratios, and keep them in bench/RESULTS.md
	$(BIN)/python -m bench

lock: .venv/.dev ## Resolve the dependencies of setup.cfg anew (needs uv)
	$(BIN)/python -c "import configparser as c; s = c.ConfigParser(); s.read('setup.cfg'); print(s['options']['install_requires'], 'setuptools>=77', sep='\n')" > .venv/run.in
	$(BIN)/python -c "import configparser as c; s = c.ConfigParser(); s.read('setup.cfg'); print(s['options.extras_require']['dev'])" | cat .venv/run.in - > .venv/dev.in
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate .venv/dev.in -o requirements-dev.lock
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements-dev.lock .venv/run.in -o requirements.lock

clean: ## Remove what this Makefile made (not your data in .hub)
	rm -rf .venv build *.egg-info

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.made requirements.lock setup.cfg pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.made requirements-dev.lock setup.cfg pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/.run
