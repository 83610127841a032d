# The rhythms of the suite; each line is a command that also works alone. `make demo` and `make test` set everything up.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test unit integration system check lint format bench bench-stress bench-verdict bench-capacity stress capacity baselines regression report sandbox clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt .ci/install
	.ci/install $(PYTHON) $(VENV)
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/rushhour demo

test: unit integration system

unit: $(STAMP)
	$(BIN)/pytest -q -n 2 tests/unit

integration: $(STAMP)
	$(BIN)/pytest -q -n 3 --dist loadfile tests/integration

system: $(STAMP)
	$(BIN)/pytest -q -n 4 -m "not quiet" tests/system
	$(BIN)/pytest -q -m quiet tests/system

check: $(STAMP)
	$(BIN)/rushhour check sandbox

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m benchmarks

bench-stress: $(STAMP)
	$(BIN)/python -m benchmarks.stress

bench-verdict: $(STAMP)
	$(BIN)/python -m benchmarks.verdict

bench-capacity: $(STAMP)
	$(BIN)/python -m benchmarks.capacity

stress: $(STAMP)
	$(BIN)/rushhour stress --scaled --load-scale 0.3

# A small shop (a sandbox with a third of the load and of the pool, 5 min), then the report with the shipped examples of traffic and
# prices. The climb's own outcome is not this target's: it may miss objectives, the report says how far it got.
capacity: $(STAMP)
	-$(BIN)/rushhour run exhaustion --target sandbox --time-scale 0.05 --load-scale 0.3 --pool 14
	$(BIN)/rushhour capacity --traffic-scale 0.3 --event "Black Friday=2.5@2027-11-26"

# Whole, a run takes 24 min; SCALE="--time-scale 0.03" makes it 43 s. Baselines and runs must have the same scale.
baselines: $(STAMP)
	$(BIN)/rushhour baseline build weekly_regression --target sandbox $(SCALE)

regression: $(STAMP)
	$(BIN)/rushhour run weekly_regression --target sandbox $(SCALE)

report: $(STAMP)
	$(BIN)/rushhour report last

sandbox: $(STAMP)
	$(BIN)/rushhour sandbox

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
