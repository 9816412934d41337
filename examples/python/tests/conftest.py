# SPDX-License-Identifier: LGPL-2.1-or-later
"""Live processes to look at, and what /proc says of them, parsed here."""
import ctypes
import gc
import os
import re
import subprocess
import sys
import time
from collections import namedtuple

import pytest

NOBODY = 65534

TARGET = r"""
import ctypes, mmap, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                      ctypes.c_long]
def map(fd, size=8192, prot=3, flags=1, offset=0):
    addr = libc.mmap(None, size, prot, flags, fd, offset)
    assert addr not in (None, 2 ** 64 - 1, 2 ** 32 - 1), os.strerror(ctypes.get_errno())
    return addr
def map_file(path, **more):
    fd = os.open(path, os.O_RDWR)
    try:
        return map(fd, **more)
    finally:
        os.close(fd)
"""

Line = namedtuple("Line", "start end prot offset major minor inode path")


def raw_maps(pid):
    """/proc/PID/maps, with the one escape that the kernel makes undone."""
    with open("/proc/%d/maps" % pid, "rb") as f:
        text = f.read()
    lines = []
    for line in text.splitlines():
        span, prot, offset, dev, inode, path = re.fullmatch(
            rb"(\S+) (\S+) (\S+) (\S+) (\d+) *(.*)", line, re.DOTALL).groups()
        start, end = (int(n, 16) for n in span.split(b"-"))
        major, minor = (int(n, 16) for n in dev.split(b":"))
        lines.append(Line(start, end, prot.decode(), int(offset, 16), major, minor, int(inode),
                          path.replace(rb"\012", b"\n") or None))
    return lines


def raw_files(pid):
    """Those that have a link in map_files."""
    names = set(os.listdir("/proc/%d/map_files" % pid))
    return [m for m in raw_maps(pid) if "%x-%x" % (m.start, m.end) in names]


class Processes:
    def __init__(self, directory):
        self.directory = os.fsencode(str(directory))
        self.running = []

    def file(self, name, content=b"x" * 8192):
        path = os.path.join(self.directory, os.fsencode(name))
        with open(path, "wb") as f:
            f.write(content)
        return path

    def spawn(self, argv, user=None):
        who = [] if user is None else ["--reuid=%d" % user, "--regid=%d" % user, "--clear-groups"]
        p = subprocess.Popen(["setpriv", *who, "--pdeathsig", "KILL", "--", *argv],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.running.append(p)
        return p

    def target(self, code="", argv=(), user=None):
        """Runs code, which has map() and map_file(), prints what it prints, and waits."""
        p = self.spawn([sys.executable, "-I", "-c",
                        TARGET + code + "\nprint('ready', flush=True)\nsys.stdin.readline()\n",
                        *argv], user)
        p.printed = []
        for line in iter(p.stdout.readline, b"ready\n"):
            assert line, "the target failed"
            p.printed.append(int(line))
        return p

    def sleeper(self):
        p = self.spawn(["sleep", "600"])
        # It is setpriv first; asleep under its own name it has loaded all that it will.
        wait_until(lambda: re.match(rb"\d+ \(sleep\) S ", read("/proc/%d/stat" % p.pid)))
        return p

    def end(self):
        for p in self.running:
            p.kill()
            p.wait()
            p.stdin.close()
            p.stdout.close()


def read(path):
    with open(path, "rb") as f:
        return f.read()


def wait_until(holds):
    while not holds():
        time.sleep(0.001)


def n_fds():
    return len(os.listdir("/proc/self/fd"))


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line("SKIP: %s: %s" % (
            report.nodeid.split("::")[-1], report.longrepr[2].partition(": ")[2]))


@pytest.fixture
def processes(tmp_path):
    made = Processes(tmp_path)
    yield made
    made.end()


@pytest.fixture
def dead_pid():
    p = subprocess.Popen(["true"])
    p.wait()
    return p.pid


@pytest.fixture(autouse=True)
def no_descriptor_is_left(request):
    gc.collect()
    before = n_fds()
    yield
    gc.collect()
    assert n_fds() == before


def needs_root():
    if os.geteuid() != 0:
        pytest.skip("needs root")
