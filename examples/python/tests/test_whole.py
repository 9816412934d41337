# SPDX-License-Identifier: LGPL-2.1-or-later
"""What looks at whole lists: tables, modules, sharing."""
import fcntl
import gc
import os
import weakref

import pytest
from conftest import raw_files, raw_maps

from mapfiles import (ChangeAction, Differs, Iter, IterFlag, Kind, ModuleFlag, Modules, Objects,
                      ObjectsFlag, Table)


def test_a_table_is_the_list(processes):
    pid = processes.sleeper().pid
    lines = raw_maps(pid)
    with Iter(pid, flags=IterFlag.ALL) as mappings:
        table = Table(mappings)
    with table:
        assert [(m.start, m.end, m.path) for m in table] == [(m.start, m.end, m.path) for m in lines]
        assert len(table) == len(lines)
        assert table[-1] == table[len(table) - 1]
        for index in (len(table), -len(table) - 1):
            with pytest.raises(IndexError):
                table[index]
        for index, line in enumerate(lines):
            assert table.find(line.end - 1) == index
        assert table.find(0x10) is None
        like = next(m for m in table if m.inode)
        assert table[table.find_object(like)] == like
        assert table.find_object(like, len(table)) is None


def test_a_table_tells_what_changed(processes):
    target = processes.target(
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(map(-1, size=0x123000, flags=0x21), flush=True)")
    with Iter(target.pid) as mappings, Table(mappings) as table:
        before = len(table)
        target.stdin.write(b"\n")
        target.stdin.flush()
        addr = int(target.stdout.readline())
        assert target.stdout.readline() == b"ready\n"
        table.refresh(mappings)
        change, = [c for c in table.changes() if c.action == ChangeAction.ADDED]
        assert (change.before, change.differs) == (None, Differs(0))
        assert (change.after.start, len(change.after), change.after.kind) == \
            (addr, 0x123000, Kind.SHM_ANON)
        assert table.changes() == []
        assert len(table) == before + 1


def test_modules_are_what_readelf_and_maps_say(processes):
    pid = processes.sleeper().pid
    executable = [m for m in raw_files(pid) if "x" in m.prot]
    with Iter(pid) as mappings, Modules(mappings) as modules:
        by_path = {m.path: m for m in modules}
        assert {m.path for m in executable} == set(by_path) - {b"[vdso]"}
        for line in executable:
            module = modules.find(line.start)
            assert module == by_path[line.path]
            assert module.inode == line.inode
            assert [(s.start, s.end, s.offset) for s in module.segments] == \
                [(m.start, m.end, m.offset) for m in raw_files(pid) if m.path == line.path]
            with os.fdopen(module.open_fd(), "rb") as file:
                assert os.fstat(file.fileno()).st_ino == line.inode
                assert file.read(4) == b"\x7fELF"
        exe, = [m for m in modules if m.flags & ModuleFlag.EXE]
        assert os.fsencode(os.readlink("/proc/%d/exe" % pid)) == exe.path
        assert modules.find(0x10) is None


def test_sharing_is_by_object(processes):
    code = "fd = os.memfd_create('m'); os.ftruncate(fd, 8192); map(fd); a = map(-1, flags=0x21)\n" \
        "pid = os.fork()\nif pid == 0:\n sys.stdin.readline(); os._exit(0)\nprint(pid); print(a)\n"
    target = processes.target(code)
    child, anon = target.printed
    seen = []
    with Objects([target.pid, child], progress=lambda *n: seen.append(n)) as objects:
        identities = {}
        for pid in (target.pid, child):
            for m in raw_files(pid):
                st = os.stat("/proc/%d/map_files/%x-%x" % (pid, m.start, m.end))
                identities.setdefault((os.major(st.st_dev), os.minor(st.st_dev), st.st_ino), set()) \
                    .add((pid, m.start, m.end))
        assert {(o.st_dev_major, o.st_dev_minor, o.st_ino): {(u.pid, u.start, u.end)
                for u in o.users()} for o in objects} == identities
        assert {o.kind for o in objects} >= {Kind.FILE, Kind.MEMFD, Kind.SHM_ANON}
        memfd, = [o for o in objects if o.kind == Kind.MEMFD]
        # Made without MFD_ALLOW_SEALING, it is sealed against seals.
        assert (memfd.st_size, memfd.seals, memfd.n_processes) == (8192, fcntl.F_SEAL_SEAL, 2)
        assert [(p.pid, p.error) for p in objects.processes()] == \
            [(target.pid, None), (child, None)]
        with open("/usr/bin/true", "rb") as other:
            assert objects.find(other.fileno()) is None
        with Iter(target.pid) as mappings:
            fd = mappings.open_fd(mappings.find(anon))
            assert objects.find(fd).kind == Kind.SHM_ANON
            os.close(fd)
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_one_that_is_gone_is_told_of(processes, dead_pid):
    pid = processes.sleeper().pid
    with Objects([dead_pid, pid]) as objects:
        errors = {p.pid: p.error for p in objects.processes()}
        assert isinstance(errors[dead_pid], ProcessLookupError) and errors[pid] is None


def test_an_exception_of_progress_ends_the_scan():
    seen = []

    def progress(done, total):
        seen.append(done)
        if done == 2:
            raise KeyError("enough")
    with pytest.raises(KeyError, match="enough"):
        Objects(flags=ObjectsFlag.EVERYONE, progress=progress)
    assert seen == [0, 1, 2]


def test_an_exception_of_progress_keeps_nothing():
    def scan():
        kept = Iter(0)
        died.append(weakref.ref(kept))
        with pytest.raises(ZeroDivisionError):
            Objects([os.getpid()], progress=lambda done, total: 1 // 0)
    died = []
    scan()
    gc.collect()
    assert died[0]() is None


def test_a_scan_may_keep_descriptors(processes):
    pid = processes.sleeper().pid
    with Objects([pid], flags=ObjectsFlag.OPEN_FDS) as objects:
        for o in objects:
            fd = o.open_fd()
            assert os.fstat(fd).st_ino == o.st_ino
            os.close(fd)
        fd = o.open_fd()
    os.fstat(fd)
    os.close(fd)
    with pytest.raises(ValueError, match="closed"):
        o.open_fd()
    with Objects([pid]) as objects, pytest.raises(OSError):
        objects[0].open_fd()


def test_everyone():
    with Objects(flags=ObjectsFlag.EVERYONE | ObjectsFlag.SHARED) as objects:
        assert os.getpid() in {p.pid for p in objects.processes()}
