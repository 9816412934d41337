#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# No link of the site leads nowhere, as linkchecker(1) sees it; anchors are Doxygen's to warn of.
# Nothing outside of the site is asked.
# usage: links.sh HTML-DIRECTORY
set -eu

if ! command -v linkchecker >/dev/null; then
	echo "SKIP: links: no linkchecker"
	exit 77
fi
# Run by root it becomes nobody, who may not read everywhere.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp -r "$1" "$tmp/html"
chmod -R a+rX "$tmp"

# check LOG: as many pages as there are, none of them missed.
check() {
	HOME=$tmp linkchecker --no-robots --no-status --ignore-url='^https?:' \
		"file://$tmp/html/index.html" "file://$tmp/html/modules.html" \
		"file://$tmp/html/annotated.html" "file://$tmp/html/globals.html" >"$1" 2>&1
}

check "$tmp/log" || { cat "$tmp/log"; exit 1; }
n=$(sed -n 's/.* \([0-9]*\) URLs checked.*/\1/p' "$tmp/log")
[ "$n" -gt "$(find "$tmp/html" -name 'struct*.html' | wc -l)" ] || { cat "$tmp/log"; exit 1; }

# The control: without a page, the links to it are noticed.
rm "$tmp/html/ownership.html"
if check "$tmp/log"; then
	echo "a page that is missing goes unnoticed"
	exit 1
fi
grep -q 'ownership\.html' "$tmp/log" || { cat "$tmp/log"; exit 1; }

echo "$n links"
