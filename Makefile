# What a newcomer needs. `make help` lists it.
PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin/python
# The shell's own USER is whoever is logged in, so only `make code USER=...` counts.
WHO := $(if $(findstring command,$(origin USER)),$(USER),coordinator)

.DEFAULT_GOAL := help
.PHONY: help run code test installs messages bench bench-sign-in bench-headers bench-open-data bench-search bench-upload bench-bucket bench-imaging kills db-away two-nodes at-rest bots defences journey shots audit advisories sbom lock plan venv venv-dev venv-audit

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /|/' | column -t -s '|' 2>/dev/null \
	  || grep -E '^[a-z-]+:.*## ' Makefile

run: venv  ## the demo on http://localhost:8000 (PORT=8123 for another)
	@ENVIRONMENT=demo PUBLIC_URL=http://localhost:$(PORT) exec $(BIN) manage.py start_demo --port $(PORT)

code: venv  ## a demo user's second-factor code (USER=coordinator)
	@ENVIRONMENT=demo $(BIN) manage.py demo_code $(WHO)

test: plan venv-dev  ## everything the gate demands
	@$(BIN) tools/gate.py

installs:  ## each requirements file on each Python and pip that is here
	@$(PYTHON) tools/installs.py

messages: venv-dev  ## update the translation files (needs gettext)
	@ENVIRONMENT=demo $(BIN) manage.py makemessages

bench: venv-dev  ## requests per second against a bare Django view; parallel writers
	@$(BIN) -m tools.bench.run

bench-sign-in: venv-dev  ## what signing in takes for unknown, wrong and withdrawn: no difference (row A3)
	@$(BIN) -m tools.bench.sign_in

bench-headers: venv-dev  ## six requests with a header that is hard to read: what others wait
	@$(BIN) -m tools.bench.headers

bench-open-data: venv-dev  ## the export of 100,000 listings: memory, time, queries
	@$(BIN) -m tools.bench.open_data

bench-search: venv-dev  ## search, suggestions and pages in a directory of 10,000 hospitals
	@$(BIN) -m tools.bench.search
	@$(BIN) -m tools.bench.directory_size

bench-upload: venv-dev  ## uploads against bare views; memory and other requests during 2 GB
	@$(BIN) -m tools.bench.uploads

bench-bucket: venv-dev  ## 2 GB into a bucket and back: memory, other requests, the bytes compared
	@$(BIN) -m tools.bench.uploads --bucket

bench-imaging: venv-dev  ## a study of 1,000 slices: until the family can read about it; memory
	@$(BIN) -m tools.bench.imaging

kills: venv-dev  ## kill -9 of web workers at 50 moments of inquiries and of uploads, on both databases
	@$(BIN) -m tools.kills
	@$(BIN) -m tools.kill_uploads --postgres

db-away: venv-dev  ## PostgreSQL stopped for 30 s and a lock of 30 s while families ask
	@$(BIN) -m tools.db_away

two-nodes: venv-dev  ## uploads, jobs and sign-ins over two machines; a third one that must refuse
	@$(BIN) -m tools.two_nodes

journey: venv-dev  ## from home to the papers on a slow phone with a weak line: bytes, seconds
	@$(BIN) -m tools.journey

at-rest: venv-dev  ## searches a running server for a word that a family wrote; rotates the keys
	@$(BIN) -m tools.at_rest

bots: venv-dev  ## a thousand machines and twenty people send inquiries at once
	@$(BIN) -m tools.bots

defences: venv-dev  ## each security defence taken out, one at a time: a test must fail
	@$(BIN) -m tools.defences

shots: venv-dev  ## screenshots of every page into ./screenshots/
	@$(BIN) -m tools.shots

audit: venv-dev  ## axe-core and Lighthouse over the pages, weight of the first view
	@$(BIN) -m tools.audit

advisories: venv-audit  ## known holes in the pinned requirements; fails closed
	@.venv-audit/bin/python tools/advisories.py

sbom: venv venv-audit  ## docs/sbom.json from the pinned requirements
	@.venv-audit/bin/python tools/sbom.py

lock: venv-audit  ## pin the requirements again from the .in files
	@.venv-audit/bin/python tools/lock.py

plan:
	@$(PYTHON) tools/machine.py

venv:
	@$(PYTHON) tools/install.py .venv requirements.txt

venv-dev:
	@$(PYTHON) tools/install.py .venv requirements-dev.txt

venv-audit:
	@$(PYTHON) tools/install.py .venv-audit requirements-audit.txt
