#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles watch on a process that maps and unmaps as it is told: each line against what was done."""
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import FAILED, TARGET, USAGE, ToolTest, main

PAGE = os.sysconf("SC_PAGESIZE")

# Does each line that it is told, and says so.
SERVER = TARGET + r"""
P = mmap.PAGESIZE
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
print('ready', flush=True)
for line in sys.stdin:
    exec(line)
    print('%x' % addr, flush=True)
"""


class Watch(ToolTest):
    command = ("watch",)

    def server(self):
        self.process = self.spawn([sys.executable, "-I", "-c", SERVER])
        self.assertEqual(self.process.stdout.readline(), b"ready\n")
        return self.process.pid

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline(), 16)

    def start(self, pid, *args):
        env = {**os.environ, "LC_ALL": "C.UTF-8"}
        p = subprocess.Popen([self.tool, *self.command, "-i", "1", *args, str(pid)], env=env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.finish, p)
        self.assertRegex(p.stderr.readline(), rb"process %d has \d+ mappings.*not seen" % pid)
        return p

    @staticmethod
    def finish(p):
        p.kill()
        p.wait()
        p.stdout.close()
        p.stderr.close()

    def line(self, p, pattern):
        """The next line that is about what the test did: Python's heap moves too."""
        for line in p.stdout:
            line = line.decode()
            if not re.search(r' (anon|heap|stack)(\s|$)', line):
                self.assertRegex(line.rstrip("\n"), "^%s$" % pattern)
                return
        self.fail("%s: %s" % (pattern, p.stderr.read()))

    def span(self, addr, first, last):
        return "%x-%x" % (addr + first * PAGE, addr + last * PAGE)

    def test_each_change_is_a_line(self):
        pid = self.server()
        path = self.file(b"a\nb\033[1m", b"x" * 9 * PAGE)
        name = re.escape(os.fsencode(self.dir).decode()) + r'/a\\nb\\033\[1m'
        p = self.start(pid)
        addr = self.tell("addr = map_file(%r, size=9 * P)" % path)
        self.line(p, r'mmap %s r--s 0x0 file "%s"' % (self.span(addr, 0, 9), name))
        self.tell("libc.mprotect(addr + 3 * P, P, 3)")
        self.line(p, r'mprotect %s r--s -> rw-s file "%s"' % (self.span(addr, 3, 4), name))
        self.tell("libc.mprotect(addr + 3 * P, P, 1)")
        self.line(p, r'mprotect %s rw-s -> r--s file "%s"' % (self.span(addr, 3, 4), name))
        self.tell("libc.munmap(addr + 5 * P, 2 * P)")
        self.line(p, r'munmap %s r--s 0x%x file "%s"' % (self.span(addr, 5, 7), 5 * PAGE, name))
        os.rename(path, self.path("new"))
        new = re.escape(self.path("new"))
        for first, last in (0, 5), (7, 9):
            self.line(p, r'rename %s file "%s" -> file "%s"'
                      % (self.span(addr, first, last), name, new))
        os.unlink(self.path("new"))
        for first, last in (0, 5), (7, 9):
            self.line(p, r'rename %s file "%s" -> file "%s" \(deleted\)'
                      % (self.span(addr, first, last), new, new))
        self.tell("libc.munmap(addr, 5 * P)")
        self.line(p, r'munmap %s r--s 0x0 file "%s" \(deleted\)' % (self.span(addr, 0, 5), new))
        p.send_signal(signal.SIGINT)
        self.assertEqual(p.wait(), 0)
        self.assertRegex(p.stderr.read(), rb"mapfiles watch: \d+ lines in \d+ looks\n$")

    def test_another_file_in_its_place_is_unmapped_and_mapped(self):
        pid = self.server()
        one, two = self.file(b"one", b"x" * PAGE), self.file(b"two", b"x" * PAGE)
        p = self.start(pid, "-t")
        addr = self.tell("addr = map_file(%r)" % one)
        time = r"\d\d:\d\d:\d\d\.\d\d\d "
        self.line(p, time + r'mmap %s r--s 0x0 file ".*/one"' % self.span(addr, 0, 1))
        self.tell("libc.mmap(addr, P, 1, 0x11, os.open(%r, os.O_RDONLY), 0)" % two)
        self.line(p, time + r'munmap %s r--s 0x0 file ".*/one"' % self.span(addr, 0, 1))
        self.line(p, time + r'mmap %s r--s 0x0 file ".*/two"' % self.span(addr, 0, 1))

    def test_exec_and_exit_are_told(self):
        pid = self.server()
        p = self.start(pid)
        self.process.stdin.write(b"os.execv('/bin/sleep', ['sleep', '600'])\n")
        self.process.stdin.flush()
        sleep = re.escape(os.path.realpath("/bin/sleep"))
        # It looks again and again while the new program is being loaded.
        self.line(p, 'exec "%s": a new address space with \\d+ mappings' % sleep)
        self.process.kill()
        self.assertEqual(p.wait(), 0)
        self.assertIn(b"mapfiles watch: process %d has exited\n" % pid, p.stderr.read())

    def test_it_ends_after_so_many_looks(self):
        result = self.run_tool("-i", "1", "-n", "3", self.sleeper())
        self.assertEqual((result.returncode, result.stdout), (0, b""))
        self.assertIn(b"mapfiles watch: 0 lines in 3 looks\n", result.stderr)

    def test_json_is_an_object_a_line(self):
        pid = self.server()
        path = self.file(b"caf\xe9", b"x" * PAGE)
        p = self.start(pid, "--json", "--time")
        found = {}

        def wait_for(change):
            # Not two at once, which one look would see as one.
            while change not in found:
                event = json.loads(p.stdout.readline())
                self.assert_valid(event, "watch")
                if event["kind"] == "file":
                    found[event["change"]] = event

        addr = self.tell("addr = map_file(%r)" % path)
        wait_for("mmap")
        self.tell("libc.mprotect(addr, P, 3)")
        wait_for("mprotect")
        os.unlink(path)
        wait_for("rename")
        self.assertEqual({int(e["start"], 16) for e in found.values()}, {addr})
        self.assertEqual({int(e["end"], 16) for e in found.values()}, {addr + PAGE})
        self.assertEqual([found[c]["prot"] for c in ("mmap", "mprotect", "rename")],
                         ["r--", "rw-", "rw-"])
        self.assertEqual(found["mprotect"]["before"]["prot"], "r--")
        self.assertEqual(bytes.fromhex(found["mmap"]["path_hex"]), path)
        self.assertEqual((found["rename"]["deleted"], found["rename"]["before"]["deleted"]),
                         (True, False))
        self.assertLess(abs(found["mmap"]["time"] - time.time()), 60)

    def test_what_cannot_be_watched_is_told(self):
        self.assert_fails(self.run_tool(self.dead_pid()), FAILED, "no such process")
        self.assert_fails(self.run_tool("abcabc"), FAILED, "no process is called")
        for args in [], ["0"], ["-1"], ["1", "2"], ["-i", "0", "1"], ["-n", "x", "1"], ["-x", "1"]:
            self.assert_fails(self.run_tool(*args), USAGE, "mapfiles watch")


if __name__ == "__main__":
    main()
