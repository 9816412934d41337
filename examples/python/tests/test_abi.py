# SPDX-License-Identifier: LGPL-2.1-or-later
"""The constants and structs are those of the installed header, and an older or newer library
does no harm."""
import ctypes
import mmap
import os
import re
import subprocess
import sys

import pytest

import mapfiles
from mapfiles import _library, _mapping, constants

FAMILIES = {
    "MF_ACCESS_": constants.Access, "MF_BUILD_ID_": constants.BuildIdFrom,
    "MF_DIFFERS_": constants.Differs, "MF_CHANGE_": constants.ChangeAction,
    "MF_HAS_": constants.Has, "MF_ITER_": constants.IterFlag, "MF_KIND_": constants.Kind,
    "MF_MAPPING_": constants.MappingFlag, "MF_MODULES_": constants.ModulesFlag,
    "MF_MODULE_": constants.ModuleFlag,
    "MF_OBJECTS_": constants.ObjectsFlag, "MF_OBJECT_": constants.ObjectFlag,
    "MF_OPEN_": constants.OpenFlag, "MF_PROCESS_": constants.ProcessFlag,
    "MF_PROT_": constants.Prot, "MF_REFUSAL_": constants.Refusal,
    "MF_REMAP_": constants.RemapFlag, "MF_REPORT_": constants.ReportFlag,
    "MF_RUNG_": constants.Rung, "MF_SOURCE_": constants.Source, "MF_SURE_": constants.Sure,
    "MF_WHY_": constants.Why,
}
ALONE = {"MF_ITER_MEMORY": constants.ITER_MEMORY}
STRUCTS = {
    "mf_iter_opts": _library.IterOpts, "mf_mapping": _library.Mapping,
    "mf_iter_report": _library.IterReport, "mf_range": _library.Range,
    "mf_open_info": _library.OpenInfo, "mf_objects_opts": _library.ObjectsOpts,
    "mf_object": _library.Object, "mf_object_user": _library.ObjectUser,
    "mf_objects_process": _library.ObjectsProcess, "mf_remap_opts": _library.RemapOpts,
    "mf_remap_plan": _library.RemapPlan, "mf_change": _library.Change,
    "mf_segment": _library.Segment, "mf_module": _library.Module,
    "mf_explain_opts": _library.ExplainOpts,
}
# mf_iter_open_in() is for handlers of signals that interrupt C, where no Python can run.
NOT_FOR_PYTHON = {"mf_iter_open_in"}


def pkg_config(*args):
    return subprocess.run(["pkg-config", *args, "libmapfiles"], check=True,
                          stdout=subprocess.PIPE).stdout.decode().split()


@pytest.fixture(scope="module")
def header():
    directory, = pkg_config("--variable=includedir")
    with open(os.path.join(directory, "mapfiles.h")) as f:
        return f.read()


def python_constant(name):
    if name in ALONE:
        return ALONE[name]
    prefix, = (p for p in FAMILIES if name.startswith(p))
    return FAMILIES[prefix][name[len(prefix):]].value


def test_constants(header):
    in_header = {name: int(value, 0) for name, value in
                 re.findall(r"^#define\s+(MF_\w+)\s+(\w+)", header, re.M)
                 if name != "MF_API" and not name.startswith("MF_VERSION_")}
    assert len(in_header) > 100
    assert {name: python_constant(name) for name in in_header} == in_header
    n_here = len(ALONE) + sum(len(family.__members__) for family in FAMILIES.values())
    assert n_here == len(in_header)


