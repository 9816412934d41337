#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The example checkpoint: a tree of twenty processes with ten thousand mappings is dumped
and restored. What it wrote where is known from itself; the images, the restored tasks and
who shares what with whom are read through raw /proc, not through the library.
"""
import collections
import ctypes
import json
import mmap
import os
import pty
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import NOBODY, ToolTest, main, read

PAGE = 4096
MIB = 1 << 20
SMALL = "fd = os.memfd_create('m'); os.write(fd, b'q' * 9000); map_file(fd, 3, 1); " \
        "libc.mmap(None, 8192, 3, 0x21, -1, 0)"

Use = collections.namedtuple("Use", "pid start length offset prot shared object")


def page_of(seed, number):
    return struct.pack("<II", seed, number) * (PAGE // 8)


def data_pages(fd):
    """Numbers of the pages with data, as the file system tells."""
    pages, at, size = set(), 0, os.fstat(fd).st_size
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            break
        at = os.lseek(fd, start, os.SEEK_HOLE)
        pages.update(range(start // PAGE, (at + PAGE - 1) // PAGE))
    return pages


def reference_hash(content):
    """The hash that examples/checkpoint/image.h describes."""
    h, mask = 0xcbf29ce484222325, 2 ** 64 - 1
    content += bytes(-len(content) % PAGE)
    for number in range(len(content) // PAGE):
        block = content[number * PAGE:(number + 1) * PAGE]
        if any(block):
            for value in (number,) + struct.unpack("<512Q", block):
                h = (h ^ value) * 0x100000001b3 & mask
                h ^= h >> 32
    return h


def state(pid):
    return read("/proc/%d/stat" % pid).rpartition(b")")[2].split()[0].decode()


def exists(pid):
    try:
        return state(pid) not in "ZX"
    except FileNotFoundError:
        return False


def until(condition):
    while not condition():
        time.sleep(0.002)


class Memory:
    """The memory of a process, and what the kernel says is mapped in it."""

    def __init__(self, pid):
        self.pid = pid
        self.fd = os.open("/proc/%d/mem" % pid, os.O_RDWR)
        self.maps = []
        for line in read("/proc/%d/maps" % pid).splitlines():
            start, end = (int(n, 16) for n in line.split()[0].split(b"-"))
            self.maps.append((start, end, line.split()[1].decode(), int(line.split()[2], 16)))

    def close(self):
        os.close(self.fd)

    def read(self, at, length):
        return os.pread(self.fd, length, at)

    def write(self, at, content):
        os.pwrite(self.fd, content, at)

    def mapping(self, at):
        return next(m for m in self.maps if m[0] <= at < m[1])

    def identity(self, at):
        start, end, _, _ = self.mapping(at)
        st = os.stat("/proc/%d/map_files/%x-%x" % (self.pid, start, end))
        return st.st_dev, st.st_ino


class Tree:
    def __init__(self, truth):
        self.objects = truth["objects"]
        self.pids = [p["pid"] for p in truth["processes"]]
        self.parents = {p["pid"]: p["parent"] for p in truth["processes"]}
        self.uses = [Use(p["pid"], start, length, offset, prot, bool(shared), object)
                     for p in truth["processes"]
                     for object, start, length, offset, prot, shared in p["uses"]]
        self.by_place = {(u.pid, u.start): u for u in self.uses}

    def has_data(self, object, page):
        o = self.objects[object]
        return page * PAGE < o["size"] and (not o["pages"] or page in o["pages"])

    def content(self, object, offset, length):
        """What was written, cut off where the object ends."""
        o = self.objects[object]
        pages = range(offset // PAGE, (offset + length + PAGE - 1) // PAGE)
        whole = b"".join(page_of(o["seed"], n) if self.has_data(object, n) else bytes(PAGE)
                         for n in pages)
        return whole[:max(0, min(length, o["size"] - offset))]

    def any_stopped(self):
        return [pid for pid in self.pids if state(pid) in "Tt"]


class Checkpoint(ToolTest):
    def setUp(self):
        super().setUp()
        self.needs_root()
        self.out = self.path("dump")

    def tree(self, *mode, prefix=()):
        program = os.path.join(os.path.dirname(self.tool), "..", "tests", "checkpoint-tree")
        os.mkdir(self.path("tree"))
        p = self.spawn(list(prefix) + [program, self.path("tree")] + list(mode))
        return Tree(self.read_json(p))

    def read_json(self, p):
        """What a process prints before it waits: it ends two lists, and nothing else does."""
        lines = [b""]
        while not lines[-1].endswith(b"]}]}\n"):
            lines.append(p.stdout.readline())
            self.assertTrue(lines[-1], "it ended")
        return json.loads(b"".join(lines))

    def dump(self, pid, *args, status=0):
        result = self.run_tool("dump", "-o", self.out, *args, pid)
        self.assert_fails(result, status)
        return result

    def manifest(self):
        return json.loads(read(os.path.join(self.out, "manifest.json")))

    def rewrite(self, change):
        """Change the manifest by a function, or replace its text."""
        if callable(change):
            m = json.loads(self.original)
            change(m)
            change = json.dumps(m).encode()
        with open(os.path.join(self.out, "manifest.json"), "wb") as f:
            f.write(change)

    def image(self, o):
        return os.path.join(self.out, o["image"])

    def restore_kept(self, prefix=()):
        """restore --keep --json: the process and what it printed."""
        command = list(prefix) + [self.tool, "restore", "--keep", "--json", self.out]
        p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        self.addCleanup(p.stderr.close)
        self.addCleanup(self.reap, p)
        return p, self.read_json(p)

    def memories(self, pids):
        memories = {pid: Memory(pid) for pid in pids}
        for memory in memories.values():
            self.addCleanup(memory.close)
        return memories

    # --- the whole tree ---

    def assert_partition(self, pairs):
        """The same pairs of (what it is in truth, what it was found to be), one to one."""
        there, back = {}, {}
        for truth, found in pairs:
            self.assertEqual(there.setdefault(truth, found), found)
            self.assertEqual(back.setdefault(found, truth), truth)

    def check_users(self, tree, manifest):
        found = {}
        for o in manifest["objects"]:
            for u in o["users"]:
                place = u["pid"], int(u["start"], 16)
                if place in tree.by_place:
                    found[tree.by_place[place]] = o, u
        self.assertEqual(len(found), len(tree.uses))
        self.assertGreaterEqual(len(found), 20 * 500)
        self.assert_partition((use.object, o["id"]) for use, (o, u) in found.items())
        for use, (o, u) in found.items():
            prot = sum(1 << i for i, c in enumerate(u["prot"]) if c != "-")
            self.assertEqual((int(u["end"], 16) - use.start, u["offset"], prot, u["shared"]),
                             (use.length, use.offset, use.prot, use.shared))
        return {use.object: o for use, (o, u) in found.items()}

    def check_object(self, tree, id, o, memory):
        truth = tree.objects[id]
        name = bytes.fromhex(truth["name_hex"])
        dumped = bytes.fromhex(o["name_hex"]) if o["name"] is None else o["name"].encode()
        self.assertTrue(dumped.endswith(name), (dumped, name))
        self.assertEqual((o["kind"], o["size"]), (truth["kind"], truth["size"]))
        if truth["seals"] >= 0:
            self.assertEqual(o["seals"], truth["seals"])
        if o["content"] != "image":
            self.assertEqual(name, b"on disk")
            return
        fd = os.open(self.image(o), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        self.assertEqual(os.fstat(fd).st_size, truth["size"])
        pages = {n for n in truth["pages"] or range((truth["size"] + PAGE - 1) // PAGE)}
        self.assertEqual(data_pages(fd), pages)
        for n in pages:
            self.assertEqual(os.pread(fd, PAGE, n * PAGE), tree.content(id, n * PAGE, PAGE))

    def check_memory(self, tree, manifest_objects, memories):
        """Every byte of every mapping, as the kernel reads it, is that of the image."""
        for use in tree.uses:
            if use.length > 64 * PAGE:
                continue
            expected = tree.content(use.object, use.offset, use.length)
            self.assertEqual(memories[use.pid].read(use.start, len(expected)), expected)

    def test_dump_holds_every_object_once_and_every_mapping(self):
        tree = self.tree()
        self.dump(tree.pids[0])
        self.assertEqual(tree.any_stopped(), [])
        manifest = self.manifest()
        self.assertEqual(manifest["private_pages"], "not dumped")
        self.assertEqual({p["pid"]: p["parent"] for p in manifest["processes"][1:]},
                         {pid: tree.parents[pid] for pid in tree.pids[1:]})
        self.assertEqual(manifest["processes"][0]["parent"], os.getpid())
        by_id = self.check_users(tree, manifest)
        memories = self.memories(tree.pids)
        self.check_memory(tree, by_id, memories)
        for id, o in by_id.items():
            self.check_object(tree, id, o, memories)
        holey = [o for o in manifest["objects"] if o["size"] == 1 << 30]
        self.assertEqual(len(holey), 1)
        self.assertLess(os.stat(self.image(holey[0])).st_blocks * 512, MIB)
        images = sorted(o["image"] for o in manifest["objects"] if o["content"] == "image")
        self.assertEqual(sorted(os.listdir(self.out)), ["manifest.json"] + images)
        for o in manifest["objects"][:40]:
            if o["content"] == "image" and o["size"] < MIB:
                self.assertEqual(int(o["hash"], 16), reference_hash(read(self.image(o))))

    def check_restored(self, tree, result):
        self.assertTrue(result["ok"] and result["complete"])
        tasks = {t["pid"]: t["task"] for t in result["tasks"]}
        for pid in tree.pids[1:]:
            parent = read("/proc/%d/stat" % tasks[pid]).rpartition(b")")[2].split()[1]
            self.assertEqual(int(parent), tasks[tree.parents[pid]])
        memories = self.memories(tasks.values())
        placed = {}
        for o in result["objects"]:
            for u in o["users"]:
                use = tree.by_place.get((u["pid"], int(u["start"], 16)))
                if use:
                    placed[use] = memories[u["task"]], int(u["address"], 16)
        self.assertEqual(len(placed), len(tree.uses))
        return placed

    def check_placed(self, tree, placed):
        self.assert_partition((use.object, memory.identity(at))
                              for use, (memory, at) in placed.items())
        for use, (memory, at) in placed.items():
            start, end, prot, offset = memory.mapping(at)
            self.assertLessEqual(at + use.length, end)
            self.assertEqual(offset + at - start, use.offset)
            want = "".join(c if use.prot >> i & 1 else "-" for i, c in enumerate("rwx"))
            self.assertEqual(prot, want + ("s" if use.shared else "p"))
            if use.length <= 64 * PAGE:
                expected = tree.content(use.object, use.offset, use.length)
                self.assertEqual(memory.read(at, len(expected)), expected)

    def check_sharing(self, tree, placed):
        """A byte written through one mapping is seen in all that share it."""
        for id in range(len(tree.objects)):
            if bytes.fromhex(tree.objects[id]["name_hex"]) == b"on disk":
                continue
            shared = [u for u in placed if u.object == id and u.shared]
            writers = [u for u in shared if u.prot & 2]
            for writer in writers[:2]:
                memory, at = placed[writer]
                memory.write(at, b"\x5a")
                for u in shared:
                    if u.offset <= writer.offset < u.offset + u.length:
                        other, address = placed[u]
                        seen = other.read(address + writer.offset - u.offset, 1)
                        self.assertEqual(seen, b"\x5a")

    def test_restored_tasks_share_and_hold_what_the_tree_did(self):
        tree = self.tree()
        self.dump(tree.pids[0])
        p, result = self.restore_kept()
        placed = self.check_restored(tree, result)
        self.check_placed(tree, placed)
        self.check_sharing(tree, placed)
        how = collections.Counter(u["how"] for o in result["objects"] for u in o["users"])
        self.assertEqual(how["created"], len(result["objects"]))
        self.assertGreater(how["remapped"], 8000)
        saw = sum(u["saw_write"] for o in result["objects"] for u in o["users"])
        self.assertGreater(saw, 8000)
        p.stdin.write(b"\n")
        p.stdin.flush()
        self.assertEqual(p.wait(), 0)
        self.assertFalse(any(exists(t["task"]) for t in result["tasks"]))

    def test_what_is_on_disk_is_not_written_to(self):
        tree = self.tree()
        self.dump(tree.pids[0])
        path = os.path.join(self.dir, "tree", "on disk")
        before = os.stat(path).st_mtime_ns, read(path)
        self.assert_fails(self.run_tool("restore", self.out), 0)
        self.assertEqual((os.stat(path).st_mtime_ns, read(path)), before)

    def test_addresses_that_are_taken_are_no_obstacle(self):
        # Without randomisation the restorer's own libraries stand where the tree's did.
        fixed = ["setarch", "-R"]
        tree = self.tree(prefix=fixed)
        self.dump(tree.pids[0])
        p, result = self.restore_kept(prefix=fixed)
        moved = sum(u["start"] != u["address"] for o in result["objects"] for u in o["users"])
        self.assertGreater(moved, 0)
        self.check_placed(tree, self.check_restored(tree, result))

    # --- what is dumped ---

    def test_all_files_makes_images_of_files_too(self):
        path = self.file("mapped", os.urandom(9000))
        pid = self.target("map_file(sys.argv[1])", [path])
        self.dump(pid, "--all-files")
        objects = self.manifest()["objects"]
        self.assertEqual({o["content"] for o in objects}, {"image"})
        for o in objects:
            self.assertEqual(read(self.image(o)), read(o["name"]))
        self.assert_fails(self.run_tool("restore", self.out), 0)

    def test_replaced_file_is_no_reference(self):
        path = self.file("mapped", b"old" * 3000)
        pid = self.target("map_file(sys.argv[1])", [path])
        os.rename(self.file("new", b"new" * 3000), path)
        self.dump(pid)
        o, = (o for o in self.manifest()["objects"] if (o["name"] or "").endswith("/mapped"))
        self.assertEqual((o["content"], o["deleted"]), ("image", True))
        self.assertEqual(read(self.image(o)), b"old" * 3000)

    def test_file_that_changed_since_is_refused(self):
        path = self.file("mapped")
        self.dump(self.target("map_file(sys.argv[1])", [path]))
        for change in (lambda: os.utime(path), lambda: os.truncate(path, 1),
                       lambda: os.rename(self.file("new"), path), lambda: os.unlink(path)):
            change()
            result = self.run_tool("restore", self.out)
            self.assert_fails(result, 1, "mapped")

    def test_what_cannot_be_dumped_is_told(self):
        tree = self.tree("aio")
        result = self.dump(tree.pids[0], status=3)
        self.assertIn("io_setup", result.stderr.decode())
        o, = (o for o in self.manifest()["objects"] if o["content"] == "none")
        self.assertEqual(o["kind"], "aio")
        self.assertIn("io_setup", o["reason"])
        self.assert_fails(self.run_tool("restore", self.out), 3)
        self.assertIn(b"io_setup", self.run_tool("show", self.out).stdout)
        kinds = {m["kind"] for p in self.manifest()["processes"] for m in p["not_dumped"]}
        self.assertLessEqual({"heap", "stack", "vdso"}, kinds)

    def test_sharing_with_the_outside_is_told(self):
        pid = self.target(SMALL)
        line, = (l for l in read("/proc/%d/maps" % pid).splitlines() if b"/memfd:m" in l)
        with open("/proc/%d/map_files/%s" % (pid, line.split()[0].decode()), "r+b") as f:
            mine = mmap.mmap(f.fileno(), 0)
        self.addCleanup(mine.close)
        result = self.dump(pid)
        outside = {o["kind"]: o["outside"] for o in self.manifest()["objects"]}
        self.assertEqual((outside["memfd"], outside["shm-anon"]), ([os.getpid()], []))
        self.assertIn("shared with processes outside", result.stderr.decode())

    def test_memory_on_huge_pages_comes_back_on_huge_pages(self):
        with open("/proc/sys/vm/nr_hugepages", "r+") as f:
            before = f.read()
            f.seek(0)
            f.write("%d" % (int(before) + 4))
        def put_back():
            with open("/proc/sys/vm/nr_hugepages", "w") as f:
                f.write(before)
        self.addCleanup(put_back)
        if b"HugePages_Free:        0" in read("/proc/meminfo"):
            self.skip("no huge pages to be had")
        pid = self.target("fd = os.memfd_create('h', 4); os.ftruncate(fd, 4 << 20); "
                          "addr = map_file(fd, 3, 1); ctypes.memmove(addr + (3 << 20), b'h' * 5000, 5000)")
        self.dump(pid)
        o, = (o for o in self.manifest()["objects"] if o["kind"] == "memfd")
        self.assertEqual(o["huge_page"], 2 * MIB)
        self.assertEqual(read(self.image(o)), bytes(3 * MIB) + b"h" * 5000 + bytes(MIB - 5000))
        self.assertLess(os.stat(self.image(o)).st_blocks * 512, MIB)
        p, result = self.restore_kept()
        user, = (o["users"][0] for o in result["objects"] if o["kind"] == "memfd")
        smaps = read("/proc/%d/smaps" % user["task"])
        self.assertIn(b"Shared_Hugetlb", smaps)
        memory, = self.memories([user["task"]]).values()
        self.assertEqual(memory.read(int(user["address"], 16) + 3 * MIB, 6000),
                         b"h" * 5000 + bytes(1000))

    # --- stopping and resuming ---

    def test_signal_leaves_nothing_stopped_and_no_half_dump(self):
        tree = self.tree()
        statuses = set()
        for i in range(24):
            p = subprocess.Popen([self.tool, "dump", "-o", self.out, str(tree.pids[0])],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(0.015 * i)
            p.send_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[i % 3])
            message = p.communicate()[1].decode()
            statuses.add(p.returncode)
            until(lambda: not tree.any_stopped())
            if p.returncode == 1:
                self.assertIn("interrupted", message)
            if p.returncode == 0:
                self.manifest()
                shutil.rmtree(self.out)
            elif os.path.exists(self.out):
                # Before it catches signals it has made no more than the directory.
                self.assertEqual((p.returncode < 0, os.listdir(self.out)), (True, []))
                os.rmdir(self.out)
        self.assertIn(1, statuses)

    def test_what_was_stopped_before_stays_stopped(self):
        tree = self.tree()
        os.kill(tree.pids[7], signal.SIGSTOP)
        until(lambda: state(tree.pids[7]) == "T")
        self.dump(tree.pids[0])
        until(lambda: tree.any_stopped() == [tree.pids[7]])

    def test_leave_stopped_does(self):
        tree = self.tree()
        self.dump(tree.pids[0], "--leave-stopped")
        self.assertEqual(tree.any_stopped(), tree.pids)
        self.assert_fails(self.run_tool("dump", "-o", self.out, "--leave-stopped", tree.pids[0]), 1,
                          "not empty")

    def test_failed_dump_resumes_though_it_should_leave_stopped(self):
        tree = self.tree()
        result = self.full_disk("--leave-stopped", str(tree.pids[0]))
        self.assert_fails(result, 1, "No space left")
        until(lambda: not tree.any_stopped())

    def test_process_that_waits_in_vfork_counts_as_stopped(self):
        tree = self.tree("vfork")
        until(lambda: state(tree.pids[0]) == "D")
        self.dump(tree.pids[0])
        self.assertEqual(len(self.manifest()["processes"]), 21)
        self.assertEqual(tree.any_stopped(), [])

    def test_children_that_are_being_made_are_all_stopped(self):
        pid = self.target("import threading\n"
                          "def fork():\n"
                          "    while True:\n"
                          "        pid = os.fork()\n"
                          "        if pid == 0: os._exit(0)\n"
                          "        os.waitpid(pid, 0)\n"
                          "for i in range(3): threading.Thread(target=fork, daemon=True).start()")
        for i in range(10):
            result = self.run_tool("dump", "-o", self.out, pid)
            self.assertIn(result.returncode, (0, 3), result.stderr.decode())
            shutil.rmtree(self.out)

    # --- refusals ---

    def full_disk(self, *args):
        """dump on a file system of 64 KiB; what is left there comes behind the messages."""
        mount = self.path("mount")
        os.mkdir(mount)
        script = 'mount -t tmpfs -o size=64k none "$0" && "$@"; s=$?; ls -A "$0" >&2; exit $s'
        return subprocess.run(["unshare", "-m", "sh", "-c", script, mount, self.tool, "dump",
                               "-o", mount + "/dump", *args], capture_output=True, timeout=60)

    def test_full_disk_leaves_nothing(self):
        result = self.full_disk(str(self.tree().pids[0]))
        self.assert_fails(result, 1, "No space left")
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_directory_in_use_is_not_touched(self):
        os.mkdir(self.out)
        self.file("dump/precious")
        self.assert_fails(self.run_tool("dump", "-o", self.out, self.sleeper()), 1, "not empty")
        self.assertEqual(os.listdir(self.out), ["precious"])
        self.assert_fails(self.run_tool("dump", "-o", self.path("a/b"), self.sleeper()), 1,
                          "No such file")

    def test_process_that_is_gone_or_an_ancestor_is_refused(self):
        self.assert_fails(self.run_tool("dump", "-o", self.out, self.dead_pid()), 1, "process")
        self.assert_fails(self.run_tool("dump", "-o", self.out, os.getpid()), 1,
                          "cannot stop itself")
        self.assertFalse(os.path.exists(self.out))

    def test_without_privilege_the_reason_is_told(self):
        pid = self.target(SMALL, user=NOBODY)
        os.chmod(self.dir, 0o777)
        result = self.run_tool("dump", "-o", self.out, pid, user=NOBODY)
        self.assert_fails(result, 1, "CAP_CHECKPOINT_RESTORE", "sudo checkpoint")
        self.dump(pid)
        os.chmod(self.out, 0o755)
        result = self.run_tool("restore", self.out, user=NOBODY)
        self.assert_fails(result, 1, "CAP_CHECKPOINT_RESTORE")

    def test_wrong_usage_is_told(self):
        for args in ((), ("dump",), ("dump", "1x"), ("dump", "1", "2"), ("dump", "--nonsense", "1"),
                     ("restore",), ("restore", "--nonsense", "x"), ("show",), ("nonsense",)):
            with self.subTest(args):
                self.assertEqual(self.run_tool(*args).returncode, 2)
        self.assertEqual(self.run_tool("--help").returncode, 0)
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.run_tool("--help", stdout=full).returncode, 1)

    # --- manifests that lie ---

    def small_dump(self):
        self.dump(self.target(SMALL))
        self.original = read(os.path.join(self.out, "manifest.json"))
        self.memfd = next(i for i, o in enumerate(self.manifest()["objects"])
                          if o["kind"] == "memfd")

    def object(self, key, value):
        def change(m):
            m["objects"][self.memfd][key] = value
        return change

    def user(self, key, value):
        def change(m):
            m["objects"][self.memfd]["users"][0][key] = value
        return change

    def process(self, key, value):
        def change(m):
            m["processes"][0][key] = value
        return change

    def top(self, key, value):
        return lambda m: m.update({key: value})

    def test_broken_manifest_is_refused(self):
        self.small_dump()
        self.file("secret")
        changes = [
            b"", b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 100000, self.original[:-3],
            self.original + b"x", self.top("format", "x"), self.top("version", 2),
            self.top("version", "1"), self.top("objects", {}), self.top("objects", [1]),
            self.top("processes", []), self.top("processes", None), self.top("root", -1),
            self.process("pid", 0), self.process("pid", 2 ** 40), self.process("comm", 5),
            self.process("not_dumped", 5), self.process("not_dumped", [5]),
            self.top("processes", json.loads(self.original)["processes"] * 2),
        ] + [self.object(key, value) for key, value in (
            ("id", 99), ("kind", "x"), ("size", -1), ("size", 2 ** 63), ("size", "5"),
            ("size", 10 ** 30), ("size", 1.5), ("size", 8999), ("size", 9001), ("dev", "x"), ("mode", "9"),
            ("mode", ""), ("content", "x"), ("content", None), ("image", "../secret"),
            ("image", "/etc/passwd"), ("image", ".."), ("image", ""), ("image", "a" * 300),
            ("image", "none.img"), ("image", "manifest.json"), ("image", "a\0b"), ("hash", "0x1"),
            ("hash", 1), ("users", []), ("users", None), ("users", [{}]), ("name", 7),
            ("seals", -1), ("huge_page", 12345), ("huge_page", 2 ** 62), ("outside", ["x"]))
        ] + [self.user(key, value) for key, value in (
            ("pid", 1), ("pid", -1), ("start", "0x10"), ("start", "-0x1000"), ("start", 4096),
            ("end", "0x0"), ("end", "0xfffffffffffff000"), ("end", "0x1" + "0" * 30),
            ("offset", 1), ("offset", -4096), ("offset", 2 ** 63 - 4096), ("prot", "rwxs"),
            ("prot", "rq"), ("prot", 3), ("shared", "yes"))
        ]
        listing = sorted(os.listdir(self.dir)), sorted(os.listdir(self.out))
        for i, change in enumerate(changes):
            with self.subTest(i):
                self.rewrite(change)
                result = self.run_tool("restore", self.out)
                self.assert_fails(result, 1)
                self.assertRegex(result.stderr, b"^checkpoint: .")
        self.assertEqual((sorted(os.listdir(self.dir)), sorted(os.listdir(self.out))), listing)

    def test_random_damage_is_never_a_crash(self):
        self.small_dump()
        rng = random.Random(1)
        for i in range(200):
            text = bytearray(self.original)
            for _ in range(rng.randrange(1, 4)):
                text[rng.randrange(len(text))] = rng.randrange(256)
            self.rewrite(bytes(text))
            self.assertIn(self.run_tool("show", self.out).returncode, (0, 1))

    def test_damaged_image_is_refused(self):
        self.small_dump()
        image = self.image(self.manifest()["objects"][self.memfd])
        content = read(image)
        def flip(f):
            f.seek(8999)
            f.write(b"!")
        for damage in (lambda f: f.truncate(8999), lambda f: f.truncate(9001), flip):
            with open(image, "wb") as f:
                f.write(content)
                damage(f)
            self.assert_fails(self.run_tool("restore", self.out), 1, "the image")
        os.unlink(image)
        self.assert_fails(self.run_tool("restore", self.out), 1, "No such file")
        os.symlink("/etc/passwd", image)
        self.assert_fails(self.run_tool("restore", self.out), 1)
        os.unlink(image)
        os.mkfifo(image)
        self.assert_fails(self.run_tool("restore", self.out), 1)

    def test_reference_to_what_is_no_file_is_never_opened(self):
        self.small_dump()
        os.mkfifo(self.path("fifo"))
        for path in (self.path("fifo"), "/dev/zero", "/proc/self/mem", "relative"):
            def change(m):
                m["objects"][self.memfd].update(content="reference", name=path, mtime_sec=0,
                                                mtime_nsec=0)
            self.rewrite(change)
            self.assert_fails(self.run_tool("restore", self.out), 1)

    def test_thousands_of_objects_are_restored(self):
        self.small_dump()
        def change(m):
            template = m["objects"][self.memfd]
            m["objects"] = [dict(template, id=i) for i in range(5000)]
        self.rewrite(change)
        result = self.run_tool("restore", self.out)
        self.assert_fails(result, 0)
        self.assertIn(b"5000", result.stdout)

    # --- for people ---

    def test_names_cannot_command_the_terminal(self):
        pid = self.target("fd = os.memfd_create('e\\033[31m\\n'); os.write(fd, b'x'); map_file(fd)")
        self.dump(pid)
        result = self.run_tool("show", self.out)
        self.assert_fails(result, 0)
        self.assertNotIn(b"\033", result.stdout)
        self.assertIn(b"/memfd:e\\033[31m\\n", result.stdout)

    def on_terminal(self, *args):
        """Runs the tool with a terminal as its standard error; returns what that was sent."""
        master, slave = pty.openpty()
        p = subprocess.Popen([self.tool, *args], stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        text = b""
        while True:
            try:
                more = os.read(master, 65536)
            except OSError:
                break
            text += more
        os.close(master)
        self.assertEqual(p.wait(), 0)
        return text

    def test_bar_is_drawn_on_a_terminal_and_wiped_away(self):
        tree = self.tree()
        for args, words in (((b"dump", b"-o", os.fsencode(self.out), b"%d" % tree.pids[0]),
                             (b"scanning", b"writing")),
                            ((b"restore", os.fsencode(self.out)), (b"restoring", b"verifying"))):
            text = self.on_terminal(*args)
            for word in words + (b"%",):
                self.assertIn(word, text)
            self.assertEqual(text.rstrip(b"\r").rpartition(b"\r")[2].strip(), b"")

    def test_no_bar_is_drawn_in_a_pipe(self):
        tree = self.tree()
        self.assertEqual(self.dump(tree.pids[0]).stderr, b"")
        self.assertEqual(self.run_tool("restore", self.out).stderr, b"")

    def test_restored_tasks_end_with_the_program(self):
        tree = self.tree()
        self.dump(tree.pids[0])
        for number in (signal.SIGTERM, signal.SIGKILL):
            p, result = self.restore_kept()
            tasks = [t["task"] for t in result["tasks"]]
            self.assertTrue(all(exists(task) for task in tasks))
            p.send_signal(number)
            self.assertEqual(p.wait(), 0 if number == signal.SIGTERM else -number)
            until(lambda: not any(exists(task) for task in tasks))


if __name__ == "__main__":
    main()
