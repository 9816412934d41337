# SPDX-License-Identifier: LGPL-2.1-or-later
"""A command of gdb: what the program that is debugged has mapped, and what of it is true.

    gdb -x mapfiles.py -p PID          or in gdb:  source mapfiles.py

`info mapfiles` lists what `info proc mappings` cannot: what kind of memory it is, which
object is behind it by device and inode, whether its name still leads to it, whether it is
shared, and how far what can be opened is proven to be it; of a live process or of a core.
The library is $LIBMAPFILES, or libmapfiles.so.1 where the loader finds it.
"""
import ctypes
import os
import re

import gdb

PROT_READ, PROT_WRITE, PROT_EXEC = 1, 2, 4
MAPPING_SHARED, MAPPING_DELETED, MAPPING_RACED = 1, 2, 4
HAS_PROT, HAS_DEV, HAS_OFFSET, HAS_PATH, HAS_DELETED = 1, 2, 4, 8, 0x10
ITER_ALL = 1
OPEN_PATH = 2
OBJECTS_EVERYONE = 2
ACCESS_DETAILS = 1
SURE = {1: "exact", 2: "matching", 3: "copy", 4: "build-id", 5: "name"}
KIND_FILE = 1


class IterOpts(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("source", ctypes.c_uint32), ("prot", ctypes.c_uint32),
                ("start", ctypes.c_uint64), ("to", ctypes.c_uint64),
                ("proc_root", ctypes.c_char_p), ("reserved", ctypes.c_uint64)]


class Mapping(ctypes.Structure):
    """The library's, and it may grow at its end: only ever looked at through a pointer."""
    _fields_ = [("start", ctypes.c_uint64), ("end", ctypes.c_uint64),
                ("offset", ctypes.c_uint64), ("inode", ctypes.c_uint64),
                ("dev_major", ctypes.c_uint32), ("dev_minor", ctypes.c_uint32),
                ("prot", ctypes.c_uint32), ("kind", ctypes.c_uint32),
                ("flags", ctypes.c_uint32), ("has", ctypes.c_uint32),
                ("fd", ctypes.c_int32), ("path_len", ctypes.c_uint32),
                ("path", ctypes.c_void_p), ("name_len", ctypes.c_uint32)]


class OpenInfo(ctypes.Structure):
    _fields_ = [("rung", ctypes.c_uint32), ("sure", ctypes.c_uint32)]


class ObjectsOpts(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("proc_root", ctypes.c_char_p), ("progress", ctypes.c_void_p),
                ("progress_data", ctypes.c_void_p)]


class ObjectUser(ctypes.Structure):
    _fields_ = [("pid", ctypes.c_int32)]


def fail(message):
    raise gdb.GdbError(message)


class Library:
    """libmapfiles by ctypes. A negative return value becomes an error of gdb."""

    RETURNS = {"mf_strerror": ctypes.c_char_p, "mf_kind_name": ctypes.c_char_p,
               "mf_why_text": ctypes.c_char_p, "mf_iter_close": None, "mf_objects_close": None}

    def __init__(self):
        self.name = os.environ.get("LIBMAPFILES") or "libmapfiles.so.1"
        try:
            self.handle = ctypes.CDLL(self.name)
        except OSError as e:
            fail("libmapfiles cannot be loaded: %s\n"
                 "Install it, or set LIBMAPFILES to its path before gdb starts." % e)

    def __getattr__(self, symbol):
        try:
            function = getattr(self.handle, symbol)
        except AttributeError:
            fail("%s lacks %s: a newer libmapfiles is needed." % (self.name, symbol))
        function.restype = self.RETURNS.get(symbol, ctypes.c_int)
        return function

    def text(self, error):
        return self.mf_strerror(error).decode()


