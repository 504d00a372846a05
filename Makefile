# make repro   set everything up and run the pipeline on the embedded sample
# make test    set everything up, then lint, types and tests
# make studies set everything up and run all rows of the five reports at the budget of params.yaml
# make rows    the same with one seed each, without claims and pages
# make pages   draw the studies' pages from the runs that there are, finished or not
# make readme  refresh what is shown: results, studies' pages, stages, tour of commands (minutes)
# Needs Python 3.11 to 3.13, git and make; uv and the rest come from the package index.

.PHONY: repro studies rows pages test lint setup readme clean
.DELETE_ON_ERROR:

SYSTEM_UV := $(shell command -v uv 2>/dev/null)
UV := $(or $(SYSTEM_UV),.tools/bin/uv)
RUN := $(UV) run --frozen --no-sync

# The interpreter is the machine's own: nothing but the package index is asked for anything.
export UV_PYTHON_DOWNLOADS := never
# Threads that spin while they wait slow their neighbours down many times over.
export OMP_WAIT_POLICY := passive

# Runs that `make rows` has at work at a time
JOBS := 2
EVALUATE := $(patsubst %/dvc.yaml,%/dvc.yaml:evaluate,$(wildcard studies/*/dvc.yaml))

repro: setup
	@$(RUN) python -m stages.check
	@$(RUN) dvc repro
	@echo
	@cat reports/results.md
	@echo
	@echo "The whole report: $(CURDIR)/reports/index.html"

studies: setup
	@$(RUN) python -m stages.check --studies studies
	@$(RUN) dvc repro studies/dvc.yaml
	@echo "Tables, figures and claims: $(CURDIR)/reports/studies/studies.html"

rows: setup
	@$(RUN) python -m stages.check --studies studies
	@$(RUN) dvc repro studies/dvc.yaml:train_code studies/dvc.yaml:evaluate_code \
	  $(EVALUATE:evaluate=plan)
	@$(RUN) python -m stages.side_by_side --jobs $(JOBS) $(EVALUATE)
	@$(RUN) dvc commit --force $(EVALUATE:evaluate=train) $(EVALUATE)

pages: setup
	@set -e; for study in $(patsubst studies/%/params.yaml,%,$(wildcard studies/*/params.yaml)); do \
	  mkdir -p reports/studies/$$study; \
	  $(RUN) python -m stages.collect studies/$$study/params.yaml data/studies/$$study/plans \
	    reports/studies/$$study data/studies/$$study/predictions \
	    reports/studies/$$study/replication.json reports/studies/$$study/answers \
	    $$(test ! -f studies/$$study/sweeps.csv || echo --sweeps studies/$$study/sweeps.csv); \
	done
	@$(RUN) python -m stages.claims studies/claims.yaml reports/studies \
	  reports/studies/claims.json
	@$(RUN) python -m stages.studies_page reports/studies
	@echo "Tables, figures and claims: $(CURDIR)/reports/studies/studies.html"

test: setup lint
	@$(RUN) pytest

lint: setup
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@$(RUN) lint-imports --no-cache

readme: setup
	@$(RUN) python -m stages.report data/plans reports --readme README.md
	@$(RUN) python -m stages.render
	@test ! -f studies/claims.json || $(RUN) python -m stages.studies_page studies --readme README.md
	@$(RUN) python docs/readme.py stages tour

setup: .venv/.synced
	@test -e .git || $(RUN) dvc config --local core.no_scm true

.venv/.synced: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --frozen
	@touch $@

.tools/bin/uv:
	@python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "error: python3 must be 3.11, 3.12 or 3.13, found $$(python3 --version 2>&1)"; exit 1; }
	@python3 -m venv .tools || \
	  { rm -rf .tools; echo "error: python3 has no venv module (on Debian: apt install python3-venv)"; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check "uv>=0.7"

clean:
	rm -rf .venv .tools
