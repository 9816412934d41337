#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles: what is the same in all its commands, each of them on live processes; those
commands that have no test of their own (find, open, cat, explain); and that it agrees
with lsof, lsfd and pmap.
"""
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tooltest
from tooltest import ATTENTION, FAILED, NOBODY, NOTHING, OK, USAGE, ToolTest, main, read

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../examples/mapfiles")

# One of each kind of object, and names that a terminal obeys or that are no text.
TARGET_CODE = r"""
libc.shmat.restype = ctypes.c_void_p
for name in sys.argv[1:]:
    map_file(os.fsencode(name))
os.unlink(sys.argv[1])
fd = os.memfd_create("m\033[31m")
os.ftruncate(fd, 8192)
map_file(fd, 3, 1)
mapped = libc.mmap(None, 8192, 3, 0x21, -1, 0)
segment = libc.shmget(0, ctypes.c_size_t(4096), 0o1600)
libc.shmat(segment, None, 0)
libc.shmctl(segment, 0, None)
libc.mmap(None, 3 << 20, 3, 0x22, -1, 0)
"""

# Children that map one file again and again: work that is not done in a blink.
CROWD = r"""
import time
fd = os.open(sys.argv[1], os.O_RDWR)
for i in range(2000):
    map_file(fd, 1 + 2 * (i % 2), 2, 4096, keep=True)
for i in range(int(sys.argv[2])):
    if os.fork() == 0:
        libc.prctl(1, 9)
        time.sleep(1000)
