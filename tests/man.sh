#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each exported symbol and each struct has its man page, with all that a page must tell; man(1)
# and mandoc(1) find no fault in any, and no page leads to one that is not there.
# usage: man.sh MAN-DIRECTORY libmapfiles.so mapfiles.h
set -eu
LC_ALL=C.UTF-8 MANPAGER=cat MANWIDTH=80
export LC_ALL MANPAGER MANWIDTH

pages=$1/man3 library=$2 header=$3
for tool in man mandoc; do
	if ! command -v $tool >/dev/null; then
		echo "SKIP: man: no $tool"
		exit 77
	fi
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# wanted: the pages that there must be, and no others.
wanted() {
	echo mapfiles.3
	nm -D --defined-only "$library" | awk '$(NF-1) != "A" { sub(/@.*/, "", $NF); print $NF ".3" }'
	grep -o '^struct mf_[a-z_]* {' "$header" | awk '{ print $2 ".3type" }'
}

# sections PAGE HEADING...: each is there.
sections() {
	page=$1
	shift
	for heading in NAME LIBRARY SYNOPSIS DESCRIPTION "$@" "SEE ALSO"; do
		grep -qx "\.SH $heading" "$page" || { echo "$page: no $heading"; return 1; }
	done
}

# has_all DIRECTORY: every page is there, with its sections, and those that it leads to.
has_all() {
	wanted | sort >"$tmp/wanted"
	[ "$(grep -c '^mf_.*\.3$' "$tmp/wanted")" -gt 10 ] || { echo "no symbols"; return 1; }
	ls "$1" | sort | diff -u --label wanted --label there "$tmp/wanted" - || return 1

	for page in "$1"/mf_*.3; do
		sections "$page" "RETURN VALUE" ATTRIBUTES VERSIONS || return 1
	done
	for page in "$1"/mf_*.3type; do
		sections "$page" VERSIONS || return 1
	done
	sections "$1/mapfiles.3" ERRORS || return 1

	sed -nE 's/^\.BR \\%(mf_[a-z_0-9]+) \((3[a-z]*)\).*/\1.\2/p' "$1"/* >"$tmp/leads"
	grep -ohE 'fB(mf_[a-z_0-9]+)\\fP\(3(type)?\)' "$1"/* |
		sed -E 's/fB(.*)\\fP\((.*)\)/\1.\2/' >>"$tmp/leads"
	[ -s "$tmp/leads" ] || { echo "no page leads to another"; return 1; }
	sort -u "$tmp/leads" | comm -23 - "$tmp/wanted" >"$tmp/nowhere"
	[ ! -s "$tmp/nowhere" ] || { echo "pages lead to:"; cat "$tmp/nowhere"; return 1; }
}

# renders PAGE...: neither program warns, each is printed, and whatis(1) finds it.
renders() {
	lexgrog "$@" >"$tmp/whatis" || { grep failed "$tmp/whatis"; return 1; }
	mandoc -T lint -W warning "$@" || return 1
	man --warnings=w -l "$@" >"$tmp/text" 2>"$tmp/warnings" || return 1
	[ ! -s "$tmp/warnings" ] || { cat "$tmp/warnings"; return 1; }
	[ "$(grep -c '^NAME$' "$tmp/text")" -eq $# ] || { echo "man does not print each"; return 1; }
}

has_all "$pages"
renders "$pages"/*

# The control: mf_next(3) or its directory, edited so, is found faulty.
unnoticed() {
	echo "goes unnoticed: $*"
	exit 1
}
for edit in 'rm mf_next.3' 'touch mf_none.3' 'sed -i /^\.SH.ATTRIBUTES/d mf_next.3' \
	'sed -i "s/mf_find (3)/mf_lost (3)/" mf_next.3'; do
	rm -rf "$tmp/broken"
	cp -r "$pages" "$tmp/broken"
	(cd "$tmp/broken" && eval "$edit")
	if has_all "$tmp/broken" >/dev/null; then
		unnoticed "$edit"
	fi
done
long=$(printf '%0100d' 0)
for edit in 's/^\.TP/.TQQ/' 's/^\.SH SYNOPSIS/&\n\\f[none]x\\fP/' "s/^\.SH SYNOPSIS/&\n$long/" \
	's/^mf_next .*/mf_next/'; do
	sed "$edit" "$pages/mf_next.3" >"$tmp/mf_next.3"
	if renders "$tmp/mf_next.3" >/dev/null; then
		unnoticed "$edit"
	fi
done

echo "$(wc -l <"$tmp/wanted") pages"
