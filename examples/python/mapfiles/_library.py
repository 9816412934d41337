# SPDX-License-Identifier: LGPL-2.1-or-later
"""libmapfiles by ctypes: its structs and functions, and its errors as OSError.

What keeps old and new apart: an option struct says its size; a struct of the library's is
only looked at through a pointer, so it may grow; a function is looked up when it is first
called, so that an older library lacks that one and no other. A field that is added here
later may be read only where mf_version() says that it is there.
"""
import ctypes
import operator
import os
from typing import Any, Optional, Union

# The number is in the name on purpose: another one is another interface.
SONAME = "libmapfiles.so.1"

# Those bits of mf_mapping.has whose fields are in the struct below.
KNOWN_HAS = 0xff

try:
    _handle = ctypes.CDLL(SONAME)
except OSError as e:
    raise ImportError(
        "libmapfiles cannot be loaded: %s\nInstall it and run ldconfig, or set "
        "LD_LIBRARY_PATH to where %s is." % (e, SONAME)) from e

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


def _ranged(bits: int, signed: bool, c_type: Any) -> Any:
    """ctypes cuts a number to size in silence: process 2**32 + 1 would be process 1."""
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)

    class Ranged:
        @staticmethod
        def from_param(value: Any) -> Any:
            number = operator.index(value)
            if not low <= number <= high:
                raise OverflowError("%d is not in %d..%d" % (number, low, high))
            return c_type(number)
    return Ranged


Int32 = _ranged(32, True, ctypes.c_int32)
UInt32 = _ranged(32, False, ctypes.c_uint32)
UInt64 = _ranged(64, False, ctypes.c_uint64)
_RANGED = {ctypes.c_int32: Int32, ctypes.c_uint32: UInt32, ctypes.c_uint64: UInt64}


class Struct(ctypes.Structure):
    """Takes no number that is too large for its field."""

    def __init__(self, **values: Any) -> None:
        types = {field[0]: field[1] for field in self._fields_}
        for name, value in values.items():
            ranged = _RANGED.get(types[name])
            setattr(self, name, ranged.from_param(value) if ranged else value)


def _fields(text: str) -> Any:
    types = {"u32": ctypes.c_uint32, "u64": ctypes.c_uint64, "i32": ctypes.c_int32,
             "str": ctypes.c_char_p, "ptr": ctypes.c_void_p}
    words = text.split()
    return [(name, types[t]) for t, name in zip(words[::2], words[1::2])]


class IterOpts(Struct):
    _fields_ = _fields("u32 size u32 flags u32 source u32 prot u64 from u64 to str proc_root u64 reserved")


class Mapping(Struct):
    _fields_ = _fields(
        "u64 start u64 end u64 offset u64 inode u32 dev_major u32 dev_minor u32 prot u32 kind "
        "u32 flags u32 has i32 fd u32 path_len ptr path u32 name_len u32 open_mode u32 st_mode "
        "u32 st_nlink u32 st_dev_major u32 st_dev_minor u64 st_ino u64 st_size u64 page_size "
        "i32 fd_error u32 fd_rung u32 fd_sure u32 reserved")


class IterReport(Struct):
    _fields_ = _fields("u64 n_mappings u64 n_clamped u64 n_partial u64 n_vanished "
                       "u64 n_retries u32 source u32 flags")


class Range(Struct):
    _fields_ = _fields("u64 start u64 end")


class OpenInfo(Struct):
    _fields_ = _fields("u32 rung u32 sure u64 n_retries u64 n_holes ptr holes")


PROGRESS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64)


class ObjectsOpts(Struct):
    _fields_ = _fields("u32 size u32 flags str proc_root") + [("progress", PROGRESS)] + \
        _fields("ptr progress_data")


class Object(Struct):
    _fields_ = _fields(
        "u32 kind u32 flags u32 has u32 seals u64 inode u32 dev_major u32 dev_minor u64 st_ino "
        "u64 st_size u32 st_dev_major u32 st_dev_minor u32 st_mode u32 st_nlink ptr path "
        "u32 path_len u32 name_len u64 n_users u64 n_processes i32 fd u32 reserved")


class ObjectUser(Struct):
    _fields_ = _fields("i32 pid u32 prot u32 flags u32 path_len u64 start u64 end u64 offset "
                       "ptr path")


class ObjectsProcess(Struct):
    _fields_ = _fields("i32 pid i32 error u32 flags u32 reserved u64 n_retries u64 n_users "
                       "u64 n_vanished")


class RemapOpts(Struct):
    _fields_ = _fields("u32 size u32 flags u64 addr")


class RemapPlan(Struct):
    _fields_ = _fields(
        "u64 offset u64 length u64 object_size u64 page_size u32 prot u32 flags u32 open_mode "
        "u32 rung u32 sure u32 refusal i32 error u32 reserved")


class Change(Struct):
    _fields_ = _fields("u32 action u32 differs ptr before ptr after")


