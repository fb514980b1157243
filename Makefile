# Two commands do everything: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
STACK ?= local
READY := .venv/.ready
RUN := .venv/bin/python

.PHONY: help demo test up status logs down reset env crawl notebook check unit benchmarks faults lock clean

help: ## what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY) ## the whole pipeline on this machine, from nothing to a report
	@$(RUN) -m local demo

test: $(READY) ## everything that can be tested, the real laptop stack included
	@$(RUN) -m local fetch
	@$(MAKE) --no-print-directory check
	@$(RUN) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

unit: $(READY) ## the tests that need no running part
	@$(RUN) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not stack"

check: $(READY) ## style and types
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy

up: $(READY) ## start the laptop's AWS and deploy to it
	@$(RUN) -m local up

status: $(READY) ## what runs, and how far the events have come
	@$(RUN) -m local status

logs: $(READY) ## where the logs are, and their last lines
	@$(RUN) -m local logs

down: $(READY) ## stop the laptop's AWS and keep its data
	@$(RUN) -m local down

reset: $(READY) ## stop the laptop's AWS and delete its data
	@$(RUN) -m local reset

env: $(READY) ## shell exports for your own tools: eval "$(make env)"
	@$(RUN) -m local env

crawl: $(READY) ## make the newest hours visible to queries now
	@$(RUN) -m local crawl

notebook: $(READY) ## open the notebooks in JupyterLab, on STACK=local or another stack
	@$(RUN) -m local notebook --stack $(STACK)

benchmarks: $(READY) ## how fast events are made and sent, written to docs/benchmarks.md
	@$(RUN) -m benchmarks --write

faults: $(READY) ## what faults do to the events, at length, written to docs/faults.md
	@$(RUN) -m local fetch
	@$(RUN) -m tests.faults $(FAULTS)

lock: $(READY) ## renew requirements/*.txt from requirements/*.in
	@for name in requirements/*.in; do [ $$name = requirements/handlers.in ] || .venv/bin/uv pip compile --quiet \
		--universal --python-version 3.11 --generate-hashes --no-annotate $$name -o $${name%.in}.txt; done

clean: ## delete .venv; the laptop's data is deleted by `make reset`
	@rm -rf .venv

$(READY): requirements/environment.txt requirements/tools.txt local/bootstrap.py
	@$(PYTHON) -I local/bootstrap.py
