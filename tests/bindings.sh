#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Install into a new prefix, and run the tests of one language's binding against what is there, by
# that language's own runner. Nothing is left in the source tree.
# usage: bindings.sh python|rust|go BUILD-DIRECTORY C-COMPILER RUNNER
set -euo pipefail

language=$1 build=$2 runner=$4
export CC=$3
here=$(cd "$(dirname "$0")/../examples/$language" && pwd)
# What the compilers made is kept for the next time.
cache=$build/bindings/$language
prefix=$cache/prefix

rm -rf "$prefix"
mkdir -p "$cache"
cmake --install "$build" --prefix "$prefix" >"$cache/install.log"
libdir=$(dirname "$(find "$prefix" -name libmapfiles.so)")
export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir

# The code that the README shows is that of an example, which is tested.
block=$(awk '/^```/ { inside = $0 ~ "^```" language "$"; next } inside' language="$language" "$here/README.md")
[ -n "$block" ]
shown=
for example in "$here"/examples/*.* "$here"/examples/*/*.*; do
	[ -f "$example" ] && [[ $(<"$example") == *"$block"* ]] && shown=yes
done
[ -n "$shown" ] || { echo "README.md: its code is in no example"; exit 1; }

cd "$here"
case $language in
python)
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here "$runner" -q -p no:cacheprovider tests
	;;
rust)
	tools=$(dirname "$runner")
	[ ! -x "$tools/rustc" ] || export RUSTC=$tools/rustc
	[ ! -x "$tools/rustdoc" ] || export RUSTDOC=$tools/rustdoc
	if [ -x "$tools/rustfmt" ]; then
		"$tools/rustfmt" --edition 2021 --check src/lib.rs build.rs tests/*.rs examples/*.rs
	fi
	CARGO_HOME=$cache/home CARGO_TARGET_DIR=$cache/target "$runner" test --offline --locked --quiet
	;;
go)
	export GOCACHE=$cache/cache GOPATH=$cache/path GOPROXY=off GOFLAGS=
	# What is in Go's cache is not built anew for another header, but for other flags.
	header=$(sha256sum <"$prefix/include/mapfiles.h")
	export CGO_CFLAGS="-g -O2 -Dheader=${header%% *}"
	format=$("$(dirname "$runner")/gofmt" -l .)
	[ -z "$format" ] || { echo "gofmt: $format"; exit 1; }
	"$runner" vet ./...
	race=-race
	"$runner" test -race -run nothing >/dev/null 2>&1 || race=
	# Without a package named it prints what the tests do.
	"$runner" test -count=1 $race
	;;
esac
