#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""psutil's listing, for each line on standard input: nanoseconds, mappings, sum of addresses."""
import sys
import time

import psutil

process = psutil.Process(int(sys.argv[1]))
for _ in sys.stdin:
    began = time.monotonic_ns()
    maps = process.memory_maps(grouped=False)
    took = time.monotonic_ns() - began
    ends = (end for m in maps for end in m.addr.split("-"))
    print(took, len(maps), sum(int(end, 16) for end in ends) % 2**64, flush=True)
