# make run: from a fresh clone to the app in the browser.   make test: everything CI checks.
# Set-up happens by itself, once, in .venv; a changed requirements file is noticed.

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
INSTALL ?= $(BIN)/python -m pip install --disable-pip-version-check
MNIST := $${AE_DATA_DIR:-data}/MNIST/raw/train-images-idx3-ubyte
BIOME := node_modules/.bin/biome
NPM_INSTALL := npm install --no-package-lock --no-audit --no-fund

.PHONY: run test load coverage check js format constraints clean

# The lab is made of MNIST, 12 MB, so that it is fetched before the app starts: in twenty seconds or not at all.
# AE_DOWNLOAD=0 for never. What came is kept, and the next time goes on from there.
run: $(VENV)/.app
	@[ "$${AE_DOWNLOAD:-1}" = 0 ] || [ -e "$(MNIST)" ] || $(BIN)/python -m ae_core datasets --download mnist --within 20 || true
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

# The quick tests on all processors, a file on one, as what its tests share is made once then; the browser, its server and
# its workers then have the machine to themselves.
test: $(VENV)/.dev check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile -m "not browser and not load"
	$(BIN)/python -m pytest -m "browser and not load"

# A class that arrives at once, workers that die or freeze, a site of several processes, and each moment at which a server
# can be told to end: whole servers and clusters, one after the other.
load: $(VENV)/.dev
	@sh tests/load/install.sh
	$(BIN)/python -m pytest -m load

# How much of the code the quick tests run, in per cent. Apart from them, since on Python 3.11 it takes them nearly twice
# the processor time; workers, and what only a browser test runs, are not counted.
coverage: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile -m "not browser and not load" --cov=ae_core --cov=ui --cov-report=
	@for part in ae_core ui; do printf 'covered in %s: ' $$part; $(BIN)/coverage report --include="$$part/*" --format=total; done

check: $(VENV)/.dev js
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# What the browser runs. Biome comes by npm, in the one version that package.json names, and only for this.
js:
	@if ! command -v npm >/dev/null; then echo "JavaScript and CSS were not checked: there is no npm here."; \
	elif ! [ node_modules -nt package.json ] && ! $(NPM_INSTALL) >/dev/null 2>&1; then echo "JavaScript and CSS were not checked: npm could not fetch Biome."; \
	else touch node_modules; $(BIOME) ci --error-on-warnings; fi

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@if [ -x $(BIOME) ]; then $(BIOME) check --write; fi

# Writes constraints.txt anew, from an environment of its own that holds what the requirements bring and nothing else.
# With the oldest Python that is supported, so that no version is too new for it. A local build's suffix (+cpu) is left
# out, and so are the parts of CUDA, which torch asks for by exact version where it wants them.
constraints:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 11) else "Constraints are made with Python 3.11: make constraints PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .make-constraints
	.make-constraints/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	printf '%s\n' \
		'# Every version that requirements-dev.txt brings with it, so that a clone of today is the same in a year.' \
		'# Written by "make constraints"; not to be edited. Used by the Makefile: pip install -c constraints.txt -r requirements.txt' \
		> .make-constraints/new
	.make-constraints/bin/python -m pip freeze --all --disable-pip-version-check \
		| sed -E 's/\+[a-z0-9.]+$$//' | grep -Ev '^(nvidia|cuda|triton|pip=|wheel=)' >> .make-constraints/new
	mv .make-constraints/new constraints.txt
	rm -rf .make-constraints

clean:
	rm -rf $(VENV) node_modules .make-* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage

# A marker file a requirements file: newer than it means installed.
$(VENV)/.app: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) --quiet -c constraints.txt -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(INSTALL) --quiet -c constraints.txt -r requirements-dev.txt
	sh tests/browser/install.sh $(BIN)/python
	touch $@
