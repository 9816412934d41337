# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ELF files that a process, or a core, has loaded."""
import ctypes
from ctypes import byref
from dataclasses import dataclass, field
from typing import Iterator, Optional, Tuple

from . import _library as lib
from ._handle import Handle
from ._iter import Iter
from ._library import check, functions
from ._mapping import Named
from .constants import (BuildIdFrom, Has, Kind, MappingFlag, ModuleFlag, ModulesFlag, OpenFlag,
                        Prot)


@dataclass(frozen=True)
class Segment:
    start: int
    end: int
    offset: int
    prot: Optional[Prot]
    flags: MappingFlag
    kind: Kind


@dataclass(frozen=True)
class Module(Named):
    """One ELF file, as it is loaded once. None is what is not known."""
    start: int
    end: int
    bias: Optional[int]
    elf_offset: int
    dev_major: Optional[int]
    dev_minor: Optional[int]
    inode: Optional[int]
    kind: Kind
    flags: ModuleFlag
    elf_class: Optional[int]
    elf_data: Optional[int]
    elf_type: Optional[int]
    elf_machine: Optional[int]
    build_id: Optional[bytes]
    build_id_from: BuildIdFrom
    path: Optional[bytes]
    name_len: int
    segments: Tuple[Segment, ...]
    _modules: "Modules" = field(repr=False, compare=False)
    _address: int = field(repr=False, compare=False)

    def open_fd(self, flags: int = OpenFlag(0)) -> int:
        """A new descriptor of its file, which is yours. The ELF file begins at elf_offset."""
        with self._modules._reading(), self._modules._iter._alone() as walked:
            return check(functions.mf_module_open_fd(walked, self._address, flags))


def _copy_segments(modules: int, module: int, count: int) -> Iterator[Segment]:
    raw = ctypes.POINTER(lib.Segment)()
    for index in range(count):
        check(functions.mf_modules_segment(modules, module, index, byref(raw)))
        s = raw.contents
        yield Segment(s.start, s.end, s.offset, Prot(s.prot) if s.has & Has.PROT else None,
                      MappingFlag(s.flags), Kind(s.kind))


class Modules(Handle):
    """The modules of what an Iter walks, in address order. They keep that Iter, which must
    still be open for Module.open_fd()."""

    def __init__(self, iter: Iter, flags: int = ModulesFlag(0)) -> None:
        pointer = ctypes.c_void_p()
        self._iter = iter
        with iter._alone() as walked:
            check(functions.mf_modules_open(walked, flags, byref(pointer)))
        assert pointer.value is not None
        super().__init__(pointer.value, functions.mf_modules_close)

    def _copy(self, pointer: int, address: int) -> Module:
        raw = lib.Module.from_address(address)
        dev, elf = raw.has & Has.DEV, raw.has & Has.ELF
        return Module(
            start=raw.start, end=raw.end,
            bias=raw.bias if raw.has & Has.BIAS else None,
            elf_offset=raw.elf_offset,
            dev_major=raw.dev_major if dev else None,
            dev_minor=raw.dev_minor if dev else None,
            inode=raw.inode if dev else None,
            kind=Kind(raw.kind), flags=ModuleFlag(raw.flags),
            elf_class=raw.elf_class if elf else None,
            elf_data=raw.elf_data if elf else None,
            elf_type=raw.elf_type if elf else None,
            elf_machine=raw.elf_machine if elf else None,
            build_id=lib.copy_bytes(raw.build_id, raw.build_id_len),
            build_id_from=BuildIdFrom(raw.build_id_from),
            path=lib.copy_bytes(raw.path, raw.path_len), name_len=raw.name_len,
            segments=tuple(_copy_segments(pointer, address, raw.n_segments)),
            _modules=self, _address=address)

    def __len__(self) -> int:
        with self._reading() as pointer:
            return int(functions.mf_modules_count(pointer))

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int) -> Module:
        found = ctypes.c_void_p()
        if index < 0:
            index += len(self)
        if index < 0:
            raise IndexError("module index out of range")
        with self._reading() as pointer:
            if check(functions.mf_modules_get(pointer, index, byref(found))) == 0:
                raise IndexError("module index out of range")
            assert found.value is not None
            return self._copy(pointer, found.value)

    def __iter__(self) -> Iterator[Module]:
        return (self[index] for index in range(len(self)))

    def find(self, address: int) -> Optional[Module]:
        """The module that an address belongs to."""
        found = ctypes.c_void_p()
        with self._reading() as pointer:
            if check(functions.mf_modules_find(pointer, address, byref(found))) == 0:
                return None
            assert found.value is not None
            return self._copy(pointer, found.value)
