#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of finding what an address of a process belongs to: find.py PID ADDRESS"""
import sys

import mapfiles


def main() -> int:
    pid, address = int(sys.argv[1]), int(sys.argv[2], 16)
    try:
        with mapfiles.Iter(pid) as mappings:
            m = mappings.find(address)  # asks the kernel as it is now, each time
    except OSError as e:
        print("find: process %d: %s" % (pid, e.strerror), file=sys.stderr)
        return 1
    if m is None:
        print("nothing is mapped there")
        return 1
    name = m.text or mapfiles.kind_name(m.kind)
    if m.offset is None:
        print(name)
    else:
        print("%s +0x%x" % (name, address - m.start + m.offset))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: find.py PID ADDRESS")
    sys.stdout.reconfigure(errors="surrogateescape")
    sys.exit(main())
