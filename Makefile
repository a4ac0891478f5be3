# make run: from a fresh clone to the app in the browser.   make test: everything CI checks.
# Set-up happens by itself, once, in .venv; a changed requirements file is noticed.

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
BIOME := node_modules/.bin/biome
NPM_INSTALL := npm install --no-package-lock --no-audit --no-fund

.PHONY: run test check js format bench clean

run: $(VENV)/.app
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

# The quick tests on all processors; the browser, its server and its workers then have the machine to themselves.
test: $(VENV)/.dev check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto -m "not browser"
	$(BIN)/python -m pytest -m browser

check: $(VENV)/.dev js
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# What the browser runs. Biome comes by npm, in the one version that package.json names, and only for this.
js:
	@if ! command -v npm >/dev/null; then echo "JavaScript and CSS were not checked: there is no npm here."; \
	elif ! [ node_modules -nt package.json ] && ! $(NPM_INSTALL) >/dev/null 2>&1; then echo "JavaScript and CSS were not checked: npm could not fetch Biome."; \
	else touch node_modules; $(BIOME) ci --error-on-warnings; fi

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@if [ -x $(BIOME) ]; then $(BIOME) check --write; fi

clean:
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache

# A marker file a requirements file: newer than it means installed.
$(VENV)/.app: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	sh tests/browser/install.sh $(BIN)/python
	touch $@
