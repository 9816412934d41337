# SPDX-License-Identifier: LGPL-2.1-or-later
"""What no program may do to the library by Python alone: use what is closed, close twice, use
one iterator in two threads at once, leak, or hand in numbers that are cut to size."""
import copy
import dataclasses
import errno
import gc
import os
import pickle
import signal
import threading

import pytest
from conftest import n_fds, raw_files

import mapfiles
from mapfiles import Iter, IterFlag, Modules, Objects, ObjectsFlag, Source, Table


def test_closing_twice_is_fine():
    mappings = Iter(0)
    table, modules, objects = Table(mappings), Modules(mappings), Objects([os.getpid()])
    for handle in (table, modules, objects, mappings):
        assert not handle.closed
        handle.close()
        handle.close()
        assert handle.closed


def test_what_is_closed_says_so():
    mappings = Iter(0)
    m = next(mappings)
    table, modules, objects = Table(mappings), Modules(mappings), Objects([os.getpid()])
    module, o = modules[0], objects[0]
    for handle in (table, modules, objects, mappings):
        handle.close()
    for use in (lambda: next(mappings), lambda: list(mappings), lambda: mappings.find(1),
                mappings.rewind, lambda: mappings.source, mappings.report,
                lambda: mappings.open_fd(m), mappings.open_info, lambda: mappings.read(1, 1),
                lambda: mappings.remap(m), lambda: mappings.remap_plan(m),
                lambda: Table(mappings), lambda: Modules(mappings), lambda: mappings.__enter__(),
                lambda: len(table), lambda: table[0], lambda: list(table), lambda: table.find(1),
                lambda: table.find_object(m), lambda: table.refresh(mappings), table.changes,
                lambda: len(modules), lambda: modules[0], lambda: modules.find(1), module.open_fd,
                lambda: len(objects), lambda: objects[0], lambda: objects.find(0), o.users,
                objects.processes):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_a_module_needs_its_iterator():
    with Iter(0) as mappings:
        modules = Modules(mappings)
        module = modules[0]
    assert module.path
    with pytest.raises(ValueError, match="closed"):
        module.open_fd()


def test_what_nobody_refers_to_is_released():
    before = n_fds()
    for _ in range(100):
        mappings = Iter(0)
        next(mappings)
        Table(mappings), Modules(mappings), Objects([os.getpid()])
    cycle = [mappings]
    cycle.append(cycle)
    del mappings, cycle
    gc.collect()
    assert n_fds() == before


def test_a_constructor_that_fails_leaves_nothing(dead_pid):
    before = n_fds()
    for _ in range(100):
        with pytest.raises(ProcessLookupError):
            Iter(dead_pid)
        with pytest.raises(OSError):
            Objects([])
    gc.collect()
    assert n_fds() == before


def test_an_exception_in_mid_walk_releases():
    before = n_fds()
    with pytest.raises(KeyError):
        with Iter(0) as mappings:
            for _ in mappings:
                raise KeyError
    assert mappings.closed and n_fds() == before


def test_handles_are_not_copied():
    with Iter(0) as mappings:
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                duplicate(mappings)
        m = next(mappings)
        assert pickle.loads(pickle.dumps(m)) == m == copy.deepcopy(m)


def test_an_iterator_goes_from_thread_to_thread(processes):
    pid = processes.sleeper().pid
    n = len(raw_files(pid))
    with Iter(pid) as mappings:
        found = [next(mappings)]
        thread = threading.Thread(target=lambda: found.extend(mappings))
        thread.start()
        thread.join()
    assert len(found) == n


