# Everything runs in .venv, which `make setup` creates.
PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export PATH := $(BIN):$(PATH)
# One thread for each matrix product: on few cores, more of them slow one another down.
export OPENBLAS_NUM_THREADS := 1

.PHONY: help setup demo test adversarial test-slow lint lab formgrader bench ladder times bench-grading

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 14

setup: .venv/installed  ## install into .venv; quick when nothing changed

.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12"; exit 1; }
	@echo "Installing into .venv; this takes a minute or two, once."
	@$(PYTHON) -m venv .venv
	@$(PIP) install -r requirements.txt
	@touch $@

.venv/installed-test: .venv/installed
	@$(PIP) install -e '.[test]'
	@touch $@

.venv/installed-lint: .venv/installed
	@$(PIP) install -e '.[lint]'
	@touch $@

demo: .venv/installed  ## release, hand in, grade and return the first assignment
	@$(BIN)/python -m grading demo

test: .venv/installed-test  ## the tests, in minutes
	@$(BIN)/python -m pytest -m "not slow and not adversarial"

adversarial: .venv/installed-test  ## the tests with odd, dishonest and broken submissions, in minutes
	@$(BIN)/python -m pytest -m adversarial tests/adversarial

test-slow: .venv/installed-test  ## the rest of the tests
	@$(BIN)/python -m pytest -m slow

lint: .venv/installed-lint  ## what continuous integration lints with
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

lab: .venv/installed  ## work through the notebooks in JupyterLab, in my_work/
	@$(BIN)/python -m grading lab
	@cd my_work && $(BIN)/jupyter lab

formgrader: .venv/installed  ## open nbgrader's grading pages
	@$(BIN)/jupyter lab --LabApp.default_url=/formgrader

bench: .venv/installed  ## time the layers against PyTorch, if it is installed, and plain loops
	@$(BIN)/python benchmarks/layers.py

ladder: .venv/installed  ## train small networks on the images, in minutes: the tables of datasets/README.md
	@$(BIN)/python benchmarks/ladder.py

times: .venv/installed  ## run the notebooks and write down how long each cell takes, in benchmarks/times.md
	@$(BIN)/python benchmarks/times.py

bench-grading: .venv/installed  ## time grading against stock nbgrader, side by side
	@$(BIN)/python benchmarks/throughput.py
