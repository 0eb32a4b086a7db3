# The commands that everybody needs; `make` lists them. They use the uv of the PATH, else one in .tools.
UV := $(or $(shell command -v uv),.tools/bin/uv)
FAST := not real_model and not slow

.PHONY: help setup test test-fast lint stub docs coverage lowest audit build image

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

.tools/bin/uv:
	python3 -m pip install -qq --target .tools uv

setup: $(UV)  ## Install everything for development into .venv, and the hooks that run before a commit.
	$(UV) sync --group dev
	$(UV) run --group dev pre-commit install

test-fast: $(UV)  ## Run the unit tests: about a minute on two cores.
	$(UV) run --group test pytest -m "$(FAST)"

test: $(UV)  ## Run every test, as CI does: some minutes on two cores.
	$(UV) run --group test pytest

lint: $(UV)  ## Check style, format and types.
	$(UV) run --group test ruff check .
	$(UV) run --group test ruff format --check .
	$(UV) run --group test mypy

stub: $(UV)  ## Write the signatures that editors see, after a change of options.
	$(UV) run --group test python -m tests.api.stub

docs: $(UV)  ## Build the site into dist/site; a warning is an error.
	$(UV) run --group docs python -m docs.site

coverage: $(UV)  ## Measure which lines the unit tests reach.
	$(UV) run --group dev coverage erase
	$(UV) run --group dev coverage run -m pytest -n 0 -m "$(FAST)"
	$(UV) run --group dev coverage combine -q
	$(UV) run --group dev coverage report

lowest: $(UV)  ## Run the unit tests with the oldest versions that pyproject.toml allows.
	cp uv.lock uv.lock.kept
	UV_PROJECT_ENVIRONMENT=.venv-lowest $(UV) sync -q --resolution lowest-direct --group test --no-default-groups; \
		ended=$$?; mv uv.lock.kept uv.lock; exit $$ended
	.venv-lowest/bin/pytest -m "$(FAST)"

audit: $(UV)  ## Look for known faults in what uv.lock installs; "not audited" where their list can't be had.
	@$(UV) export -q --locked --no-emit-project -o .audit.txt
	@python3 release/audit.py .audit.txt $(UV) tool run -q pip-audit; ended=$$?; rm -f .audit.txt; exit $$ended

image:  ## Build the image of Containerfile, for jobs on a cluster.
	podman build -t northstar .

build: $(UV)  ## Build the wheel and the source archive into dist.
	rm -rf dist
	$(UV) build