class Walk:
    """An iterator on a process or a core."""

    def __init__(self, library):
        self.library = library
        self.iter = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.library.mf_iter_close(self.iter)

    def options(self):
        return IterOpts(size=ctypes.sizeof(IterOpts), flags=ITER_ALL)

    def open_process(self, pid):
        opts = self.options()
        r = self.library.mf_iter_open(pid, ctypes.byref(opts), ctypes.byref(self.iter))
        if r < 0:
            why = self.library.mf_explain(pid, ACCESS_DETAILS, None)
            reason = "" if why <= 0 else "\n" + self.library.mf_why_text(why).decode()
            fail("process %d: %s%s" % (pid, self.library.text(r), reason))

    def open_core(self, path):
        opts = self.options()
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as e:
            fail("%s: %s" % (path, e.strerror))
        try:
            r = self.library.mf_iter_open_core(fd, ctypes.byref(opts), ctypes.byref(self.iter))
        finally:
            os.close(fd)
        if r < 0:
            fail("core %s: %s" % (path, self.library.text(r)))

    def mappings(self):
        m = ctypes.POINTER(Mapping)()
        while True:
            r = self.library.mf_next(self.iter, ctypes.byref(m))
            if r < 0:
                fail("the list is cut off here: %s" % self.library.text(r))
            if r == 0:
                return
            yield m

    def find(self, addr):
        m = ctypes.POINTER(Mapping)()
        r = self.library.mf_find(self.iter, ctypes.c_uint64(addr), ctypes.byref(m))
        if r < 0:
            fail(self.library.text(r))
        if r == 0:
            fail("Nothing is mapped at 0x%x." % addr)
        return m

    def open_object(self, m):
        """A descriptor that is only looked at, and how sure it is; or -1 and None."""
        fd = self.library.mf_open_fd(self.iter, m, OPEN_PATH)
        if fd < 0:
            return -1, None
        info = ctypes.POINTER(OpenInfo)()
        self.library.mf_open_info(self.iter, ctypes.byref(info))
        return fd, SURE.get(info.contents.sure, "?")


class Sharers:
    """All processes, scanned once: who else maps an object."""

    def __init__(self, library):
        self.library = library
        self.objects = ctypes.c_void_p()
        opts = ObjectsOpts(size=ctypes.sizeof(ObjectsOpts), flags=OBJECTS_EVERYONE)
        r = library.mf_objects_open(None, 0, ctypes.byref(opts), ctypes.byref(self.objects))
        if r < 0:
            fail("the processes cannot be scanned: %s" % library.text(r))

    def close(self):
        self.library.mf_objects_close(self.objects)

    def pids(self, fd):
        found, user = ctypes.c_void_p(), ctypes.POINTER(ObjectUser)()
        if self.library.mf_objects_find_fd(self.objects, fd, ctypes.byref(found)) <= 0:
            return []
        pids, index = set(), 0
        while self.library.mf_objects_user(self.objects, found, ctypes.c_uint64(index),
                                           ctypes.byref(user)) > 0:
            pids.add(user.contents.pid)
            index += 1
        return sorted(pids)


def printable(name):
    """One line, and nothing in it that a terminal obeys."""
    text = name.decode("utf-8", "surrogateescape")
    return "".join(c if c.isprintable() and c != "\\" else
                   "".join("\\%03o" % byte for byte in c.encode("utf-8", "surrogateescape"))
                   for c in text)


def prot_text(m):
    if not m.has & HAS_PROT:
        return "????"
    return "".join((
        "r" if m.prot & PROT_READ else "-", "w" if m.prot & PROT_WRITE else "-",
        "x" if m.prot & PROT_EXEC else "-", "s" if m.flags & MAPPING_SHARED else "p"))


def identity(m):
    if not m.has & HAS_DEV or not (m.dev_major or m.dev_minor or m.inode):
        return "-"
    return "%x:%x:%d" % (m.dev_major, m.dev_minor, m.inode)


def name_state(m, name, pid):
    """Whether the name still leads to the object. Another file may have taken it."""
    if m.kind != KIND_FILE or not m.has & HAS_DELETED:
        return "-"
    if not m.flags & MAPPING_DELETED:
        return "named"
    try:
        os.lstat(b"/proc/%d/root" % pid + name)
    except OSError:
        return "deleted"
    return "replaced"


