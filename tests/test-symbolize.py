#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles symbolize and modules, against nm, addr2line and /proc/PID/maps, on a library that is
there, deleted or replaced. """
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import FAILED, NOTHING, USAGE, ToolTest, main, read


def output(*argv):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout.decode()


class Symbolize(ToolTest):
    command = ("symbolize",)

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

    COLUMNS = "address,name,offset,vaddr,build_id,function"

    def symbolize(self, *args, **more):
        result = self.run_tool("--raw", "--no-headings", "-o", self.COLUMNS, *args, **more)
        return result, [line.split("\t") for line in result.stdout.decode().splitlines()]

    def has_names(self):
        return b"libdw" in subprocess.run(["ldd", self.tool], stdout=subprocess.PIPE,
                                          check=False).stdout

    def file_offset(self, addr):
        for start, end, offset in self.rows:
            if start <= addr < end:
                return "%x" % (addr - start + offset)
        return "-"

    def check_function(self, pid):
        inside = self.symbols["module_function"] + 5
        addr = self.bias + inside
        result, rows = self.symbolize(pid, "0x%x" % addr)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        (got,) = rows
        self.assertEqual(got[:5], ["%x" % addr, self.library, self.file_offset(addr),
                                   "%x" % inside, "01" * 20])
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
                                        "%x" % inside, "01" * 20])
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
        self.assertEqual(rows[0][1], self.path("li\\nb\\033\\\\.so"))

    def test_bss_has_no_offset(self):
        pid = self.load()
        addr = self.bias + self.symbols["bss"] + 300000
        result, rows = self.symbolize(pid, "%x" % addr)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(rows[0][1:4], [self.library, "-", "%x" % (addr - self.bias)])

    def test_addresses_come_from_input(self):
        pid = self.load()
        text = b"%x\n 0x%x 0\n" % (self.bias, self.bias + 1)
        result, rows = self.symbolize(pid, input=text)
        self.assertEqual(result.returncode, 1)
        self.assertEqual([row[1] for row in rows], [self.library, self.library, "-"])

    def test_what_is_no_address_is_told(self):
        result, rows = self.symbolize("--", self.load(), "nothing", "-5", "0x%x" % self.bias, "1g",
                                      "11112222333344445")
        self.assert_fails(result, USAGE, "'nothing'", "'-5'", "'1g'", "'11112222333344445'")
        self.assertEqual(len(rows), 1)

    def test_address_of_input_is_answered_at_once(self):
        pid = self.load()
        p = subprocess.Popen([self.tool, "symbolize", "--raw", "--no-headings", str(pid)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.reap, p)
        for addr in (self.bias, self.bias + 1):
            p.stdin.write(b"%x\n" % addr)
            p.stdin.flush()
            self.assertEqual(p.stdout.readline().split(b"\t")[0], b"%x" % addr)

    def test_table_and_json_say_the_same(self):
        pid = self.load()
        addrs = ["%x" % (self.bias + self.symbols["module_function"] + 5), "0"]
        _, rows = self.symbolize(pid, *addrs)
        result = self.run_tool("--json", pid, *addrs)
        self.assertEqual(result.returncode, NOTHING)
        known, unknown = self.document(result, "symbolize")["addresses"]
        self.assertEqual(rows[0][:5], [known["address"][2:], known["path"], "%x" % known["offset"],
                                       known["vaddr"][2:], known["build_id"]])
        if "function" in known:
            self.assertEqual(rows[0][5], "%s+0x%x" % (known["function"], known["into"]))
        self.assertEqual((unknown["loaded"], rows[1]), (False, ["0"] + ["-"] * 5))

    def test_modules_are_what_is_loaded(self):
        pid = self.load()
        self.command = ("modules",)
        document = self.document(self.run_tool("--json", pid), "modules")
        modules = {m["path"]: m for m in document["processes"][0]["modules"]}
        library = modules[self.library]
        self.assertEqual((library["role"], library["build_id"], int(library["bias"], 16)),
                         ("library", "01" * 20, self.bias))
        self.assertEqual([(int(s["start"], 16), int(s["end"], 16), s["offset"])
                          for s in library["segments"]], self.rows)
        self.assertEqual([os.path.basename(p) for p, m in modules.items() if m["role"] == "program"],
                         ["module-target-pie"])
        self.assertIn("linker", [m["role"] for m in modules.values()])
        # And as a table, the library deleted.
        os.unlink(self.library)
        rows = self.run_tool("--raw", "-o", "start,build_id,role,name", pid).stdout.decode()
        self.assertIn("%x\t%s\tlibrary\t%s (deleted)\n"
                      % (self.rows[0][0], "01" * 20, self.library), rows)

    def test_modules_of_several_are_told_apart(self):
        pids = [self.load(), self.load()]
        self.command = ("modules",)
        lines = self.run_tool("--raw", *pids).stdout.decode().splitlines()
        self.assertEqual(lines[0].split("\t")[0], "PID")
        self.assertEqual({line.split("\t")[0] for line in lines[1:]}, {str(p) for p in pids})
        self.assert_fails(self.run_tool(self.dead_pid()), FAILED, "ESRCH")
        self.assert_fails(self.run_tool(), USAGE, "which process")
        self.assert_fails(self.run_tool("--core", "/dev/null"), FAILED, "/dev/null")

    def test_dead_process_and_bad_arguments_are_told(self):
        self.assert_fails(self.run_tool(self.dead_pid(), "0"), FAILED, "no such process")
        self.assert_fails(self.run_tool("no-such-name", "0"), FAILED, "no-such-name")
        self.assert_fails(self.run_tool(), USAGE, "which process")
        self.assert_fails(self.run_tool("--core"), USAGE, "core")
        self.assert_fails(self.run_tool("--core", self.path("none"), "0"), FAILED, "none")


if __name__ == "__main__":
    main()
