#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Minimal example of listing what ELF files a process, or a core, has loaded:
modules.py PID|--core FILE

Prints for each: load bias, build id and name; "-" stands for what is not known."""
import sys

import mapfiles


def print_modules(iterator: mapfiles.Iter) -> None:
    with mapfiles.Modules(iterator) as modules:
        for module in modules:
            bias = "-" if module.bias is None else "0x%x" % module.bias
            print(bias, module.build_id.hex() if module.build_id else "-", module.text or "-")


def main() -> int:
    try:
        if sys.argv[1] == "--core":
            with open(sys.argv[2], "rb") as core, mapfiles.Iter(core=core.fileno()) as iterator:
                print_modules(iterator)
        else:
            with mapfiles.Iter(int(sys.argv[1])) as iterator:
                print_modules(iterator)
    except OSError as e:
        print("modules: %s: %s" % (sys.argv[-1], e.strerror), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 + (sys.argv[1:2] == ["--core"]):
        sys.exit("usage: modules.py PID|--core FILE")
    sys.stdout.reconfigure(errors="surrogateescape")
    sys.exit(main())