def core_file():
    """The core's name as gdb tells it, or None."""
    text = gdb.execute("info target", to_string=True)
    found = re.search(r"^Local core dump file:\n\s*[`'](.*)', file type", text, re.MULTILINE)
    return found.group(1) if found else None


class Row:
    HEAD = ("START", "END", "PROT", "OFFSET", "KIND", "OBJECT", "NAME IS", "SURE", "NAME")

    def __init__(self, walk, pointer, pid, sharers):
        m = pointer.contents
        path = ctypes.string_at(m.path, m.path_len) if m.path else b""
        name = path[:m.name_len]
        # What follows may ask the library again: m is no longer its answer then.
        self.cells = ["0x%x" % m.start, "0x%x" % m.end, prot_text(m),
                      "0x%x" % m.offset if m.has & HAS_OFFSET else "?",
                      walk.library.mf_kind_name(m.kind).decode() +
                      (" (raced)" if m.flags & MAPPING_RACED else ""),
                      identity(m), name_state(m, name, pid)]
        fd, sure = (-1, None)
        if m.path and (identity(m) != "-" or not pid):
            fd, sure = walk.open_object(pointer)
        self.cells += [sure or "-", printable(name)]
        self.sharers = sharers.pids(fd) if sharers and fd >= 0 else []
        if fd >= 0:
            os.close(fd)


def write_rows(rows):
    widths = [max(len(cells[i]) for cells in [Row.HEAD] + [row.cells for row in rows])
              for i in range(len(Row.HEAD))]
    for cells, sharers in [(Row.HEAD, [])] + [(row.cells, row.sharers) for row in rows]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()
        gdb.write(line + "\n")
        if sharers:
            gdb.write("    mapped by: %s\n" % " ".join(map(str, sharers)))


class InfoMapfiles(gdb.Command):
    """Mappings of the program that is debugged, and the objects behind them.

Usage: info mapfiles [-sharers] [ADDRESS]

Of each mapping: its kind, device and inode of its object, whether the name still leads
to that object (named, deleted, replaced by another file), and how sure it is that what
can be opened is that object: exact, matching (device and inode), of a core build-id or
name. With ADDRESS, an expression, only the mapping that holds it. -sharers scans all
processes and tells who else maps each object."""

    def __init__(self):
        super().__init__("info mapfiles", gdb.COMMAND_STATUS, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        # An expression may hold blanks: only the option is cut off.
        option, _, rest = argument.strip().partition(" ")
        with_sharers = option == "-sharers"
        expression = rest.strip() if with_sharers else argument.strip()
        if expression.startswith("-") and expression[1:2].isalpha():
            fail("Unknown option: %s" % expression)
        addr = int(gdb.parse_and_eval(expression)) & (2 ** 64 - 1) if expression else None
        library = Library()
        with Walk(library) as walk:
            pid = self.open(walk)
            if with_sharers and not pid:
                fail("A core has no sharers: it is of a process that is no more.")
            self.show(walk, pid, addr, Sharers(library) if with_sharers else None)

    @staticmethod
    def open(walk):
        """Opens what the selected inferior is: the pid, or 0 for a core."""
        inferior = gdb.selected_inferior()
        core = core_file()
        if core:
            walk.open_core(core)
            return 0
        connection = getattr(inferior, "connection", None)
        if connection is not None and connection.type != "native":
            fail("The target is %s: its process is not one of this machine." % connection.type)
        if not inferior.pid:
            fail("There is no process and no core: `run', `attach' or `core' first.")
        walk.open_process(inferior.pid)
        return inferior.pid

    @staticmethod
    def show(walk, pid, addr, sharers):
        try:
            found = walk.mappings() if addr is None else [walk.find(addr)]
            write_rows([Row(walk, m, pid, sharers) for m in found])
        finally:
            if sharers:
                sharers.close()


InfoMapfiles()