class Segment(Struct):
    _fields_ = _fields("u64 start u64 end u64 offset u32 prot u32 flags u32 has u32 kind")


class Module(Struct):
    _fields_ = _fields(
        "u64 start u64 end u64 bias u64 elf_offset u64 inode u32 dev_major u32 dev_minor "
        "u32 has u32 kind u32 flags u32 elf_class u32 elf_data u32 elf_type "
        "u32 elf_machine u32 build_id_from u32 build_id_len u32 reserved ptr build_id "
        "ptr path u32 path_len u32 name_len u64 n_segments")


class ExplainOpts(Struct):
    _fields_ = _fields("u32 size u32 flags str proc_root")


def _prototypes() -> Any:
    ptr, out, u32, u64, i32 = ctypes.c_void_p, ctypes.c_void_p, UInt32, UInt64, Int32
    text, status = ctypes.c_char_p, ctypes.c_int
    count = ctypes.c_uint64
    return {
        "mf_version": (ctypes.c_uint32,),
        "mf_strerror": (text, i32),
        "mf_kind_name": (text, u32),
        "mf_source_name": (text, u32),
        "mf_rung_name": (text, u32),
        "mf_sure_name": (text, u32),
        "mf_refusal_text": (text, u32),
        "mf_why_text": (text, u32),
        "mf_explain": (status, i32, u32, ptr),
        "mf_iter_open": (status, i32, ptr, out),
        "mf_iter_open_pidfd": (status, i32, ptr, out),
        "mf_iter_open_core": (status, i32, ptr, out),
        "mf_iter_pid": (status, ptr),
        "mf_iter_source": (status, ptr),
        "mf_iter_report": (status, ptr, out),
        "mf_iter_rewind": (status, ptr),
        "mf_iter_close": (None, ptr),
        "mf_next": (status, ptr, out),
        "mf_find": (status, ptr, u64, out),
        "mf_read": (ctypes.c_int64, ptr, u64, ptr, u64),
        "mf_open_fd": (status, ptr, ptr, u32),
        "mf_open_info": (status, ptr, out),
        "mf_remap": (status, ptr, ptr, ptr, out),
        "mf_remap_plan": (status, ptr, ptr, ptr, out),
        "mf_remap_made": (status, ptr, out),
        "mf_objects_open": (status, ptr, u64, ptr, out),
        "mf_objects_count": (count, ptr),
        "mf_objects_get": (status, ptr, u64, out),
        "mf_objects_user": (status, ptr, ptr, u64, out),
        "mf_objects_process": (status, ptr, u64, out),
        "mf_objects_find_fd": (status, ptr, i32, out),
        "mf_objects_close": (None, ptr),
        "mf_table_open": (status, ptr, u32, out),
        "mf_table_count": (count, ptr),
        "mf_table_get": (status, ptr, u64, out, u32),
        "mf_table_find": (status, ptr, u64, out),
        "mf_table_find_object": (status, ptr, ptr, u64, out),
        "mf_table_refresh": (status, ptr, ptr),
        "mf_table_next_change": (status, ptr, out),
        "mf_table_close": (None, ptr),
        "mf_modules_open": (status, ptr, u32, out),
        "mf_modules_count": (count, ptr),
        "mf_modules_get": (status, ptr, u64, out),
        "mf_modules_find": (status, ptr, u64, out),
        "mf_modules_segment": (status, ptr, ptr, u64, out),
        "mf_module_open_fd": (status, ptr, ptr, u32),
        "mf_modules_close": (None, ptr),
    }


class _Functions:
    def __init__(self) -> None:
        self._prototypes = _prototypes()

    def __getattr__(self, name: str) -> Any:
        try:
            function = getattr(_handle, name)
        except AttributeError:
            raise NotImplementedError("this libmapfiles is too old: it has no %s()" % name) from None
        function.restype, *function.argtypes = self._prototypes[name]

        def call(*args: Any) -> Any:
            try:
                return function(*args)
            except ctypes.ArgumentError:
                # Once more by hand, for the OverflowError or TypeError that is in it.
                for argtype, arg in zip(function.argtypes, args):
                    argtype.from_param(arg)
                raise
        setattr(self, name, call)
        return call


functions = _Functions()


def error(number: int) -> OSError:
    """The OSError for -errno or errno; Python makes it a PermissionError and the like."""
    number = abs(number)
    text = functions.mf_strerror(number).decode()
    # Passed through from a system call: the C library knows what it is.
    return OSError(number, os.strerror(number) if text == "unexpected error" else text)


def check(result: int) -> int:
    if result < 0:
        raise error(result)
    return result


def encode_path(path: Optional[Path]) -> Optional[bytes]:
    if path is None:
        return None
    raw = os.fsencode(path)
    if b"\0" in raw:
        raise ValueError("embedded null byte")
    return raw


def copy_bytes(address: Optional[int], length: int) -> Optional[bytes]:
    return None if address is None else ctypes.string_at(address, length)
