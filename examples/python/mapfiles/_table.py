# SPDX-License-Identifier: LGPL-2.1-or-later
"""A whole list in memory, for those who ask it again and again."""
import ctypes
from ctypes import byref
from dataclasses import dataclass
from typing import Iterator, List, Optional

from . import _library as lib
from ._handle import Handle
from ._iter import Iter
from ._library import check, functions
from ._mapping import Mapping, copy_mapping, copy_mapping_at, raw_mapping
from .constants import ChangeAction, Differs


@dataclass(frozen=True)
class Change:
    """One difference between two states of a table."""
    action: ChangeAction
    differs: Differs
    before: Optional[Mapping]
    after: Optional[Mapping]


class Table(Handle):
    """What an Iter walks, loaded: indexed in address order, found by address.

    Threads may read it at once; refresh() and changes() want it alone.
    """

    def __init__(self, iter: Iter) -> None:
        pointer = ctypes.c_void_p()
        with iter._alone() as walked:
            check(functions.mf_table_open(walked, 0, byref(pointer)))
        assert pointer.value is not None
        super().__init__(pointer.value, functions.mf_table_close)

    def __len__(self) -> int:
        with self._reading() as pointer:
            return int(functions.mf_table_count(pointer))

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int) -> Mapping:
        raw = lib.Mapping()
        if index < 0:
            index += len(self)
        if index < 0:
            raise IndexError("table index out of range")
        with self._reading() as pointer:
            if check(functions.mf_table_get(pointer, index, byref(raw), ctypes.sizeof(raw))) == 0:
                raise IndexError("table index out of range")
            return copy_mapping(raw)

    def __iter__(self) -> Iterator[Mapping]:
        for index in range(len(self)):
            try:
                yield self[index]
            except IndexError:  # a refresh() made it shorter
                return

    def find(self, address: int) -> Optional[int]:
        """The index of the mapping that holds an address; None if nothing was there."""
        index = ctypes.c_uint64()
        with self._reading() as pointer:
            if check(functions.mf_table_find(pointer, address, byref(index))) == 0:
                return None
            return index.value

    def find_object(self, like: Mapping, start: int = 0) -> Optional[int]:
        """The index, from start on, of a mapping that shows the byte at like.offset of its object."""
        raw, index = raw_mapping(like), ctypes.c_uint64()
        with self._reading() as pointer:
            if check(functions.mf_table_find_object(pointer, byref(raw), start, byref(index))) == 0:
                return None
            return index.value

    def refresh(self, iter: Iter) -> None:
        """Load anew; changes() then gives the differences. On failure all is as it was."""
        with self._alone() as pointer, iter._alone() as walked:
            check(functions.mf_table_refresh(pointer, walked))

    def changes(self) -> List[Change]:
        """What the last refresh() found; each is given once."""
        found, raw = [], ctypes.POINTER(lib.Change)()
        with self._alone() as pointer:
            while check(functions.mf_table_next_change(pointer, byref(raw))):
                change = raw.contents
                found.append(Change(
                    ChangeAction(change.action), Differs(change.differs),
                    copy_mapping_at(change.before) if change.before else None,
                    copy_mapping_at(change.after) if change.after else None))
        return found