def test_iterators_are_independent(processes):
    pid = processes.sleeper().pid
    wrong = []

    def walk():
        want = raw_files(pid)
        for _ in range(50):
            if [m.start for m in Iter(pid)] != [m.start for m in want]:
                wrong.append(1)
    threads = [threading.Thread(target=walk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_iterator_serves_one_thread_at_a_time():
    """Many threads use and close one iterator: each use works or is refused."""
    outcomes = set()

    def hammer(mappings, m):
        for _ in range(300):
            for use in (lambda: next(mappings), mappings.rewind, lambda: mappings.find(m.start),
                        lambda: os.close(mappings.open_fd(m))):
                try:
                    use()
                    outcomes.add("works")
                except StopIteration:
                    pass
                except (RuntimeError, ValueError) as e:
                    outcomes.add(type(e))
        try:
            mappings.close()
        except RuntimeError:
            pass
    mappings = Iter(0)
    m = next(m for m in mappings if m.path)
    threads = [threading.Thread(target=hammer, args=(mappings, m)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mappings.close()
    assert {"works", RuntimeError} <= outcomes


def test_a_handler_that_interrupts_a_use_is_refused(processes):
    mappings = Iter(0)
    refused = []

    def handler(*_):
        try:
            mappings.close()
        except RuntimeError:
            refused.append(1)
    old = signal.signal(signal.SIGALRM, handler)
    try:
        with mappings._alone():
            signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, old)
    assert refused and not mappings.closed
    mappings.close()


def test_numbers_are_not_cut_to_size():
    for call in (lambda: Iter(2**32 + os.getpid()), lambda: Iter(-2**31 - 1),
                 lambda: Iter(0, flags=2**32), lambda: Iter(0, start=-1), lambda: Iter(0, end=2**64),
                 lambda: Iter(0, prot=-1), lambda: Iter(0, source=2**32),
                 lambda: Iter(pidfd=2**32 + 1), lambda: Iter(0).find(2**64),
                 lambda: Iter(0).read(-1, 1), lambda: Iter(0).read(0, -1),
                 lambda: Objects([2**32 + os.getpid()]),
                 lambda: mapfiles.explain(2**32, 1), lambda: mapfiles.explain(0, -1)):
        with pytest.raises(OverflowError):
            call()


def test_what_is_no_number_is_a_type_error():
    for call in (lambda: Iter("1"), lambda: Iter(1.0), lambda: Iter(), lambda: Iter(pidfd=None),
                 lambda: Iter(0, pidfd=0), lambda: Iter(core="core"), lambda: Objects(["1"])):
        with pytest.raises(TypeError):
            call()


def test_refusals_have_their_errno(tmp_path, dead_pid):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    fifo_fd = os.open(fifo, os.O_RDWR)
    with pytest.raises(ProcessLookupError) as caught:
        Iter(dead_pid)
    assert caught.value.strerror == "no such process, or it exited meanwhile"
    for call, number in (
            (lambda: Iter(-1), errno.EINVAL),
            (lambda: Iter(0, flags=0x40000000), errno.EINVAL),
            (lambda: Iter(0, source=99), errno.EINVAL),
            (lambda: Iter(0, start=2, end=1), errno.EINVAL),
            (lambda: Iter(pidfd=-1), errno.EBADF),
            (lambda: Iter(pidfd=fifo_fd), errno.EBADF),
            (lambda: Iter(core=-1), errno.EBADF),
            (lambda: Iter(core=fifo_fd), errno.EINVAL),
            (lambda: Iter(0, proc_root="/nonexistent"), errno.ENOENT),
            (lambda: Iter(0, proc_root=fifo), errno.ENOTDIR),
            (lambda: Objects([]), errno.EINVAL),
            (lambda: Objects([0]), errno.EINVAL),
            (lambda: Objects([1], flags=ObjectsFlag.EVERYONE), errno.EINVAL),
            (lambda: mapfiles.explain(dead_pid, 1), errno.ESRCH),
            (lambda: mapfiles.explain(0, 99), errno.EINVAL)):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.errno == number
    os.close(fifo_fd)
    for wrong in ("/proc\0x", b"/proc\0"):
        with pytest.raises(ValueError):
            Iter(0, proc_root=wrong)
    with pytest.raises(ValueError):
        Iter(0, flags=IterFlag.OPEN_FDS)
    assert Iter(0, source=Source.MAPS).source == Source.MAPS


def test_a_mapping_of_ones_own_making_opens_nothing_wrong():
    with Iter(0) as mappings:
        m = next(mappings)
        for wrong in (dict(start=0x10, end=0x20), dict(inode=m.inode + 1),
                      dict(start=0, end=2**64 - 1)):
            with pytest.raises(OSError) as caught:
                mappings.open_fd(dataclasses.replace(m, **wrong))
            assert caught.value.errno in (errno.ESTALE, errno.EINVAL, errno.ENXIO)
        with pytest.raises(OverflowError):
            mappings.open_fd(dataclasses.replace(m, start=-1))
