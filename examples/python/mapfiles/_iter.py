# SPDX-License-Identifier: LGPL-2.1-or-later
"""Walking a process or a core, and what can be asked about it meanwhile."""
import ctypes
from ctypes import byref
from dataclasses import dataclass
from typing import Optional, Tuple

from . import _library as lib
from ._handle import Handle
from ._library import check, functions
from ._mapping import Mapping, copy_mapping_at, raw_mapping
from ._remap import RemapPlan, Remapped, check_made, copy_plan, plan_at
from .constants import IterFlag, OpenFlag, Prot, RemapFlag, ReportFlag, Rung, Source, Sure


@dataclass(frozen=True)
class Report:
    """How a walk went."""
    n_mappings: int
    n_clamped: int
    n_partial: int
    n_vanished: int
    n_retries: int
    source: Source
    flags: ReportFlag

    @property
    def complete(self) -> bool:
        return bool(self.flags & ReportFlag.COMPLETE)


@dataclass(frozen=True)
class OpenInfo:
    """Which way led to the descriptor, and how far it is proven to be the mapped object.

    holes are ranges [start, end) of a copy that are zero because they could not be read.
    """
    rung: Rung
    sure: Sure
    n_retries: int
    holes: Tuple[Tuple[int, int], ...]


class Iter(Handle):
    """An iterator over what a process has mapped, in address order.

    Iter(pid), where 0 is this process, Iter(pidfd=fd), or Iter(core=fd) for an ELF core open
    for reading; the descriptor stays yours and may be closed at once. Only mappings that touch
    [start, end) and have all bits of prot are listed.

    The loop ends only when the list is complete. If the process exits or execs meanwhile
    that is a ProcessLookupError or an OSError with errno.ESTALE.
    """

    def __init__(self, pid: Optional[int] = None, *, pidfd: Optional[int] = None,
                 core: Optional[int] = None, flags: int = IterFlag(0),
                 source: int = Source.AUTO, prot: int = Prot(0), start: int = 0,
                 end: Optional[int] = None, proc_root: Optional[lib.Path] = None) -> None:
        if sum(given is not None for given in (pid, pidfd, core)) != 1:
            raise TypeError("one of pid, pidfd and core is needed; pid 0 is this process")
        if flags & IterFlag.OPEN_FDS:
            raise ValueError("OPEN_FDS: such descriptors die at the next step; use open_fd()")
        if end is None:
            end = 2**64 - 1 if start else 0
        opts = lib.IterOpts(size=ctypes.sizeof(lib.IterOpts), flags=flags, source=source,
                            prot=prot, to=end, proc_root=lib.encode_path(proc_root),
                            **{"from": start})
        opener, target = functions.mf_iter_open, pid
        if pidfd is not None:
            opener, target = functions.mf_iter_open_pidfd, pidfd
        elif core is not None:
            opener, target = functions.mf_iter_open_core, core
        pointer = ctypes.c_void_p()
        check(opener(target, byref(opts), byref(pointer)))
        assert pointer.value is not None
        super().__init__(pointer.value, functions.mf_iter_close)

    def __iter__(self) -> "Iter":
        return self

    def __next__(self) -> Mapping:
        found = ctypes.c_void_p()
        with self._alone() as pointer:
            if check(functions.mf_next(pointer, byref(found))) == 0:
                raise StopIteration
            assert found.value is not None
            return copy_mapping_at(found.value)

    def find(self, address: int) -> Optional[Mapping]:
        """The mapping that holds an address, as it is now; None if nothing is there."""
        found = ctypes.c_void_p()
        with self._alone() as pointer:
            if check(functions.mf_find(pointer, address, byref(found))) == 0:
                return None
            assert found.value is not None
            return copy_mapping_at(found.value)

    def rewind(self) -> None:
        """Begin anew, on the same process in the same address space."""
        with self._alone() as pointer:
            check(functions.mf_iter_rewind(pointer))

    @property
    def pid(self) -> int:
        """The process, also where a thread or a pidfd was given; of a core what it says."""
        with self._alone() as pointer:
            return check(functions.mf_iter_pid(pointer))

    @property
    def source(self) -> Source:
        with self._alone() as pointer:
            return Source(check(functions.mf_iter_source(pointer)))

    def report(self) -> Report:
        raw = ctypes.POINTER(lib.IterReport)()
        with self._alone() as pointer:
            check(functions.mf_iter_report(pointer, byref(raw)))
            r = raw.contents
            return Report(r.n_mappings, r.n_clamped, r.n_partial, r.n_vanished, r.n_retries,
                          Source(r.source), ReportFlag(r.flags))

    def open_fd(self, mapping: Mapping, flags: int = OpenFlag(0)) -> int:
        """A new descriptor of the very object that is mapped. It is yours: os.close() it, or
        let os.fdopen() own it. Never the wrong file: an OSError instead."""
        raw = raw_mapping(mapping)
        with self._alone() as pointer:
            return check(functions.mf_open_fd(pointer, byref(raw), flags))

    def open_info(self) -> OpenInfo:
        """How the last open_fd() got its descriptor."""
        raw = ctypes.POINTER(lib.OpenInfo)()
        with self._alone() as pointer:
            check(functions.mf_open_info(pointer, byref(raw)))
            info = raw.contents
            holes = (lib.Range * info.n_holes).from_address(info.holes) if info.n_holes else ()
            return OpenInfo(Rung(info.rung), Sure(info.sure), info.n_retries,
                            tuple((hole.start, hole.end) for hole in holes))

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the process's memory, fewer than size where it ends or cannot be read."""
        lib.UInt64.from_param(size)  # ctypes has words of its own for what is less than 0
        buffer = ctypes.create_string_buffer(size)
        with self._alone() as pointer:
            n = check(functions.mf_read(pointer, address, buffer, size))
        return ctypes.string_at(buffer, n)

    def remap(self, mapping: Mapping, flags: int = RemapFlag(0),
              address: Optional[int] = None) -> Remapped:
        """Map the same object here: a write in one is seen in the other. Only a place where
        nothing is mapped yet is taken."""
        if flags & RemapFlag.REPLACE:
            raise ValueError("REPLACE could unmap what Python itself uses")
        if address is not None:
            flags |= RemapFlag.AT
        opts = lib.RemapOpts(size=ctypes.sizeof(lib.RemapOpts), flags=flags, addr=address or 0)
        raw, where = raw_mapping(mapping), ctypes.c_void_p()
        with self._alone() as pointer:
            result = functions.mf_remap(pointer, byref(raw), byref(opts), byref(where))
            check_made(pointer, result)
            return Remapped(where.value or 0, plan_at(functions.mf_remap_made, pointer))

    def remap_plan(self, mapping: Mapping, flags: int = RemapFlag(0)) -> RemapPlan:
        """What remap() would do, or why it would refuse."""
        opts = lib.RemapOpts(size=ctypes.sizeof(lib.RemapOpts), flags=flags, addr=0)
        raw, plan = raw_mapping(mapping), ctypes.POINTER(lib.RemapPlan)()
        with self._alone() as pointer:
            check(functions.mf_remap_plan(pointer, byref(raw), byref(opts), byref(plan)))
            return copy_plan(plan.contents)
