# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is listed, found and read, against /proc."""
import errno
import os
import struct

import pytest
from conftest import raw_files, raw_maps, read, wait_until

import mapfiles
from mapfiles import Has, Iter, IterFlag, Kind, Prot, ReportFlag, Source

MAPPED = r"""
for path in sys.argv[1:]:
    print(map_file(os.fsencode(path)), flush=True)
"""
HOSTILE = [b"plain", b"not utf-8 \xff\xfe\x80", b"new\nline", b"tab\tbell\a", b"\xe2\x98\x83",
           b"looks (deleted)", b"a" * 255]


def shown(m):
    """A mapping as a line of maps."""
    prot = "".join(c if m.prot & bit else "-" for c, bit in
                   (("r", Prot.READ), ("w", Prot.WRITE), ("x", Prot.EXEC)))
    return (m.start, m.end, prot + ("s" if m.shared else "p"), m.offset, m.dev_major, m.dev_minor,
            m.inode, m.path)


@pytest.fixture
def target(processes):
    paths = [processes.file(name) for name in HOSTILE] + [processes.file("gone")]
    made = processes.target(MAPPED, [os.fsdecode(path) for path in paths])
    os.unlink(paths[-1])
    made.paths = dict(zip(paths, made.printed))
    return made


@pytest.mark.parametrize("source", [Source.AUTO, Source.QUERY, Source.MAPS])
def test_all_mappings_are_those_of_maps(target, source):
    try:
        mappings = Iter(target.pid, flags=IterFlag.ALL, source=source)
    except OSError as e:
        if e.errno == errno.EOPNOTSUPP and source == Source.QUERY:
            pytest.skip("no PROCMAP_QUERY before Linux 6.11")
        raise
    with mappings:
        assert [shown(m) for m in mappings] == raw_maps(target.pid)


@pytest.mark.parametrize("flags", [IterFlag(0), IterFlag.STREAM])
def test_mapped_files_are_those_of_map_files(target, flags):
    with Iter(target.pid, flags=flags) as mappings:
        assert [shown(m) for m in mappings] == raw_files(target.pid)
        assert mappings.report().complete


def test_paths_are_the_very_bytes(target):
    with Iter(target.pid) as mappings:
        by_start = {m.start: m for m in mappings}
    for path, start in target.paths.items():
        m = by_start[start]
        assert m.name == path
        assert os.fsencode(m.text) == m.path
        assert m.deleted == path.endswith(b"/gone")
        assert m.path == path + (b" (deleted)" if m.deleted else b"")


def test_a_mapping_outlives_its_iterator(target):
    with Iter(target.pid) as mappings:
        first = next(mappings)
        copy = (first.start, bytes(first.path), hash(first))
        for last in mappings:
            pass
    del mappings
    assert (first.start, first.path, hash(first)) == copy
    assert last != first
    with pytest.raises(AttributeError):
        first.start = 0


