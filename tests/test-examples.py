#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The small examples, which the documentation quotes, on live processes: what they print
is compared with what /proc says.
"""
import fcntl
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import NOBODY, ToolTest, main, read

# How each is called right; beside these, a process and nothing else.
MORE = {"find": ["10"], "peek": ["10", "1"], "remap": ["10", "x"]}
OF_A_PROCESS = ("find", "list", "loaded", "open", "peek", "pidfd", "remap", "table", "why")


class Examples(ToolTest):
    """ToolTest.tool is one of the examples; the others are beside it."""

    def run_example(self, name, *args, **more):
        directory = os.path.dirname(ToolTest.tool)
        self.tool = os.path.join(directory, name)
        return self.run_tool(*args, **more)

    def maps(self, pid):
        return [line.split(None, 5) for line in read("/proc/%d/maps" % pid).decode().splitlines()]

    def test_list_prints_each_link_of_map_files(self):
        pid = self.sleeper()
        result = self.run_example("list", pid)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        lines = [line.split(" ", 2) for line in result.stdout.decode().splitlines()]
        links = "/proc/%d/map_files" % pid
        self.assertEqual({line[0]: line[2] for line in lines},
                         {name: os.readlink(os.path.join(links, name))
                          for name in os.listdir(links)})
        self.assertEqual({line[1] for line in lines}, {"file"})

    def test_list_lists_itself_without_an_argument(self):
        result = self.run_example("list")
        self.assertEqual(result.returncode, 0)
        self.assertIn(os.path.realpath(self.tool), result.stdout.decode())

    def test_open_prints_the_size_of_each_executable_mapping(self):
        pid = self.sleeper()
        wanted = ["%s: %d bytes" % (m[5], os.stat(m[5]).st_size) for m in self.maps(pid)
                  if "x" in m[1] and m[4] != "0"]
        result = self.run_example("open", pid)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(result.stdout.decode().splitlines(), wanted)

    def test_find_prints_the_file_and_the_offset_in_it(self):
        pid = self.sleeper()
        m = [m for m in self.maps(pid) if "x" in m[1] and m[4] != "0"][-1]
        addr = int(m[0].split("-")[0], 16) + 0x123
        result = self.run_example("find", pid, "%x" % addr)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout.decode(), "%s +0x%x\n" % (m[5], int(m[2], 16) + 0x123))

    def test_find_says_when_nothing_is_mapped_there(self):
        result = self.run_example("find", self.sleeper(), "10")
        self.assertEqual((result.returncode, result.stdout), (1, b"nothing is mapped there\n"))

    def test_pidfd_counts_the_links_of_map_files(self):
        pid = self.sleeper()
        result = self.run_example("pidfd", pid)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(result.stdout.decode(), "%d mappings of files\n" %
                         len(os.listdir("/proc/%d/map_files" % pid)))

    # --- the crash handler ---

    def crash_into(self, pipe, *args):
        """Starts crash-handler, whose handler then waits for room in the pipe."""
        tool = os.path.join(os.path.dirname(ToolTest.tool), "crash-handler")
        p = subprocess.Popen([tool, *args], stderr=pipe, stdout=subprocess.DEVNULL)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        while not re.match(rb"\d+ \(crash-handler\) S ", read("/proc/%d/stat" % p.pid)):
            self.assertIsNone(p.poll())
            time.sleep(0.001)
        return p

    def check_crash(self, number, first, *args):
        """It dies of that signal, and before lists all that /proc shows."""
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb") as output:
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
            os.write(writer, b"\n" * fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ))
            p = self.crash_into(writer, *args)
            os.close(writer)
            maps = self.maps(p.pid)
            lines = output.read().decode().lstrip("\n").splitlines()
        self.assertEqual(p.wait(), -number)
        self.assertRegex(lines[0], "^crashed at address %s$" % first)
        self.assertEqual(lines[-1], "that is all")
        listed = [line.split(" ", 2) for line in lines[1:-1]]
        self.assertEqual([(m[0], m[5] if len(m) > 5 else "-") for m in maps],
                         [(m[0], m[2]) for m in listed])
        self.assertIn("stack", [m[1] for m in listed])

    def test_crash_handler_lists_what_is_mapped_and_dies_of_the_signal(self):
        self.check_crash(signal.SIGSEGV, "8")

    def test_crash_handler_dies_of_a_signal_that_was_sent(self):
        self.check_crash(signal.SIGBUS, "[0-9a-f]+", str(int(signal.SIGBUS)))

    # --- a table ---

    def test_table_answers_from_memory_and_prints_what_changed(self):
        path = self.file("mapped").decode()
        pid = self.target("""
