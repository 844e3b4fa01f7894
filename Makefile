# One command each: `make demo`, `make test`, `make check`. The first of them sets everything up.
# Needs git, make and Python 3.11 or newer; `make demo PYTHON=python3.12` picks another interpreter.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup demo test e2e fuzz check gate bench bench-full bench-kube-scheduler format lock clean

help: ## what can be made
	@grep -E '^[a-z0-9-]+:.*## ' Makefile | sed 's/:.*## /\t/'

setup: $(READY) ## create .venv from requirements.lock (done once)

# Hash-checked packages first, then the project itself without asking an index for anything.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "This Python has no venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Setting up $(VENV) (once, mostly downloads) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## plan a shop on a small cluster, then ask the extender about it
	@$(BIN)/python deploy/demo/demo.py

test: $(READY) ## run the tests; line coverage under 90 % fails
	$(BIN)/pytest --cov --cov-report=term

e2e: $(READY) ## test with a real API server and kube-scheduler (needs Go; builds them once, in minutes)
	@$(BIN)/python -m tests.e2e.harness.build >/dev/null
	$(BIN)/pytest --durations=15 tests/e2e

ROUNDS ?= 10
fuzz: $(READY) ## property tests with fresh examples, ROUNDS times over (about a minute each); stops at a failure
	@for round in $$(seq $(ROUNDS)); do \
		echo "round $$round of $(ROUNDS)"; \
		$(BIN)/pytest -x -n auto -p no:cacheprovider --hypothesis-profile=fresh $$(grep -rlE '^@given' tests) || exit 1; \
	done

check: $(READY) ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

gate: $(READY) ## compare speed and memory with peers and references, as ratios (a minute)
	$(BIN)/python -m benchmarks gate

bench: $(READY) ## the quick benchmark suite, with peers (minutes); results under build/benchmarks
	$(BIN)/python -m benchmarks run --suite quick

bench-full: $(READY) ## every benchmark with peers, growth curves as pictures too (about an hour)
	$(BIN)/python -m benchmarks run --suite full --out build/benchmarks/full; ended=$$?; \
	$(BIN)/python -m benchmarks plot build/benchmarks/full/results.json && exit $$ended

bench-kube-scheduler: ## build the real kube-scheduler as a peer for the benchmarks (needs Go)
	@command -v go >/dev/null || { echo "Go is needed (https://go.dev/dl); the benchmarks also run without." >&2; exit 1; }
	cd benchmarks/kube_scheduler && go build -o kube-scheduler-bench .

format: $(READY) ## rewrite files the way `make check` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY) ## refresh requirements.lock after a change in pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean: ## forget the virtual environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage *.egg-info
