#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of mapping here what another process maps: remap.py PID ADDRESS prints the
first bytes of that memory, read where it is mapped now, or why it cannot be mapped."""
import sys

import mapfiles


def main() -> int:
    pid, address = int(sys.argv[1]), int(sys.argv[2], 16)
    try:
        with mapfiles.Iter(pid) as mappings:
            m = mappings.find(address)
            if m is None:
                print("nothing is mapped there")
                return 1
            with mappings.remap(m) as memory:
                print(memory.read(address - m.start, min(16, m.end - address)).hex())
    except OSError as e:
        print("remap: process %d: %s" % (pid, e.strerror), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: remap.py PID ADDRESS")
    sys.exit(main())
