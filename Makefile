# Every target works from a fresh clone: .venv is made when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

help: ## print the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[alerts,formats,otel,postgres]" --group dev
	touch $@

install: $(STAMP) ## make .venv with Trunkline and its development tools

demo: $(STAMP) ## run a generated retail day on the embedded store and print what came of it
	$(BIN)/trunkline demo

test: $(STAMP) ## run every test, printing what was skipped and why
	$(BIN)/python -m pytest -n 2

check: format lint types imports test ## everything CI runs

format: $(STAMP) ## tell what is not formatted
	$(BIN)/ruff format --check .

lint: $(STAMP) ## ruff (all rules), spelling, unused and missing dependencies
	$(BIN)/ruff check .
	$(BIN)/codespell src tests docs benchmarks *.md
	$(BIN)/deptry .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

imports: $(STAMP) ## the import rule of ARCHITECTURE.md
	$(BIN)/lint-imports

SOAK_STORE := tests/adapters/test_store_faults.py tests/adapters/test_store_power_cuts.py tests/scenarios/test_loop_disk.py

soak: $(STAMP) ## play 10,000 simulated worlds, fail every call of the store, cut its power 1,000 times: hours
	$(BIN)/python -m tests.simulation --soak 10000
	TRUNKLINE_FAULTS=all $(BIN)/python -m pytest -n 2 $(SOAK_STORE)

bench: $(STAMP) ## measure every path, write build/bench.json and print it as a table
	$(BIN)/python -m benchmarks

fix: $(STAMP) ## format and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what was built, .venv too
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help install demo test check format lint types imports soak bench fix clean
