#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of listing the files that a process has mapped: list.py [PID]"""
import sys

import mapfiles


def main() -> int:
    pid = int(sys.argv[1]) if len(sys.argv) > 1 else 0  # 0 is this process itself
    try:
        with mapfiles.Iter(pid) as mappings:
            for m in mappings:
                print("%x-%x %s %s" % (m.start, m.end, mapfiles.kind_name(m.kind), m.text or "-"))
    except OSError as e:  # only the end of the loop means that the list is complete
        print("list: process %d: %s" % (pid, e.strerror), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # A path is bytes: written as the kernel has it, whatever the locale.
    sys.stdout.reconfigure(errors="surrogateescape")
    sys.exit(main())
