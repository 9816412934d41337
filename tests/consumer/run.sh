#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Install into a new prefix and build a stranger's program against it: with pkg-config, shared and
# static, and with find_package. Each lists and opens the mappings of a process that it did not
# start; raw /proc says how many there are.
# usage: run.sh BUILD-DIRECTORY C-COMPILER CMAKE-GENERATOR
set -euo pipefail

build=$1 cc=$2 generator=$3
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
# The target ends by itself when its end of the pipe is closed.
trap 'exec 3>&-; rm -rf "$tmp"' EXIT

prefix=$tmp/prefix
cmake --install "$build" --prefix "$prefix" >"$tmp/install.log"
libdir=$(dirname "$(find "$prefix" -name libmapfiles.a)")
export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir

# Nothing of the build tree may be needed, so look only where it was installed.
pc_prefix=$(pkg-config --variable=prefix libmapfiles)
[ "$pc_prefix" = "$prefix" ] || { echo "libmapfiles.pc: prefix is $pc_prefix"; exit 1; }

# The tool's manual and completions, as the shells find them; none where it is not built.
if [ -e "$prefix/bin/mapfiles" ]; then
	for file in man/man1/mapfiles.1 bash-completion/completions/mapfiles zsh/site-functions/_mapfiles; do
		[ -s "$prefix/share/$file" ] || { echo "not installed: share/$file"; exit 1; }
	done
fi

cd "$tmp"
# shellcheck disable=SC2046 # words are what is wanted
"$cc" -o shared "$here/consumer.c" $(pkg-config --cflags --libs libmapfiles)
# shellcheck disable=SC2046
"$cc" -static -o static "$here/consumer.c" $(pkg-config --static --cflags --libs libmapfiles)
cmake -S "$here" -B found -G "$generator" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" >"$tmp/cmake.log"
cmake --build found >>"$tmp/cmake.log"

ldd shared >"$tmp/ldd" # not piped: grep -q leaves before ldd is done
grep -q "libmapfiles.so.1 => $libdir/" "$tmp/ldd" || { echo "shared: not the installed library"; exit 1; }
! ldd static 2>/dev/null | grep -q libmapfiles || { echo "static: is not"; exit 1; }
! ldd found/with-mapfiles-static | grep -q libmapfiles || { echo "with-mapfiles-static: is not"; exit 1; }

# It says that it is up, so that its list no longer grows, and then waits.
mkfifo in out
sh -c 'echo up; read -r line' <in >out &
target=$!
exec 3>in
read -r line <out
[ "$line" = up ]

# Every mapping with an inode is of a regular file here: all must open.
n=$(awk '$5 != 0' "/proc/$target/maps" | wc -l)
[ "$n" -gt 3 ]
for program in ./shared ./static found/with-mapfiles found/with-mapfiles-static; do
	got=$("$program" "$target") || true
	echo "$program: $got"
	[ "$got" = "$n listed, $n opened: complete" ] || { echo "raw /proc has $n"; exit 1; }
done