def test_filters(target):
    lines = raw_maps(target.pid)
    middle = lines[len(lines) // 2]
    with Iter(target.pid, flags=IterFlag.ALL, start=middle.start + 1, end=middle.end) as mappings:
        assert [shown(m) for m in mappings] == [middle]
    with Iter(target.pid, flags=IterFlag.ALL, start=middle.start) as mappings:
        assert [shown(m) for m in mappings] == lines[len(lines) // 2:]
    with Iter(target.pid, flags=IterFlag.ALL, prot=Prot.READ | Prot.EXEC) as mappings:
        assert [shown(m) for m in mappings] == [m for m in lines if m.prot.startswith("r-x")]
    with Iter(target.pid, flags=IterFlag.ALL | IterFlag.SHARED) as mappings:
        assert [shown(m) for m in mappings] == [m for m in lines if m.prot[3] == "s"]


def test_stat_fields_are_those_of_stat(target):
    with Iter(target.pid, flags=IterFlag.STAT) as mappings:
        for m in mappings:
            st = os.stat("/proc/%d/map_files/%x-%x" % (target.pid, m.start, m.end))
            assert m.has & Has.STAT
            assert (m.st_mode, m.st_nlink, m.st_ino, m.st_size, m.st_dev_major, m.st_dev_minor) == \
                (st.st_mode, st.st_nlink, st.st_ino, st.st_size, os.major(st.st_dev),
                 os.minor(st.st_dev))
    with Iter(target.pid) as mappings:
        assert {m.st_ino for m in mappings} == {None}


def test_another_proc_root(target, tmp_path):
    saved = tmp_path / ("%d" % target.pid)
    saved.mkdir()
    (saved / "maps").write_bytes(read("/proc/%d/maps" % target.pid))
    with Iter(target.pid, flags=IterFlag.ALL, proc_root=tmp_path) as mappings:
        assert [shown(m)[:7] for m in mappings] == [m[:7] for m in raw_maps(target.pid)]


def test_pidfd(target):
    pidfd = os.pidfd_open(target.pid)
    mappings = Iter(pidfd=pidfd)
    os.close(pidfd)
    with mappings:
        assert mappings.pid == target.pid
        assert [shown(m) for m in mappings] == raw_files(target.pid)


def test_report_and_rewind(target):
    n = len(raw_files(target.pid))
    with Iter(target.pid, source=Source.MAP_FILES) as mappings:
        assert mappings.source == Source.MAP_FILES
        next(mappings)
        assert (mappings.report().n_mappings, mappings.report().complete) == (1, False)
        assert len(list(mappings)) == n - 1
        report = mappings.report()
        assert (report.n_mappings, report.source) == (n, Source.MAP_FILES)
        assert report.flags == ReportFlag.COMPLETE | ReportFlag.SNAPSHOT
        assert list(mappings) == []
        mappings.rewind()
        assert len(list(mappings)) == n


def test_find(target):
    with Iter(target.pid) as mappings:
        for line in raw_maps(target.pid):
            assert shown(mappings.find(line.start)) == line
            assert mappings.find(line.end - 1).start == line.start
        assert mappings.find(0x10) is None
        assert len(list(mappings)) == len(raw_files(target.pid))


def test_read(target):
    with Iter(target.pid) as mappings, open("/proc/%d/mem" % target.pid, "rb") as mem:
        for m in mappings:
            mem.seek(m.start)
            assert mappings.read(m.start, 100) == mem.read(100)
        last = max(m.end for m in raw_maps(target.pid) if m.end < 2**47)
        assert len(mappings.read(last - 10, 100)) == 10
        assert mappings.read(0x10, 4) == b""
        assert mappings.read(0x10, 0) == b""


def test_names_of_numbers(target):
    with Iter(target.pid, flags=IterFlag.ALL) as mappings:
        kinds = {m.kind for m in mappings}
    assert {Kind.FILE, Kind.HEAP, Kind.STACK, Kind.VDSO} <= kinds
    assert mapfiles.kind_name(Kind.MEMFD) == "memfd"
    assert mapfiles.source_name(Source.QUERY) == "query"
    assert mapfiles.rung_name(mapfiles.Rung.EXE) and mapfiles.sure_name(mapfiles.Sure.EXACT)
    # As from a newer library.
    assert mapfiles.kind_name(4711) == "unknown"
    assert Kind(4711) == 4711 and Kind(4711).name == "4711"
    assert IterFlag(0x40000000) & 0x40000000


def core_of(name, start, end, offset):
    """A core with one file, as the kernel writes it: NT_FILE, and one segment left out."""
    desc = struct.pack("<5Q", 1, 4096, start, end, offset // 4096) + name + b"\0"
    note = struct.pack("<3I", 5, len(desc), 0x46494c45) + b"CORE\0\0\0\0" + desc
    note += b"\0" * (-len(note) % 4)
    ident = b"\x7fELF\2\1\1" + b"\0" * 9
    ehdr = ident + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    notes = struct.pack("<IIQQQQQQ", 4, 0, 64 + 112, 0, 0, len(note), 0, 4)
    load = struct.pack("<IIQQQQQQ", 1, 5, 64 + 112 + len(note), start, 0, 0, end - start, 1)
    return ehdr + notes + load + note


def test_core(tmp_path):
    path = tmp_path / "core"
    path.write_bytes(core_of(b"/no/such \xff", 0x1000000, 0x1004000, 0x2000))
    with open(path, "rb") as core:
        mappings = Iter(core=core.fileno())
    with mappings:
        m, = mappings
        assert (m.start, m.end, m.offset, m.path, m.inode) == \
            (0x1000000, 0x1004000, 0x2000, b"/no/such \xff", None)
        assert mappings.source == Source.CORE
        with pytest.raises(FileNotFoundError):
            mappings.open_fd(m)


def test_the_end_of_a_process_is_no_end_of_a_list(processes):
    p = processes.sleeper()
    with Iter(p.pid, flags=IterFlag.STREAM) as mappings:
        next(mappings)
        p.kill()
        p.wait()
        with pytest.raises(ProcessLookupError):
            list(mappings)
        with pytest.raises(ProcessLookupError):
            next(mappings)
        assert not mappings.report().complete


def test_exec_in_mid_walk_is_stale(processes):
    p = processes.spawn(["sh", "-c", "echo up; read line; exec sleep 600"])
    assert p.stdout.readline() == b"up\n"
    with Iter(p.pid) as mappings:
        next(mappings)
        p.stdin.write(b"\n")
        p.stdin.flush()
        wait_until(lambda: read("/proc/%d/comm" % p.pid) == b"sleep\n")
        with pytest.raises(OSError) as caught:
            list(mappings)
        assert caught.value.errno == errno.ESTALE
