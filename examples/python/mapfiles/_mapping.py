# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mapping, copied out of the library's memory, so that it outlives the iterator."""
import os
from dataclasses import dataclass
from typing import Optional

from . import _library as lib
from .constants import Has, Kind, MappingFlag, Prot


class Named:
    """What has a path: bytes as the kernel gives them, of any encoding or none."""
    __slots__ = ()
    path: Optional[bytes]
    name_len: int

    @property
    def name(self) -> Optional[bytes]:
        """The path without the kernel's mark " (deleted)"."""
        return None if self.path is None else self.path[:self.name_len]

    @property
    def text(self) -> str:
        """The path by os.fsdecode(): what is no UTF-8 becomes surrogates, and os.fsencode()
        gives the very bytes again. "" if there is none."""
        return os.fsdecode(self.path or b"")


@dataclass(frozen=True)
class Mapping(Named):
    """One mapping of a process. None is what is not known, or not there: see has."""
    start: int
    end: int
    kind: Kind
    flags: MappingFlag
    has: Has
    path: Optional[bytes]
    name_len: int
    prot: Optional[Prot]
    offset: Optional[int]
    dev_major: Optional[int]
    dev_minor: Optional[int]
    inode: Optional[int]
    open_mode: Optional[Prot]
    st_mode: Optional[int]
    st_nlink: Optional[int]
    st_dev_major: Optional[int]
    st_dev_minor: Optional[int]
    st_ino: Optional[int]
    st_size: Optional[int]
    page_size: Optional[int]

    def __len__(self) -> int:
        return self.end - self.start

    def __bool__(self) -> bool:
        return True

    def __contains__(self, address: int) -> bool:
        return self.start <= address < self.end

    @property
    def shared(self) -> Optional[bool]:
        return bool(self.flags & MappingFlag.SHARED) if self.has & Has.PROT else None

    @property
    def deleted(self) -> Optional[bool]:
        return bool(self.flags & MappingFlag.DELETED) if self.has & Has.DELETED else None


def copy_mapping(raw: lib.Mapping) -> Mapping:
    # Bits of later fields, which this package does not know, must not come back to the library.
    has = Has(raw.has & lib.KNOWN_HAS)
    dev, stat, prot = has & Has.DEV, has & Has.STAT, has & Has.PROT
    return Mapping(
        start=raw.start,
        end=raw.end,
        kind=Kind(raw.kind),
        flags=MappingFlag(raw.flags),
        has=has,
        path=lib.copy_bytes(raw.path, raw.path_len),
        name_len=raw.name_len,
        prot=Prot(raw.prot) if prot else None,
        offset=raw.offset if has & Has.OFFSET else None,
        dev_major=raw.dev_major if dev else None,
        dev_minor=raw.dev_minor if dev else None,
        inode=raw.inode if dev else None,
        open_mode=Prot(raw.open_mode) if has & Has.OPEN_MODE else None,
        st_mode=raw.st_mode if stat else None,
        st_nlink=raw.st_nlink if stat else None,
        st_dev_major=raw.st_dev_major if stat else None,
        st_dev_minor=raw.st_dev_minor if stat else None,
        st_ino=raw.st_ino if stat else None,
        st_size=raw.st_size if stat else None,
        page_size=raw.page_size if has & Has.PAGE_SIZE else None)


def copy_mapping_at(address: int) -> Mapping:
    return copy_mapping(lib.Mapping.from_address(address))


def raw_mapping(m: Mapping) -> lib.Mapping:
    """For the functions that take a mapping back; they look at no path."""
    if not isinstance(m, Mapping):
        raise TypeError("a Mapping is needed, not %r" % type(m).__name__)
    return lib.Mapping(
        start=m.start, end=m.end, kind=m.kind, flags=m.flags, has=m.has & lib.KNOWN_HAS, fd=-1,
        prot=m.prot or 0, offset=m.offset or 0, dev_major=m.dev_major or 0,
        dev_minor=m.dev_minor or 0, inode=m.inode or 0, open_mode=m.open_mode or 0,
        st_mode=m.st_mode or 0, st_nlink=m.st_nlink or 0, st_dev_major=m.st_dev_major or 0,
        st_dev_minor=m.st_dev_minor or 0, st_ino=m.st_ino or 0, st_size=m.st_size or 0,
        page_size=m.page_size or 0)
