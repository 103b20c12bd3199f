# Everything a developer does here, by name. `make` alone prints the list.
# Needed: Python 3.11 or newer, make, and a package index that pip knows of.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := idp tests migrations wsgi.py docs
# Tests run two at a time, neighbours in one process, because they share servers;
# PYTEST_ARGS="-k totp -n 0" narrows that down.
WORKERS ?= 2
PYTEST_ARGS ?=
# Every line and branch of the decisions is reached by their own tables.
WHOLE_OF_RULES = --cov=idp.rules --cov-branch --cov-fail-under=100

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench screenshots translations lock wheel \
	release audit licences clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/dev-stamp ## make the virtual environment .venv, or bring it up to date

demo: $(VENV)/run-stamp ## run the provider with two applications and seeded people
	$(BIN)/idp demo

test: $(VENV)/dev-stamp ## run the tests (PYTEST_ARGS="-k totp")
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

check: $(VENV)/dev-stamp ## format, lint, types, layers, spelling, architecture, rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python -m pytest -q tests/architecture
	$(BIN)/python -m pytest -q tests/rules $(WHOLE_OF_RULES)

format: $(VENV)/dev-stamp ## rewrite the code in the house format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/dev-stamp ## measure cost and speed on this machine, beside the floor
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.fleet

screenshots: $(VENV)/dev-stamp ## photograph every page into var/screenshots (needs Chromium)
	$(BIN)/python -m tests.support.screens --out var/screenshots

translations: $(VENV)/dev-stamp ## put new sentences of the pages into the languages, compile
	$(BIN)/python -m tests.support.translations

lock: $(VENV)/dev-stamp ## pin the requirements again (UPGRADE=1 takes newer versions)
	$(BIN)/python -m pip install --quiet 'uv>=0.9'
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) -c requirements/run.txt requirements/build.in -o requirements/build.txt
	$(COMPILE) -c requirements/run.txt -c requirements/build.txt requirements/dev.in \
		-o requirements/dev.txt
	$(COMPILE) -c requirements/run.txt -c requirements/dev.txt requirements/ldap.in \
		-o requirements/ldap.txt
	$(COMPILE) -c requirements/run.txt -c requirements/dev.txt requirements/tracing.in \
		-o requirements/tracing.txt
	$(COMPILE) -c requirements/run.txt -c requirements/dev.txt requirements/release.in \
		-o requirements/release.txt

wheel: $(VENV)/run-stamp ## build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

release: wheel $(VENV)/release-stamp ## the wheel, and what it is made of (CycloneDX)
	$(BIN)/python -m tests.support.bill --tool $(RELEASE)/cyclonedx-py --into dist

audit: $(VENV)/dev-stamp $(VENV)/release-stamp ## look up known vulnerabilities of our pins
	@mkdir -p build && rm -f build/audit.json
	@$(RELEASE)/pip-audit --disable-pip --require-hashes --progress-spinner off \
		--timeout 15 $(foreach file,$(AUDITED),-r requirements/$(file).txt) \
		--format json --output build/audit.json >build/audit.log 2>&1 || true
	@$(BIN)/python -m tests.support.advisories build/audit.json

licences: $(VENV)/dev-stamp ## write docs/licences.md from what is installed
	$(BIN)/python -m tests.support.licences

clean: ## remove the environment, caches and builds; data in var/ and keys/ stays
	rm -rf $(VENV) build dist htmlcov *.egg-info .coverage .coverage.* \
		node_modules tests/clients/node/node_modules \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find idp tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +

# One set of pins serves Python 3.11 to 3.14. No address of an index gets into it.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-annotate --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

AUDITED := run build dev ldap tracing release
RELEASE := $(VENV)/release/bin

PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is too old: Ostiary needs Python 3.11 or newer." \
			"Name one with: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments:" \
			"apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run-stamp: $(VENV)/bin/python pyproject.toml requirements/run.txt \
		requirements/build.txt
	$(PIP_INSTALL) --require-hashes -r requirements/build.txt -r requirements/run.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# The extra for a directory is compiled; a machine that cannot does without it.
$(VENV)/dev-stamp: $(VENV)/run-stamp requirements/dev.txt requirements/ldap.txt \
		requirements/tracing.txt
	$(PIP_INSTALL) --require-hashes -r requirements/dev.txt -r requirements/tracing.txt
	@$(PIP_INSTALL) --require-hashes -r requirements/ldap.txt 2>$(VENV)/ldap.log || \
		echo "Left out: python-ldap, for people of an LDAP directory. To have it:" \
			"apt-get install gcc python3-dev libldap-dev libsasl2-dev," \
			"remove $(VENV)/dev-stamp, make setup. Why: $(VENV)/ldap.log"
	@touch $@

# Tools that look a release over; apart, because nothing of ours needs what they need.
$(VENV)/release-stamp: $(VENV)/bin/python requirements/release.txt
	$(VENV)/bin/python -m venv $(VENV)/release
	$(RELEASE)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements/release.txt
	@touch $@
