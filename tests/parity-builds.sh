#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two builds of parity-builds.c, for different machines, say the same of a process: a 32-bit
# one reads a 64-bit process whole, a big-endian one under an emulator what the native one reads.
# usage: parity-builds.sh COMMAND... -- COMMAND...    the program is each command's last word
set -euo pipefail

one=() two=("$@")
while [ "${two[0]}" != -- ]; do
	one+=("${two[0]}")
	two=("${two[@]:1}")
done
two=("${two[@]:1}")
tmp=$(mktemp -d)
# The target ends by itself when its end of the pipe is closed.
trap 'exec 3>&-; rm -rf "$tmp"' EXIT

# machine PROGRAM: ELF class and byte order, and the architecture
machine() { od -An -tu1 -j4 -N2 "$1" && od -An -tx1 -j18 -N2 "$1"; }
[ "$(machine "${one[-1]}")" != "$(machine "${two[-1]}")" ] || { echo "both are for the same machine"; exit 1; }

# It says that it is up, so that its list no longer grows, and then waits.
mkfifo "$tmp/in" "$tmp/out"
sh -c 'echo up; read -r line' <"$tmp/in" >"$tmp/out" &
target=$!
exec 3>"$tmp/in"
read -r line <"$tmp/out"
[ "$line" = up ]

compared=0
# Source (0 auto, 1 map_files, 2 PROCMAP_QUERY, 3 maps) and flags (1 all, 2 stream, 4 stat).
for options in "0 0" "0 1" "0 2" "0 4" "0 5" "1 0" "1 4" "2 0" "2 5" "3 0" "3 5"; do
	# shellcheck disable=SC2086 # options are words
	if ! "${one[@]}" "$target" $options >"$tmp/one" 2>"$tmp/error"; then
		echo "SKIP: parity-builds: source and flags $options: $(cat "$tmp/error")"
		continue
	fi
	# shellcheck disable=SC2086
	"${two[@]}" "$target" $options >"$tmp/two"
	grep -q '^0x7' "$tmp/one" # an address that needs more than 32 bits
	diff -u "$tmp/one" "$tmp/two"
	compared=$((compared + 1))
done
# These need nothing that a kernel may lack.
[ "$compared" -ge 7 ]
echo "$compared lists are equal"