import signal
signal.signal(signal.SIGUSR1, lambda *args: map_file(sys.argv[1]))
signal.signal(signal.SIGUSR2, lambda *args: libc.munmap(ctypes.c_void_p(0x10000), 4096))
libc.mmap(0x10000, 4096, 1, 0x32, -1, 0)
""", [path])
        before = self.maps(pid)
        table = self.spawn([os.path.join(os.path.dirname(ToolTest.tool), "table"), str(pid)])
        self.assertEqual(table.stdout.readline(), b"%d mappings\n" % len(before))

        m = [m for m in before if "x" in m[1] and m[4] != "0"][0]
        start = int(m[0].split("-")[0], 16)
        for question, answer in (("%x" % (start + 5), "%s +0x%x" % (m[5], int(m[2], 16) + 5)),
                                 ("10", "nothing"), ("10000", "anon +0x0")):
            table.stdin.write(question.encode() + b"\n")
            table.stdin.flush()
            self.assertEqual(table.stdout.readline().decode(), answer + "\n")

        os.kill(pid, signal.SIGUSR1)
        while not any(path in m for m in self.maps(pid)):
            time.sleep(0.001)
        os.kill(pid, signal.SIGUSR2)
        while any(m[0] == "00010000-00011000" for m in self.maps(pid)):
            time.sleep(0.001)
        new = [m for m in self.maps(pid) if path in m][0]
        changes, _ = table.communicate(b"\n\n")
        changes = changes.decode().splitlines()
        self.assertIn("- 10000-11000 anon", changes)
        self.assertIn("+ %s %s" % (new[0], path), changes)
        self.assertEqual(table.returncode, 0)

    def test_table_tells_of_a_process_that_exits(self):
        p = self.spawn(["sleep", "600"])
        table = self.spawn([os.path.join(os.path.dirname(ToolTest.tool), "table"), str(p.pid)],
                           stderr=subprocess.PIPE)
        self.addCleanup(table.stderr.close)
        table.stdout.readline()
        p.kill()
        p.wait()
        _, message = table.communicate(b"\n")
        self.assertEqual(table.returncode, 1)
        self.assertIn(b"no such process", message)

    # --- who shares, and mapping it too ---

    def parent_and_child(self):
        """Two processes that share 8 KiB of memory, and map one file privately."""
        pid = self.target("""
