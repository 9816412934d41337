# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a Linux process has mapped, and the objects behind it: libmapfiles for Python.

    with mapfiles.Iter(pid) as mappings:
        for m in mappings:
            print(hex(m.start), m.kind, m.text)

What is returned is a copy: it stays when the iterator moves on or is closed. A descriptor
that is returned is yours to close. A refusal of the library is an OSError with its errno,
so a PermissionError, a ProcessLookupError and so on. The names are those of <mapfiles.h>,
which explains them.
"""
import ctypes
from typing import Optional

from . import _library
from ._handle import Handle
from ._iter import Iter, OpenInfo, Report
from ._mapping import Mapping
from ._modules import Module, Modules, Segment
from ._objects import Object, Objects, ObjectUser, ScannedProcess
from ._remap import Remapped, RemapPlan
from ._table import Change, Table
from .constants import (ITER_MEMORY, Access, BuildIdFrom, ChangeAction, Differs, Has, IterFlag,
                        Kind, MappingFlag, ModuleFlag, ModulesFlag, ObjectFlag, ObjectsFlag,
                        OpenFlag, ProcessFlag, Prot, Refusal, RemapFlag, ReportFlag, Rung, Source,
                        Sure, Why)

__all__ = [
    "Access", "BuildIdFrom", "Change", "ChangeAction", "Differs", "Handle", "Has", "ITER_MEMORY",
    "Iter", "IterFlag", "Kind", "Mapping", "MappingFlag", "Module", "ModuleFlag", "Modules",
    "ModulesFlag", "Object", "ObjectFlag", "ObjectUser", "Objects", "ObjectsFlag", "OpenFlag",
    "OpenInfo", "ProcessFlag", "Prot", "Refusal", "RemapFlag", "RemapPlan", "Remapped", "Report",
    "ReportFlag", "Rung", "ScannedProcess", "Segment", "Source", "Sure", "Table", "Why",
    "explain", "kind_name", "rung_name", "source_name", "sure_name", "version", "why_text",
]


def version() -> str:
    """The version of the library that is loaded, as "1.0.0"."""
    number = _library.functions.mf_version()
    return "%d.%d.%d" % (number >> 16, number >> 8 & 0xff, number & 0xff)


def kind_name(kind: int) -> str:
    """A short lower-case name for a kind, such as "memfd"."""
    return str(_library.functions.mf_kind_name(kind).decode())


def source_name(source: int) -> str:
    return str(_library.functions.mf_source_name(source).decode())


def rung_name(rung: int) -> str:
    return str(_library.functions.mf_rung_name(rung).decode())


def sure_name(sure: int) -> str:
    return str(_library.functions.mf_sure_name(sure).decode())


def explain(pid: int, access: int, proc_root: Optional[_library.Path] = None) -> Why:
    """Why one kind of access to a process is refused to the caller, or Why.ALLOWED."""
    opts = _library.ExplainOpts(size=ctypes.sizeof(_library.ExplainOpts), flags=0,
                                proc_root=_library.encode_path(proc_root))
    return Why(_library.check(_library.functions.mf_explain(pid, access, ctypes.byref(opts))))


def why_text(why: int) -> str:
    """One plain sentence for a reason: what is in the way and what to grant."""
    return str(_library.functions.mf_why_text(why).decode())
