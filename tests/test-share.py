#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles share on processes whose sharing is known, against what /proc itself says; its
JSON, its table and its picture against hostile names.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import mapped
from tooltest import FAILED, NOBODY, USAGE, ToolTest, main, read

ODD_NAMES = [
    b"plain", b"two  blanks", b"new\nline", b"literal\\012", b"quote\"'quote", b"back\\slash",
    b"\"]; x [", b"<b>&amp;<b>", b"a|{b}|<c>", b"\\N\\G\\l", b"tab\tbell\a", b"esc\033[31mred",
    b"caf\xc3\xa9", b"latin\xe9", b"\xff\xfe", b"-->", b"]]>", b"x (deleted)", b"%s%n", b"a\\",
]

# A family: MEMBERS children, each with memory of its own beside what all of them share.
FAMILY = r"""
import mmap, time
libc.shmat.restype = ctypes.c_void_p
shared = mmap.mmap(-1, 3 << 20)
fd = os.memfd_create("of all")
os.ftruncate(fd, 12345)
map_file(fd, 3, 1)
segment = libc.shmget(0, 65536, 0o1600)
assert libc.shmat(segment, None, 0) != 2 ** 64 - 1
libc.shmctl(segment, 0, None)
for path in sys.argv[2:]:
    map_file(path)
r, w = os.pipe()
for i in range(int(sys.argv[1])):
    if os.fork() == 0:
        libc.prctl(1, 9)
        own = os.memfd_create("of one")
        os.ftruncate(own, 4096 * (i + 1))
        map_file(own, 3, 1)
        os.write(w, b"x")
        time.sleep(1000)
for i in range(int(sys.argv[1])):
    os.read(r, 1)
"""


def escaped(name):
    """As ls -b, for bytes that no locale prints."""
    return b"".join(b"\\%03o" % c if c < 0x20 or c > 0x7e else
                    {0x20: b"\\ ", 0x5c: b"\\\\"}.get(c, bytes([c])) for c in name)


def in_picture(name):
    """As in a URL where it does not print."""
    return "".join("%%%02X" % c if c < 0x20 or c > 0x7e or c in b"%\\" else chr(c) for c in name)


