# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the examples print, against /proc."""
import os
import subprocess
import sys

import pytest
from conftest import raw_files, raw_maps

EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples")
PACKAGE = os.path.dirname(EXAMPLES)


def run(name, *args, **more):
    return subprocess.run([sys.executable, os.path.join(EXAMPLES, name + ".py"),
                           *(str(a) for a in args)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60,
                          env={**os.environ, "PYTHONPATH": PACKAGE}, **more)


def lines(name, *args):
    result = run(name, *args)
    assert (result.returncode, result.stderr) == (0, b"")
    return result.stdout.splitlines()


@pytest.fixture
def target(processes):
    path = processes.file(b"not utf-8 \xff")
    made = processes.target("print(map_file(os.fsencode(sys.argv[1])))", [os.fsdecode(path)])
    made.addr, made.path = made.printed[0], path
    return made


def test_list(target):
    assert lines("list", target.pid) == [
        b"%x-%x file %s" % (m.start, m.end, m.path) for m in raw_files(target.pid)]


def test_find(target):
    assert lines("find", target.pid, "%x" % (target.addr + 5)) == [target.path + b" +0x5"]
    assert run("find", target.pid, "10").stdout == b"nothing is mapped there\n"


def test_open(target):
    assert lines("open", target.pid) == [
        b"%s: %d bytes" % (m.path, os.stat(m.path).st_size) for m in raw_files(target.pid)
        if "x" in m.prot]


def test_pidfd(target):
    assert lines("pidfd", target.pid) == [b"%d mappings of files" % len(raw_files(target.pid))]


def test_share(target):
    paths = {os.getpid(): {m.path for m in raw_files(os.getpid())},
             target.pid: {m.path for m in raw_files(target.pid)}}
    both = paths[os.getpid()] & paths[target.pid]
    pids = b" ".join(b"%d" % pid for pid in sorted(paths))
    assert set(lines("share", *paths)) == {path + b" " + pids for path in both}


def test_modules(target):
    shown = {line.split(b" ", 2)[2] for line in lines("modules", target.pid)}
    assert shown >= {m.path for m in raw_files(target.pid) if "x" in m.prot}


def test_table(target):
    result = run("table", target.pid, input=b"\n")
    assert result.stdout == b"%d mappings\n\n" % len(raw_maps(target.pid))


def test_remap(target):
    assert lines("remap", target.pid, "%x" % target.addr) == [(b"x" * 16).hex().encode()]
    vdso, = [m for m in raw_maps(target.pid) if m.path == b"[vdso]"]
    result = run("remap", target.pid, "%x" % vdso.start)
    assert result.returncode == 1 and result.stderr


def test_why(target):
    assert len(lines("why", target.pid)) == 4


@pytest.mark.parametrize("name", ["list", "find", "open", "pidfd", "share", "modules", "table",
                                  "remap", "why"])
def test_each_tells_of_a_dead_process(name, dead_pid):
    result = run(name, dead_pid, *(["10"] if name in ("find", "remap") else []))
    assert result.returncode == 1
    assert result.stderr.startswith(name.encode() + b": ") and b"no such process" in result.stderr.lower()
