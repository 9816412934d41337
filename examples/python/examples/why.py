#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of saying why something is refused: why.py PID"""
import sys

import mapfiles


def main() -> int:
    pid = int(sys.argv[1])
    try:
        for access in mapfiles.Access:
            why = mapfiles.explain(pid, access)
            print("%s: %s" % (access.name.lower(), mapfiles.why_text(why)))
    except OSError as e:
        print("why: process %d: %s" % (pid, e.strerror), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: why.py PID")
    sys.exit(main())
