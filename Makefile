# Every target sets up what it needs: a virtual environment with the locked packages, from any python3 >= 3.11.
# To run takes what requirements-run.lock names; tests, checks and the like take the rest of requirements.lock on top.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TBP := $(BIN)/tbp
PORT ?= 3000
RUN_SIZE := 1.0 GB on disk, a minute or two
DEV_SIZE := 1.0 GB on disk, a minute or two
# Bytecode is written once, whatever the environment says: otherwise each of the many processes of a test run compiles
# all that it imports.
unexport PYTHONDONTWRITEBYTECODE
COMPILE = $(BIN)/uv pip compile --universal --upgrade --quiet --python-version 3.11 --no-header --no-annotate --no-emit-index-url

# uv installs in seconds what pip needs minutes for; where it cannot be had, or a private index is set up for pip, pip does.
# Both say what they fetch while they do.
define install
$(BIN)/python -m pip install --quiet --disable-pip-version-check uv 2>$(VENV)/pip.log && \
  $(BIN)/uv pip install --compile-bytecode --python $(BIN)/python -r $(1) || \
  $(BIN)/python -m pip install --disable-pip-version-check --no-deps -r $(1)
endef

.DEFAULT_GOAL := help
.PHONY: demo up stop test test-dates coverage bench check audit format docs faults lock clean help

demo: $(VENV)/ready ## An invented market through the whole graph into the embedded database
	@$(TBP) demo

up: $(VENV)/ready ## Dagster's UI and daemon on http://localhost:3000 (PORT=3001 for another port)
	@$(TBP) up --port $(PORT)

stop: $(VENV)/ready ## End the UI, its daemon and the embedded database
	@$(TBP) stop

test: $(VENV)/dev-ready ## All tests (PYTEST="-m unit" for a part)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST)

test-dates: $(VENV)/dev-ready ## The unit tests on holidays and odd dates (DATES="2027-01-01T17:00", PYTEST="-m integration")
	@$(BIN)/python -m tbp_assets_tests.dates $(DATES) -- -n 2 --dist loadfile -m unit $(PYTEST)

coverage: $(VENV)/dev-ready ## All tests, slower, and the share of lines they reach: at least 90 %
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered \
	  --cov-fail-under=90

bench: $(VENV)/bench-ready ## Speed and memory beside the limit and other loaders (BENCH="--days 252")
	@$(BIN)/python -m benchmarks $(BENCH)

check: $(VENV)/dev-ready ## Lint, format, types, import contracts, Dagster definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	@mkdir -p $(VENV)/dagster_home && printf 'telemetry:\n  enabled: false\n' > $(VENV)/dagster_home/dagster.yaml
	DAGSTER_HOME="$(CURDIR)/$(VENV)/dagster_home" VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/dg check defs

audit: $(VENV)/ready ## Known vulnerabilities of the locked packages (asks pypi.org)
	@$(BIN)/python -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(VENV)/audit/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip --progress-spinner off

format: $(VENV)/dev-ready ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/dev-ready ## Write the generated pages of docs/ again
	@$(BIN)/python docs/generate.py

faults: $(VENV)/dev-ready ## Run the matrix of faults and write docs/faults.md from what happened
	@rm -f $(VENV)/faults.jsonl
	@TBP_FAULTS_REPORT="$(CURDIR)/$(VENV)/faults.jsonl" $(BIN)/python -m pytest -q -n 2 --dist loadfile -m fault; \
	  status=$$?; $(BIN)/python -m tbp_assets_tests.faults.page $(VENV)/faults.jsonl && exit $$status

lock: $(VENV)/dev-ready ## Resolve the dependencies again: all of them, those to run, those of benchmarks
	$(COMPILE) pyproject.toml --group build --group dev --output-file requirements.lock
	$(COMPILE) pyproject.toml --group build --constraint requirements.lock --output-file requirements-run.lock
	$(COMPILE) --group bench --constraint requirements.lock --output-file benchmarks/requirements.lock

clean: ## Remove the virtual environment and caches; TBP_HOME (.tbp) stays
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info .coverage .coverage.*

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Other loaders to be measured against; the rest is measured where they cannot be had.
$(VENV)/bench-ready: $(VENV)/dev-ready benchmarks/requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r benchmarks/requirements.lock || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/requirements.lock || \
	  echo "the other loaders could not be installed: their lines are left out"
	@touch $@

# The scripts of a directory that was moved or copied name the one it was made in: it is made anew.
MOVED := $(shell test -e $(VENV)/ready && ! grep -qF '$(CURDIR)/$(BIN)/python' $(TBP) && echo --clear)
ifdef MOVED
.PHONY: $(VENV)/ready
endif

$(VENV)/ready: requirements-run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "installing what it takes to run into $(VENV): $$(grep -c == requirements-run.lock) packages, $(RUN_SIZE)"
	@test -x $(BIN)/python -a -z "$(MOVED)" || $(PYTHON) -m venv $(MOVED) $(VENV)
	@$(call install,requirements-run.lock)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>>$(VENV)/pip.log
	@touch $@

$(VENV)/dev-ready: $(VENV)/ready requirements.lock
	@echo "installing what tests and checks take on top: $$(grep -cvxFf requirements-run.lock requirements.lock) packages, $(DEV_SIZE)"
	@$(call install,requirements.lock)
	@touch $@
