#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The example symbolize, against nm, addr2line and /proc/PID/maps, on a library that is
there, deleted or replaced. usage: test-symbolize.py SYMBOLIZE
"""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import ToolTest, main, read


def output(*argv):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout.decode()


class SymbolizeTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.built = os.path.join(os.path.dirname(self.tool), "../tests/modules")
        self.library = self.path("library.so")
        shutil.copy(os.path.join(self.built, "module-plain.so"), self.library)
        # As it was when it was loaded, whatever becomes of the other.
        self.original = self.path("original.so")
        shutil.copy(self.library, self.original)
        table = output("nm", self.original).splitlines()
        self.symbols = {line.split()[2]: int(line.split()[0], 16)
                        for line in table if len(line.split()) == 3}

    def load(self):
        p = self.spawn([os.path.join(self.built, "module-target-pie"), "open", self.library])
        while p.stdout.readline() != b"ready\n":
            pass
        rows = [line.split() for line in read("/proc/%d/maps" % p.pid).decode().splitlines()
                if self.library in line]
        # Its first segment begins at address 0 and offset 0.
        self.bias = int(rows[0][0].split("-")[0], 16)
        self.rows = [(*(int(x, 16) for x in row[0].split("-")), int(row[2], 16)) for row in rows]
        return p.pid

    def symbolize(self, *args, **more):
        result = self.run_tool(*args, **more)
        return result, [line.split("\t") for line in result.stdout.decode().splitlines()]

    def has_names(self):
        return b"libdw" in subprocess.run(["ldd", self.tool], stdout=subprocess.PIPE,
                                          check=False).stdout

    def file_offset(self, addr):
        for start, end, offset in self.rows:
            if start <= addr < end:
                return "0x%x" % (addr - start + offset)
        return "-"

    def check_function(self, pid):
        inside = self.symbols["module_function"] + 5
        addr = self.bias + inside
        result, rows = self.symbolize(pid, "0x%x" % addr)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        (got,) = rows
        self.assertEqual(got[:5], ["0x%x" % addr, self.library, self.file_offset(addr),
                                   "0x%x" % inside, "01" * 20])
        if not self.has_names():
            self.skip("built without libdw")
        self.assertEqual(got[5], "module_function+0x5")
        function = output("addr2line", "-f", "-e", self.original, "0x%x" % inside)
        self.assertEqual(function.splitlines()[0], "module_function")

    def test_function_is_named(self):
        self.check_function(self.load())

    def test_function_of_deleted_library_is_named(self):
        pid = self.load()
        os.unlink(self.library)
        self.check_function(pid)

    def test_function_of_replaced_library_is_named(self):
        pid = self.load()
        os.rename(shutil.copy(os.path.join(self.built, "module-target-pie"), self.path("x")),
                  self.library)
        self.check_function(pid)

    def test_function_in_a_core_is_named(self):
        pid = self.load()
        if not shutil.which("gcore"):
            self.skip("no gcore")
        subprocess.run(["gcore", "-o", self.path("core"), str(pid)], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)
        inside = self.symbols["module_function"] + 5
        result, rows = self.symbolize("--core", self.path("core.%d" % pid),
                                      "0x%x" % (self.bias + inside))
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(rows[0][1:5], [self.library, self.file_offset(self.bias + inside),
                                        "0x%x" % inside, "01" * 20])
        if self.has_names():
            self.assertEqual(rows[0][5], "module_function+0x5")

    def test_replaced_library_of_a_core_is_not_believed(self):
        pid = self.load()
        if not shutil.which("gcore"):
            self.skip("no gcore")
        subprocess.run(["gcore", "-o", self.path("core"), str(pid)], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)
        shutil.copy(os.path.join(self.built, "module-other.so"), self.path("x"))
        os.rename(self.path("x"), self.library)
        addr = self.bias + self.symbols["module_function"] + 5
        result, rows = self.symbolize("--core", self.path("core.%d" % pid), "0x%x" % addr)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(rows[0][4:], ["01" * 20, "-"])

    def test_name_is_escaped(self):
        odd = self.path("li\nb\x1b\\.so")
        os.rename(self.library, odd)
        self.library = odd
        p = self.spawn([os.path.join(self.built, "module-target-pie"), "open", odd])
        while p.stdout.readline() != b"ready\n":
            pass
        for line in read("/proc/%d/maps" % p.pid).decode().splitlines():
            if "li\\012b" in line:
                break
        result, rows = self.symbolize(p.pid, line.split("-")[0])
        self.assertEqual(result.returncode, 0)
        self.assertEqual(rows[0][1], self.path("li\\x0ab\\x1b\\x5c.so"))

    def test_bss_has_no_offset(self):
        pid = self.load()
        addr = self.bias + self.symbols["bss"] + 300000
        result, rows = self.symbolize(pid, "%x" % addr)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(rows[0][1:4], [self.library, "-", "0x%x" % (addr - self.bias)])

    def test_addresses_come_from_input(self):
        pid = self.load()
        text = b"%x\n 0x%x 0\n" % (self.bias, self.bias + 1)
        result, rows = self.symbolize(pid, input=text)
        self.assertEqual(result.returncode, 1)
        self.assertEqual([row[1] for row in rows], [self.library, self.library, "-"])

    def test_what_is_no_address_is_told(self):
        result, rows = self.symbolize(self.load(), "nothing", "-5", "0x%x" % self.bias, "1g",
                                      "11112222333344445")
        self.assert_fails(result, 1, "'nothing'", "'-5'", "'1g'", "'11112222333344445'")
        self.assertEqual(len(rows), 1)

    def test_dead_process_and_bad_arguments_are_told(self):
        self.assert_fails(self.run_tool(self.dead_pid(), "0"), 1, "no such process")
        self.assert_fails(self.run_tool("nobody", "0"), 1, "nobody")
        self.assert_fails(self.run_tool(), 2, "usage")
        self.assert_fails(self.run_tool("--core"), 2, "usage")
        self.assert_fails(self.run_tool("--core", self.path("none"), "0"), 1, "none")


if __name__ == "__main__":
    main()
