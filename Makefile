# Two commands: `make run` and `make test`. Both make .venv from the lock first.
PYTHON ?= python3
VENV := .venv
JAX_VENV := .venv-jax
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
JAX_STAMP := $(JAX_VENV)/installed

DATASET ?=
PROFILE ?=
SEED ?=
RUN ?=
PARAMETERS ?=
SEEDS ?=
FOLDS ?=
MODELS ?=
EXECUTOR ?=
CORES ?=
PORT ?=
OPTIONS ?=
export TF_CPP_MIN_LOG_LEVEL ?= 2

# Only what was given is passed on: the defaults live in braintumor.workflow.settings.
CHOICES = $(if $(DATASET),--dataset $(DATASET)) $(if $(PROFILE),--profile $(PROFILE)) \
  $(if $(SEED),--seed $(SEED)) $(if $(RUN),--run $(RUN)) \
  $(if $(CORES),--cores $(CORES)) $(foreach pair,$(PARAMETERS),--parameter $(pair))
SWEEP_CHOICES = $(CHOICES) \
  $(if $(SEEDS),--seeds "$(SEEDS)") $(if $(FOLDS),--folds $(FOLDS)) \
  $(if $(MODELS),--models "$(MODELS)") $(if $(EXECUTOR),--executor $(EXECUTOR))

.DEFAULT_GOAL := help
.PHONY: help install run sweep test lint unit stored-outputs test-jax app voila soak bench bench-gpu lab \
  notebooks lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  choices of run: DATASET=phantom|nickparvar|... PROFILE=quick|cpu|paper|best"
	@echo "                  SEED=7 RUN=name CORES=2 PARAMETERS=\"epochs=1 side=64\""
	@echo "  of sweep: also SEEDS=\"7 8\" FOLDS=3 MODELS=\"vgg16_four_class\" EXECUTOR=slurm"

install: $(STAMP)  ## make .venv from the lock

run: $(STAMP)  ## every notebook, then the results table and the report
	@$(BIN)/braintumor run $(CHOICES)

sweep: $(STAMP)  ## seeds × folds × models, joined into one table; EXECUTOR=slurm for a cluster
	@$(BIN)/braintumor sweep $(SWEEP_CHOICES)

test: lint unit stored-outputs test-jax  ## ruff, pytest, nbval, and what is JAX's

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

unit: $(STAMP)
	$(BIN)/python -m pytest

stored-outputs: $(STAMP)
	$(BIN)/python -m braintumor.workflow.stored check

# One processor shows as two devices, for the tests that share batches between them.
test-jax: $(JAX_STAMP)  ## on JAX, in an environment without TensorFlow
	KERAS_BACKEND=jax XLA_FLAGS=--xla_force_host_platform_device_count=2 \
	  $(JAX_VENV)/bin/python -m pytest tests/modeling/test_backends.py \
	  tests/modeling/test_optimizers.py tests/modeling/test_sharing.py \
	  tests/test_gpu_benchmark.py

app: $(STAMP)  ## the upload page; PORT=8000, or OPTIONS="--host 0.0.0.0 --rate 0"
	@$(BIN)/braintumor app $(if $(PORT),--port $(PORT)) $(OPTIONS)

soak: $(STAMP)  ## load, leaks, stops and bad uploads against the page, ten minutes
	$(BIN)/python -m braintumor.demo.soak

bench: $(STAMP)  ## what docs/performance.md says, on quiet cores, forty minutes
	$(BIN)/python -m benchmarks

bench-gpu: $(JAX_STAMP)  ## the roof of a GPU and training on it; wants jax[cuda12] in .venv-jax
	KERAS_BACKEND=jax $(JAX_VENV)/bin/python -m benchmarks.gpu

voila: $(STAMP)  ## the upload demo of notebook 07 as an app, in the browser
	TQDM_DISABLE=1 $(BIN)/voila notebooks/07_upload_demo.ipynb

lab: $(STAMP)  ## JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir=notebooks

notebooks: $(STAMP)  ## refresh stored outputs, stamps and text mirror
	$(BIN)/python -m braintumor.workflow.stored refresh

lock: $(VENV)/bin/pip  ## write requirements.txt and requirements-jax.txt anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	  --custom-compile-command "make lock" --extra web pyproject.toml requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	  --custom-compile-command "make lock" --extra jax pyproject.toml requirements-jax.in \
	  -o requirements-jax.txt
	@! grep -nE '(index-url|find-links|://)' requirements.txt requirements-jax.txt \
	  || { echo "An address stands in the lock: unset it in pip's configuration."; exit 1; }

clean:  ## remove derived files; data/raw, data/results and .venv stay
	rm -rf data/cache data/runs build .snakemake .pytest_cache .ruff_cache
	find lib tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an interrupted installation is done again.
$(STAMP): requirements.txt pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --disable-pip-version-check --quiet --requirement requirements.txt
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --editable .
	@touch $@

$(JAX_STAMP): requirements-jax.txt pyproject.toml | $(JAX_VENV)/bin/pip
	$(JAX_VENV)/bin/pip install --disable-pip-version-check --quiet --requirement requirements-jax.txt
	$(JAX_VENV)/bin/pip install --disable-pip-version-check --quiet --no-deps --editable .
	@touch $@

$(VENV)/bin/pip $(JAX_VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "braintumor needs Python 3.11 to 3.13, and $(PYTHON) is" \
	  "$$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(patsubst %/bin/pip,%,$@)
