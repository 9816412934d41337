#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the last release promised still holds: its functions and structs, by abidiff; the value of each
# constant; and program.c, which was built with its header, calls every function that it had.
# usage: check.sh LIBRARY HEADER PROGRAM PYTHON
set -euo pipefail

library=$1 header=$2 program=$3 python=$4
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if ! command -v abidw >/dev/null; then
	echo "SKIP: abi-release: no abidw (Debian: abigail-tools)"
	exit 77
fi
"$here/dump.sh" "$library" "$header" >"$tmp/now.abi"

# compare ABI: what is there now, against the release
compare() { "$python" "$here/compare.py" "$here/libmapfiles.abi" "$1" "$here/suppressions.ini"; }
compare "$tmp/now.abi"

# constants HEADER: name and value of each
constants() { sed -nE '/MF_VERSION_/d; s/^#define[[:blank:]]+(MF_[A-Z0-9_]+)[[:blank:]]+([0-9][0-9a-zA-Z]*).*/\1 \2/p' "$1" | LC_ALL=C sort; }
constants "$here/mapfiles.h" >"$tmp/released"
constants "$header" >"$tmp/constants"
[ -s "$tmp/released" ]
if LC_ALL=C comm -23 "$tmp/released" "$tmp/constants" | grep .; then
	echo "these constants were released, and are gone or have another value"
	exit 1
fi

grep '^MF_API ' "$here/mapfiles.h" | grep -o 'mf_[a-z0-9_]*(' | tr -d '(' | LC_ALL=C sort >"$tmp/functions"
nm -D --undefined-only "$program" | grep -o '\bmf_[a-z0-9_]*' | LC_ALL=C sort >"$tmp/called"
[ -s "$tmp/functions" ]
diff -u --label released --label called "$tmp/functions" "$tmp/called"

# The control: each of these edits breaks programs, and must be seen.
broken=0
while read -r what edit; do
	sed -E "$edit" "$here/libmapfiles.abi" >"$tmp/broken.abi"
	! cmp -s "$here/libmapfiles.abi" "$tmp/broken.abi" || { echo "$what: edits nothing"; exit 1; }
	status=0
	compare "$tmp/broken.abi" >"$tmp/report" || status=$?
	# abidiff's bit for a change; the others are for errors and for what it knows to be incompatible.
	if [ $((status & 7)) -ne 4 ]; then
		echo "$what: status $status, not 4"
		cat "$tmp/report"
		exit 1
	fi
	broken=$((broken + 1))
done <<'EDITS'
function-gone /<elf-symbol name='mf_version'/d
symbol-version s/(name='mf_find' version='MAPFILES_)[0-9.]+/\1999/
parameter-gone /<function-decl name='mf_find'/,/<\/function-decl>/{/<parameter/{x;s/^/x/;/^x{2}$/{x;d};x}}
return-type /<function-decl name='mf_strerror'/,/<\/function-decl>/s/(<return type-id=')[^']*/\195e97e5e/
field-moved /<class-decl name='mf_mapping' size/,/<\/class-decl>/s/layout-offset-in-bits='320'/layout-offset-in-bits='352'/
field-type /<class-decl name='mf_object' size/,/<\/class-decl>/s/(var-decl name='seals' type-id=')[^']*/\19c313c2d/
array-element-grown s/(<class-decl name='mf_range' size-in-bits=')128/\1192/
EDITS
echo "$(wc -l <"$tmp/functions") functions and $(wc -l <"$tmp/released") constants are as released; $broken edits were seen"
