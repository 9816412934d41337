#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Instructions in user space for each mapping, counted by callgrind.

usage: instructions.py [--accept | --print] PROGRAM TARGET ACCEPTED

PROGRAM is bench-instructions, TARGET is bench-target, ACCEPTED the file with the last accepted
numbers. A number that is more than 5 % above its accepted one fails; --accept writes the file
anew; --print compares nothing. The text comes from a saved tree that is always the same; the
other sources from a live process without random addresses. What does not run here is skipped.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

TOLERANCE = 1.05
SAVED_PID = 4711

# The same functions of libc on every processor.
ENVIRONMENT = dict(os.environ, GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-BMI2,-ERMS")

FILES, SEGMENTS, ANONYMOUS = 300, 4, 260
PROTECTIONS = ("r--p", "r-xp", "r--p", "rw-p")


def saved_maps():
    """As the kernel prints it: 1200 mappings of 300 files, 260 anonymous ones, a few others."""
    def line(start, prot, offset, device, inode, name):
        text = f"{start:08x}-{start + 0x1000:08x} {prot} {offset:08x} {device} {inode} "
        return text.ljust(73) + name + "\n" if name else text + "\n"

    at = 0x7F0000000000
    for file in range(FILES):
        for segment in range(SEGMENTS):
            yield line(at, PROTECTIONS[segment], segment * 0x1000, "fe:00", 1000 + file,
                       f"/usr/lib/x86_64-linux-gnu/a-directory-of-plugins/lib{file:011}.so.6")
            at += 0x1000
    for i in range(ANONYMOUS):
        yield line(at, ("---p", "rw-p")[i % 2], 0, "00:00", 0, "")
        at += 0x1000
    for i in range(20):
        yield line(at, "rw-s", 0, "00:01", 5000 + i, "/dev/zero (deleted)")
        at += 0x1000
    yield line(0x7FFFFFFDE000, "rw-p", 0, "00:00", 0, "[stack]")
    yield line(0xFFFFFFFFFF600000, "--xp", 0, "00:00", 0, "[vsyscall]")


def save_tree(directory):
    os.makedirs(f"{directory}/{SAVED_PID}")
    with open(f"{directory}/{SAVED_PID}/maps", "w", encoding="ascii") as maps:
        maps.writelines(saved_maps())


def start_target(target, directory):
    """W2, at the same addresses each time."""
    command = ["setarch", "-R", target] + "1200 300 260 15 5 5 0".split() + [directory]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines = iter(process.stdout.readline, "")
    if "ready\n" not in lines:
        sys.exit("the target ended before it was ready")
    return process


def count(program, case, root, pid):
    """Instructions for each mapping; None if that cannot be had here."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
               "--toggle-collect=measured", program, case, root, str(pid)]
    run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if run.returncode == 77:
        return None
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not collected or int(collected[1]) == 0:
        sys.exit(f"{case}: callgrind ended with status {run.returncode}:\n{run.stderr}")
    return int(collected[1]) / int(run.stdout)


def count_all(program, target):
    cases = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    found = {}
    with tempfile.TemporaryDirectory() as directory:
        save_tree(directory)
        live = start_target(target, directory)
        for case in cases.stdout.splitlines():
            saved = "maps" in case
            number = count(program, case, directory if saved else "/proc",
                           SAVED_PID if saved else live.pid)
            if number is None:
                print(f"SKIP: {case.replace(' ', '-')}: this kernel cannot do it", file=sys.stderr)
            else:
                found[case] = number
        live.send_signal(signal.SIGKILL)
        live.wait()
    return found


def read_accepted(path):
    with open(path, encoding="ascii") as file:
        lines = [line for line in file if not line.startswith("#")]
    return {name: float(number) for name, number in (line.rsplit(" ", 1) for line in lines)}


def accept(path, found):
    with open(path, encoding="ascii") as file:
        comments = [line for line in file if line.startswith("#")]
    with open(path, "w", encoding="ascii") as file:
        file.writelines(comments)
        file.writelines(f"{case} {number:.1f}\n" for case, number in found.items())


def compare(found, accepted):
    """How many rose too much, or are not known."""
    bad = 0
    for case, number in found.items():
        if case not in accepted:
            print(f"{case}: {number:.1f} instructions a mapping: was never accepted")
            bad += 1
            continue
        change = number / accepted[case]
        print(f"{case}: {number:.1f} instructions a mapping, accepted {accepted[case]:.1f} "
              f"({100 * (change - 1):+.1f} %){': TOO MANY' if change > TOLERANCE else ''}")
        bad += change > TOLERANCE
    return bad


def main():
    mode = sys.argv.pop(1) if sys.argv[1].startswith("--") else ""
    program, target, path = sys.argv[1:]
    if not shutil.which("valgrind"):
        print("SKIP: instructions: needs valgrind")
        sys.exit(77)
    found = count_all(program, target)
    if mode == "--print":
        for case, number in found.items():
            print(f"{case}\t{number:.1f}")
    elif mode == "--accept":
        accept(path, found)
    elif compare(found, read_accepted(path)):
        sys.exit(f"More than 5 % above the last accepted number. If that is what it has to cost, accept it:\n"
                 f"  {sys.argv[0]} --accept {program} {target} {path}\n"
                 f"and say in the commit why.")


main()
