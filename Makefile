# EOGen Explorer. `make demo` opens the app; `make test` runs every test. Nothing else is needed.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8501
PY      = $(VENV)/bin/python
ROOM   ?= all
MODEL  ?=
SHELL   = /bin/sh

.PHONY: demo stand test lint format bench audit fuzz train evaluate clean
.DEFAULT_GOAL := demo

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "EOGen needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.users: requirements.txt | $(PY)
	$(PY) -m pip install --disable-pip-version-check -q -r requirements.txt
	@touch $@

$(VENV)/.developers: requirements.txt requirements-dev.txt | $(PY)
	$(PY) -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	@touch $@ $(VENV)/.users

# The small real sample set is asked for once; with no network one sentence is said and simulated scenes serve.
$(VENV)/.sample: | $(VENV)/.users
	@$(PY) -m eogen fetch --sample || \
	  echo "The simulated scenes serve instead. To try again later: $(PY) -m eogen fetch --sample"
	@touch $@

demo: $(VENV)/.users $(VENV)/.sample
	@$(PY) -m eogen serve --port $(PORT)

# Full screen for a public stand. make stand ADDRESS=0.0.0.0 lets phones follow the QR code.
stand: $(VENV)/.users
	@$(PY) -m eogen serve --stand --port $(PORT) $(if $(ADDRESS),--address $(ADDRESS))

test: $(VENV)/.developers
	@tests/chromium.sh
	@tests/nginx.sh
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
ifdef ARGS
	$(PY) -m pytest $(ARGS)
else
	$(PY) -m pytest tests/unit tests/pages -n 2 --dist loadfile
	$(PY) -m pytest tests/browser -n 2 --dist loadfile
endif

lint: $(VENV)/.developers
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(VENV)/.developers
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/.developers
	@tests/chromium.sh
	$(PY) -m benchmarks

# Pins, undeclared imports, licences; known faults where pip-audit and a network are.
audit: $(VENV)/.developers
	$(PY) -m benchmarks.audit

# Damaged and hostile files over every reader; then examples that no test has seen yet (`make test` takes the same ones
# at every run).
fuzz: $(VENV)/.developers
	$(PY) -m benchmarks.fuzz --files 2000 --seed 0
	EOGEN_EXPLORE=1 $(PY) -m pytest tests/unit tests/pages -m hypothesis

# make train ROOM=landcover MODEL=rgb_cnn DATA=../shared/data
train: $(VENV)/.users
	$(PY) -m eogen train $(ROOM) $(MODEL) $(if $(DATA),--data $(DATA))

# make evaluate ROOM=landcover DATA=../shared/data JSON=results.json
evaluate: $(VENV)/.users
	$(PY) -m eogen evaluate $(ROOM) $(if $(DATA),--data $(DATA)) $(if $(JSON),--json $(JSON))

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis artefacts
