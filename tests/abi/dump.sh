#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Print the ABI of a library that was built with debug information: its symbols, and the types that
# the public header declares. No paths, lines or names of parameters: what is printed is the same
# wherever the library was built.
# usage: dump.sh LIBRARY HEADER
set -euo pipefail

abidw --headers-dir "$(dirname "$2")" --drop-private-types --exported-interfaces-only \
	--no-architecture --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
	--no-parameter-names --type-id-style hash "$1" |
	sed -E "s,(<abi-instr .*path=')[^']*/lib/,\\1lib/,"
