# lamsach: `make` alone lists what can be made.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIZE ?= small
KILLS ?= 200

.PHONY: help setup dev demo test test-postgresql15 soak check bench lock clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(VENV)/.created:
	@./tools/system-packages python
	$(PYTHON) -m venv $(VENV)
	@touch $@

PIP := $(BIN)/pip install --quiet --disable-pip-version-check

$(VENV)/.base: $(VENV)/.created requirements/build.txt requirements/base.txt pyproject.toml
	$(PIP) --require-hashes -r requirements/build.txt -r requirements/base.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	$(BIN)/python tools/compile_messages.py
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

# A second reader of certificates, in JavaScript, for the tests alone.
CLIENTS := tests/hcert/npm
$(CLIENTS)/node_modules/.created: $(CLIENTS)/package-lock.json
	@./tools/system-packages node
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefix $(CLIENTS)
	@touch $@

# What pages load that is not ours: the reader of QR codes, for browsers that have none.
ASSETS := src/lamsach/portal/assets
VENDOR := src/lamsach/portal/static/portal/vendor
$(VENDOR)/jsQR.js: $(ASSETS)/package-lock.json
	@./tools/system-packages node
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefix $(ASSETS)
	mkdir -p $(VENDOR)
	cp $(ASSETS)/node_modules/jsqr/dist/jsQR.js $@.new
	gzip --best --no-name --keep --force $@.new && mv $@.new.gz $@.gz
	mv $@.new $@ && touch $@

# What tests in a browser load.
BROWSER := tests/browser/npm
$(BROWSER)/node_modules/.created: $(BROWSER)/package-lock.json
	@./tools/system-packages node browser
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefix $(BROWSER)
	@touch $@

setup: $(VENV)/.base $(VENDOR)/jsQR.js ## make the virtual environment and .venv/bin/lamsach

dev: $(VENV)/.dev $(VENDOR)/jsQR.js ## the same, with what tests and checks need

demo: setup ## an installation with a synthetic province, to look at in a browser
	$(BIN)/lamsach demo

test: dev $(CLIENTS)/node_modules/.created $(BROWSER)/node_modules/.created ## the whole test suite
	@./tools/system-packages token qr
	$(BIN)/pytest -n 2 -q

soak: dev ## the tests that kill workers and signers, 200 kills each (KILLS=…); takes an hour
	LAMSACH_KILLS=$(KILLS) $(BIN)/pytest -n 0 -q tests/jobs/test_kills.py tests/passports/test_kills.py

POSTGRESQL15 ?= /usr/lib/postgresql/15/bin
FOLDERS ?= accounts administration authentication cleansing files intake jobs ledger passports places population portal registry signing site
test-postgresql15: dev ## the tests that use a database, once more on the oldest PostgreSQL
	LAMSACH_TEST_POSTGRESQL=$(POSTGRESQL15) $(BIN)/pytest -n 2 -q -m "db and not browser" $(addprefix tests/,$(FOLDERS))

check: dev ## lint, types, floors of the house, dead code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_gate.py
	$(BIN)/vulture

bench: dev ## measure speed and correctness; SIZE=national for the nation, SIZE=certificates
	@./tools/system-packages token qr
	$(BIN)/python -m benchmarks $(SIZE)

lock: ## pin the requirements anew (needs uv)
	uv pip compile --generate-hashes --universal --no-header --quiet pyproject.toml --extra server -o requirements/base.txt
	uv pip compile --generate-hashes --universal --no-header --quiet pyproject.toml --extra server --group dev -o requirements/dev.txt
	cd requirements && uv pip compile --generate-hashes --universal --no-header --quiet bench.in -o bench.txt
	awk '/^[a-z]/ { keep = /^setuptools==/ } keep' requirements/dev.txt > requirements/build.txt

clean: ## remove the virtual environment and what runs left behind
	rm -rf $(VENV) var build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
