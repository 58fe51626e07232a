# `make demo` shows it working, `make test` proves it. Both build .venv by themselves (see scripts/venv).
PYTEST = .venv/bin/python -m pytest
TYPED = src systems $(wildcard tests/typing)
INPUTS = scripts/venv requirements/constraints.txt requirements/build.txt pyproject.toml $(wildcard systems/*/pyproject.toml)
ARGS =
# Test files run in this many processes at once.
WORKERS = 2

.DEFAULT_GOAL := help
.PHONY: help demo pages pages-check test test-long check ruff mypy pyright rooms format bench bench-quick constraints clean

help:
	@echo "make demo       eight real videos catalogued, queried and shown; a package indexed and mended; a story drawn and exported"
	@echo "make pages      the HSTC.md pages of src/ brought up to date; \`make pages-check\` tells what is stale"
	@echo "make test       every test but the long ones  (ARGS='-k name' goes to pytest)"
	@echo "make test-long  the long ones: faults, figures, minutes of load"
	@echo "make check      ruff, mypy --strict, pyright, the direction of imports, users' types"
	@echo "make format     let ruff format and mend"
	@echo "make bench-quick  how near the drivers it is, in two minutes  (ARGS='--only get --database sqlite')"
	@echo "make bench      the same for longer, with the other layers beside it"
	@echo "make clean      remove .venv and caches"

demo: .venv/.ready-test
	@.venv/bin/python -m stoat_ferret demo $(ARGS)
	@.venv/bin/python -m dbp demo
	@.venv/bin/python -m app demo

# What src/ says of itself, directory by directory; commit the result with what changed it.
pages: .venv/.ready-test
	@.venv/bin/python -m dbp hstc write src

pages-check: .venv/.ready-test
	@.venv/bin/python -m dbp hstc check src || { echo "run \`make pages\`, and commit what it writes"; exit 1; }

test: .venv/.ready-test
	@$(PYTEST) -n $(WORKERS) --dist loadfile $(ARGS)

test-long: .venv/.ready-test
	@$(PYTEST) -m long -rA $(ARGS)

# `make -k check` goes on after the first that fails.
check: ruff mypy pyright rooms

ruff: .venv/.ready-check
	.venv/bin/ruff check
	.venv/bin/ruff format --check

mypy: .venv/.ready-check
	.venv/bin/mypy $(TYPED)

pyright: .venv/.ready-check
	.venv/bin/pyright $(TYPED)

rooms: .venv/.ready-check
	$(PYTEST) -q tests/test_rooms.py $(wildcard tests/typing)

format: .venv/.ready-check
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

# With the peers, in an environment of their own. Without ARGS the figures go into docs/benchmarks.md.
bench: benchmarks/.venv/.ready
	@status=0; for what in "benchmarks --peers $(or $(ARGS),--json benchmarks/figures.json --docs)" \
	  benchmarks.import_time benchmarks.stream_memory; do \
	  benchmarks/.venv/bin/python -m $$what || status=1; done; exit $$status

bench-quick: .venv/.ready-test
	@.venv/bin/python -m benchmarks --rounds 15 --least 3 --seconds 1 $(ARGS)

# The newest versions that fit pyproject.toml, from a clean environment; commit the result.
constraints:
	rm -rf .venv
	: > requirements/constraints.txt
	scripts/venv test
	scripts/venv check
	.venv/bin/python -m pip freeze --exclude-editable > requirements/constraints.txt

clean:
	rm -rf .venv benchmarks/.venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.ready-test: $(INPUTS) requirements/test.txt
	@PYTHON="$(PYTHON)" scripts/venv test

benchmarks/.venv/.ready: benchmarks/peers/requirements.txt pyproject.toml
	@echo "building benchmarks/.venv; this happens once"
	@rm -rf benchmarks/.venv
	@$(or $(PYTHON),python3) -m venv benchmarks/.venv
	@benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt
	@benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

.venv/.ready-check: .venv/.ready-test requirements/check.txt
	@scripts/venv check
