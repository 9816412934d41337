#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of listing a process through a pidfd, as a supervisor holds it: the number
may be given to another process one day, the pidfd never. pidfd.py PID"""
import os
import sys

import mapfiles


def main() -> int:
    pid = int(sys.argv[1])
    try:
        pidfd = os.pidfd_open(pid)
        try:
            with mapfiles.Iter(pidfd=pidfd) as mappings:
                print("%d mappings of files" % sum(1 for _ in mappings))
        finally:
            os.close(pidfd)
    except OSError as e:
        print("pidfd: process %d: %s" % (pid, e.strerror), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pidfd.py PID")
    sys.exit(main())
