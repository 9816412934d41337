#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/gdb/mapfiles.py in gdb: on a live process and on its core, against what /proc
says. The tool of this test is the library.
"""
import ctypes
import errno
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import ToolTest, main, read

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                      "examples", "gdb", "mapfiles.py")
# One object, twice: a file that stays, one that goes and one whose name another takes.
MAP = r"""
for name in sys.argv[1:]:
    map_file(name, prot=1, flags=1)
os.unlink(sys.argv[2])
os.rename(sys.argv[4], sys.argv[3])
"""


class Gdb(ToolTest):
    def setUp(self):
        super().setUp()
        if not shutil.which("gdb"):
            self.skip("gdb is not there")
        if subprocess.run(["gdb", "-nx", "-batch", "-ex", "python import ctypes"],
                          capture_output=True).returncode != 0:
            self.skip("this gdb has no Python with ctypes")

    def gdb(self, *args, library=None):
        env = {**os.environ, "LC_ALL": "C.UTF-8", "LIBMAPFILES": library or self.tool,
               "DEBUGINFOD_URLS": ""}
        return subprocess.run(["gdb", "-nx", "-batch", "-iex", "set pagination off",
                               "-iex", "set auto-load no", *args],
                              env=env, capture_output=True, timeout=120)

    def attach(self, pid, *commands, **more):
        args = [a for c in commands for a in ("-ex", c)]
        result = self.gdb("-p", str(pid), "-x", SCRIPT, *args, **more)
        if b"ptrace: Operation not permitted" in result.stderr:
            self.skip("attaching is not allowed here")
        return result

    @staticmethod
    def rows(result):
        """{(start, end): the other cells} of the table in gdb's output."""
        lines = result.stdout.decode().splitlines()
        heads = [i for i, line in enumerate(lines) if line.startswith("START ")]
        assert heads, (result.stdout, result.stderr)
        rows = {}
        for line in lines[heads[-1] + 1:]:
            if line.startswith("0x"):
                cells = re.split(r"  +", line)
                rows[int(cells[0], 16), int(cells[1], 16)] = cells[2:]
        return rows

    def start(self):
        names = [os.fsdecode(self.file(name)) for name in ("stays", "goes", "taken", "taker")]
        return self.target(MAP, names)

    def test_each_mapping_of_a_live_process_is_listed(self):
        pid = self.start()
        rows = self.rows(self.attach(pid, "info mapfiles"))
        wanted = {}
        for line in read("/proc/%d/maps" % pid).decode().splitlines():
            span, prot, offset, dev, inode = line.split(None, 5)[:5]
            start, end = (int(n, 16) for n in span.split("-"))
            major, minor = (int(n, 16) for n in dev.split(":"))
            wanted[start, end] = (prot, int(offset, 16),
                                  "%x:%x:%s" % (major, minor, inode) if major or minor else "-")
        self.assertEqual({span: (c[0], int(c[1], 16), c[3]) for span, c in rows.items()}, wanted)

    def test_what_became_of_a_name_is_told(self):
        pid = self.start()
        cells = {c[6]: c for c in self.rows(self.attach(pid, "info mapfiles")).values()
                 if len(c) > 6}
        for name, state in ("stays", "named"), ("goes", "deleted"), ("taken", "replaced"):
            cell = cells[self.path(name)]
            self.assertEqual(cell[0], "r--s")
            self.assertEqual(cell[2], "file")
            self.assertEqual(cell[4], state)
            if os.geteuid() == 0:
                self.assertEqual(cell[5], "exact")

    def test_an_address_gives_its_mapping_only(self):
        pid = self.start()
        rows = self.rows(self.attach(pid, "info mapfiles $pc + 1"))
        self.assertEqual(len(rows), 1)
        (start, end), cells = next(iter(rows.items()))
        self.assertEqual(cells[0], "r-xp")
        result = self.attach(pid, "info mapfiles 0x10")
        self.assertIn(b"Nothing is mapped at 0x10.", result.stderr)

    def test_sharers_are_told(self):
        library = ctypes.CDLL(self.tool)
        objects = ctypes.c_void_p()
        pid = self.start()
        r = library.mf_objects_open((ctypes.c_int32 * 1)(pid), 1, None, ctypes.byref(objects))
        if r == -errno.EOPNOTSUPP:
            self.skip("this library does not scan processes")
        library.mf_objects_close(objects)
        self.needs_root()
        other = self.target("map_file(%r)" % self.path("stays"))
        result = self.attach(pid, "info mapfiles -sharers")
        lines = result.stdout.decode().splitlines()
        at = [i for i, line in enumerate(lines) if line.endswith(self.path("stays"))]
        self.assertEqual(lines[at[0] + 1].split(),
                         ["mapped", "by:"] + [str(p) for p in sorted((pid, other))])

    def test_a_core_is_listed_as_the_process_was(self):
        library = ctypes.CDLL(self.tool)
        pid, core = self.start(), self.path("core")
        with open("/dev/null", "rb") as null:
            r = library.mf_iter_open_core(null.fileno(), None, ctypes.byref(ctypes.c_void_p()))
        if r == -errno.EOPNOTSUPP:
            self.skip("this library reads no cores")
        live = self.rows(self.attach(pid, "info mapfiles", "gcore %s" % core))
        dead = self.rows(self.gdb(sys.executable, core, "-x", SCRIPT, "-ex", "info mapfiles"))
        files = {span: cells[6] for span, cells in live.items()
                 if cells[2] == "file" and cells[4] == "named"}
        self.assertTrue(files)
        # What a core leaves out is its writer's affair; what it has is as it was.
        there = {span: cells[6] for span, cells in dead.items() if span in files}
        self.assertTrue(there)
        self.assertEqual(there, {span: files[span] for span in there})
        result = self.gdb(sys.executable, core, "-x", SCRIPT, "-ex", "info mapfiles -sharers")
        self.assertIn(b"A core has no sharers", result.stderr)

    def test_what_cannot_be_is_told_in_a_sentence(self):
        result = self.gdb("-x", SCRIPT, "-ex", "info mapfiles")
        self.assertIn(b"There is no process and no core", result.stderr)
        result = self.gdb("-x", SCRIPT, "-ex", "info mapfiles", library="/nowhere.so")
        self.assertIn(b"libmapfiles cannot be loaded", result.stderr)
        result = self.gdb("-x", SCRIPT, "-ex", "info mapfiles -x")
        self.assertIn(b"Unknown option: -x", result.stderr)
        result = self.gdb("-x", SCRIPT, "-ex", "help info mapfiles")
        self.assertIn(b"Usage: info mapfiles [-sharers] [ADDRESS]", result.stdout)
        for result in result, self.gdb("-x", SCRIPT, "-ex", "info mapfiles"):
            self.assertNotIn(b"Traceback", result.stderr)

    def test_a_library_that_lacks_a_call_is_told(self):
        # libc is a library too, and has none of them.
        result = self.attach(self.start(), "info mapfiles", library="libc.so.6")
        self.assertRegex(result.stderr, rb"lacks mf_\w+: a newer libmapfiles is needed")


if __name__ == "__main__":
    main()
