# SPDX-License-Identifier: LGPL-2.1-or-later
"""The constants of <mapfiles.h>: MF_KIND_FILE is Kind.FILE. What each means stands there.

A newer library may return a number that has no name here: it is kept, and compares and
prints as that number.
"""
import enum


class _Number(enum.IntEnum):
    @classmethod
    def _missing_(cls, value: object) -> "_Number":
        if not isinstance(value, int):
            raise ValueError("%r is no %s" % (value, cls.__name__))
        unknown = int.__new__(cls, value)
        unknown._name_ = str(value)
        unknown._value_ = value
        return unknown


class Prot(enum.IntFlag):
    READ = 0x1
    WRITE = 0x2
    EXEC = 0x4


class Kind(_Number):
    UNKNOWN = 0
    FILE = 1
    ANON = 2
    SHM_ANON = 3
    MEMFD = 4
    SYSV = 5
    HUGETLB = 6
    HEAP = 7
    STACK = 8
    VDSO = 9
    VVAR = 10
    VSYSCALL = 11
    DEVICE = 12
    ANON_NAMED = 13
    ANON_INODE = 14
    SOCKET = 15
    SECRETMEM = 16
    AIO = 17
    DMABUF = 18
    SPECIAL = 19


class MappingFlag(enum.IntFlag):
    SHARED = 0x1
    DELETED = 0x2
    RACED = 0x4
    NAME_AMBIGUOUS = 0x8
    NAME_CARRIED = 0x10


class Has(enum.IntFlag):
    PROT = 0x1
    DEV = 0x2
    OFFSET = 0x4
    PATH = 0x8
    DELETED = 0x10
    STAT = 0x20
    OPEN_MODE = 0x40
    PAGE_SIZE = 0x80
    SEALS = 0x100
    BIAS = 0x200
    ELF = 0x400


class IterFlag(enum.IntFlag):
    ALL = 0x1
    STREAM = 0x2
    STAT = 0x4
    OPEN_FDS = 0x8
    SHARED = 0x10
    RUN_NAMES = 0x20


ITER_MEMORY = 65536


class Source(_Number):
    AUTO = 0
    MAP_FILES = 1
    QUERY = 2
    MAPS = 3
    CORE = 4


class ReportFlag(enum.IntFlag):
    COMPLETE = 0x1
    SNAPSHOT = 0x2
    RACED = 0x4


class OpenFlag(enum.IntFlag):
    AS_MAPPED = 0x1
    PATH = 0x2
    ANY_TYPE = 0x4
    DIRECT = 0x8
    COPY = 0x10
    MAY_BLOCK = 0x20
    EXACT = 0x40


class Rung(_Number):
    MAP_FILES = 1
    EXE = 2
    FD = 3
    PATH = 4
    COPY = 5


class Sure(_Number):
    EXACT = 1
    MATCHING = 2
    COPY = 3
    BUILD_ID = 4
    NAME = 5


class ObjectsFlag(enum.IntFlag):
    TREE = 0x1
    EVERYONE = 0x2
    SHARED = 0x4
    OPEN_FDS = 0x8
    RUN_NAMES = 0x10


class ObjectFlag(enum.IntFlag):
    UNCERTAIN = 0x1
    APART = 0x2
    DELETED = 0x4


class ProcessFlag(enum.IntFlag):
    NUMBERS_ONLY = 0x1


class RemapFlag(enum.IntFlag):
    AT = 0x1
    REPLACE = 0x2
    CLIP = 0x4
    OBJECT_ONLY = 0x8
    MATCHING = 0x10
    MAY_BLOCK = 0x20


class Refusal(_Number):
    NONE = 0
    NO_OBJECT = 1
    AIO = 2
    SOCKET = 3
    ANON_INODE = 4
    SECRET = 5
    DEVICE = 6
    PRIVATE = 7
    PRIVATE_UNKNOWN = 8
    TOO_SHORT = 9
    SEALED = 10
    UNCERTAIN = 11
    OTHER_BYTES = 12
    CHANGED = 13
    NOT_OPENED = 14
    TAKEN = 15
    NO_ROOM = 16
    NOT_MAPPED = 17


class ChangeAction(_Number):
    ADDED = 1
    REMOVED = 2
    MODIFIED = 3


class Differs(enum.IntFlag):
    END = 0x1
    PROT = 0x2
    OFFSET = 0x4
    NAME = 0x8
    PART = 0x10


class ModulesFlag(enum.IntFlag):
    KERNEL_BUILD_ID = 0x1
    NO_FILES = 0x2


class ModuleFlag(enum.IntFlag):
    EXE = 0x1
    INTERPRETER = 0x2
    DELETED = 0x4
    DATA = 0x8


class BuildIdFrom(_Number):
    NONE = 0
    MEMORY = 1
    FILE = 2
    KERNEL = 3


class Access(_Number):
    DETAILS = 1
    LIST = 2
    FOLLOW = 3
    MEMORY = 4


class Why(_Number):
    ALLOWED = 0
    HIDDEN = 1
    OTHER_USER = 2
    NOT_DUMPABLE = 3
    MORE_CAPABILITIES = 4
    DIRECTORY_MODE = 5
    NO_CAPABILITY = 6
    USER_NAMESPACE = 7
    YAMA = 8
    NO_MAP_FILES = 9
    NO_ADDRESS_SPACE = 10
    SECURITY_MODULE = 11
