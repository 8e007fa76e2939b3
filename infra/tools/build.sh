#!/usr/bin/env bash
# Builds the three functions' packages for one architecture, linked against the C library of Amazon Linux 2023, and holds
# them to their budget.
#
#     build.sh [arm64|x86_64]
#
# Without one it is arm64, the template's default, or this machine's own where arm64 can't be built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

budget=5000000
declare -A triples=([arm64]=aarch64-unknown-linux-gnu [x86_64]=x86_64-unknown-linux-gnu)

# Rust's own library for the architecture is there, or comes by rustup.
has_target() {
	[ -d "$(rustc --print sysroot)/lib/rustlib/${triples[$1]}/lib" ] || rustup --quiet target add "${triples[$1]}" 2>/dev/null
}

arch=${1:-arm64}
[ -n "${triples[$arch]:-}" ] || { echo "\`$arch\` is no architecture of Lambda: it is arm64 or x86_64" >&2; exit 2; }
if ! has_target "$arch"; then
	own=$(rustc -vV | sed -n 's/^host: //p')
	echo "arm64 can't be built here: rustup can't fetch the Rust target ${triples[$arch]}." >&2
	[ -z "${1:-}" ] && [ "$own" = "${triples[x86_64]}" ] || exit 1
	arch=x86_64
	echo "Building for $arch instead: deploy it with ARCH=$arch." >&2
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
