help:       ; @echo "Usage: make TARGET [ARGS=...]"; awk '!/^help/ && /^[a-z-]+:.*[#]# / {name = $$1; sub(/:.*/, "", name); sub(/.*## /, ""); printf "  %-10s %s\n", name, $$0}' Makefile
setup:      .venv/.ready                                       ## install the locked packages into .venv
run-all:    .venv/.ready ; $(RUN) run --all --protocol all $(ARGS)  ## train what is not done yet of every study, write results/
quick:      .venv/.ready ; $(RUN) run --all --only claimed --repeats 3 --out results/quick $(ARGS)  ## what the claims name, 3 repeats, into results/quick/
slides:     .venv/.ready ; $(RUN) run --all --only slides $(ARGS)  ## the eight case studies of the slides, with what the slides show
run:        .venv/.ready ; $(RUN) run $(STUDY) $(ARGS)         ## one study: make run STUDY=dropout
test:       .venv/.ready ; $(BIN)/python -m pytest -m "not slow" $(PARALLEL) --dist loadfile $(ARGS)  ## the tests that take seconds
test-slow:  .venv/.ready ; $(BIN)/python -m pytest -m slow $(PARALLEL) $(ARGS)        ## the tests that take minutes
lint:       .venv/.ready ; $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy  ## style and types
bench:      .venv/.ready ; $(BIN)/python -m benchmarks.engine $(ARGS)    ## speed against model.fit, PyTorch, JAX, scikit-learn
bench-growth: .venv/.ready ; $(BIN)/python -m benchmarks.growth $(ARGS) ## time and memory at 1, 10 and 100 times the runs
report:     .venv/.ready ; $(RUN) report                       ## tables, figures and pages again, from what is in results/
clean:      ; rm -rf .venv .bench .pytest_cache .mypy_cache .ruff_cache .xla_cache  ## remove what make installed; results/ stays
lock:       ; uv pip compile --universal --generate-hashes --python-version 3.11 --extra dev --no-header pyproject.toml -o requirements.lock  ## resolve requirements.lock anew (needs uv on the path)

.PHONY: help setup run-all quick slides run test test-slow lint bench bench-growth report clean lock
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
RUN := $(BIN)/python -m experiments
ARGS ?=
# Also on two cores: some tests wait for processes that they started.
PARALLEL := -n 3
STUDY ?= dropout
# The first interpreter whose version TensorFlow has wheels for; a name on the path may be an empty shim.
PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { command -v $$name; break; }; done)

.venv/.ready: requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed (TensorFlow has no wheels for others); found: $$(python3 --version 2>&1)" >&2; exit 2; }
	@echo "Installing the locked packages into .venv (once, a minute or two) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
