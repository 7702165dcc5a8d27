# make help lists the targets. Everything runs in .venv, made by the first target that needs it.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
export TF_CPP_MIN_LOG_LEVEL ?= 3

# make bench TORCH_PYTHON=path takes the PyTorch of another environment instead of installing it in this one.
TORCH_PYTHON ?=
BENCH_NEEDS := $(VENV)/.installed$(if $(TORCH_PYTHON),,-bench)
BENCH := $(RUN) -m benchmarks.speed $(if $(TORCH_PYTHON),--torch-python $(TORCH_PYTHON))

DEMO_SENTENCES := "The plot was predictable, but the acting was far from wooden." \
	"Although the waiters were friendly, I can't say that the food was good." \
	"The food was not bad at all."

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-gpu keras-suite lint format bench bench-quick bench-full bench-report bench-decoding quality clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(VENV)/.installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11 to 3.13 is needed: make PYTHON=python3.12 …" >&2; exit 1; }
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(RUN) -m pip install --quiet -r requirements-dev.txt
	touch $@

$(VENV)/.installed-bench: requirements-bench.txt $(VENV)/.installed
	$(RUN) -m pip install --quiet -r requirements-bench.txt
	touch $@

demo: $(VENV)/.installed ## train, score, export and use a sentiment model in two minutes
	@set -e; name=demo-$$(date +%Y%m%d-%H%M%S); model=runs/sentiment/$$name; \
	$(RUN) -m apps.sentiment train configs/sentiment/default.yaml train.name=$$name; \
	$(RUN) -m apps.sentiment export --model $$model; \
	echo; echo "Three sentences, in a fresh process:"; \
	$(RUN) -m apps.sentiment predict --model saved_models/sentiment $(DEMO_SENTENCES); \
	echo; echo "Next, in this environment (. $(VENV)/bin/activate):"; \
	echo "  python -m apps.sentiment predict --model saved_models/sentiment \"your own sentence\""; \
	echo "  python -m apps.tagging train configs/tagging/default.yaml"; \
	echo "  python -m apps.sentiment train configs/sentiment/default.yaml model.cell=gru train.epochs=3"; \
	echo "  python -m apps"

test: $(VENV)/.installed-dev ## run the tests (ten minutes on two cores)
	$(RUN) -m pytest -q -n auto --dist loadfile

test-slow: $(VENV)/.installed-dev ## run the tests that take minutes
	$(RUN) -m pytest -q -m slow

test-gpu: $(VENV)/.installed-dev ## run the tests that need a GPU
	$(RUN) -m pytest -q -m gpu

keras-suite: $(VENV)/.installed-dev ## run the tests in Keras's own wheel against our layers
	$(RUN) -m tests.keras_suite

lint: $(VENV)/.installed-dev ## check style
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

format: $(VENV)/.installed-dev ## mend style
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

bench: $(BENCH_NEEDS) ## time the layers beside Keras's, PyTorch's and the matmuls alone (15 minutes at most on two cores)
	$(BENCH) --subset standard

bench-quick: $(VENV)/.installed ## the same for three cells and three small shapes (3 minutes at most), PyTorch where it is
	$(BENCH) --subset quick

bench-full: $(BENCH_NEEDS) ## all of it (an hour; goes on where it was left) into benchmarks/speed/results.json and its README
	$(BENCH) --subset full
	$(BENCH) --report

bench-report: $(VENV)/.installed ## write benchmarks/speed/results.json into its README once more
	$(BENCH) --report

bench-decoding: $(VENV)/.installed-bench ## time decoding beside KerasHub and PyTorch (5 minutes; make bench-decoding SUBSET=full: 20)
	$(RUN) -m benchmarks.decoding --subset $(or $(SUBSET),quick) $(if $(TORCH_PYTHON),--torch-python $(TORCH_PYTHON))
	$(if $(filter full,$(SUBSET)),$(RUN) -m benchmarks.decoding --report)

quality: $(VENV)/.installed ## measure quality on real corpora: make quality DATA=folder [ONLY=sst2,ewt] (see benchmarks/quality)
	$(RUN) -m benchmarks.quality $(if $(DATA),--data $(DATA)) $(if $(ONLY),--only $(ONLY))

clean: ## remove the environment and caches; runs and exported models stay
	rm -rf $(VENV) .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
