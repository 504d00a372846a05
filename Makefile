# make repro    set everything up and run the pipeline on the embedded sample
# make test     set everything up, then lint, types and tests
# make studies  set everything up and run all experiments of the five reports at their budget
# make readme   copy the measured speed into README.md
# make docs     set everything up and build the site into site/
# make wheel    build dist/mtbert-*.whl, for projects outside a clone
# Needs Python 3.11 to 3.13, git and make; uv and the rest come from the package index.

.PHONY: repro studies readme docs wheel test lint setup clean
.DELETE_ON_ERROR:

SYSTEM_UV := $(shell command -v uv 2>/dev/null)
UV := $(or $(SYSTEM_UV),$(CURDIR)/.tools/bin/uv)
RUN := $(UV) run --frozen --no-sync

# The interpreter is the machine's own: nothing but the package index is asked for anything.
export UV_PYTHON_DOWNLOADS := never
# Threads that spin while they wait slow their neighbours down many times over.
export OMP_WAIT_POLICY := passive

repro: setup
	@$(RUN) mtbert check
	@$(RUN) dvc repro
	@echo
	@cat reports/results.md
	@echo
	@echo "The whole report: $(CURDIR)/reports/index.html"

studies: setup
	@cd studies && $(RUN) mtbert check
	@cd studies && $(RUN) dvc repro -R .

readme: setup
	@$(RUN) python -m benchmarks.pages README.md

docs: setup
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --quiet
	@echo "The site: $(CURDIR)/site/index.html; with search: python3 -m http.server -d site"

wheel: | $(UV)
	@$(UV) build --wheel --quiet
	@ls dist/*.whl

test: setup lint
	@$(RUN) pytest

lint: setup
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@$(RUN) lint-imports --no-cache

setup: .venv/.synced
	@test -e .git || $(RUN) dvc config --local core.no_scm true

.venv/.synced: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --frozen
	@touch $@

$(CURDIR)/.tools/bin/uv:
	@python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "error: python3 must be 3.11, 3.12 or 3.13, found $$(python3 --version 2>&1)"; exit 1; }
	@python3 -m venv .tools || \
	  { rm -rf .tools; echo "error: python3 has no venv module (on Debian: apt install python3-venv)"; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check "uv>=0.7"

clean:
	rm -rf .venv .tools
