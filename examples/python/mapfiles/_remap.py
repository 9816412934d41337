# SPDX-License-Identifier: LGPL-2.1-or-later
"""What another process maps, mapped here too."""
import ctypes
from ctypes import byref
from dataclasses import dataclass
from typing import Any

from . import _library as lib
from ._handle import Handle
from ._library import check, functions
from .constants import MappingFlag, Prot, Refusal, Rung, Sure

_munmap = ctypes.CDLL(None).munmap
_munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


@dataclass(frozen=True)
class RemapPlan:
    """What it takes, or the refusal. rung and sure are 0 where nothing was opened."""
    offset: int
    length: int
    object_size: int
    page_size: int
    prot: Prot
    shared: bool
    open_mode: Prot
    rung: Rung
    sure: Sure
    refusal: Refusal
    error: int

    @property
    def reason(self) -> str:
        return str(functions.mf_refusal_text(self.refusal).decode())


def copy_plan(raw: lib.RemapPlan) -> RemapPlan:
    return RemapPlan(raw.offset, raw.length, raw.object_size, raw.page_size, Prot(raw.prot),
                     bool(raw.flags & MappingFlag.SHARED), Prot(raw.open_mode), Rung(raw.rung), Sure(raw.sure),
                     Refusal(raw.refusal), raw.error)


def plan_at(function: Any, pointer: int) -> RemapPlan:
    raw = ctypes.POINTER(lib.RemapPlan)()
    check(function(pointer, byref(raw)))
    return copy_plan(raw.contents)


def check_made(pointer: int, result: int) -> None:
    """Raise what mf_remap() returned, with the refusal's own words where they are of this call."""
    if result >= 0:
        return
    raised = lib.error(result)
    raw = ctypes.POINTER(lib.RemapPlan)()
    if functions.mf_remap_made(pointer, byref(raw)) == 0 and raw.contents.error == result:
        raised.strerror = copy_plan(raw.contents).reason
    try:
        raise raised
    finally:
        del raised  # or it refers to itself by its traceback, and keeps the Iter open for a while


class Remapped(Handle):
    """Memory that is shared with another process, unmapped by close().

    Bounds and protection are checked. If somebody truncates the object, touching what is
    gone is SIGBUS, as for every mapping.
    """

    def __init__(self, address: int, plan: RemapPlan) -> None:
        self.plan = plan
        super().__init__(address, lambda pointer: _munmap(pointer, plan.length))

    def __len__(self) -> int:
        return self.plan.length

    def __bool__(self) -> bool:
        return True

    @property
    def address(self) -> int:
        with self._reading() as pointer:
            return pointer

    def _check(self, offset: int, size: int, prot: Prot) -> None:
        if offset < 0 or size < 0 or offset + size > self.plan.length:
            raise IndexError("%d bytes at %d of %d" % (size, offset, self.plan.length))
        if not self.plan.prot & prot:
            raise PermissionError("the memory is mapped %s" % (self.plan.prot or "without access"))

    def read(self, offset: int, size: int) -> bytes:
        self._check(offset, size, Prot.READ)
        with self._reading() as pointer:
            return ctypes.string_at(pointer + offset, size)

    def write(self, offset: int, data: bytes) -> None:
        data = bytes(data)
        self._check(offset, len(data), Prot.WRITE)
        with self._reading() as pointer:
            ctypes.memmove(pointer + offset, data, len(data))
