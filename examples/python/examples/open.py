#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of opening the file behind each executable mapping: open.py PID"""
import os
import sys

import mapfiles


def print_size(mappings: mapfiles.Iter, m: mapfiles.Mapping) -> bool:
    try:
        fd = mappings.open_fd(m)  # the very file that is mapped, also when its name is gone
    except OSError as e:
        print("%s: %s" % (m.text or "-", e.strerror))
        return False
    with os.fdopen(fd, "rb") as file:  # closes it
        print("%s: %d bytes" % (m.text or "-", os.fstat(file.fileno()).st_size))
    return True


def main() -> int:
    pid = int(sys.argv[1])
    try:
        with mapfiles.Iter(pid, prot=mapfiles.Prot.EXEC) as mappings:
            results = [print_size(mappings, m) for m in mappings]
    except OSError as e:
        print("open: process %d: %s" % (pid, e.strerror), file=sys.stderr)
        return 1
    return 0 if all(results) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: open.py PID")
    sys.stdout.reconfigure(errors="surrogateescape")
    sys.exit(main())