def test_structs(header, tmp_path):
    bodies = dict(re.findall(r"^struct (mf_\w+) \{\n(.*?)^\};", header, re.M | re.S))
    assert set(bodies) == set(STRUCTS)
    program = ["#include <mapfiles.h>", "#include <stddef.h>", "#include <stdio.h>",
               "int main(void) {"]
    want = []
    for name, struct in STRUCTS.items():
        fields = re.findall(r"(\w+);", re.sub(r"/\*.*?\*/", "", bodies[name], flags=re.S))
        assert fields == [field[0] for field in struct._fields_], name
        program.append('printf("%%s %%zu\\n", "%s", sizeof(struct %s));' % (name, name))
        want.append("%s %d" % (name, ctypes.sizeof(struct)))
        for field in fields:
            at = "struct %s, %s" % (name, field)
            program.append('printf("%%s %%zu %%zu\\n", "%s", offsetof(%s), '
                           'sizeof(((struct %s *)0)->%s));' % (at, at, name, field))
            descriptor = getattr(struct, field)
            want.append("%s %d %d" % (at, descriptor.offset, descriptor.size))
    (tmp_path / "layout.c").write_text("\n".join(program + ["return 0; }", ""]))
    subprocess.run([os.environ.get("CC", "cc"), "-o", tmp_path / "layout", tmp_path / "layout.c",
                    *pkg_config("--cflags")], check=True)
    got = subprocess.run([tmp_path / "layout"], check=True, stdout=subprocess.PIPE).stdout
    assert got.decode().splitlines() == want


def test_functions(header):
    declared = set(re.findall(r"^MF_API[^;(]*?(mf_\w+)\(", header, re.M))
    assert declared - NOT_FOR_PYTHON == set(_library._prototypes())
    for name in declared - NOT_FOR_PYTHON:
        getattr(_library.functions, name)


def test_the_library_is_the_installed_one():
    libdir, = pkg_config("--variable=libdir")
    loaded = {line.split()[-1] for line in open("/proc/self/maps") if "libmapfiles" in line}
    assert loaded == {os.path.realpath(os.path.join(libdir, _library.SONAME))}
    version, = pkg_config("--modversion")
    assert mapfiles.version() == version


def test_no_byte_past_the_struct_of_this_version_is_read():
    """As an older library has it: at the very end of a page, before one that cannot be read."""
    memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    assert libc.mprotect(base + mmap.PAGESIZE, mmap.PAGESIZE, 0) == 0
    at = base + mmap.PAGESIZE - ctypes.sizeof(_library.Mapping)
    lib = _library.Mapping.from_address(at)
    lib.start, lib.end, lib.kind, lib.has = 4096, 8192, 4711, 0xffffffff
    m = _mapping.copy_mapping_at(at)
    assert (m.start, m.end, m.kind) == (4096, 8192, 4711)
    # Bits whose fields are not known here must not go back to a library that would read them.
    assert m.has == _library.KNOWN_HAS
    assert _mapping.raw_mapping(m).has == _library.KNOWN_HAS


def test_an_older_library_lacks_what_it_lacks(tmp_path):
    (tmp_path / "old.c").write_text("unsigned mf_version(void) { return 0x010000; }\n")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o",
                    tmp_path / _library.SONAME, tmp_path / "old.c"], check=True)
    result = subprocess.run(
        [sys.executable, "-c", "import mapfiles\nprint(mapfiles.version())\n"
         "try: mapfiles.Iter(0)\nexcept NotImplementedError as e: print(e)"],
        env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}, stdout=subprocess.PIPE, check=True)
    assert result.stdout.decode() == \
        "1.0.0\nthis libmapfiles is too old: it has no mf_iter_open()\n"


def test_without_the_library_the_import_says_what_helps(tmp_path):
    # A file that is none, found first.
    (tmp_path / _library.SONAME).write_text("")
    result = subprocess.run([sys.executable, "-c", "import mapfiles"], stderr=subprocess.PIPE,
                            env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)})
    assert result.returncode == 1
    assert b"ImportError: libmapfiles cannot be loaded" in result.stderr


def test_types():
    try:
        __import__("mypy")
    except ImportError:
        pytest.skip("needs mypy")
    package = os.path.dirname(mapfiles.__file__)
    result = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull,
                             package], stdout=subprocess.PIPE, cwd=os.path.dirname(package))
    assert result.returncode == 0, result.stdout.decode()
