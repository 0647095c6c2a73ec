# Two commands do everything on a machine with python3, pip and make: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO ?= work/demo
# Tests in that many processes; 0: in this one.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ $$n -gt 4 ] && echo 4 || echo $$n)
export PYTHONHASHSEED ?= 0
export MLFLOW_DISABLE_TELEMETRY ?= true
export BENTOML_DO_NOT_TRACK ?= 1
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: setup demo test coverage lint serve bench clean lock

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "lead-ml needs Python 3.11 or newer; name one with: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This python3 lacks venv. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/pip check --disable-pip-version-check
	@touch $@

demo: $(READY)
	$(BIN)/lead-ml demo $(DEMO)

test: $(READY)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m "not slow and not service and not data" $(PYTEST)

coverage: $(READY)
	rm -f .coverage .coverage.*
	$(MAKE) test PYTEST="--cov --cov-report= $(PYTEST)"
	mv .coverage .coverage.quick
	NUMBA_DISABLE_JIT=1 LEAD_ML_EXAMPLES=20 $(BIN)/python -m coverage run --parallel-mode -m pytest -q -m "not slow" tests/asof/kernel tests/oracle
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --fail-under=90

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell -D - -D .codespell-words.txt
	$(BIN)/python -m pytest -q tests/test_wording.py

serve: $(READY)
	$(BIN)/lead-ml serve --project $(DEMO)

bench: $(READY)
	$(BIN)/python benchmarks/scoring.py $(BENCH)

lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest \
	  --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header -o requirements.lock

clean:
	rm -rf $(VENV) work build dist .coverage* .pytest_cache .mypy_cache .ruff_cache
