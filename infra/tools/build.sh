#!/usr/bin/env bash
# Builds the three functions' packages for one architecture, linked against the C library of Amazon Linux 2023, and checks
# their sizes.
#
#     build.sh [arm64|x86_64]
#
# The default is arm64, as in the template, or this machine's architecture if arm64 cannot be built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

budget=5000000
declare -A triples=([arm64]=aarch64-unknown-linux-gnu [x86_64]=x86_64-unknown-linux-gnu)

# Checks that Rust's target is installed, or installs it with rustup.
has_target() {
	[ -d "$(rustc --print sysroot)/lib/rustlib/${triples[$1]}/lib" ] || rustup --quiet target add "${triples[$1]}" 2>/dev/null
}

arch=${1:-arm64}
[ -n "${triples[$arch]:-}" ] || { echo "\`$arch\` is not a Lambda architecture: expected arm64 or x86_64" >&2; exit 2; }
if ! has_target "$arch"; then
	own=$(rustc -vV | sed -n 's/^host: //p')
	echo "cannot build for arm64: rustup cannot install the Rust target ${triples[$arch]}." >&2
	[ -z "${1:-}" ] && [ "$own" = "${triples[x86_64]}" ] || exit 1
	arch=x86_64
	echo "Building for $arch instead: deploy with ARCH=$arch." >&2
fi

build() {
	cargo lambda build --locked --compiler zig --target "${triples[$arch]}.2.34" --output-format zip "$@"
}
build --release --package export-gate --bin export-gate
build --profile functions --package export-gate-functions

target=${CARGO_TARGET_DIR:-target}/lambda
echo "$arch" >"$target/architecture" # for `make deploy`
python3 infra/tools/check_zip.py --arch "$arch" --budget "$budget" "$target/export-gate/bootstrap.zip"
python3 infra/tools/check_zip.py --arch "$arch" "$target/ledger-archive/bootstrap.zip" "$target/register-watch/bootstrap.zip"
