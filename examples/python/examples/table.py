#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of seeing what changes: table.py PID lists what the process maps, unmaps
and protects from now on, each time that a line is read from standard input."""
import sys

import mapfiles


def print_change(change: mapfiles.Change) -> None:
    m = change.after or change.before
    assert m is not None
    print("%s %x-%x %s" % (change.action.name.lower(), m.start, m.end,
                           m.text or mapfiles.kind_name(m.kind)), flush=True)


def main() -> int:
    pid = int(sys.argv[1])
    try:
        with mapfiles.Iter(pid, flags=mapfiles.IterFlag.ALL) as mappings, \
                mapfiles.Table(mappings) as table:
            print("%d mappings" % len(table), flush=True)
            for _ in sys.stdin:
                table.refresh(mappings)
                for change in table.changes():
                    print_change(change)
                print(flush=True)
    except OSError as e:
        print("table: process %d: %s" % (pid, e.strerror), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: table.py PID")
    sys.stdout.reconfigure(errors="surrogateescape")
    sys.exit(main())