class Share(ToolTest):
    command = ("share",)

    def document(self, *args, status=0, **more):
        result = self.run_tool("--json", *args, **more)
        self.assertEqual(result.returncode, status, result.stderr)
        return json.loads(result.stdout.decode("utf-8", "strict"))

    def rows(self, *args, status=0, **more):
        result = self.run_tool(*args, **more)
        self.assertEqual(result.returncode, status, result.stderr)
        lines = result.stdout.decode().splitlines()
        headings = lines[0].split()
        return [dict(zip(headings, line.split(None, len(headings) - 1))) for line in lines[1:]]

    def family(self, members=3, files=()):
        return self.target(FAMILY, [str(members), *files])

    def alive(self, pid):
        """Its descendants; all are there since it said that it is ready."""
        return mapped.descendants(pid)

    # --- it agrees with /proc ---

    def test_tree_is_what_proc_says(self):
        self.needs_root()
        pid = self.family(files=[self.file("a file")])
        pids = self.alive(pid)
        self.assertEqual(len(pids), 4)
        self.assertEqual(mapped.shown(self.document("--tree", "--all", pid)), mapped.truth(pids))

    def test_processes_given_are_those_listed(self):
        self.needs_root()
        pids = self.alive(self.family())[1:3]
        document = self.document("--all", *pids)
        self.assertEqual([p["pid"] for p in document["processes"]], pids)
        self.assertEqual(mapped.shown(document), mapped.truth(pids))

    def test_a_process_given_twice_counts_once(self):
        self.needs_root()
        pids = self.alive(self.family())[1:3]
        self.assertEqual(mapped.shown(self.document("--all", *pids, *pids)), mapped.truth(pids))

    def test_everyone_is_all_there_are(self):
        self.needs_root()
        pids = self.alive(self.family())
        document = self.document("--all")
        # Of another's IPC namespace a SysV segment may have the same numbers.
        document["objects"] = [o for o in document["objects"]
                               if any(u["pid"] in pids for u in o["users"])]
        found = {identity: {u for u in users if u[0] in pids}
                 for identity, users in mapped.shown(document).items()}
        self.assertEqual({i: users for i, users in found.items() if users}, mapped.truth(pids))

    def by_default(self, pids):
        truth = mapped.truth(pids)
        return {i for i, users in truth.items() if len({u[0] for u in users}) > 1 or
                any(mapped.is_memory(u[0], u) for u in users)}

    def test_default_is_what_is_shared_and_all_memory(self):
        self.needs_root()
        pid = self.family()
        pids = self.alive(pid)
        want = self.by_default(pids)
        self.assertEqual(set(mapped.shown(self.document("-t", pid))), want)
        self.assertEqual(set(mapped.shown(self.document(pid))), self.by_default([pid]))
        # Each one's own memfd is memory; what the parent alone has loaded is not.
        self.assertNotEqual(self.by_default([pid]), set(mapped.truth([pid])))

    def test_memory_only(self):
        self.needs_root()
        pid = self.family(files=[self.file("a file")])
        pids = self.alive(pid)
        want = {i: users for i, users in mapped.truth(pids).items()
                if any(mapped.is_memory(u[0], u) for u in users)}
        document = self.document("--memory", "--tree", pid)
        self.assertEqual(mapped.shown(document), want)
        kinds = sorted(o["kind"] for o in document["objects"])
        self.assertEqual(kinds, ["memfd"] * 4 + ["shm-anon", "sysv"])

    def test_posix_memory_is_memory(self):
        self.needs_root()
        if not os.path.isdir("/dev/shm"):
            self.skip("no /dev/shm")
        name = "/dev/shm/mapfiles-test.%d" % os.getpid()
        with open(name, "wb") as f:
            f.write(b"x" * 4096)
        self.addCleanup(os.unlink, name)
        pid = self.target("map_file(sys.argv[1], 3, 1)", [name])
        self.assertEqual([o["path"] for o in self.document("-m", pid)["objects"]], [name])

    def test_shared_mappings_only(self):
        self.needs_root()
        pid = self.family(files=[self.file("a file")])
        pids = self.alive(pid)
        want = {i: {u for u in users if u[4].endswith("s")}
                for i, users in mapped.truth(pids).items()}
        self.assertEqual(mapped.shown(self.document("--shared", "--all", "--tree", pid)),
                         {i: users for i, users in want.items() if users})

    def test_size_links_and_counts_in_the_table(self):
        self.needs_root()
        pid = self.family()
        pids = self.alive(pid)
        truth, stats = mapped.truth(pids), mapped.stats(pids)
        want = sorted((str(stats[i].st_size), str(stats[i].st_nlink),
                       str(len({u[0] for u in users})), str(len(users)))
                      for i, users in truth.items())
        rows = self.rows("--bytes", "--all", "--tree", pid)
        self.assertEqual(sorted((r["SIZE"], r["LINKS"], r["PROCS"], r["USERS"]) for r in rows),
                         want)

    def test_users_are_rows(self):
        self.needs_root()
        pid = self.family()
        want = sorted(("%x-%x" % u[1:3], u[4], "%x" % u[3], str(u[0]))
                      for users in mapped.truth(self.alive(pid)).values() for u in users)
        rows = self.rows("--users", "--all", "--tree", pid)
        self.assertEqual(sorted((r["RANGE"], r["PROT"], r["OFFSET"], r["WHO"].split(":")[1])
                                for r in rows), want)
        self.assertEqual({r["WHO"].split(":")[0] for r in rows},
                         {read("/proc/%d/comm" % pid).decode().strip()})

    def test_who_names_eight_and_counts_the_rest(self):
        self.needs_root()
        pid = self.family(members=11)
        rows = [r for r in self.rows("-m", "-t", pid) if r["KIND"] == "sysv"]
        who = self.run_tool("-m", "-t", pid).stdout.decode()
        self.assertEqual([r["PROCS"] for r in rows], ["12"])
        first = ",".join(str(p) for p in sorted(self.alive(pid))[:8])
        self.assertRegex(who, r"sysv .*:%s \+4 " % first)

    def test_hard_link_is_one_object_with_two_names(self):
        self.needs_root()
        one, other = self.file("one"), os.path.join(self.dir, "other")
        os.link(one, other)
        pids = [self.target("map_file(sys.argv[1])", [path]) for path in (one, other)]
        objects = [o for o in self.document(*pids)["objects"]
                   if (o["path"] or "").startswith(self.dir)]
        self.assertEqual([(o["n_processes"], o["stat"]["links"]) for o in objects], [(2, 2)])
        names = {u.get("path", objects[0]["path"]) for u in objects[0]["users"]}
        self.assertEqual(names, {one.decode(), other})

    def test_replaced_file_is_another_object(self):
        self.needs_root()
        path = self.file("lib")
        old = self.target("map_file(sys.argv[1])", [path])
        os.rename(self.file("new"), path)
        new = self.target("map_file(sys.argv[1])", [path])
        objects = [o for o in self.document("-a", old, new)["objects"]
                   if (o["path"] or "").startswith(self.dir)]
        self.assertEqual(sorted((o["path"], o["deleted"], o["n_processes"]) for o in objects),
                         [(path.decode(), False, 1), (path.decode(), True, 1)])

    def test_truncated_file_has_its_size_of_now(self):
        self.needs_root()
        path = self.file("short")
        pid = self.target("map_file(sys.argv[1])", [path])
        os.truncate(path, 7)
        o, = [o for o in self.document("-a", pid)["objects"] if o["path"] == path.decode()]
        self.assertEqual(o["stat"]["size"], 7)

    def test_seals_are_those_of_the_memfd(self):
        self.needs_root()
        pid = self.target("import fcntl\n"
                          "for name, seals in (('a', 0), ('b', 6), ('c', 1)):\n"
                          "    fd = os.memfd_create(name, 3)\n"
                          "    os.ftruncate(fd, 5000)\n"
                          "    fcntl.fcntl(fd, 1033, seals)\n"
                          "    map_file(fd, 1, 1)\n")
        document = self.document("-m", pid)
        self.assertEqual({o["path"]: o["seals"] for o in document["objects"]},
                         {"/memfd:a": [], "/memfd:b": ["shrink", "grow"], "/memfd:c": ["seal"]})
        self.assertEqual({r["NAME"]: r["SEALS"] for r in self.rows("-m", pid)},
                         {"/memfd:a": "none", "/memfd:b": "shrink,grow", "/memfd:c": "seal"})

    def test_btrfs_twins_are_two(self):
        self.needs_root()
        if not shutil.which("mkfs.btrfs"):
            self.skip("no mkfs.btrfs")
        error = mapped.private_mounts()
        if error:
            self.skip("unshare: " + error)
        with open(self.path("image"), "wb") as f:
            f.truncate(120 << 20)
        os.mkdir(self.path("m"))
        subprocess.run(["mkfs.btrfs", "-q", self.path("image")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if subprocess.run(["mount", "-o", "loop", self.path("image"), self.path("m")],
                          capture_output=True, check=False).returncode:
            self.skip("no loop mount of btrfs")
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("m")], check=True)
        paths = []
        for name in ("one", "other"):
            subvolume = self.path("m/" + name)
            subprocess.run(["btrfs", "-q", "subvolume", "create", subvolume], check=True)
            paths.append(subvolume + "/f")
            with open(paths[-1], "wb") as f:
                f.write(b"x" * 8192)
        pids = [self.target("map_file(sys.argv[1])", [path]) for path in paths]
        objects = [o for o in self.document("-a", *pids)["objects"] if o["path"] in paths]
        for pid in pids:
            subprocess.run(["kill", "-9", str(pid)], check=True)
        self.assertEqual(sorted(o["path"] for o in objects), paths)
        # What maps prints of both is the same: that they differ is what stat(2) says.
        self.assertEqual(len({(o["dev"], o["inode"]) for o in objects}), 1)
        self.assertEqual([o["n_processes"] for o in objects], [1, 1])

    # --- names, pictures ---

    def odd_pids(self):
        for name in ODD_NAMES:
            self.file(name)
        code = ("for path in sorted(os.listdir(os.fsencode(sys.argv[1]))):\n"
                "    map_file(os.path.join(os.fsencode(sys.argv[1]), path))\n"
                "libc.prctl(15, sys.argv[2].encode('latin-1'), 0, 0, 0)\n")
        return [self.target(code, [self.dir, comm]) for comm in ("\"]; x [", "<i>&\\N\n")]

    def test_json_gives_every_name_back(self):
        names = set()
        for o in self.document(*self.odd_pids())["objects"]:
            name = bytes.fromhex(o["path_hex"]) if "path_hex" in o else o["path"].encode()
            if name.startswith(os.fsencode(self.dir)):
                names.add(name[len(self.dir) + 1:])
        self.assertEqual(names, set(ODD_NAMES))

    def test_table_prints_no_control_character(self):
        out = self.run_tool(*self.odd_pids()).stdout
        self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", out))
        for name in ODD_NAMES:
            if all(c < 0x80 for c in name) and not re.search(rb"[\n\t\a]", name):
                self.assertIn(escaped(name), out)

    def drawn(self, dot, form):
        if not shutil.which("dot"):
            self.skip("no dot")
        result = subprocess.run(["dot", "-T" + form], input=dot, capture_output=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout

    def picture(self, *args, **more):
        result = self.run_tool("--dot", *args, **more)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_picture_of_odd_names_is_a_picture(self):
        for locale in ("C.UTF-8", "C"):
            dot = self.picture(*self.odd_pids(), env={"LC_ALL": locale})
            # UTF-8 whatever the terminal speaks.
            self.assertIn("/caf\xe9, file, ", dot.decode("utf-8", "strict"))
            nodes = [line.split()[1] for line in self.drawn(dot, "plain").decode().splitlines()
                     if line.startswith("node ")]
            self.assertEqual(len(nodes), len(set(nodes)))
            self.assertTrue(all(re.fullmatch(r"[pg]\d+", node) for node in nodes), nodes)

    def test_picture_tells_every_odd_name(self):
        root = ElementTree.fromstring(self.drawn(self.picture(*self.odd_pids()), "svg"))
        titles = [value for e in root.iter() for key, value in e.attrib.items()
                  if key.endswith("}title")]
        # Graphviz keeps several blanks apart by such that do not break.
        told = "\n".join(titles).replace("\xa0", " ")
        for name in ODD_NAMES:
            if name != b"caf\xc3\xa9":
                self.assertIn("/%s, file, " % in_picture(name), told)
                self.assertIn("/%s\n" % in_picture(name), told)
        text = "".join("".join(e.itertext()) for e in root.iter() if e.tag.endswith("}text"))
        self.assertIn("\"]; x [", text)
        self.assertIn("<i>&%5CN", text)

    def test_picture_shows_each_process_and_what_all_share(self):
        self.needs_root()
        pid = self.family(members=3)
        pids = self.alive(pid)
        dot = self.picture("--tree", pid).decode()
        processes = re.findall(r"^\tp\d+ \[.*tooltip=\"(.*)\"", dot, re.M)
        self.assertEqual(sorted(processes), sorted(str(p) for p in pids))
        node, = re.findall(r"^\t(g\d+) \[.*<b>shared anonymous memory</b>", dot, re.M)
        arrive = re.findall(r"^\t(p\d+):e -> %s:r0:w " % node, dot, re.M)
        self.assertEqual(len(set(arrive)), 4)

    def test_picture_has_every_range_of_shared_memory(self):
        self.needs_root()
        pid = self.family(members=2)
        dot = self.picture("--tree", "--memory", pid).decode()
        for users in mapped.truth(self.alive(pid)).values():
            for u in users:
                self.assertEqual("%x-%x %s at %x" % (u[1], u[2], u[4], u[3]) in dot,
                                 mapped.is_memory(u[0], u))

    def test_processes_that_map_alike_are_one_box_when_they_are_many(self):
        self.needs_root()
        pid = self.target(FAMILY.replace("own = ", "continue\n        own = ")
                          .replace("        libc.prctl(1, 9)\n        continue",
                                   "        libc.prctl(1, 9)\n        os.write(w, b'x')\n"
                                   "        time.sleep(1000)"), ["20"])
        dot = self.picture("--tree", pid).decode()
        processes = re.findall(r"^\tp\d+ \[", dot, re.M)
        self.assertLessEqual(len(processes), 2)
        self.assertIn("21 processes", dot)

    def test_processes_that_map_otherwise_are_other_boxes(self):
        self.needs_root()
        code = ("import time\n"
                "fd = os.memfd_create('x')\n"
                "os.ftruncate(fd, 8192)\n"
                "r, w = os.pipe()\n"
                "for i in range(20):\n"
                "    if os.fork() == 0:\n"
                "        libc.prctl(1, 9)\n"
                "        map_file(fd, 3 if i % 3 else 1, 1, 8192 if i % 2 else 4096)\n"
                "        os.write(w, b'x')\n"
                "        time.sleep(1000)\n"
                "for i in range(20):\n"
                "    os.read(r, 1)\n")
        dot = self.picture("--tree", self.target(code)).decode()
        # The parent, and children of four sorts.
        self.assertEqual(len(re.findall(r"^\tp\d+ \[", dot, re.M)), 5)

    def test_what_the_same_processes_map_in_too_many_ways_is_one_box(self):
        self.needs_root()
        ways = [(1, 1), (3, 1), (5, 1), (7, 1), (1, 2)]
        for i in range(25):
            self.file("f%02d" % i)
        code = ("ways = %r\n"
                "for i in range(int(sys.argv[2])):\n"
                "    way = ways[i %% 5 if sys.argv[3] == 'a' else i // 5]\n"
                "    map_file('%%s/f%%02d' %% (sys.argv[1], i), *way)\n" % ways)

        def boxes(n):
            pids = [self.target(code, [self.dir, str(n), which]) for which in "ab"]
            return re.findall(r"^\tg\d+ \[.*", self.picture(*pids).decode(), re.M)

        self.assertGreaterEqual(len(boxes(20)), 20)
        box, = boxes(25)
        # Each way of mapping is still told.
        for text in (">rwxs ", ">r-xs ", ">private "):
            self.assertEqual(box.count(text), 1)

    def test_picture_of_hundreds_of_objects_stays_small(self):
        self.needs_root()
        for i in range(300):
            self.file("f%03d" % i)
        code = ("for path in sorted(os.listdir(sys.argv[1])):\n"
                "    if int(path[1:]) % int(sys.argv[2]) == 0:\n"
                "        map_file(os.path.join(sys.argv[1], path))\n")
        pids = [self.target(code, [self.dir, str(n)]) for n in (1, 2, 3, 5, 7, 11)]
        dot = self.picture(*pids)
        self.assertLessEqual(len(re.findall(rb"^\tg\d+ \[", dot, re.M)), 40)
        self.drawn(dot, "svg")

    # --- where it is printed ---

    def test_table_fits_the_terminal(self):
        self.needs_root()
        pid = self.family(files=[self.file("n" * 200)])
        for columns in (60, 80, 120):
            _, text = self.on_terminal("--all", "--color=never", "--tree", pid, columns=columns)
            lines = [line.rstrip() for line in text.split("\n")]
            self.assertLessEqual(max(len(line) for line in lines), columns, lines)
            self.assertGreaterEqual("".join(lines).count("n"), 200)

    def test_closed_pipe_ends_it_quietly(self):
        r, w = os.pipe()
        os.close(r)
        result = self.run_tool("--all", self.sleeper(), stdout=w,
                               preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
        os.close(w)
        self.assertEqual((result.returncode, result.stderr), (-signal.SIGPIPE, b""))

    def test_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            for option in ("--all", "--json", "--dot"):
                result = self.run_tool(option, self.sleeper(), stdout=full)
                self.assert_fails(result, FAILED, "cannot write")

    # --- who may, who is there ---

    def test_without_privilege_it_says_uncertain(self):
        self.needs_root()
        pids = [self.target("map_file(os.memfd_create('x'), 3, 1, 4096)", user=NOBODY)
                for _ in range(2)]
        result = self.run_tool("--json", *pids, user=NOBODY)
        self.assert_fails(result, 0, "uncertain", "CAP_CHECKPOINT_RESTORE", "sudo mapfiles share")
        self.assertEqual(len(result.stderr.splitlines()), 1)
        document = json.loads(result.stdout)
        self.assertEqual({o["uncertain"] for o in document["objects"]}, {True})
        self.assertEqual({"stat" in o for o in document["objects"]}, {False})
        self.assertTrue(all(p["uncertain"] for p in document["processes"]))
        self.assertIn("(uncertain)", self.run_tool(*pids, user=NOBODY).stdout.decode())
        # The mappings themselves are all there.
        users = {mapped.shown_user(u["pid"], u) for o in document["objects"] for u in o["users"]}
        shared = {u for users in mapped.truth(pids).values() for u in users
                  if len({v[0] for v in users}) > 1}
        self.assertLessEqual(shared, users)

    def test_others_are_counted_once(self):
        self.needs_root()
        for _ in range(3):
            self.sleeper()
        mine = self.target("", user=NOBODY)
        result = self.run_tool("--json", "--all", user=NOBODY)
        self.assert_fails(result, 0, "processes are left out (EACCES)", "CAP_SYS_PTRACE")
        self.assertLessEqual(len(result.stderr.splitlines()), 4, result.stderr)
        document = json.loads(result.stdout)
        self.assertIn(mine, [p["pid"] for p in document["processes"] if p["listed"]])
        self.assertIn("CAP_SYS_PTRACE", " ".join(p.get("why", "") for p in document["processes"]))

    def test_process_of_another_user_that_was_given_is_a_failure(self):
        pid = self.sleeper()
        self.assert_fails(self.run_tool(pid, user=NOBODY), FAILED, "process %d" % pid, "EACCES",
                          "CAP_SYS_PTRACE", "sudo mapfiles share")

    def test_dead_process_is_a_failure_and_hides_nothing(self):
        self.needs_root()
        pid, dead = self.family(), self.dead_pid()
        result = self.run_tool("--json", "--all", pid, dead)
        self.assert_fails(result, FAILED, "process %d" % dead, "ESRCH")
        document = json.loads(result.stdout)
        self.assertEqual(mapped.shown(document), mapped.truth([pid]))
        self.assertEqual([(p["pid"], p["error"]["name"]) for p in document["processes"]
                          if not p["listed"]], [(dead, "ESRCH")])

    def test_nothing_shared_is_status_1(self):
        result = self.run_tool(self.sleeper())
        self.assert_fails(result, 1, "nothing is shared")
        self.assertEqual(result.stdout, b"")
        document = self.document(self.sleeper(), status=1)
        self.assertEqual(document["objects"], [])

    def test_json_has_these_fields(self):
        self.needs_root()
        document = self.document("--tree", self.family())
        self.assertEqual(list(document), ["processes", "objects"])
        for p in document["processes"]:
            self.assertEqual(set(p), {"pid", "name", "listed", "uncertain", "users", "vanished",
                                      "retries"})
        for o in document["objects"]:
            self.assertEqual(set(o) - {"seals"}, {"kind", "path", "deleted", "uncertain", "apart",
                                                  "dev", "inode", "stat", "n_processes", "users"})
            self.assertEqual(set(o["stat"]), {"dev", "inode", "mode", "links", "size"})
            for u in o["users"]:
                self.assertEqual(set(u) - {"path"}, {"pid", "start", "end", "offset", "prot",
                                                     "shared"})

    def test_wrong_usage(self):
        for args in (("0",), ("--tree",), ("--nosuch", "1"), ("1", "-5")):
            with self.subTest(args):
                self.assert_fails(self.run_tool(*args), USAGE, "mapfiles share")

    def test_wrong_proc_root_is_told(self):
        self.assert_fails(self.run_tool("--proc-root", self.path("nosuch"), 1), FAILED, "mapfiles share:")

    def test_help_and_version(self):
        for option in ("--help", "-h", "--version", "-V"):
            result = self.run_tool(option)
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertIn(b"mapfiles", result.stdout)


main()
