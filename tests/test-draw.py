#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles draw against raw /proc/PID/maps: each mapping is in the picture, with what it is
and what is allowed; an XML parser reads it whatever the names are; no label is on another,
by the coordinates and as a browser measures them.
"""
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from picture import SVG, Picture, hue, overlaps, problems, raw_maps
from tooltest import NOBODY, ToolTest, main, read

MIB = 1 << 20

# One of each kind that a process without rights can have, alone between holes of its own.
KINDS = r"""
def apart(size, prot, flags, fd=-1):
    at = libc.mmap(None, size + (8 << 20), 0, 0x22, -1, 0)
    libc.munmap(ctypes.c_void_p(at), ctypes.c_size_t(size + (8 << 20)))
    assert libc.mmap(at + (4 << 20), size, prot, flags | 0x100000, fd, 0) == at + (4 << 20)
libc.shmat.restype = ctypes.c_void_p
apart(12288, 3, 0x22)
apart(8192, 7, 0x22)
apart(16384, 0, 0x22)
apart(3 << 20, 3, 0x21)
memfd = os.memfd_create("of mine")
os.ftruncate(memfd, 20480)
apart(20480, 1, 1, memfd)
segment = libc.shmget(0, 65536, 0o1600)
assert libc.shmat(segment, None, 0) != 2 ** 64 - 1
libc.shmctl(segment, 0, None)
for path in sys.argv[1:]:
    fd = os.open(path, os.O_RDWR)
    apart(os.fstat(fd).st_size, 3, 2, fd)