"""


def commands():
    with open(os.path.join(EXAMPLES, "commands.def"), encoding="utf-8") as f:
        return re.findall(r'^COMMAND\((\w+), "(.*?)", "(.*?)"\)', f.read(), re.M)


def maps(pid):
    """[(start, end, prot, offset, inode, name)] of each line of maps."""
    rows = []
    for line in read("/proc/%d/maps" % pid).splitlines():
        span, prot, offset, _dev, inode, *name = line.split(None, 5)
        start, end = (int(n, 16) for n in span.split(b"-"))
        rows.append((start, end, prot.decode(), int(offset, 16), int(inode),
                     name[0].decode(errors="surrogateescape") if name else ""))
    return rows


class Mapfiles(ToolTest):
    def odd_target(self, user=None):
        paths = [self.file(name) for name in (b"gone", b"esc\033[31m\a\n", b"latin\xe9", b"plain")]
        for path in paths:
            os.chmod(path, 0o666)
        os.chmod(self.dir, 0o777)
        return self.target(TARGET_CODE, paths, user=user)

    def address(self, pid, name):
        """Of the first mapping of that name."""
        return next("%x" % m[0] for m in maps(pid) if name in m[5])

    def calls(self, pid):
        """One call of each command that answers and ends, on that process."""
        addr = self.address(pid, "plain")
        return {
            "ls": ["ls", "--all", "--stat", "--open", pid],
            "find": ["find", pid, addr, "10"],
            "open": ["open", pid, addr],
            "share": ["share", "--all", pid],
            "who": ["who", self.path("plain"), pid],
            "stale": ["stale", "--files", "--all", "--verdicts", "all", pid],
            "modules": ["modules", pid],
            "symbolize": ["symbolize", pid, addr, "%x" % maps(pid)[1][0]],
            "explain": ["explain", pid],
        }

    # --- the same in all commands ---

    def test_every_command_is_named_and_helps(self):
        help_text = self.run_tool("--help").stdout.decode()
        self.assertEqual(self.run_tool("help").stdout.decode(), help_text)
        for name, arguments, summary in commands():
            with self.subTest(name):
                self.assertRegex(help_text, r"(?m)^  %s +%s$" % (name, re.escape(summary)))
                for args in ([name, "--help"], [name, "-h"], ["help", name]):
                    result = self.run_tool(*args)
                    self.assertEqual((result.returncode, result.stderr), (OK, b""))
                text = result.stdout.decode()
                self.assertIn(arguments, text.splitlines()[0])
                self.assertIn("\nExit status: 0 ", text)
                self.assertRegex(text, r"Examples:\n  .*mapfiles %s " % name)
                self.assertLessEqual(max(map(len, text.splitlines())), 80)
        self.assertLessEqual(max(map(len, help_text.splitlines())), 90)

    def test_version_is_the_same_everywhere(self):
        version = self.run_tool("--version").stdout
        self.assertRegex(version, rb"^mapfiles \(libmapfiles\) \d+\.\d+\.\d+\n$")
        for name, *_ in commands():
            self.assertEqual(self.run_tool(name, "--version").stdout, version)

    def test_a_name_stands_for_no_zombie(self):
        program = self.path("napper")
        shutil.copy(shutil.which("sleep"), program)
        alive, zombie = (self.spawn([program, "600"]) for _ in range(2))
        for p in alive, zombie:
            while not re.match(rb"\d+ \(napper\) S ", read("/proc/%d/stat" % p.pid)):
                time.sleep(0.001)
        zombie.kill()
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        result = self.run_tool("ls", "--json", "napper")
        self.assertEqual(result.returncode, OK, result.stderr)
        pids = [p["pid"] for p in json.loads(result.stdout)["processes"]]
        self.assertEqual(pids, [alive.pid])
        self.assertEqual(self.run_tool("ls", zombie.pid).returncode, FAILED)

    def test_what_is_mistyped_is_told(self):
        for word, meant in (("lss", "ls"), ("shar", "share"), ("modlues", "modules"),
                            ("exp", "explain")):
            self.assert_fails(self.run_tool(word), USAGE, word, "did you mean %s" % meant,
                              "mapfiles --help")
        result = self.run_tool("esc\033[31m")
        self.assert_fails(result, USAGE, "no command esc\\033[31m")
        self.assertNotIn(b"did you mean", result.stderr)
        self.assert_fails(self.run_tool("--al"), USAGE, "no option --al")
        self.assert_fails(self.run_tool(), USAGE, "which command?")
        self.assert_fails(self.run_tool("ls", "-o", "rnage", 1), USAGE, "did you mean RANGE or NAME?")
        self.assert_fails(self.run_tool("ls", "-o", "range,,", 1), USAGE, "no column")

    def check_json(self, pid, **more):
        for name, args in self.calls(pid).items():
            with self.subTest(name):
                result = self.run_tool(*args[:1], "--json", *args[1:], **more)
                self.assertIn(result.returncode, (OK, NOTHING, FAILED, ATTENTION), result.stderr)
                # Of one thing that could not be had at all there is no document.
                if result.returncode != FAILED or name in ("ls", "share", "who", "stale", "modules"):
                    self.document(result, name)
                else:
                    self.assertEqual(result.stdout, b"")

    def test_json_is_as_its_schema_says(self):
        if tooltest.jsonschema is None:
            self.skip("no python3-jsonschema")
        self.needs_root()
        self.check_json(self.odd_target())
        # Also what cannot be listed, and everyone there is.
        self.document(self.run_tool("ls", "--json", self.dead_pid()), "ls")
        for command in "ls", "share":
            document = json.loads(self.run_tool(command, "--json").stdout)
            # Some of all: Python takes long.
            for part in document:
                document[part] = document[part][:10]
            self.assert_valid(document, command)

    def test_json_is_as_its_schema_says_for_nobody(self):
        if tooltest.jsonschema is None:
            self.skip("no python3-jsonschema")
        self.needs_root()
        self.check_json(self.odd_target(user=NOBODY), user=NOBODY)
        self.check_json(self.odd_target(), user=NOBODY)

    def test_schema_refuses_what_is_wrong(self):
        if tooltest.jsonschema is None:
            self.skip("no python3-jsonschema")
        document = json.loads(self.run_tool("ls", "--json", self.sleeper()).stdout)
        document["processes"][0]["mappings"][0]["start"] = 4096
        with self.assertRaises(tooltest.jsonschema.ValidationError):
            self.assert_valid(document, "ls")

    def test_tables_fit_a_terminal_and_give_it_no_orders(self):
        self.needs_root()
        pid = self.odd_target()
        for columns in (60, 80, 132):
            for name, args in self.calls(pid).items():
                with self.subTest((name, columns)):
                    # -all that can be is in one row, and --stat alone needs more than sixty.
                    args = [a for a in args if a not in ("--stat", "--open")]
                    status, text = self.on_terminal(*args, columns=columns)
                    self.assertIn(status, (OK, NOTHING))
                    self.assertIn("\033[1m", text)
                    text = re.sub(r"\033\[(0|1|2|31|32|33)m", "", text)
                    self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f]")
                    table = [l for l in text.split("\n") if not l.startswith("mapfiles ")]
                    self.assertLessEqual(max(map(len, table)), columns, text)

    def test_open_fits_eighty_columns(self):
        self.needs_root()
        status, text = self.on_terminal("ls", "--open", "--color=never", self.odd_target())
        self.assertEqual(status, FAILED if "cannot open" in text else OK, text)
        self.assertRegex(text.split("\n")[0], r"RANGE PROT .*OPENED .*NAME")
        self.assertLessEqual(max(map(len, text.split("\n"))), 80)
        # No column is there for which names would have to be folded short.
        self.assertLessEqual(text.index("NAME"), 80 - 36)

    def test_nothing_is_lost_where_it_is_folded(self):
        name = "n" * 150 + "-" + "m" * 90
        pid = self.target("map_file(sys.argv[1])", [self.file(name)])
        _, text = self.on_terminal("ls", "--color=never", pid)
        self.assertIn(self.path(name), re.sub(r"\s", "", text))

    def test_colour_is_for_terminals_and_can_be_had_or_not(self):
        pid = self.sleeper()
        self.assertIn("\033[", self.on_terminal("ls", pid)[1])
        self.assertIn("\033[", self.on_terminal("ls", pid, env={"NO_COLOR": ""})[1])
        self.assertIn("\033[", self.on_terminal("ls", "--color", pid, env={"NO_COLOR": "1"})[1])
        self.assertNotIn("\033", self.on_terminal("ls", pid, env={"NO_COLOR": "1"})[1])
        self.assertNotIn("\033", self.on_terminal("ls", "--color=never", pid)[1])
        self.assertNotIn(b"\033", self.run_tool("ls", pid).stdout)
        self.assertIn(b"\033[1m", self.run_tool("ls", "--color=always", pid).stdout)
        self.assert_fails(self.run_tool("ls", "--color=blue", pid), USAGE, "auto, always or never")

    def test_columns_are_those_that_were_chosen(self):
        self.needs_root()
        pid = self.odd_target()
        for name, args in self.calls(pid).items():
            with self.subTest(name):
                raw = self.run_tool(args[0], "--raw", *args[1:]).stdout.decode().splitlines()
                headings = raw[0].split("\t")
                self.assertEqual({len(line.split("\t")) for line in raw}, {len(headings)})
                chosen = list(reversed(headings))
                lines = self.run_tool(args[0], "--raw", "-o", ",".join(chosen).lower(),
                                      *args[1:]).stdout.decode().splitlines()
                self.assertEqual([list(reversed(line.split("\t"))) for line in lines],
                                 [line.split("\t") for line in raw])
                bare = self.run_tool(args[0], "--raw", "--no-headings", *args[1:])
                self.assertEqual(bare.stdout.decode().splitlines(), raw[1:])
                aligned = self.run_tool(args[0], "--no-headings", *args[1:]).stdout.decode()
                self.assertEqual(len(aligned.splitlines()), len(raw) - 1)

    def test_added_columns_stand_behind_the_others(self):
        pid = self.sleeper()
        heads = [self.run_tool("ls", "--raw", *o, pid).stdout.decode().splitlines()[0]
                 for o in ([], ["-o", "+pid,bytes"])]
        self.assertEqual(heads[1], heads[0] + "\tPID\tBYTES")

    def test_closed_pipe_ends_every_command_quietly(self):
        self.needs_root()
        for name, args in self.calls(self.odd_target()).items():
            for more in [], ["--json"]:
                with self.subTest((name, more)):
                    reader, writer = os.pipe()
                    os.close(reader)
                    result = self.run_tool(args[0], *more, *args[1:], stdout=writer)
                    os.close(writer)
                    self.assertEqual(result.returncode, -signal.SIGPIPE, result.stderr)

    def test_full_disk_is_told_by_every_command(self):
        self.needs_root()
        for name, args in self.calls(self.odd_target()).items():
            with self.subTest(name), open("/dev/full", "wb") as full:
                self.assert_fails(self.run_tool(*args, stdout=full), FAILED, "cannot write")

    def crowd(self):
        path = self.file("one")
        pid = self.target(CROWD, [path, "9"])
        with open("/proc/%d/task/%d/children" % (pid, pid), "rb") as f:
            return [pid] + [int(n) for n in f.read().split()]

    @staticmethod
    def is_at_work(process):
        """It has a file of procfs open."""
        fds = "/proc/%d/fd" % process.pid
        try:
            return any(os.readlink(os.path.join(fds, fd)).startswith("/proc/")
                       for fd in os.listdir(fds))
        except FileNotFoundError:
            return False

    def hold_up(self, process):
        """It is in the middle of its work, and more than a second passes for it there."""
        while not self.is_at_work(process):
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.1)
        process.send_signal(signal.SIGCONT)

    def test_bar_is_drawn_after_a_second_and_wiped_away(self):
        self.needs_root()
        pids = self.crowd()
        process, main_fd = self.start_on_terminal("ls", "--open", "-o", "pid", "--no-headings",
                                                  *pids)
        self.hold_up(process)
        text = self.read_terminal(main_fd).decode().replace("\r\n", "\n")
        self.assertEqual(process.wait(), OK, text)
        self.assertRegex(text, r"^\rlisting  \[#+\.*\] +\d+%  \d+/10 *\r")
        self.assertRegex(text.split("\n")[0], r"\r +\r *\d+$")
        self.assertNotIn("listing", self.on_terminal("ls", self.sleeper())[1])
        self.assertNotIn("scanning", self.on_terminal("share", self.sleeper())[1])

    def test_ctrl_c_wipes_the_bar_away(self):
        self.needs_root()
        pids = self.crowd()
        process, main_fd = self.start_on_terminal("ls", "--open", *pids)
        self.hold_up(process)
        text = b""
        while b"listing" not in text:
            text += os.read(main_fd, 65536)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), -signal.SIGINT)
        text += self.read_terminal(main_fd)
        self.assertRegex(text, rb"\r +\r$")

    def test_ctrl_c_leaves_no_part_of_a_recovered_file(self):
        self.needs_root()
        pid = self.target("fd = os.memfd_create('big')\n"
                          "for i in range(200): os.write(fd, b'x' * (1 << 20))\nmap_file(fd)")
        out = self.path("out")
        for _ in range(10):
            p = subprocess.Popen([self.tool, "recover", str(pid), "/memfd:big", out],
                                 stdout=subprocess.DEVNULL)
            self.addCleanup(self.end, p)
            while not os.path.exists(out) and p.poll() is None:
                pass
            p.send_signal(signal.SIGINT)
            # It may have been done already.
            if p.wait() == -signal.SIGINT:
                self.assertFalse(os.path.exists(out))
                return
            os.unlink(out)
        self.fail("recover was never interrupted")

    # --- find ---

    def test_find_is_what_maps_says(self):
        pid = self.sleeper()
        rows = maps(pid)
        addrs = ["0x%x" % (m[0] + 0x123) for m in rows if m[5] != "[vsyscall]"]
        result = self.run_tool("find", "--raw", "--no-headings", "-o", "range,prot,offset,name",
                               pid, *addrs)
        self.assertEqual((result.returncode, result.stderr), (OK, b""))
        got = [line.split("\t") for line in result.stdout.decode().splitlines()]
        self.assertEqual([(g[0], g[1]) for g in got],
                         [("%x-%x" % m[:2], m[2]) for m in rows if m[5] != "[vsyscall]"])
        for g, m in zip(got, rows):
            if m[4]:
                self.assertEqual((g[2], g[3]), ("%x" % (m[3] + 0x123), m[5]))

    def test_find_says_where_nothing_is(self):
        pid = self.sleeper()
        result = self.run_tool("find", "--json", pid, "10", "%x" % maps(pid)[0][0])
        self.assert_fails(result, NOTHING, "nothing is mapped at 10")
        self.assertEqual([a["mapped"] for a in json.loads(result.stdout)["addresses"]],
                         [False, True])

    def test_what_is_no_address_is_wrong_usage(self):
        pid = self.sleeper()
        for command in "find", "open", "cat":
            for word in ("zz", "", "0x", "-1", "10z", " 10", "1" * 17, "10-", "10-z"):
                with self.subTest((command, word)):
                    result = self.run_tool(command, "--", pid, word)
                    self.assert_fails(result, USAGE, "an address is hexadecimal")
                    self.assertEqual(result.stdout, b"")

    # --- open and cat ---

    def gone(self, content, **more):
        """(pid, address) of a process that maps what was deleted."""
        path = self.file("gone", content)
        os.chmod(path, 0o666)
        pid = self.target("map_file(sys.argv[1], 1, 1, 4096, 4096); os.unlink(sys.argv[1])"
                          if not more else "map_file(sys.argv[1], 1, 1, 4096, 4096)", [path],
                          **more)
        addr = self.address(pid, "/gone")
        if more:
            os.unlink(path)
        return pid, addr

    def test_open_tells_of_the_very_object(self):
        self.needs_root()
        pid, addr = self.gone(b"x" * 9000)
        result = self.run_tool("open", "--json", pid, addr)
        self.assertEqual(result.returncode, OK, result.stderr)
        st = os.stat("/proc/%d/map_files/%s" % (
            pid, next("%x-%x" % m[:2] for m in maps(pid) if "%x" % m[0] == addr)))
        o = json.loads(result.stdout)
        self.assertEqual((o["size"], o["inode"], o["links"], o["rung"], o["sure"]),
                         (9000, st.st_ino, 0, "map_files", "exact"))
        self.assertIs(o["deleted"], True)

    def test_exec_gets_the_deleted_file(self):
        self.needs_root()
        content = os.urandom(9000)
        pid, addr = self.gone(content)
        want = hashlib.sha256(content).hexdigest()
        result = self.run_tool("open", pid, addr, "--exec", "sha256sum", "{}")
        self.assertEqual(result.stdout.decode().split()[0], want)
        result = self.run_tool("open", pid, addr, "--exec", "sha256sum")
        self.assertEqual(result.stdout.decode().split(), [want, "-"])
        self.assertEqual(result.stderr, b"")

    def test_exec_gets_its_own_words_and_no_other_descriptor(self):
        self.needs_root()
        pid, addr = self.gone(b"x" * 9000)
        result = self.run_tool("open", pid, addr, "--exec", "printf", "%s,", "-o", "--json",
                               "a{}b", "--exec")
        words = result.stdout.decode().split(",")
        self.assertRegex(words[2], r"^a/proc/self/fd/\d+b$")
        self.assertEqual(words[:2] + words[3:], ["-o", "--json", "--exec", ""])
        result = self.run_tool("open", pid, addr, "--exec", "ls", "/proc/self/fd")
        # Its own of that directory.
        self.assertEqual(result.stdout.split(), [b"0", b"1", b"2", b"3"])

    def test_exec_passes_the_status_on(self):
        self.needs_root()
        pid, addr = self.gone(b"x" * 9000)
        result = self.run_tool("open", pid, addr, "--exec", "sh", "-c", "exit 7")
        self.assertEqual(result.returncode, 7)
        self.assert_fails(self.run_tool("open", pid, addr, "--exec", "/nosuch"), 127, "/nosuch")
        self.assert_fails(self.run_tool("open", pid, addr, "--exec", self.dir), 126, self.dir)
        # Not run at all where there is nothing to run it with.
        made = self.path("made")
        result = self.run_tool("open", pid, "10", "--exec", "touch", made)
        self.assert_fails(result, NOTHING, "nothing is mapped at 10")
        self.assertFalse(os.path.exists(made))

    def test_cat_writes_the_whole_object_or_what_is_mapped(self):
        self.needs_root()
        content = os.urandom(9000)
        pid, addr = self.gone(content)
        result = self.run_tool("cat", pid, addr)
        self.assertEqual((result.returncode, result.stdout), (OK, content))
        result = self.run_tool("cat", "--mapped", pid, addr)
        self.assertEqual((result.returncode, result.stdout), (OK, content[4096:8192]))

    def test_cat_of_memory_needs_copy_and_says_so(self):
        self.needs_root()
        pid = self.sleeper()
        addr = self.address(pid, "[heap]")
        result = self.run_tool("cat", pid, addr)
        self.assert_fails(result, FAILED, "no object is behind", "heap", "--copy")
        self.assertEqual(result.stdout, b"")
        result = self.run_tool("cat", "--copy", pid, addr)
        self.assert_fails(result, ATTENTION, "a copy")
        start, end = next(m[:2] for m in maps(pid) if m[5] == "[heap]")
        with open("/proc/%d/mem" % pid, "rb") as mem:
            mem.seek(start)
            self.assertEqual(result.stdout, mem.read(end - start))

    def test_cat_spares_the_terminal(self):
        self.needs_root()
        pid, addr = self.gone(b"x" * 8999 + b"\033")
        status, text = self.on_terminal("cat", pid, addr)
        self.assertEqual(status, FAILED)
        self.assertNotIn("\033", text)
        self.assertIn("--force", text)
        self.assertIn("\033", self.on_terminal("cat", "--force", pid, addr)[1])
        pid, addr = self.gone(b"only text\n" * 900)
        self.assertEqual(self.on_terminal("cat", pid, addr), (OK, "only text\n" * 900))

    def test_device_is_left_alone(self):
        self.needs_root()
        pid = self.target("map_file('/dev/zero', 3, 2, 4096)")
        self.assert_fails(self.run_tool("cat", pid, self.address(pid, "/dev/zero")), FAILED,
                          "no regular file", "--any-type")

    def test_nobody_is_told_what_is_missing(self):
        self.needs_root()
        pid, addr = self.gone(b"x" * 9000, user=NOBODY)
        for command in "open", "cat":
            result = self.run_tool(command, pid, addr, user=NOBODY)
            self.assert_fails(result, FAILED, "cannot be opened", "CAP_CHECKPOINT_RESTORE",
                              "sudo mapfiles " + command)
        result = self.run_tool("cat", "--copy", pid, addr, user=NOBODY)
        self.assert_fails(result, ATTENTION, "a copy")
        self.assertEqual(result.stdout, b"x" * 4096)

    # --- explain ---

    def test_explain_is_what_the_kernel_does(self):
        self.needs_root()
        code = ("import os, sys\n"
                "def tries(path, flags):\n"
                "    try: os.close(os.open(path, flags)); return True\n"
                "    except OSError: return False\n"
                "base = '/proc/%s/' % sys.argv[1]\n"
                "try: first = os.listdir(base + 'map_files')[0]\n"
                "except OSError: first = None\n"
                "print(tries(base + 'maps', 0), first is not None,\n"
                "      first is not None and tries(base + 'map_files/' + first, os.O_PATH),\n"
                "      tries(base + 'mem', 0))\n")
        for owner in None, NOBODY:
            pid = self.target("", user=owner)
            for user in None, NOBODY:
                with self.subTest((owner, user)):
                    command = [sys.executable, "-I", "-c", code, str(pid)]
                    if user:
                        command = ["setpriv", "--reuid=%d" % user, "--regid=%d" % user,
                                   "--clear-groups", "--"] + command
                    truth = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
                    result = self.run_tool("explain", "--json", pid, user=user)
                    process, = json.loads(result.stdout)["processes"]
                    self.assertEqual([str(a["allowed"]) for a in process["accesses"]],
                                     truth.decode().split())
                    allowed = b"False" not in truth
                    self.assertEqual(result.returncode, OK if allowed else ATTENTION)
                    self.assertEqual([a for a in process["accesses"]
                                      if a["allowed"] == ("why" in a)], [])

    def test_explain_of_nobody_is_a_failure(self):
        self.assert_fails(self.run_tool("explain", self.dead_pid()), FAILED, "ESRCH")
        self.assert_fails(self.run_tool("explain"), USAGE, "which process?")

    # --- others' answers ---

    def other(self, *argv):
        if not shutil.which(argv[0]):
            self.skip("no " + argv[0])
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}
                              ).stdout.decode(errors="surrogateescape")

    def files(self, pid):
        """{(inode, path)} of the files that mapfiles ls lists and that have a name."""
        document = json.loads(self.run_tool("ls", "--json", pid).stdout)
        return {(m["inode"], m["path"]) for m in document["processes"][0]["mappings"]
                if m["kind"] == "file"}

    def test_lsof_has_the_same_files(self):
        self.needs_root()
        pid = self.target("map_file(sys.argv[1])", [self.file("mapped")])
        found, inode, kind = set(), None, None
        for line in self.other("lsof", "-n", "-P", "-p", str(pid), "-F", "fin").splitlines():
            if line[0] == "f":
                kind = line[1:]
            elif line[0] == "i":
                inode = int(line[1:])
            elif line[0] == "n" and kind in ("mem", "txt", "DEL"):
                found.add((inode, line[1:]))
        self.assertEqual(found, self.files(pid))

    def test_lsfd_has_the_same_files(self):
        self.needs_root()
        pid = self.target("map_file(sys.argv[1])", [self.file("mapped")])
        text = self.other("lsfd", "-p", str(pid), "--raw", "--noheadings", "-o",
                          "ASSOC,INODE,NAME")
        rows = [line.split(" ", 2) for line in text.splitlines()]
        found = {(int(r[1]), r[2]) for r in rows if r[0] in ("exe", "mem", "shm")}
        self.assertEqual(found, self.files(pid))

    def test_pmap_has_the_same_ranges(self):
        pid = self.sleeper()
        rows = [line.split() for line in self.other("pmap", "-q", str(pid)).splitlines()[1:]]
        found = {(int(r[0], 16), int(r[0], 16) + 1024 * int(r[1].rstrip("K"))) for r in rows}
        document = json.loads(self.run_tool("ls", "--all", "--json", pid).stdout)
        self.assertEqual(found, {(int(m["start"], 16), int(m["end"], 16))
                                 for m in document["processes"][0]["mappings"]})


if __name__ == "__main__":
    main()
