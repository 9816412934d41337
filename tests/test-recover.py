#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles recover: what it saves is compared with what was written before the file
was deleted, byte by byte and hole by hole; and it never overwrites.
"""
import os
import resource
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import ATTENTION, FAILED, NOBODY, NOTHING, USAGE, ToolTest, main, read

MIB = 1 << 20


def data_ranges(path):
    """Where the file has data, as the file system tells."""
    ranges, at = [], 0
    with open(path, "rb") as f:
        size = os.fstat(f.fileno()).st_size
        while at < size:
            try:
                start = os.lseek(f.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            at = os.lseek(f.fileno(), start, os.SEEK_HOLE)
            ranges.append((start, at))
    return ranges


class Recover(ToolTest):
    command = ("recover",)

    def setUp(self):
        super().setUp()
        self.out = self.path("out")

    def sparse(self, name, size, *pieces):
        path = self.path(name)
        with open(path, "wb") as f:
            f.truncate(size)
            for at, content in pieces:
                f.seek(at)
                f.write(content)
        return path

    def deleted_target(self, path, user=None):
        """A process that maps path, which is then deleted."""
        pid = self.target("map_file(sys.argv[1])", [path], user=user)
        os.unlink(path)
        return pid

    def address_of(self, pid, name):
        for line in read("/proc/%d/maps" % pid).splitlines():
            if os.fsencode(name) in line:
                return line.split()[0].decode()
        self.fail("%d does not map %s" % (pid, name))

    def content(self, path=None):
        return read(path or self.out)

    def assert_saved(self, result, content):
        self.assert_fails(result, 0)
        self.assertEqual(result.stderr, b"")
        self.assertEqual(self.content(), content)

    def assert_nothing_saved(self, result, *words, status=FAILED):
        self.assert_fails(result, status, *words)
        self.assertFalse(os.path.lexists(self.out))

    # --- the file itself ---

    def test_deleted_sparse_file_is_saved_with_its_holes(self):
        self.needs_root()
        path = self.sparse("data", 64 * MIB, (0, b"a" * 5000), (16 * MIB, os.urandom(3 * MIB)),
                           (40 * MIB + 7, b"end"))
        content, ranges = self.content(path), data_ranges(path)
        pid = self.deleted_target(path)
        result = self.run_tool(pid, path, self.out)
        self.assert_saved(result, content)
        self.assertEqual(data_ranges(self.out), ranges)
        self.assertLess(os.stat(self.out).st_blocks * 512, 4 * MIB)
        report = result.stdout.decode()
        self.assertIn("%d bytes, of which" % len(content), report)
        self.assertIn("copied from the file itself", report)
        self.assertIn("map_files and is the mapped file", report)

    def test_another_file_system_makes_no_difference(self):
        self.needs_root()
        if os.stat("/dev/shm").st_dev == os.stat(self.dir).st_dev:
            self.skip("/dev/shm is no other file system")
        path = "/dev/shm/mapfiles-test.%d" % os.getpid()
        with open(path, "wb") as f:
            f.seek(2 * MIB)
            f.write(b"b" * 3 * MIB)
            f.truncate(9 * MIB)
        content = self.content(path)
        pid = self.deleted_target(path)
        self.assert_saved(self.run_tool(pid, path, self.out), content)
        self.assertEqual(data_ranges(self.out), [(2 * MIB, 5 * MIB)])

    def test_file_of_holes_only_and_empty_file_are_saved(self):
        self.needs_root()
        pid = self.deleted_target(self.sparse("holes", 8 * MIB))
        self.assert_saved(self.run_tool(pid, "holes", self.out), bytes(8 * MIB))
        self.assertEqual(os.stat(self.out).st_blocks, 0)
        os.unlink(self.out)
        path = self.file("emptied")
        pid = self.target("map_file(sys.argv[1]); os.truncate(sys.argv[1], 0); "
                          "os.unlink(sys.argv[1])", [path])
        self.assert_saved(self.run_tool(pid, "emptied", self.out), b"")

    def test_memfd_is_saved(self):
        self.needs_root()
        pid = self.target("fd = os.memfd_create('m'); os.write(fd, b'q' * 9000); map_file(fd)")
        self.assert_saved(self.run_tool(pid, "/memfd:m", self.out), b"q" * 9000)

    def test_whole_file_is_saved_though_a_part_is_mapped(self):
        self.needs_root()
        path = self.file("part", os.urandom(50000))
        content = self.content(path)
        pid = self.target("map_file(sys.argv[1], 1, 1, 4096, 8192); os.unlink(sys.argv[1])", [path])
        self.assert_saved(self.run_tool(pid, path, self.out), content)

    def test_what_cannot_be_told_from_the_file_is_told(self):
        self.needs_root()
        path = self.file("shared")
        pid = self.target("map_file(sys.argv[1], 3, 1)", [path])
        result = self.run_tool(pid, path, self.out)
        self.assertIn("what it wrote during the copy", result.stdout.decode())
        self.assertIn("it is not deleted", result.stdout.decode())
        os.unlink(self.out)
        pid = self.target("map_file(sys.argv[1], 3, 2)", [path])
        self.assertIn("private memory is not in the file",
                      self.run_tool(pid, path, self.out).stdout.decode())

    def test_what_has_no_name_in_a_file_system_gets_no_note_of_it(self):
        self.needs_root()
        codes = {
            "memfd": "fd = os.memfd_create('m'); os.write(fd, b'q' * 4096); addr = map_file(fd)",
            "shm-anon": "addr = libc.mmap(None, 4096, 3, 0x21, -1, 0)",
            "sysv": "libc.shmat.restype = ctypes.c_void_p\n"
                    "segment = libc.shmget(0, ctypes.c_size_t(4096), 0o1600)\n"
                    "addr = libc.shmat(segment, None, 0)\n"
                    "libc.shmctl(segment, 0, None)",
        }
        for kind, code in codes.items():
            with self.subTest(kind):
                # The address is told by the name of a directory: output is taken already.
                told = self.path(kind)
                pid = self.target(code + "\nos.symlink('%x' % addr, sys.argv[1])", [told])
                result = self.run_tool(pid, "0x" + os.readlink(told), self.out)
                self.assert_fails(result, 0)
                report = result.stdout.decode()
                self.assertNotIn("note:", report)
                self.assertTrue(report.startswith(kind), report)
                self.assertIn("(the kernel calls it ", report.splitlines()[0])
                os.unlink(self.out)

    # --- which file ---

    def test_every_way_to_say_which_finds_it(self):
        self.needs_root()
        path = self.file("one")
        content = self.content(path)
        pid = self.deleted_target(path)
        span = self.address_of(pid, path)
        for which in (path, "one", span, "0x" + span.split("-")[0], span.split("-")[0],
                      "0x%x" % (int(span.split("-")[0], 16) + 4097)):
            with self.subTest(which):
                self.assert_saved(self.run_tool(pid, which, self.out), content)
                os.unlink(self.out)

    def test_name_that_could_be_an_address_is_a_name_first(self):
        self.needs_root()
        pid = self.deleted_target(self.file("beef", b"name" * 2000))
        self.assert_saved(self.run_tool(pid, "beef", self.out), b"name" * 2000)

    def test_deleted_one_comes_before_its_replacement(self):
        self.needs_root()
        for order in ("old first", "new first"):
            with self.subTest(order):
                path = self.file("lib", b"old" * 2000)
                new = self.file("lib.new", b"new" * 2000)
                code = "map_file(sys.argv[1]); os.rename(sys.argv[2], sys.argv[1]); " \
                       "map_file(sys.argv[1])"
                if order == "new first":
                    code = "fd = os.open(sys.argv[1], 0); os.rename(sys.argv[2], sys.argv[1]); " \
                           "map_file(sys.argv[1]); map_file(fd)"
                pid = self.target(code, [path, new])
                self.assert_saved(self.run_tool(pid, path, self.out), b"old" * 2000)
                os.unlink(self.out)

    def test_two_files_of_one_name_are_not_guessed_between(self):
        self.needs_root()
        os.mkdir(self.path("d1"))
        os.mkdir(self.path("d2"))
        paths = [self.file("d1/same", b"1" * 5000), self.file("d2/same", b"2" * 5000)]
        pid = self.target("for path in sys.argv[1:]: map_file(path); os.unlink(path)", paths)
        self.assert_nothing_saved(self.run_tool(pid, "same", self.out), "several",
                                  *map(os.fsdecode, paths), "the address, or the whole path")
        self.assert_saved(self.run_tool(pid, paths[1], self.out), b"2" * 5000)

    def test_name_is_not_matched_in_its_middle(self):
        pid = self.target("map_file(sys.argv[1])", [self.file("abcdef")])
        self.assert_nothing_saved(self.run_tool(pid, "def", self.out), "maps nothing",
                                  status=NOTHING)

    def test_name_cannot_command_the_terminal(self):
        self.needs_root()
        path = self.file(b"esc\033[31m\n")
        pid = self.deleted_target(path)
        result = self.run_tool(pid, path, self.out)
        self.assertEqual(result.returncode, 0)
        self.assertNotIn(b"\033", result.stdout)
        self.assertIn(b"\\033[31m\\n", result.stdout)

    # --- memory ---

    def file_for_nobody(self, content=b"x" * 5000):
        self.needs_root()
        path = self.file("gone", content)
        os.chmod(path, 0o666)
        os.chmod(self.dir, 0o777)
        return path

    def unreachable(self, content, size=0, offset=0, prot=1, flags=2):
        """A process of nobody with a deleted file that nobody cannot open any more."""
        path = self.file_for_nobody(content)
        code = "map_file(sys.argv[1], %d, %d, %d, %d)" % (prot, flags, size, offset)
        pid = self.target(code, [path], user=NOBODY)
        os.unlink(path)
        return pid

    def test_without_privilege_the_refusal_names_the_remedy(self):
        pid = self.unreachable(b"z" * 5000)
        self.assert_nothing_saved(self.run_tool(pid, "gone", self.out, user=NOBODY), "sudo",
                                  "--copy")

    def test_copy_from_memory_is_never_taken_for_the_file(self):
        content = os.urandom(8192)
        pid = self.unreachable(content)
        result = self.run_tool("--copy", pid, "gone", self.out, user=NOBODY)
        self.assert_fails(result, ATTENTION)
        self.assertEqual(self.content(), content)
        self.assertIn("from memory", result.stdout.decode())
        self.assertIn("THIS IS NOT THE FILE", result.stdout.decode())

    def test_copy_from_memory_keeps_each_piece_at_its_offset(self):
        content = os.urandom(5 * 4096)
        pid = self.unreachable(content, size=4096, offset=3 * 4096)
        self.assert_fails(self.run_tool("--copy", pid, "gone", self.out, user=NOBODY), ATTENTION)
        self.assertEqual(self.content(), bytes(3 * 4096) + content[3 * 4096:4 * 4096])

    def test_copy_from_memory_tells_what_may_be_changed(self):
        pid = self.unreachable(b"z" * 4096, prot=3)
        result = self.run_tool("--copy", pid, "gone", self.out, user=NOBODY)
        self.assertIn("which the process may have changed", result.stdout.decode())

    def test_copy_from_memory_takes_the_unchanged_of_two_mappings(self):
        for order in ("(1, 3)", "(3, 1)"):
            path = self.file_for_nobody(b"f" * 4096)
            pid = self.target("for prot in %s:\n"
                              "    addr = map_file(sys.argv[1], prot, 2)\n"
                              "    if prot == 3: ctypes.memset(addr, 99, 4096)" % order, [path],
                              user=NOBODY)
            os.unlink(path)
            self.assert_fails(self.run_tool("--copy", pid, "gone", self.out, user=NOBODY), ATTENTION)
            self.assertEqual(self.content(), b"f" * 4096)
            os.unlink(self.out)

    def test_memory_that_cannot_be_read_leaves_nothing_behind(self):
        path = self.file_for_nobody()
        pid = self.target("map_file(sys.argv[1], 1, 1)", [path], user=NOBODY)
        os.truncate(path, 0)
        os.unlink(path)
        self.assert_nothing_saved(self.run_tool("--copy", pid, "gone", self.out, user=NOBODY),
                                  "nothing could be read")

    def memory_target(self):
        """A process with two pages of its own memory; and their address."""
        pid = self.target("addr = libc.mmap(None, 8192, 3, 0x22, -1, 0)\n"
                          "ctypes.memmove(addr, b'm' * 5000, 5000)\n"
                          "libc.mprotect(ctypes.c_void_p(addr), 8192, 1)\n"
                          "os.symlink('%x' % addr, sys.argv[1])", [self.path("told")])
        return pid, os.readlink(self.path("told"))

    def test_memory_without_a_file_is_copied(self):
        self.needs_root()
        pid, addr = self.memory_target()
        result = self.run_tool("--copy", pid, addr, self.out)
        self.assert_fails(result, ATTENTION)
        self.assertEqual(self.content(), b"m" * 5000 + bytes(3192))
        self.assertIn("no file is behind it", result.stdout.decode())

    def test_heap_is_copied(self):
        self.needs_root()
        pid = self.sleeper()
        span = self.address_of(pid, "[heap]")
        self.assert_fails(self.run_tool("--copy", pid, span, self.out), ATTENTION)
        start, end = (int(n, 16) for n in span.split("-"))
        with open("/proc/%d/mem" % pid, "rb") as mem:
            mem.seek(start)
            self.assertEqual(self.content(), mem.read(end - start))

    def test_memory_without_a_file_is_told_and_left_alone(self):
        self.needs_root()
        pid, addr = self.memory_target()
        self.assert_nothing_saved(self.run_tool(pid, "0x" + addr, self.out),
                                  "no file is behind that address", "--copy")

    def test_copy_prefers_the_file_where_it_is_to_be_had(self):
        self.needs_root()
        path = self.file("mine")
        pid = self.deleted_target(path)
        self.assert_saved(self.run_tool("--copy", pid, "mine", self.out), b"x" * 5000)

    # --- never overwrites, never claims too much ---

    def test_existing_file_is_never_touched(self):
        self.needs_root()
        pid = self.deleted_target(self.file("one"))
        self.file("out", b"precious")
        self.assert_fails(self.run_tool(pid, "one", self.out), FAILED, "File exists")
        self.assertEqual(self.content(), b"precious")

    def test_dangling_link_is_not_followed(self):
        self.needs_root()
        pid = self.deleted_target(self.file("one"))
        os.symlink(self.path("elsewhere"), self.out)
        self.assert_fails(self.run_tool(pid, "one", self.out), FAILED, "File exists")
        self.assertFalse(os.path.lexists(self.path("elsewhere")))

    def test_result_that_cannot_be_told_is_no_success(self):
        self.needs_root()
        pid = self.deleted_target(self.file("one"))
        with open("/dev/full", "wb") as full:
            for more in ({"stdout": full}, {"stdout": None, "preexec_fn": lambda: os.close(1)}):
                result = self.run_tool(pid, "one", self.out, **more)
                self.assert_fails(result, FAILED, "cannot write")
                self.assertEqual(self.content(), b"x" * 5000)
                os.unlink(self.out)
                self.assert_nothing_saved(self.run_tool(pid, "nosuch", self.out, **more),
                                          status=NOTHING)
                self.assert_fails(self.run_tool("--help", **more), FAILED, "cannot write")

    def test_nothing_that_is_said_gets_into_the_copy(self):
        self.needs_root()
        pid = self.deleted_target(self.file("one"))

        def close_all():
            for fd in range(3):
                os.close(fd)

        result = self.run_tool(pid, "one", self.out, stdout=None, stderr=None,
                               preexec_fn=close_all)
        self.assertEqual(result.returncode, 3)
        self.assertEqual(self.content(), b"x" * 5000)

    def test_copy_that_is_cut_off_is_told(self):
        self.needs_root()

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

        pid = self.deleted_target(self.file("big", b"x" * 100000))
        result = self.run_tool(pid, "big", self.out, preexec_fn=limit, restore_signals=False)
        self.assert_fails(result, ATTENTION, "cut off")

    def test_what_has_no_file_is_refused(self):
        self.needs_root()
        pid = self.sleeper()
        self.assert_nothing_saved(self.run_tool(pid, self.address_of(pid, "[stack]"), self.out))
        self.assert_nothing_saved(self.run_tool(pid, "0x10", self.out), "maps nothing",
                                  status=NOTHING)
        self.assert_nothing_saved(self.run_tool(pid, "nosuch", self.out), "maps nothing",
                                  status=NOTHING)

    def test_dead_process_is_told(self):
        self.assert_nothing_saved(self.run_tool(self.dead_pid(), "x", self.out), "listed")

    def test_wrong_usage_is_told(self):
        for args in ((), ("1", "x"), ("1", "x", "y", "z"), ("--copy", "1", "x"), ("--nosuch",)):
            self.assert_fails(self.run_tool(*args), USAGE, "mapfiles recover")
        for pid in ("0", "", "99999999999"):
            self.assert_fails(self.run_tool(pid, "x", self.out), USAGE, "out of range")
        for pid in ("abcabc", "1x"):
            self.assert_fails(self.run_tool(pid, "x", self.out), FAILED, "no process is called")
        self.assertIn(b"Exit status", self.run_tool("--help").stdout)


if __name__ == "__main__":
    main()
