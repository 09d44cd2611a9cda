# Every target sets up the virtual environment that it needs.
.DEFAULT_GOAL := help
.PHONY: help run quick test check fuzz audit faults bench fix api worker flower users translations screenshots client pins clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
# uv installs in a fifth of pip's time, and does not depend on the pip that came with Python. It does not read pip.conf.
# If it cannot install, for example because only pip knows the mirror, pip does.
INSTALL = $(PIP) -r requirements-uv.txt && $(BIN)/uv pip install --quiet --link-mode copy --python $(BIN)/python --require-hashes -r $< || \
  $(PIP) -r $<
# Read settings from .env, if it exists, as a shell does. Variables in the environment override it. A line that the shell
# cannot read ends the target: half of a setting may be worse than none.
ENV := if [ -f .env ]; then given="$$(export -p)"; set -ae; . ./.env; set +ae; eval "$$given"; fi;

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/demo ## Run everything on this machine, with a demo table and an inbox
	@exec $(BIN)/python -m dev

quick: $(VENV)/dev ## Run the tests for everyday work, in less than a minute: make quick ARGS="-k tokens"
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not slow" tests/unit tests/tooling tests/integration $(ARGS)

test: $(VENV)/dev ## Run all tests, as CI does, or some of them: make test ARGS="tests/unit -k tokens"
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(or $(ARGS),--cov --cov-report=term)

check: $(VENV)/dev ## Lint, and check types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fuzz: $(VENV)/dev ## Try 10,000 random inputs on every property, and compare the API with its document: make fuzz ARGS="-k tokens"
	$(BIN)/python -m pytest tests/fuzz --hypothesis-profile=fuzz --timeout=3600 $(ARGS)

audit: $(VENV)/dev ## Look for known vulnerabilities in the pinned packages; needs the network
	@$(BIN)/python -m dev.tools.audit requirements-dev.txt

faults: $(VENV)/dev ## Cause faults under load and account for every request, in half an hour: make faults ARGS="--list"
	@exec $(BIN)/python -m tests.faults $(ARGS)

bench: $(VENV)/dev ## Measure how fast it is, compared with others, on an idle machine: make bench ARGS="--list"
	@exec $(BIN)/python -m benchmarks $(ARGS)

screenshots: $(VENV)/dev ## Take a picture of every page and email: make screenshots ARGS="--languages all"
	@exec $(BIN)/python -m tests.browser.screenshots $(ARGS)

fix: $(VENV)/dev ## Format, and fix what the linter can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

api: $(VENV)/base ## Serve the API with the settings of the environment or .env
	@$(ENV) exec $(BIN)/python -m api

worker: $(VENV)/base ## Run a worker with the settings of the environment or .env (ARGS=pending: show what waits)
	@$(ENV) exec $(BIN)/python -m worker $(ARGS)

flower: $(VENV)/base ## Run Flower; needs REDIS_URL and FLOWER_BASIC_AUTH=user:password
	@$(ENV) : "$${FLOWER_BASIC_AUTH:?Set FLOWER_BASIC_AUTH=user:password, or Flower is open to everybody}"; \
	exec $(BIN)/celery --app worker.flower flower

users: $(VENV)/base ## Create tables, users and reset links: make users ARGS="add anna@example.com"
	@$(ENV) FLASK_SKIP_DOTENV=1 exec $(BIN)/flask --app api.app users $(ARGS)

CATALOGUES := shared/translations
translations: $(VENV)/dev ## Collect the texts and compile the catalogues
	$(BIN)/pybabel --quiet extract --mapping pyproject.toml --keywords lazy_gettext --add-location file \
	  --width 120 --omit-header --output $(VENV)/messages.pot api worker shared
	$(BIN)/pybabel --quiet update --input-file $(VENV)/messages.pot --output-dir $(CATALOGUES) --width 120 \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel --quiet compile --directory $(CATALOGUES)

client: $(VENV)/dev ## Write the OpenAPI document, the guide's table of errors, and the TypeScript client
	$(BIN)/python -m dev.tools.openapi_document
	$(BIN)/python -m dev.tools.typescript_client

pins: $(VENV)/dev ## Update the pinned requirements
	for part in requirements-uv requirements requirements-demo requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-strip-extras \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" $$part.in --output-file $$part.txt; \
	done

clean: ## Remove the virtual environment and the demo's data
	rm -rf $(VENV) .latchkey

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Latchkey needs Python 3.11 or later. Name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# The stamps also remember which Python packages a target found installed.
$(VENV)/base: requirements.txt | $(VENV)/bin/python
	@$(INSTALL)
	@touch $@

$(VENV)/demo: requirements-demo.txt | $(VENV)/bin/python
	@echo "Installing what the demo needs ..."
	@$(INSTALL)
	@touch $@

$(VENV)/dev: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing what the tests need ..."
	@$(INSTALL)
	@touch $@ $(VENV)/demo $(VENV)/base
