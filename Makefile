# Every target sets up what it needs: Python 3.11 or newer and make are enough.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	"$$p" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
DATA ?= $(or $(DESKMARK_SHARED),../shared)/data
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

.DEFAULT_GOAL := help
.PHONY: help demo up test check quality bench pictures lock format schemas audit

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.run ## a local Zendesk and Intercom, 40+ conversations, and what Deskmark makes of them
	@$(BIN)/deskmark demo $(ARGS)

up: .venv/.run ## the service: web, workers, database and broker in one folder
	@$(BIN)/deskmark up $(ARGS)

test: .venv/.dev ## all tests, with branch coverage
	@rm -f .coverage .coverage.*
	@COVERAGE_FILE=$(CURDIR)/.coverage $(BIN)/python -m coverage run -m pytest $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

check: .venv/.dev ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

quality: .venv/.dev ## how right the scores are, on labelled conversations (docs/quality.md)
	@$(BIN)/python benchmarks/quality.py $(ARGS)

bench: .venv/.dev ## how fast it is, as ratios of one run (docs/benchmarks.md)
	@$(BIN)/python benchmarks/bench.py $(ARGS)

pictures: .venv/.dev ## the pictures of the docs, taken anew from the demo; needs a Chromium
	@$(BIN)/python benchmarks/pictures.py $(ARGS)

schemas: .venv/.dev
	@$(BIN)/python -c 'import json, pathlib, service.document as d, service.policy_document as p; [pathlib.Path(f"docs/{k}.schema.json").write_text(json.dumps(d.schema(s), indent=2) + "\n") for k, s in (("conversation", d.ConversationDocument), ("policy", p.PolicyDocument))]'

audit: .venv/.dev ## known vulnerabilities of the locked requirements; needs a network, so not in CI
	@for locked in requirements.lock requirements-dev.lock; do \
		$(BIN)/pip-audit --requirement $$locked --disable-pip --require-hashes --strict --progress-spinner off $(ARGS) || { \
		echo "$$locked: a vulnerability is listed above, or the service that knows them could not be asked and nothing was audited" >&2; \
		echo "(another service: make audit ARGS='--vulnerability-service osv')" >&2; exit 1; }; done

lock: .venv/.dev ## resolve the requirements anew
	$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes \
		--no-header --upgrade --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra dev --constraint requirements.lock --universal \
		--python-version 3.11 --generate-hashes --no-header --upgrade --quiet --output-file requirements-dev.lock
	@! grep -n '://' requirements.lock requirements-dev.lock

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Deskmark needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.run: .venv/bin/python requirements.lock pyproject.toml
	@test -e .venv/.dev || { echo "installing the locked requirements into .venv (once) ..." >&2; \
		$(PIP) install --require-hashes -r requirements.lock; }
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/bin/python requirements.lock requirements-dev.lock pyproject.toml
	@echo "installing the locked requirements into .venv (once) ..." >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
