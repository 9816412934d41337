#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Report with abidiff what of the last release's ABI is no longer as it was.

usage: compare.py RELEASE.abi NOW.abi SUPPRESSIONS

Additions are fine: functions, and fields at the end of a struct that may grow. abidiff would
report such fields, and its suppressions for them hide other changes of that struct too, so they
are taken out of what it compares.
"""
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

# The library hands out pointers to the others, or the program tells their size. This one it hands
# out as an array.
NEVER_GROWS = "mf_range"


def structs(abi):
    """The structs that are declared with their fields, by name: once for each source file."""
    for struct in abi.iter("class-decl"):
        if struct.get("size-in-bits"):
            yield struct.get("name"), struct


def cut(now, release):
    """What was added at the end of a struct is no longer there."""
    known = dict(structs(release))
    for name, struct in structs(now):
        if name == NEVER_GROWS or name not in known:
            continue
        for field in list(struct)[len(known[name]):]:
            struct.remove(field)
        if int(struct.get("size-in-bits")) > int(known[name].get("size-in-bits")):
            struct.set("size-in-bits", known[name].get("size-in-bits"))


def main(release_path, now_path, suppressions):
    release, now = tree.parse(release_path), tree.parse(now_path)
    cut(now, release)
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "now.abi")
        now.write(path)
        return subprocess.run(["abidiff", "--no-added-syms", "--suppressions", suppressions,
                               release_path, path], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
