#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Keep this library as the last release: see README.md.
# usage: baseline.sh LIBRARY HEADER
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
"$here/dump.sh" "$1" "$2" >"$here/libmapfiles.abi.new"
mv "$here/libmapfiles.abi.new" "$here/libmapfiles.abi"
cp "$2" "$here/mapfiles.h"
sed -i '/^[^#]/d' "$here/suppressions.ini"
echo "the release to compare with is now $(sed -nE 's/^#define[[:blank:]]+MF_VERSION_[A-Z]+[[:blank:]]+//p' "$2" | paste -sd.)"
