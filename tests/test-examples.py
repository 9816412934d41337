#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The small examples, which the documentation quotes, on live processes: what they print
is compared with what /proc says.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import ToolTest, main, read


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

    def test_each_tells_of_a_dead_process(self):
        pid = self.dead_pid()
        for name, args in (("list", []), ("open", []), ("find", ["10"]), ("pidfd", [])):
            self.assert_fails(self.run_example(name, pid, *args), 1, "%s: process %d" % (name, pid))

    def test_each_tells_of_wrong_usage(self):
        for name in ("open", "find", "pidfd"):
            self.assert_fails(self.run_example(name), 2, "usage: " + name)

    def test_what_is_no_number_is_wrong_usage(self):
        for name, args in (("list", []), ("open", []), ("find", ["10"]), ("pidfd", [])):
            for word in ("abc", "", "0", "-1", "1x", "4294967297", "99999999999999999999"):
                with self.subTest((name, word)):
                    self.assert_fails(self.run_example(name, word, *args), 2, "usage: " + name)
        pid = self.sleeper()
        for word in ("zzz", "", "-1", "10z", " 10", "1" * 17):
            with self.subTest(word):
                self.assert_fails(self.run_example("find", pid, word), 2, "usage: find")
        self.assert_fails(self.run_example("list", pid, pid), 2, "usage: list")

    def check_unwritable(self, **more):
        pid = self.sleeper()
        for name, args in (("list", []), ("open", []), ("find", ["10"]), ("pidfd", [])):
            with self.subTest(name):
                self.assert_fails(self.run_example(name, pid, *args, **more), 1,
                                  name + ": cannot write")

    def test_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            self.check_unwritable(stdout=full)

    def test_closed_standard_output_is_told(self):
        self.check_unwritable(stdout=None, preexec_fn=lambda: os.close(1))

    def test_each_is_short(self):
        here = os.path.dirname(os.path.abspath(__file__))
        for name in ("list", "open", "find", "pidfd"):
            source = read(os.path.join(here, "..", "examples", name + ".c"))
            self.assertLess(source.count(b"\n"), 100)


if __name__ == "__main__":
    main()
