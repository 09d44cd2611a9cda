# `make` lists all commands. Every target sets up the virtual environment it needs.
.DEFAULT_GOAL := help
.PHONY: help run quick test check fuzz audit faults bench fix api worker flower users translations screenshots client pins clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
# uv is five times as fast as pip and does not depend on the pip version bundled with Python. It ignores pip.conf, so if
# it fails (for example with a mirror that is only set there), pip is used instead.
INSTALL = $(PIP) -r requirements-uv.txt && $(BIN)/uv pip install --quiet --link-mode copy --python $(BIN)/python --require-hashes -r $< || \
  $(PIP) -r $<
# Loads .env, if there is one, with the shell's syntax; variables already in the environment take precedence. A syntax
# error stops the target, because half of the settings may be worse than none.
ENV := if [ -f .env ]; then given="$$(export -p)"; set -ae; . ./.env; set +ae; eval "$$given"; fi;

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/demo ## Run the demo: all of Latchkey, with a users table and an inbox
	@exec $(BIN)/python -m dev

quick: $(VENV)/dev ## Run the fast tests, in less than a minute: make quick ARGS="-k tokens"
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not slow" tests/unit tests/tooling tests/integration $(ARGS)

test: $(VENV)/dev ## Run all tests, as CI does, or some: make test ARGS="tests/unit -k tokens"
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(or $(ARGS),--cov --cov-report=term)

check: $(VENV)/dev ## Check style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fuzz: $(VENV)/dev ## Run the property tests with 10,000 random inputs each, and fuzz the API: make fuzz ARGS="-k tokens"
	$(BIN)/python -m pytest tests/fuzz --hypothesis-profile=fuzz --timeout=3600 $(ARGS)

audit: $(VENV)/dev ## Check the pinned packages for known vulnerabilities; needs a network connection
	@$(BIN)/python -m dev.tools.audit requirements-dev.txt

faults: $(VENV)/dev ## Cause faults under load and account for every request, in 30 minutes: make faults ARGS="--list"
	@exec $(BIN)/python -m tests.faults $(ARGS)

bench: $(VENV)/dev ## Run the benchmarks; needs an idle machine: make bench ARGS="--list"
	@exec $(BIN)/python -m benchmarks $(ARGS)

screenshots: $(VENV)/dev ## Take screenshots of every page and email: make screenshots ARGS="--languages all"
	@exec $(BIN)/python -m tests.browser.screenshots $(ARGS)

fix: $(VENV)/dev ## Format the code and fix what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

api: $(VENV)/base ## Run the API with settings from the environment or .env
	@$(ENV) exec $(BIN)/python -m api

worker: $(VENV)/base ## Run a worker with the same settings, or one of its commands: make worker ARGS=pending
	@$(ENV) exec $(BIN)/python -m worker $(ARGS)

flower: $(VENV)/base ## Run Flower; needs REDIS_URL and FLOWER_BASIC_AUTH=user:password
	@$(ENV) : "$${FLOWER_BASIC_AUTH:?Set FLOWER_BASIC_AUTH=user:password, or anyone can open Flower}"; \
	exec $(BIN)/celery --app worker.flower flower

users: $(VENV)/base ## Create the users table, and add users: make users ARGS="add anna@example.com"
	@$(ENV) FLASK_SKIP_DOTENV=1 exec $(BIN)/flask --app api.app users $(ARGS)

CATALOGUES := shared/translations
translations: $(VENV)/dev ## Update and compile the translation catalogues
	$(BIN)/pybabel --quiet extract --mapping pyproject.toml --keywords lazy_gettext --add-location file \
	  --width 120 --omit-header --output $(VENV)/messages.pot api worker shared
	$(BIN)/pybabel --quiet update --input-file $(VENV)/messages.pot --output-dir $(CATALOGUES) --width 120 \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel --quiet compile --directory $(CATALOGUES)

client: $(VENV)/dev ## Regenerate the OpenAPI document, the guide's table of errors, and the TypeScript client
	$(BIN)/python -m dev.tools.openapi_document
	$(BIN)/python -m dev.tools.typescript_client

pins: $(VENV)/dev ## Update the pinned requirements
	for part in requirements-uv requirements requirements-demo requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-strip-extras \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" $$part.in --output-file $$part.txt; \
	done

clean: ## Delete the virtual environment and the demo's data
	rm -rf $(VENV) .latchkey

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Latchkey needs Python 3.11 or later. To choose one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# These files also record when the packages were last installed.
$(VENV)/base: requirements.txt | $(VENV)/bin/python
	@$(INSTALL)
	@touch $@

$(VENV)/demo: requirements-demo.txt | $(VENV)/bin/python
	@echo "Installing the demo's packages ..."
	@$(INSTALL)
	@touch $@

$(VENV)/dev: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing the development packages ..."
	@$(INSTALL)
	@touch $@ $(VENV)/demo $(VENV)/base
