#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The header, the version script and the shared library name the same symbols, and each
# constant of the header has its pin, and each field of its structs.
# usage: symbols.sh mapfiles.h mapfiles.map libmapfiles.so test-abi.c
set -eu
LC_ALL=C
export LC_ALL

header=$1 map=$2 library=$3 pins=$4
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

grep '^MF_API ' "$header" | grep -o 'mf_[a-z0-9_]*(' | tr -d '(' | sort >"$tmp/header"
grep -o '^[[:blank:]]*mf_[a-z0-9_]*;' "$map" | tr -d ' \t;' | sort >"$tmp/map"
# The version nodes themselves are listed too, as absolute symbols (A).
nm -D --defined-only "$library" | awk '$(NF-1) != "A" { sub(/@.*/, "", $NF); print $NF }' |
	sort >"$tmp/library"

# compare DIR: the three lists of DIR are equal and none is empty
compare() {
	for list in header map library; do
		if ! [ -s "$1/$list" ]; then
			echo "no symbol found in the $list"
			return 1
		fi
	done
	diff -u "$1/header" "$1/map" && diff -u "$1/map" "$1/library"
}

compare "$tmp"

# The control: with a symbol taken away, one at a time from each list, it must fail; so must an empty list.
for list in header map library; do
	for edit in '1d' '$d' 'd'; do
		mkdir "$tmp/broken"
		cp "$tmp/header" "$tmp/map" "$tmp/library" "$tmp/broken"
		sed -i "$edit" "$tmp/broken/$list"
		if compare "$tmp/broken" >/dev/null; then
			echo "a symbol that is missing in the $list goes unnoticed"
			exit 1
		fi
		rm -r "$tmp/broken"
	done
done
grep -o '^#define MF_[A-Z0-9_]*[[:blank:]]*[0-9]' "$header" | awk '!/MF_VERSION_/ { print $2 }' |
	sort >"$tmp/constants"
grep -o '^VALUE(MF_[A-Z0-9_]*' "$pins" | cut -d'(' -f2 | sort >"$tmp/pinned"
[ -s "$tmp/constants" ]
diff -u "$tmp/constants" "$tmp/pinned"

# "struct field" for each, of the header and of the pins.
awk '/^struct mf_[a-z_]* \{/ { name = $2 }
	/^};/ { name = "" }
	name && /^\t[a-z].*;/ { sub(/;.*/, ""); sub(/.*[ \t*]/, ""); print name, $0 }' "$header" |
	sort >"$tmp/fields"
sed -nE 's/^.*(U32|U64|PTR)\((mf_[a-z_]*), ([a-z_]*), .*/\2 \3/p' "$pins" | sort >"$tmp/pinned"
[ -s "$tmp/fields" ]
diff -u "$tmp/fields" "$tmp/pinned"

echo "$(wc -l <"$tmp/header") symbols, $(wc -l <"$tmp/fields") fields, $(wc -l <"$tmp/constants") constants"
