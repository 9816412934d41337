# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who maps what: the mappings of many processes, grouped by the object behind them."""
import ctypes
import errno
import fcntl
from ctypes import byref
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Iterator, List, Optional

from . import _library as lib
from ._handle import Handle
from ._library import check, functions
from ._mapping import Named
from .constants import Has, Kind, MappingFlag, ObjectFlag, ObjectsFlag, ProcessFlag, Prot

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class ObjectUser:
    """One mapping that shows an object."""
    pid: int
    start: int
    end: int
    offset: int
    prot: Prot
    flags: MappingFlag
    path: Optional[bytes]

    @property
    def shared(self) -> bool:
        return bool(self.flags & MappingFlag.SHARED)


@dataclass(frozen=True)
class ScannedProcess:
    """How the scan of one process went: error is None, or why nothing of it is listed."""
    pid: int
    error: Optional[OSError] = field(compare=False)
    flags: ProcessFlag
    n_retries: int
    n_users: int
    n_vanished: int


@dataclass(frozen=True)
class Object(Named):
    """One object that is mapped, by whomever. None is what is not known."""
    kind: Kind
    flags: ObjectFlag
    has: Has
    seals: Optional[int]
    dev_major: Optional[int]
    dev_minor: Optional[int]
    inode: Optional[int]
    st_dev_major: Optional[int]
    st_dev_minor: Optional[int]
    st_ino: Optional[int]
    st_size: Optional[int]
    st_mode: Optional[int]
    st_nlink: Optional[int]
    path: Optional[bytes]
    name_len: int
    n_users: int
    n_processes: int
    _objects: "Objects" = field(repr=False, compare=False)
    _address: int = field(repr=False, compare=False)

    def users(self) -> List[ObjectUser]:
        """Its users, by process and address. Its Objects must still be open."""
        found = ctypes.POINTER(lib.ObjectUser)()
        with self._objects._reading() as pointer:
            users = []
            for index in range(self.n_users):
                check(functions.mf_objects_user(pointer, self._address, index, byref(found)))
                u = found.contents
                users.append(ObjectUser(u.pid, u.start, u.end, u.offset, Prot(u.prot),
                                        MappingFlag(u.flags), lib.copy_bytes(u.path, u.path_len)))
            return users

    def open_fd(self) -> int:
        """With ObjectsFlag.OPEN_FDS a new O_PATH descriptor of it, which is yours."""
        with self._objects._reading():
            fd = lib.Object.from_address(self._address).fd
            if fd < 0:
                raise lib.error(errno.ENXIO)
            return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)


def _guard(progress: Progress, caught: List[BaseException]) -> Any:
    """For C, which knows no exceptions: one ends the scan, and is raised when that is over."""
    def call(_data: Any, done: int, total: int) -> int:
        try:
            progress(done, total)
            return 0
        except BaseException as e:
            caught.append(e)
            return 1
    return lib.PROGRESS(call)


class Objects(Handle):
    """A scan of processes. Threads may read it at once.

    progress(done, total) is called before the first process and after each; an exception
    that it raises ends the scan.
    """

    def __init__(self, pids: Iterable[int] = (), *, flags: int = ObjectsFlag(0),
                 proc_root: Optional[lib.Path] = None,
                 progress: Optional[Progress] = None) -> None:
        numbers = [lib.Int32.from_param(pid) for pid in pids]
        array = (ctypes.c_int32 * len(numbers))(*numbers)
        caught: List[BaseException] = []
        opts = lib.ObjectsOpts(size=ctypes.sizeof(lib.ObjectsOpts), flags=flags,
                               proc_root=lib.encode_path(proc_root))
        if progress is not None:
            opts.progress = _guard(progress, caught)
        pointer = ctypes.c_void_p()
        result = functions.mf_objects_open(array if numbers else None, len(numbers),
                                           byref(opts), byref(pointer))
        if caught:
            if pointer.value is not None:
                functions.mf_objects_close(pointer)
            # If it stayed in the list, which the callback refers to, it would keep itself and
            # its callers' variables for ever: that cycle is never collected.
            raise caught.pop()
        check(result)
        assert pointer.value is not None
        super().__init__(pointer.value, functions.mf_objects_close)

    def _copy(self, address: int) -> Object:
        raw = lib.Object.from_address(address)
        dev, stat = raw.has & Has.DEV, raw.has & Has.STAT
        return Object(
            kind=Kind(raw.kind), flags=ObjectFlag(raw.flags), has=Has(raw.has),
            seals=raw.seals if raw.has & Has.SEALS else None,
            dev_major=raw.dev_major if dev else None,
            dev_minor=raw.dev_minor if dev else None,
            inode=raw.inode if dev else None,
            st_dev_major=raw.st_dev_major if stat else None,
            st_dev_minor=raw.st_dev_minor if stat else None,
            st_ino=raw.st_ino if stat else None,
            st_size=raw.st_size if stat else None,
            st_mode=raw.st_mode if stat else None,
            st_nlink=raw.st_nlink if stat else None,
            path=lib.copy_bytes(raw.path, raw.path_len), name_len=raw.name_len,
            n_users=raw.n_users, n_processes=raw.n_processes,
            _objects=self, _address=address)

    def __len__(self) -> int:
        with self._reading() as pointer:
            return int(functions.mf_objects_count(pointer))

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int) -> Object:
        found = ctypes.c_void_p()
        if index < 0:
            index += len(self)
        if index < 0:
            raise IndexError("object index out of range")
        with self._reading() as pointer:
            if check(functions.mf_objects_get(pointer, index, byref(found))) == 0:
                raise IndexError("object index out of range")
            assert found.value is not None
            return self._copy(found.value)

    def __iter__(self) -> Iterator[Object]:
        return (self[index] for index in range(len(self)))

    def find(self, fd: int) -> Optional[Object]:
        """The object that a descriptor of yours refers to, if it is mapped; by identity."""
        found = ctypes.c_void_p()
        with self._reading() as pointer:
            if check(functions.mf_objects_find_fd(pointer, fd, byref(found))) == 0:
                return None
            assert found.value is not None
            return self._copy(found.value)

    def processes(self) -> List[ScannedProcess]:
        """The processes that were scanned."""
        listed: List[ScannedProcess] = []
        found = ctypes.POINTER(lib.ObjectsProcess)()
        with self._reading() as pointer:
            while check(functions.mf_objects_process(pointer, len(listed), byref(found))):
                p = found.contents
                listed.append(ScannedProcess(
                    p.pid, lib.error(p.error) if p.error else None, ProcessFlag(p.flags),
                    p.n_retries, p.n_users, p.n_vanished))
        return listed
