# Everything a person or a machine does here. Needs make and Python 3.11 or newer, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# Which benchmarks `make bench` runs, by the names in benchmarks/results.py; none: all.
BENCH ?=

.DEFAULT_GOAL := help
.PHONY: help demo test soak lint panel panel-check pictures lab bench docs clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## execute the example notebook in a real kernel and list its runs
	@$(BIN)/nbtrack demo

# Those in a browser by themselves: Playwright keeps an event loop running in their process.
test: $(VENV)/.browser $(VENV)/.compiler lint panel-check ## check style, types, layers and the panel's assets, then run all tests with coverage
	$(BIN)/python -m pytest -m "not browser" -n 2 --dist loadfile --cov
	$(BIN)/python -m pytest -m browser --cov --cov-append --cov-report=term

# Kills, power cuts and failing disks, requests made up for a server by thousands, every law on many more examples, and
# a bundle of every library in an environment of its own: about an hour and a half on two cores, of which kills and
# power cuts take a quarter of an hour each, and some gigabytes. With NBTRACK_TALLY=FILE what was tried is counted, and
# `python docs/reliability.py --tally FILE` makes docs/reliability.md of it.
soak: $(VENV)/.browser $(VENV)/.compiler ## the tests in their long form
	NBTRACK_KILLS=100 NBTRACK_CUTS=0 NBTRACK_EVERY=1 NBTRACK_FLIPS=2000 NBTRACK_CASES=100 NBTRACK_EXAMPLES=2000 NBTRACK_FRESH=1 $(BIN)/python -m pytest -m "not browser" -n 2 --dist loadfile --timeout 7200

lint: $(VENV)/.test ## check style, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

panel: $(VENV)/.test ## build the panel of JupyterLab after a change in labextension/
	$(BIN)/python labextension/build.py

panel-check: $(VENV)/.test ## build the panel, compare with the committed assets, run its unit tests
	$(BIN)/python labextension/build.py --check --test

lab: $(VENV)/.lab ## open JupyterLab on the examples
	cd examples && ../$(BIN)/jupyter lab

bench: $(VENV)/.test ## run the benchmarks, peers included, and write benchmarks/RESULTS.md (BENCH="start" for one of them)
	$(BIN)/python benchmarks/peers/environments.py
	$(BIN)/python benchmarks/results.py $(BENCH)

pictures: $(VENV)/.browser ## take the pictures of docs/images anew
	$(BIN)/python docs/screenshots.py

docs: $(VENV)/.test ## generate the reference pages and build the documentation into build/docs
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "build/docs/index.html"

clean: ## remove the environment and caches
	rm -rf $(VENV) nbtrack-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

# Each stamp says that what it names is installed; it is redone when pyproject.toml changes.

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml
	$(PIP) --editable '.[demo]'
	@touch $@

$(VENV)/.lab: $(VENV)/.demo
	$(PIP) --group lab
	@touch $@

# PyTorch by itself and first: its CPU build. As a dependency of something else it would come with CUDA.
$(VENV)/.torch: $(VENV)/.made
	$(PIP) 'torch==2.13.0'
	@touch $@

$(VENV)/.test: $(VENV)/.torch $(VENV)/.demo
	$(PIP) --group test
	@touch $@

# The browser that the panel's stories run in.
$(VENV)/.browser: $(VENV)/.test
	$(BIN)/python tests/panel/browser.py
	@touch $@

# The C compiler that tests/faults/disk.c, the disk that fails, is built with.
$(VENV)/.compiler: $(VENV)/.test
	$(BIN)/python tests/faults/compiler.py
	@touch $@
