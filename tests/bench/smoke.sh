#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# That the benchmark works, that all contestants find the same, that what it writes can be read, and
# that it leaves nothing behind. How fast anything was does not matter here.
# usage: smoke.sh BENCH
set -eu
dir=$(mktemp -d -p .)
trap 'rm -rf "$dir"' EXIT

"$1" --quick --dir "$dir" --json "$dir/json" --svg "$dir/svg"
python3 - "$dir" <<'END'
import json, sys, xml.dom.minidom
found = json.load(open(sys.argv[1] + "/json"))
assert len(found["contests"]) >= 8 and len(found["figures"]) >= 20 and found["goals"]
assert xml.dom.minidom.parse(sys.argv[1] + "/svg").getElementsByTagName("path")
END
rm "$dir/json" "$dir/svg"
left=$(find "$dir" -mindepth 1)
if [ -n "$left" ]; then
	echo "left behind: $left"
	exit 1
fi
