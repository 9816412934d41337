# SPDX-License-Identifier: LGPL-2.1-or-later
"""Descriptors: the mapped object, whatever its name leads to by now, and whose they are."""
import errno
import fcntl
import os
import subprocess
import sys

import pytest
from conftest import n_fds, needs_root, raw_files

from mapfiles import Iter, OpenFlag, Prot, RemapFlag, Rung, Source, Sure

ONE = "print(map_file(os.fsencode(sys.argv[1])), flush=True)"


def identity(st):
    return st.st_dev, st.st_ino


def test_each_is_the_mapped_object(processes):
    pid = processes.sleeper().pid
    with Iter(pid) as mappings:
        for m in mappings:
            fd = mappings.open_fd(m)
            assert identity(os.fstat(fd)) == \
                identity(os.stat("/proc/%d/map_files/%x-%x" % (pid, m.start, m.end)))
            assert fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC and fd > 2
            info = mappings.open_info()
            assert (info.rung, info.sure, info.holes) == (Rung.MAP_FILES, Sure.EXACT, ())
            os.close(fd)


@pytest.mark.parametrize("replace", [os.mkfifo, os.mkdir,
                                     lambda path: os.symlink(b"/dev/zero", path)])
def test_what_took_the_name_is_not_opened(processes, replace):
    path = processes.file("mapped", b"the mapped bytes".ljust(8192))
    target = processes.target(ONE, [os.fsdecode(path)])
    inode = os.stat(path).st_ino
    os.unlink(path)
    replace(path)
    with Iter(target.pid) as mappings:
        m = mappings.find(target.printed[0])
        with os.fdopen(mappings.open_fd(m), "rb") as file:
            assert os.fstat(file.fileno()).st_ino == inode
            assert file.read(16) == b"the mapped bytes"


def test_a_descriptor_is_the_callers(processes):
    pid = processes.sleeper().pid
    with Iter(pid) as mappings:
        fd = mappings.open_fd(next(mappings))
        list(mappings)
    os.fstat(fd)
    os.close(fd)


def test_flags(processes):
    path = processes.file("mapped")
    target = processes.target(ONE, [os.fsdecode(path)])
    with Iter(target.pid) as mappings:
        m = mappings.find(target.printed[0])
        for flags, mode in ((OpenFlag(0), os.O_RDONLY), (OpenFlag.AS_MAPPED, os.O_RDWR),
                            (OpenFlag.PATH, os.O_PATH)):
            fd = mappings.open_fd(m, flags)
            got = fcntl.fcntl(fd, fcntl.F_GETFL)
            assert got & (os.O_ACCMODE | os.O_PATH) == mode
            os.close(fd)


def test_a_copy_of_what_has_no_file(processes):
    target = processes.sleeper()
    with Iter(target.pid) as mappings:
        vdso = next(m for m in Iter(target.pid, flags=1) if m.path == b"[vdso]")
        with pytest.raises(OSError) as caught:
            mappings.open_fd(vdso)
        assert caught.value.errno == errno.ENXIO
        with os.fdopen(mappings.open_fd(vdso, OpenFlag.COPY), "rb") as file:
            assert file.read() == mappings.read(vdso.start, len(vdso))
        assert mappings.open_info().sure == Sure.COPY


def test_nothing_was_opened_yet(processes):
    with Iter(processes.sleeper().pid) as mappings, pytest.raises(FileNotFoundError):
        mappings.open_info()


def test_refusals_leave_no_descriptor(processes, dead_pid):
    pid = processes.sleeper().pid
    with Iter(pid) as mappings:
        m = next(mappings)
        before = n_fds()
        for flags in (0x4000, 2**31):
            with pytest.raises(OSError) as caught:
                mappings.open_fd(m, flags)
            assert caught.value.errno == errno.EINVAL
        for flags in (-1, 2**32):
            with pytest.raises(OverflowError):
                mappings.open_fd(m, flags)
        for wrong in (None, 1, object()):
            with pytest.raises(TypeError):
                mappings.open_fd(wrong)
        assert n_fds() == before


def test_remap_shares_the_object(processes):
    target = processes.target(
        "fd = os.memfd_create('shared'); os.ftruncate(fd, 8192)\n"
        "addr = map(fd); ctypes.memset(addr, 65, 8192); print(addr, flush=True)")
    addr = target.printed[0]
    with Iter(target.pid) as mappings:
        m = mappings.find(addr)
        plan = mappings.remap_plan(m)
        assert (plan.shared, plan.prot, plan.length, plan.error) == \
            (True, Prot.READ | Prot.WRITE, 8192, 0)
        with mappings.remap(m) as memory:
            assert len(memory) == 8192
            assert memory.read(0, 8192) == b"A" * 8192
            memory.write(5000, b"seen by both")
            assert mappings.read(addr + 5000, 12) == b"seen by both"
            for offset, size in ((-1, 1), (0, 8193), (8192, 1), (2**64, 1), (0, -1)):
                with pytest.raises(IndexError):
                    memory.read(offset, size)
            with pytest.raises(IndexError):
                memory.write(8190, b"four")
            here = "%x-" % memory.address
            assert here in open("/proc/self/maps").read()
        assert here not in open("/proc/self/maps").read()
        memory.close()
        with pytest.raises(ValueError):
            memory.read(0, 1)


def test_remap_minds_protection(processes):
    path = processes.file("mapped")
    target = processes.target(
        "print(map_file(os.fsencode(sys.argv[1]), prot=1), flush=True)", [os.fsdecode(path)])
    with Iter(target.pid) as mappings, mappings.remap(mappings.find(target.printed[0])) as memory:
        with pytest.raises(PermissionError):
            memory.write(0, b"x")


def test_remap_says_why_not(processes):
    pid = processes.sleeper().pid
    with Iter(pid) as mappings:
        heap = next(m for m in Iter(pid, flags=1) if m.path == b"[heap]")
        with pytest.raises(OSError) as caught:
            mappings.remap(heap)
        plan = mappings.remap_plan(heap)
        assert caught.value.errno == errno.ENXIO
        assert caught.value.strerror == plan.reason
        m = next(mappings)
        with pytest.raises(ValueError):
            mappings.remap(m, RemapFlag.REPLACE, 0x10000)
        with Iter(os.getpid()) as own:
            taken = next(own).start
        with pytest.raises(FileExistsError):
            mappings.remap(m, address=taken)


def test_without_privilege_it_is_an_error_of_python(processes):
    needs_root()
    pid = processes.sleeper().pid
    result = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c",
         "import mapfiles, sys\n"
         "for access in mapfiles.Access: print(mapfiles.explain(int(sys.argv[1]), access).name)\n"
         "try: mapfiles.Iter(int(sys.argv[1]))\n"
         "except PermissionError: print('refused')\n", str(pid)],
        stdout=subprocess.PIPE, cwd="/", env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    if result.returncode != 0:
        pytest.skip("user 65534 cannot read the package")
    words = result.stdout.decode().split()
    assert words[0] in ("OTHER_USER", "MORE_CAPABILITIES", "HIDDEN") and words[-1] == "refused"


def test_opening_does_not_tire(processes):
    pid = processes.sleeper().pid
    n = len(raw_files(pid))
    before = n_fds()
    with Iter(pid, source=Source.MAPS, flags=1) as mappings:
        m = next(m for m in mappings if m.path)
        for _ in range(10000):
            os.close(mappings.open_fd(m))
        assert n_fds() <= before + 6
    for _ in range(2000):
        assert len(list(Iter(pid))) == n
    assert n_fds() == before