import mmap
shared = mmap.mmap(-1, 8192)
if os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
""")
        children = read("/proc/%d/task/%d/children" % (pid, pid)).split()
        return pid, int(children[0])

    def shared_range(self, pid):
        return [m[0] for m in self.maps(pid) if m[1].endswith("s") and "/dev/zero" in m[-1]][0]

    def test_share_prints_what_two_have_in_common(self):
        pids = self.parent_and_child()
        result = self.run_example("share", *pids)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        lines = result.stdout.decode().splitlines()
        at = [i for i, line in enumerate(lines) if line.startswith("shm-anon ")]
        self.assertEqual(len(at), 1)
        self.assertEqual(sorted(lines[at[0] + 1:at[0] + 3]),
                         sorted("\t%d %s may write" % (pid, self.shared_range(pid))
                                for pid in pids))

    def test_share_tells_of_a_process_that_is_left_out(self):
        pid, dead = self.sleeper(), self.dead_pid()
        self.assert_fails(self.run_example("share", pid, dead), 1, "process %d: no such" % dead)
        self.assert_fails(self.run_example("share", pid), 2, "usage: share")
        self.assert_fails(self.run_example("share", pid, "abc"), 2, "usage: share")

    def memory(self, pid, addr, size):
        with open("/proc/%d/mem" % pid, "rb", buffering=0) as f:
            f.seek(addr)
            return f.read(size)

    def test_remap_writes_what_the_other_process_sees(self):
        pids = self.parent_and_child()
        addr = int(self.shared_range(pids[0]).split("-")[0], 16) + 4096
        result = self.run_example("remap", pids[0], "%x" % addr, "seen by both")
        if result.returncode and os.geteuid() != 0:
            self.skip("needs root")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        for pid in pids:
            self.assertEqual(self.memory(pid, addr, 13), b"seen by both\0")

    def test_remap_gives_the_reason_of_a_refusal(self):
        pid = self.target("libc.mmap(0x10000, 4096, 3, 0x32, -1, 0)")
        self.assert_fails(self.run_example("remap", pid, "10000", "x"), 1, "remap: ", "private")
        self.assert_fails(self.run_example("remap", pid, "10", "x"), 1, "nothing is mapped there")
        path = self.file("private", b"x" * 4096)
        pid = self.target("map_file(sys.argv[1], prot=3, flags=2)", [path])
        result = self.run_example("remap", pid, self.range_of(pid, path).split("-")[0], "x")
        self.assert_fails(result, 1, "not shared")
        self.assertEqual(read(path), b"x" * 4096)

    def range_of(self, pid, path):
        return [m[0] for m in self.maps(pid) if m[-1] == os.fsdecode(path)][0]

    # --- a debugger's questions ---

    def build_id(self, path):
        """By the section's name, not as the library looks for it; None without sections."""
        with open(path, "rb") as f:
            elf = f.read()
        if elf[4:6] != b"\2\1":
            self.skip("not a 64-bit little-endian machine")
        shoff, = struct.unpack_from("<Q", elf, 40)
        shentsize, shnum, shstrndx = struct.unpack_from("<HHH", elf, 58)
        heads = [struct.unpack_from("<IIQQQQ", elf, shoff + i * shentsize) for i in range(shnum)]
        for name, _, _, _, offset, size in heads:
            at = heads[shstrndx][4] + name
            if elf[at:elf.index(b"\0", at)] == b".note.gnu.build-id":
                return elf[offset + 16:offset + size].hex()
        return None

    def test_loaded_prints_each_file_with_its_build_id(self):
        pid = self.sleeper()
        result = self.run_example("loaded", pid)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        lines = [line.split(" ", 1) for line in result.stdout.decode().splitlines()]
        files = sorted({m[5] for m in self.maps(pid) if "x" in m[1] and m[4] != "0"})
        self.assertEqual(sorted([self.build_id(f) or "-", f] for f in files),
                         sorted(line for line in lines if line[1].startswith("/")))

    def test_loaded_translates_an_address_to_one_of_the_file(self):
        pid = self.sleeper()
        m = [m for m in self.maps(pid) if "x" in m[1] and "libc" in m[-1]][0]
        start, offset = int(m[0].split("-")[0], 16), int(m[2], 16)
        elf = read(m[5])
        phoff, = struct.unpack_from("<Q", elf, 32)
        heads = [struct.unpack_from("<IIQQQQ", elf, phoff + i * 56)
                 for i in range(struct.unpack_from("<H", elf, 56)[0])]
        vaddr = [h[3] + offset - h[2] for h in heads
                 if h[0] == 1 and h[2] <= offset < h[2] + h[5]]
        result = self.run_example("loaded", pid, "%x" % (start + 0x10))
        self.assertEqual(result.stdout.decode(), "0x%x of %s\n" % (vaddr[0] + 0x10, m[5]))
        result = self.run_example("loaded", pid, "10")
        self.assertEqual(result.stdout, b"no module is there\n")

    def test_peek_writes_the_bytes_of_a_process(self):
        content = bytes(range(256)) * 40
        path = self.file("peeked", content)
        pid = self.target("map_file(sys.argv[1])", [path])
        start, end = (int(x, 16) for x in self.range_of(pid, path).split("-"))
        result = self.run_example("peek", pid, "%x" % (start + 5), 9000)
        self.assertEqual((result.returncode, result.stdout), (0, content[5:9005]))
        pid = self.target("libc.mmap(0x10000, 4096, 1, 0x32, -1, 0)")
        result = self.run_example("peek", pid, "10ff8", 100)
        self.assertEqual((result.returncode, result.stdout), (1, b"\0" * 8))
        self.assertIn(b"8 bytes, no more", result.stderr)

    def core_of(self, pid):
        if not shutil.which("gcore"):
            self.skip("no gcore")
        subprocess.run(["gcore", "-o", self.path("core"), str(pid)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.path("core.%d" % pid)

    def test_core_tells_the_file_that_was_mapped_from_its_successor(self):
        program = self.path("program")
        shutil.copy("/bin/sleep", program)
        p = self.spawn([program, "600"])
        while not re.match(rb"\d+ \(program\) S ", read("/proc/%d/stat" % p.pid)):
            time.sleep(0.001)
        core, maps = self.core_of(p.pid), self.maps(p.pid)
        verdicts = self.core_verdicts(core)
        wanted = {m[0] for m in maps if m[-1] == program}
        self.assertTrue(wanted)
        self.assertEqual({verdicts[r] for r in wanted}, {program + ": the same build id"})

        os.unlink(program)
        shutil.copy("/bin/true", program)
        verdicts = self.core_verdicts(core)
        for r in wanted:
            self.assertIn("is not the mapped one", verdicts[r])

    def core_verdicts(self, core):
        result = self.run_example("core", core)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return dict(line.split(" ", 1) for line in result.stdout.decode().splitlines())

    def test_core_tells_of_what_is_no_core(self):
        self.assert_fails(self.run_example("core"), 2, "usage: core")
        self.assert_fails(self.run_example("core", self.path("none")), 1, "no such file")
        self.assert_fails(self.run_example("core", self.file("text")), 1, "not understood")

    def test_why_names_what_is_to_be_granted(self):
        pid = self.sleeper()
        self.needs_root()
        result = self.run_example("why", pid, user=NOBODY)
        self.assertEqual(result.returncode, 0)
        lines = dict(line.split(": ", 1) for line in result.stdout.decode().splitlines())
        self.assertIn("CAP_SYS_PTRACE", lines["what is mapped"])
        self.assertIn("CAP_SYS_PTRACE", lines["its memory"])
        own = self.target("", user=NOBODY)
        result = self.run_example("why", own, user=NOBODY)
        lines = dict(line.split(": ", 1) for line in result.stdout.decode().splitlines())
        self.assertNotIn("CAP_", lines["what is mapped"])
        self.assertIn("CAP_CHECKPOINT_RESTORE", lines["the objects themselves"])

    # --- all of them ---

    def test_each_tells_of_a_dead_process(self):
        pid = self.dead_pid()
        for name in OF_A_PROCESS:
            with self.subTest(name):
                self.assert_fails(self.run_example(name, pid, *MORE.get(name, [])), 1,
                                  "%s: process %d" % (name, pid))

    def test_each_tells_of_wrong_usage(self):
        for name in OF_A_PROCESS:
            if name != "list":
                self.assert_fails(self.run_example(name), 2, "usage: " + name)

    def test_what_is_no_number_is_wrong_usage(self):
        for name in OF_A_PROCESS:
            for word in ("abc", "", "0", "-1", "1x", "4294967297", "99999999999999999999"):
                with self.subTest((name, word)):
                    self.assert_fails(self.run_example(name, word, *MORE.get(name, [])), 2,
                                      "usage: " + name)
        pid = self.sleeper()
        for word in ("zzz", "", "-1", "10z", " 10", "1" * 17):
            with self.subTest(word):
                self.assert_fails(self.run_example("find", pid, word), 2, "usage: find")
        self.assert_fails(self.run_example("peek", pid, "10", "x"), 2, "usage: peek")
        self.assert_fails(self.run_example("list", pid, pid), 2, "usage: list")

    def check_unwritable(self, **more):
        pid = self.sleeper()
        for name in OF_A_PROCESS:
            if name in ("peek", "remap", "table"):
                continue
            with self.subTest(name):
                self.assert_fails(self.run_example(name, pid, *MORE.get(name, []), **more), 1,
                                  name + ": cannot write")

    def test_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            self.check_unwritable(stdout=full)

    def test_closed_standard_output_is_told(self):
        self.check_unwritable(stdout=None, preexec_fn=lambda: os.close(1))

    def test_each_is_short(self):
        here = os.path.dirname(os.path.abspath(__file__))
        for name in OF_A_PROCESS + ("core", "share", "crash-handler"):
            source = read(os.path.join(here, "..", "examples", name + ".c"))
            self.assertLess(source.count(b"\n"), 130)


if __name__ == "__main__":
    main()
