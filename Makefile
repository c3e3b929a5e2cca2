# Targets:
#   make setup    fill .venv with everything, pinned by constraints.txt
#   make demo     the main job from images to report, on handwritten digits
#   make test     all tests
#   make check    formatting, lint, types
#   make docs     write the README's houses, docs/tree.md and docs/cli.md from the code
#   make keras    fill .venv-keras with Keras on TensorFlow, only to compare with
#   make bench    everything that is fast here, against peers: many hours; DATA="mnist=FOLDER …"
#   make bench-quick   less of each, in one round, within minutes; DATA="mnist=FOLDER …"
#   make swift    accuracy and time of swift's presets, three seeds each; DATA="mnist=FOLDER …"
#   make textbook the published networks on their data, three seeds each; DATA="mnist=FOLDER …"
#   make planted  what the audit finds of faults planted into photographs; DATA=FOLDER
#   make promises whether plans keep their promise, against errors that are known
#   make unlike   how well strange images are told from one's own; DATA="clothing=FOLDER cifar=FOLDER …"
#   make studies  the long proof: every ready study's quick form, the notebook, and kills at random moments
#   make sorting  the long proof: 10,000 images sorted with 20 kills, each in exactly one place
#   make kills    the long proof: training killed at random moments ends in the same bits
#   make clean    remove build, .venv and .venv-keras
#
# PyTorch from another index, such as its CPU-only builds: make setup TORCH_INDEX=<url>

PYTHON ?= python3
TORCH_INDEX ?=
DEMO := build/demo
BIN := .venv/bin
KERAS := .venv-keras

.PHONY: setup demo test check docs keras bench bench-quick swift textbook planted promises unlike studies kills sorting clean
.DEFAULT_GOAL := setup

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) --editable ".[dev]"
	touch $@

demo: setup
	rm -rf $(DEMO)
	$(BIN)/sureshot get digits --to $(DEMO)/digits
	$(BIN)/sureshot look $(DEMO)/digits --out $(DEMO)/look.html
	$(BIN)/sureshot train $(DEMO)/digits --preset quick --name digits --runs $(DEMO)/runs
	$(BIN)/sureshot evaluate $(DEMO)/runs/digits
	$(BIN)/sureshot predict $(DEMO)/runs/digits $(DEMO)/digits/7 --out $(DEMO)/sevens.csv
	$(BIN)/sureshot check $(DEMO)/runs/digits
	@echo "The data: $(CURDIR)/$(DEMO)/look.html"
	@echo "The report: $(CURDIR)/$(DEMO)/runs/digits/report.html"

test: setup
	$(BIN)/python -m pytest --numprocesses auto

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: setup
	$(BIN)/python docs/generate.py

keras: $(KERAS)/ready

$(KERAS)/ready: benchmarks/keras_requirements.txt
	$(PYTHON) -m venv $(KERAS)
	$(KERAS)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

bench: setup keras
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/against_keras.py
	$(BIN)/python benchmarks/inference.py
	$(BIN)/python benchmarks/swift.py $(DATA)
	$(BIN)/python benchmarks/peers.py $(DATA)

bench-quick: setup keras
	$(BIN)/python benchmarks/run.py --quick
	$(BIN)/python benchmarks/against_keras.py --quick
	$(BIN)/python benchmarks/inference.py --quick
	$(BIN)/python benchmarks/swift.py --quick $(DATA)

swift: setup
	$(BIN)/python benchmarks/swift.py $(DATA)

textbook: setup
	$(BIN)/python benchmarks/textbook.py $(DATA)

planted: setup
	$(BIN)/python benchmarks/audit.py $(DATA)

promises: setup
	$(BIN)/python benchmarks/promises.py

unlike: setup
	$(BIN)/python benchmarks/unlike.py $(DATA)

studies: setup
	$(BIN)/python -m pytest tests/studies tests/cli/test_cli_studies.py tests/test_notebook.py --all-studies --kills 12

kills: setup
	$(BIN)/python -m pytest tests/training/test_kills.py --kills 12 -s

sorting: setup
	$(BIN)/python -m pytest tests/sorting/test_sorting_kills.py --kills 20 -s

clean:
	rm -rf build .venv $(KERAS)