"""

# Thousands that nothing merges: neighbours differ in what is allowed, some have holes behind.
MANY = r"""
fds = [os.open(path, os.O_RDWR) for path in sys.argv[2:]]
memfd = os.memfd_create("of many")
os.ftruncate(memfd, 1 << 20)
at = 0x100000000000
for i in range(int(sys.argv[1])):
    of = (fds[i // 5 % len(fds)], memfd, -1, -1, -1)[i * 7919 % 5]
    size = 4096 * (1, 1, 2, 16)[i * 31 % 4]
    flags = 0x10 | (0x22 if of < 0 else 1 + i % 2)
    assert libc.mmap(at, size, (1, 3, 0, 5)[i % 4], flags, of, 0) == at
    at += size + 4096 * (0, 0, 1, 0, 9, 0, 300)[i % 7]
"""

ODD_NAMES = [bytes([c]) + b"-" for c in range(1, 256) if c != 0x2f] + [
    b"two  blanks", b"]]>", b"-->", b"&lt;b&gt;", b"<script>", b"&#0;", b"x (deleted)", b"%s%n", b"W" * 200,
    "\ufffe\uffff\ufdd0".encode(), "\u202egnp.exe".encode(), "\u65e5\u672c\u8a9e".encode() * 20,
    ("a" + "\u0301\u0327\u0334" * 20).encode(), "\u05e9\u05dc\u05d5\u05dd".encode(), b"\xed\xa0\x80",
]

def is_hostile(c):
    return c < 0x20 or c > 0x7e or c in b"%\\"


def in_picture(name):
    return "".join("%%%02X" % c if is_hostile(c) else chr(c) for c in name)


class Draw(ToolTest):
    def text(self, *args, **more):
        result = self.run_tool("draw", *args, **more)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout

    def draw(self, *args, **more):
        return Picture(self.text(*args, **more))

    def stopped(self, pid):
        os.kill(pid, signal.SIGSTOP)
        return pid

    def kinds(self, files=()):
        return self.stopped(self.target(KINDS, files))

    def many(self, n):
        """Of files whose names take as much room as names can."""
        files = [self.file(bytes([1 + i]) * 255, b"x" * MIB) for i in range(20)]
        return self.stopped(self.target(MANY, [str(n)] + files))

    def assert_no_overlap(self, *pictures):
        chromium = shutil.which("chromium")
        if not chromium:
            self.skip("no chromium")
        for picture in pictures:
            self.assertEqual(overlaps(picture, chromium), [])

    def assert_is_right(self, picture, maps):
        self.assertEqual(problems(picture, maps), [])

    # --- what is in it ---

    def test_each_mapping_is_in_the_picture(self):
        for pid in (self.stopped(self.sleeper()), self.kinds([self.file("a file")])):
            self.assert_is_right(self.draw(pid), raw_maps(pid))

    def posix_memory(self):
        """A file that is memory, where there is a place for such."""
        if not os.path.isdir("/dev/shm"):
            return []
        path = "/dev/shm/mapfiles-test.%d" % os.getpid()
        self.addCleanup(os.unlink, path)
        with open(path, "wb") as f:
            f.write(b"x" * 4096)
        return [path]

    def test_kinds_have_their_colours(self):
        pid = self.kinds(self.posix_memory())
        picture = self.draw(pid)
        self.assert_is_right(picture, raw_maps(pid))
        hues = {piece.hue for piece in picture.pieces}
        self.assertGreaterEqual(hues, {"file", "anon", "heap", "stack", "shm", "memfd", "kernel"})
        for name in ("file", "anonymous", "heap", "stack", "shared memory", "memfd", "kernel"):
            self.assertTrue(any(word.startswith(name) for word in picture.words), name)
        self.assertIn("of mine", picture.words)
        self.assertIn("[heap]", picture.words)

    def test_what_is_allowed_is_seen(self):
        shades = {p.prot: p.shade for p in self.draw(self.kinds()).pieces if p.n_mappings == 1}
        self.assertLessEqual({"---p": "none", "r--p": "read", "rw-p": "write", "r-xp": "exec", "rwxp": "wx",
                              "rw-s": "write", "r--s": "read"}.items(), shades.items())

    def test_the_description_says_it_in_words(self):
        pid = self.kinds()
        picture = self.draw(pid)
        self.assertIn("%d mappings" % len(raw_maps(pid)), picture.desc)
        for name in ("anon", "memfd"):
            n = len([m for m in raw_maps(pid) if hue(m[4]) == name])
            self.assertRegex(picture.desc, r"%s[a-z ]*: %d, " % (name, n))
        self.assertIn(str(pid), picture.title)
        self.assertEqual(picture.root.get("aria-labelledby"), "title desc")

    def test_a_file_is_one_block_with_its_path(self):
        path = self.file("a file", b"x" * 40960)
        pid = self.stopped(self.target(
            "at = map_file(sys.argv[1], 1, 2)\n"
            "libc.mprotect(ctypes.c_void_p(at + 8192), 4096, 3)\n"
            "libc.munmap(ctypes.c_void_p(at + 16384), 4096)\n", [path]))
        parts = [m for m in raw_maps(pid) if m[4] == path]
        self.assertEqual(len(parts), 4)
        block = self.draw(pid).block_of(parts[0][0])
        self.assertEqual([(p.start, p.end) for p in block.pieces], [m[:2] for m in parts])
        self.assertIn("a file", block.words)
        self.assertEqual(block.tooltip.split("\n")[0], path.decode())

    def test_a_program_has_its_build_id_and_zeroed_data(self):
        pid = self.stopped(self.sleeper())
        libc = next(m for m in raw_maps(pid) if m[4].endswith(b"/libc.so.6"))
        notes = subprocess.run(["readelf", "-n", libc[4]], capture_output=True, text=True).stdout
        block = self.draw(pid).block_of(libc[0])
        self.assertIn("build id " + re.search("Build ID: ([0-9a-f]+)", notes).group(1), block.tooltip)
        self.assertEqual([p.hue for p in block.pieces][-1], "anon")

    def test_deleted_files_are_marked(self):
        gone, odd = self.file("gone"), self.file("odd (deleted)")
        pid = self.stopped(self.target("map_file(sys.argv[1])\nmap_file(sys.argv[2])\nos.unlink(sys.argv[1])\n",
                                       [gone, odd]))
        at = {m[4]: m[0] for m in raw_maps(pid)}
        picture = self.draw(pid)
        self.assertIn("deleted", picture.block_of(at[gone + b" (deleted)"]).words)
        self.assertNotIn("deleted", picture.block_of(at[odd]).words)
        self.assertIn("odd (deleted)", picture.block_of(at[odd]).words)

    def test_holes_have_their_size(self):
        pid = self.kinds()
        picture = self.draw(pid)
        (hole,) = [h for h in picture.holes if h[1] == 0xffffffffff600000] or [None]
        if hole:
            self.assertIn("16E unmapped", picture.words)
        self.assertTrue(any(re.fullmatch(r"[0-9.]+T unmapped", word) for word in picture.words))

    def test_from_and_to(self):
        pid = self.kinds()
        maps = raw_maps(pid)
        part = maps[5:-5]
        self.assert_is_right(self.draw("--from", "%x" % part[0][0], "--to=0x%x" % part[-1][1], pid), part)
        self.assert_is_right(self.draw("--from", "%x" % (part[0][1] - 1), pid), maps[5:])
        result = self.run_tool("draw", "--to", "1000", pid)
        self.assert_fails(result, 1, "nothing is mapped there")
        self.assertEqual(result.stdout, b"")

    # --- many ---

    def test_many_are_folded_and_counted(self):
        pid = self.many(20000)
        maps = raw_maps(pid)
        self.assertGreater(len(maps), 20000)
        picture = self.draw(pid)
        self.assert_is_right(picture, maps)
        self.assertLessEqual(len(picture.blocks) + len(picture.holes), 300)
        self.assertLess(len(picture.text), MIB)
        self.assertTrue(any("folded into others" in word for word in picture.words))

    def test_few_are_not_folded(self):
        picture = self.draw(self.kinds())
        self.assertTrue(all(piece.n_mappings == 1 for piece in picture.pieces))
        self.assertFalse(any("folded" in word for word in picture.words))

    def test_two_files_of_one_name_are_not_called_by_one_path(self):
        paths = []
        for directory in ("a", "b"):
            os.mkdir(self.path(directory))
            paths.append(self.file(directory + "/twin"))
        pid = self.stopped(self.target(
            "fds = [os.open(path, os.O_RDWR) for path in sys.argv[1:]]\n"
            "for i in range(600): libc.mmap(0x100000000000 + 4096 * i, 4096, 1, 0x11, fds[i % 2], 0)", paths))
        blocks = [b for b in self.draw(pid).blocks if len(b.words) > 1 and b.words[1].startswith("twin \u00d7")]
        self.assertGreater(len(blocks), 0)
        for block in blocks:
            self.assertEqual(block.tooltip.split("\n")[0], "twin")

    # --- names ---

    def assert_names_are_safe(self, names):
        pid = self.stopped(self.target("for path in sys.argv[1:]: map_file(os.fsencode(path))",
                                       [self.file(name) for name in names]))
        picture = self.draw(pid)
        self.assert_is_right(picture, raw_maps(pid))
        tooltips = [b.tooltip for b in picture.blocks]
        for name in names:
            if all(c < 0x80 for c in name) and len(name) < 20:
                self.assertTrue(in_picture(name) in picture.words, name)
                self.assertTrue(any("/%s\n" % in_picture(name) in t for t in tooltips), name)
        for text in tooltips + picture.words:
            self.assertIsNone(re.search("[\0-\x09\x0b-\x1f\x7f\u202e\ufffe\uffff]", text))
        # What may be wider than was thought, or higher than a line, is cut off.
        inner = [t for svg in picture.root.iter(SVG + "svg") if svg is not picture.root
                 for t in svg.iter(SVG + "text") if float(svg.get("height")) <= 16]
        for text in picture.root.iter(SVG + "text"):
            self.assertTrue(text in inner or (text.text or "").isascii(), text.text)
        return picture

    def test_any_byte_may_be_in_a_name(self):
        pictures = [self.assert_names_are_safe(ODD_NAMES[i::3]) for i in range(3)]
        self.assert_no_overlap(pictures[0])

    def test_a_process_may_call_itself_anything(self):
        pid = self.stopped(self.target('libc.prctl(15, b"<a>&\\"\\n]]>\\xff")'))
        self.assertTrue(self.draw(pid).title.startswith('<a>&"%0A]]>%FF'))

    def test_a_saved_tree_cannot_tell_a_newline(self):
        pid = self.stopped(self.target("map_file(sys.argv[1])", [self.file(b"new\nline")]))
        os.makedirs(self.path("saved/%d" % pid))
        with open(self.path("saved/%d/maps" % pid), "wb") as f:
            f.write(read("/proc/%d/maps" % pid))
        at = next(m[0] for m in raw_maps(pid) if b"new" in m[4])
        told = "may be a newline"
        self.assertIn(told, self.draw("--proc-root", self.path("saved"), pid).block_of(at).tooltip)
        self.assertNotIn(told, self.draw(pid).block_of(at).tooltip)

    def test_the_locale_makes_no_difference(self):
        pid = self.stopped(self.target("map_file(sys.argv[1])", [self.file("caf\u00e9".encode())]))
        text = self.text(pid)
        self.assertIn("caf\u00e9".encode(), text)
        self.assertEqual(self.text(pid, env={"LC_ALL": "C"}), text)

    # --- labels ---

    def test_labels_are_not_on_each_other(self):
        self.assert_no_overlap(self.draw(self.kinds([self.file(b"m" * 100), self.file("\u65e5" * 50)])),
                               self.draw(self.many(3000)), self.draw(self.sleeper()))

    def test_light_and_dark(self):
        style = self.draw(self.sleeper()).root.find(SVG + "style").text
        light, dark = style.split("@media(prefers-color-scheme:dark)")
        for name in (".paper", ".ink", "rect.file"):
            self.assertIn(name, light)
            self.assertIn(name, dark)

    # --- how it is called ---

    def test_output_to_a_file_is_the_same(self):
        pid = self.stopped(self.sleeper())
        result = self.run_tool("draw", "-o", self.path("picture.svg"), pid)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))
        self.assertEqual(read(self.path("picture.svg")), self.text(pid))

    def test_what_cannot_be_read_is_not_drawn(self):
        path = self.file("picture.svg", b"before")
        self.assert_fails(self.run_tool("draw", "-o", path, self.dead_pid()), 3, "ESRCH")
        self.assertEqual(read(path), b"before")
        self.assert_fails(self.run_tool("draw", "no such program"), 3, "no process is called")

    def test_another_users_process_is_explained(self):
        self.needs_root()
        result = self.run_tool("draw", self.sleeper(), user=NOBODY)
        self.assert_fails(result, 3, "CAP_SYS_PTRACE")
        self.assertEqual(result.stdout, b"")

    def test_wrong_usage(self):
        self.assert_fails(self.run_tool("draw"), 2, "which process?")
        self.assert_fails(self.run_tool("draw", "1", "2"), 2, "one process or one core")
        self.assert_fails(self.run_tool("draw", "--core", "x", "1"), 2, "one process or one core")
        self.assert_fails(self.run_tool("draw", "--from", "xyz", "1"), 2, "no hexadecimal address")
        self.assert_fails(self.run_tool("draw", "--from", "2", "--to", "1", "1"), 2, "must be below")

    def test_a_terminal_gets_no_picture(self):
        ours, terminal = pty.openpty()
        try:
            result = self.run_tool("draw", self.sleeper(), stdout=terminal)
        finally:
            os.close(terminal)
            os.close(ours)
        self.assert_fails(result, 2, "-o FILE")

    def test_a_full_disk_is_told(self):
        self.assert_fails(self.run_tool("draw", "-o", "/dev/full", self.sleeper()), 3, "/dev/full", "No space")
        with open("/dev/full", "wb") as full:
            self.assert_fails(self.run_tool("draw", self.sleeper(), stdout=full), 3, "cannot write")

    # --- cores ---

    def core(self):
        """A core of two mapped ranges of one file and one without, made by hand."""
        loads = [(0x400000, 0x402000, 5), (0x402000, 0x403000, 6), (0x500000, 0x600000, 6)]
        path = b"/gone/a.program\0"
        files = struct.pack("=QQ", 2, 4096) + struct.pack("=QQQ", *loads[0][:2], 0)
        files += struct.pack("=QQQ", *loads[1][:2], 2) + path * 2
        files += bytes(-len(files) % 4)
        note = struct.pack("=III", 5, len(files), 0x46494c45) + b"CORE\0\0\0\0" + files
        at = 64 + 56 * (1 + len(loads))
        header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("=HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56,
                                                           1 + len(loads), 0, 0, 0)
        header += struct.pack("=IIQQQQQQ", 4, 0, at, 0, 0, len(note), len(note), 4)
        for start, end, flags in loads:
            header += struct.pack("=IIQQQQQQ", 1, flags, at + len(note), start, 0, 0, end - start, 4096)
        return self.file("core.of.it", header + note)

    def test_a_core_is_drawn_too(self):
        picture = self.draw("--core", self.core())
        self.assertEqual(picture.title, "core.of.it")
        self.assertEqual([(p.start, p.end, p.prot[:3], p.hue) for p in picture.pieces],
                         [(0x400000, 0x402000, "r-x", "file"), (0x402000, 0x403000, "rw-", "file"),
                          (0x500000, 0x600000, "rw-", "anon")])
        self.assertEqual(picture.holes, [(0x403000, 0x500000)])
        self.assertIn("a.program", picture.words)

    def test_what_is_no_core(self):
        os.mkfifo(self.path("fifo"))
        self.assert_fails(self.run_tool("draw", "--core", self.path("fifo")), 3, "fifo")
        self.assert_fails(self.run_tool("draw", "--core", self.file("no core")), 3, "no core")
        self.assert_fails(self.run_tool("draw", "--core", self.path("nothing")), 3, "no such file")


if __name__ == "__main__":
    main()
