#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of telling what processes share, anonymous memory too: share.py PID..."""
import sys

import mapfiles


def main() -> int:
    try:
        with mapfiles.Objects(int(pid) for pid in sys.argv[1:]) as objects:
            failed = [p for p in objects.processes() if p.error]
            for p in failed:
                print("share: process %d: %s" % (p.pid, p.error), file=sys.stderr)
            for o in objects:
                if o.n_processes > 1:
                    pids = sorted({user.pid for user in o.users()})
                    print(o.text or mapfiles.kind_name(o.kind), *pids)
    except OSError as e:
        print("share: %s" % e.strerror, file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: share.py PID...")
    sys.stdout.reconfigure(errors="surrogateescape")
    sys.exit(main())
