#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles stale on files that are upgraded under running processes in all ways, on those
that only look as if they were, and on processes that belong to units, packages, chroots and
other namespaces. What became of a file is known by what was done to it, and each verdict is
compared with what stat(1), run where the process lives, says of the name.
"""
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
import mapped
import tooltest
from tooltest import ATTENTION, FAILED, NOBODY, OK, TARGET, USAGE, ToolTest, main, read

# As ld.so does it: readable, executable, private, of a file that is opened for reading.
LOAD = "import os; map_file(os.open(sys.argv[1], os.O_RDONLY), 5, 2)\n"
STALE = ("replaced", "deleted", "masked")
# What the name may lead to, by the independent look at it.
ENDS = {"same": {"same"}, "written": {"same"}, "replaced": {"other"}, "deleted": {"nothing"},
        "temporary": {"nothing"}, "masked": {"other", "nothing"}, "unreachable": {"other", "nothing"}}

# Stops behind the scan, or in the middle of a closer look: once.
STOP = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void stop(const char *at)
{
	static int done;
	char c;
	int fd;

	if (done || strcmp(at, getenv("AT")))
		return;
	done = 1;
	fd = open(getenv("GO"), O_RDONLY);
	if (fd < 0 || read(fd, &c, 1) != 1)
		abort();
	close(fd);
}

int mf_objects_open(const int *pids, unsigned n, const void *opts, void **ret)
{
	int (*next)(const int *, unsigned, const void *, void **) = dlsym(RTLD_NEXT, "mf_objects_open");
	int r = next(pids, n, opts, ret);

	stop("mf_objects_open");
	return r;
}

int mf_open_info(const void *iter, const void **ret)
{
	int (*next)(const void *, const void **) = dlsym(RTLD_NEXT, "mf_open_info");

	stop("mf_open_info");
	return next(iter, ret);
}
"""


class Stale(ToolTest):
    command = ("stale",)

    @classmethod
    def setUpClass(cls):
        cls.error = mapped.private_mounts() if os.geteuid() == 0 else None

    def setUp(self):
        """A directory that not everybody may write to: what is deleted in /tmp is no news."""
        super().setUp()
        if os.geteuid() != 0:
            return
        if self.error:
            self.skip("unshare: " + self.error)
        self.mount("-t", "tmpfs", "-o", "mode=755", "none", "/srv")
        self.dir = "/srv/d"
        os.mkdir(self.dir)

    def mount(self, *args):
        subprocess.run(["mount", *args], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", args[-1]], check=False,
                        capture_output=True)

    def loader(self, path, more="", **how):
        return self.target(LOAD + more, [path], **how)

    @staticmethod
    def python(code, *argv):
        return ["/usr/bin/python3", "-I", "-c",
                TARGET + code + "\nprint('ready', flush=True)\nsys.stdin.read()\n", *argv]

    def document(self, *args, status=None, **more):
        result = self.run_tool("--json", *args, **more)
        document = super().document(result, "stale")
        found = [f["verdict"] for f in document["findings"]]
        if status is None:
            status = ATTENTION if set(found) & set(STALE) else \
                OK if document["complete"] else FAILED
        self.assertEqual(result.returncode, status, result.stderr)
        self.stderr = result.stderr.decode()
        return document

    def look(self, pid, path=None):
        """Where its name leads for the process, and whether that is the very object: stat's word."""
        for link in os.listdir("/proc/%d/map_files" % pid):
            link = os.fsencode("/proc/%d/map_files/%s" % (pid, link))
            name = os.readlink(link)
            plain = name[:-10] if name.endswith(b" (deleted)") else name
            if os.fsencode(path) not in (name, plain):
                continue
            st = os.stat(link)
            out = subprocess.run(
                ["nsenter", "--mount=/proc/%d/ns/mnt" % pid, "stat", "-L", "-c", "%d:%i",
                 os.fsencode(path)], capture_output=True, check=False)
            if out.returncode:
                return "nothing"
            return "same" if out.stdout == b"%d:%d\n" % (st.st_dev, st.st_ino) else "other"
        raise AssertionError("%r is not mapped" % path)

    def finding(self, pid, path, *args, truth=True, **more):
        """The one finding on that name, after an independent look."""
        document = self.document("--verdicts", "all", *args, pid, **more)
        text = os.fsdecode(path)
        found = [f for f in document["findings"] if f["path"] == text]
        self.assertEqual(len(found), 1, [f["path"] for f in document["findings"]])
        if truth:
            self.assertIn(self.look(pid, path), ENDS[found[0]["verdict"]])
        return found[0]

    def verdict(self, pid, path, *args, **more):
        return self.finding(pid, path, *args, **more)["verdict"]

    # --- upgrades ---

    def test_nothing_was_done(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        self.assertEqual(self.verdict(pid, path), "same")
        result = self.run_tool(pid)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (OK, b"", b""))

    def test_replaced_by_rename(self):
        self.needs_root()
        path = self.file("f")
        pid, other = self.loader(path), self.loader(self.file("g"))
        os.rename(self.file("new"), path)
        self.assertEqual(self.verdict(pid, path), "replaced")
        newer = self.loader(path)
        self.assertEqual(self.verdict(newer, path), "same")
        result = self.run_tool("--files", "--raw", "--no-headings", "-o", "process,verdict,file",
                               pid, other, newer)
        self.assertEqual(result.stdout.decode(),
                         "%s:%d\treplaced\t%s\n" % (self.name(pid), pid, os.fsdecode(path)))
        self.assertEqual(result.returncode, ATTENTION)

    @staticmethod
    def name(pid):
        return read("/proc/%d/comm" % pid).decode().strip()

    def test_replaced_by_an_identical_copy(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        shutil.copy2(path, self.path("copy"))
        os.rename(self.path("copy"), path)
        self.assertEqual(self.verdict(pid, path), "replaced")

    def test_replaced_by_a_symlink(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        self.file("f.1")
        os.unlink(path)
        os.symlink("f.1", path)
        self.assertEqual(self.verdict(pid, path), "replaced")
        os.unlink(self.path("f.1"))
        self.assertEqual(self.verdict(pid, path), "deleted")

    def test_replaced_and_put_back(self):
        """The kernel still marks the mapping deleted: the name leads to it nevertheless."""
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        os.link(path, self.path("kept"))
        os.unlink(path)
        self.assertEqual(self.verdict(pid, path), "deleted")
        self.file("f")
        self.assertEqual(self.verdict(pid, path), "replaced")
        os.unlink(path)
        os.link(self.path("kept"), path)
        self.assertIn(b"f (deleted)\n", read("/proc/%d/maps" % pid))
        self.assertEqual(self.verdict(pid, path), "same")
        self.assertEqual(self.run_tool(pid).returncode, OK)

    def test_deleted(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        os.unlink(path)
        self.assertEqual(self.verdict(pid, path), "deleted")
        os.rmdir(self.dir)
        self.assertEqual(self.verdict(pid, path), "deleted")

    def test_written_in_place(self):
        """It is the same object: what can be said is that it was written to since."""
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        with open(path, "wb") as f:
            f.write(b"y" * 5000)
        os.utime(path, (time.time() + 60, time.time() + 60))
        self.assertEqual(self.verdict(pid, path), "written")
        result = self.run_tool(pid)
        self.assert_fails(result, OK, "1 files were written to since", "--verdicts written")
        self.assertEqual(result.stdout, b"")

    def test_renamed_parent_directory(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        os.rename(self.dir, "/srv/e")
        self.assertEqual(self.verdict(pid, "/srv/e/f"), "same")
        os.mkdir(self.dir)
        self.file("f")
        self.assertEqual(self.verdict(pid, "/srv/e/f"), "same")

    def test_two_names_of_one_file(self):
        self.needs_root()
        path, link = self.file("f"), self.path("link")
        os.link(path, link)
        pid = self.target(LOAD + "for p in sys.argv[1:]: map_file(os.open(p, os.O_RDONLY), 5, 2)",
                          [path, link])
        self.file("new")
        os.rename(self.path("new"), link)
        document = self.document("-v", "all", pid)
        self.assertEqual(sorted((f["path"], f["verdict"]) for f in document["findings"]
                                if f["path"].startswith("/srv/")),
                         [("/srv/d/f", "same"), ("/srv/d/link", "replaced")])

    def test_library_and_program_that_are_really_loaded(self):
        self.needs_root()
        library, program = self.path("libz.so.1"), self.path("python")
        zlib, = [m for m in set(re.findall(rb"/\S*/libz\.so\S*", subprocess.run(
            ["ldconfig", "-p"], capture_output=True, check=True).stdout))
            if b"i386" not in m and b"lib32" not in m][:1]
        shutil.copy(os.fsdecode(zlib), library)
        shutil.copy(os.path.realpath("/usr/bin/python3"), program)
        p = self.spawn([program, *self.python("ctypes.CDLL(sys.argv[1])", library)[1:]])
        self.assertEqual(p.stdout.readline(), b"ready\n")
        pid = p.pid
        self.assertEqual({self.verdict(pid, p) for p in (library, program)}, {"same"})
        os.unlink(program)
        shutil.copy(os.fsdecode(zlib), library + ".dpkg-new")
        os.rename(library + ".dpkg-new", library)
        self.assertEqual([self.verdict(pid, p) for p in (library, program)],
                         ["replaced", "deleted"])
        # The rest of it is as it was.
        found = self.document(pid)["findings"]
        self.assertEqual(sorted(f["path"] for f in found), sorted([library, program]))

    # --- mounts and namespaces ---

    def test_file_that_a_bind_mount_covers(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        self.mount("--bind", self.file("other"), path)
        self.assertNotIn(b"(deleted)", read("/proc/%d/maps" % pid))
        self.assertEqual(self.verdict(pid, path), "masked")
        subprocess.run(["umount", path], check=True)
        self.assertEqual(self.verdict(pid, path), "same")
        # The file itself, by another mount.
        self.mount("--bind", path, path)
        self.assertEqual(self.verdict(pid, path), "same")

    def test_directory_that_a_mount_covers(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        self.mount("-t", "tmpfs", "none", self.dir)
        self.assertEqual(self.verdict(pid, path), "masked")
        self.file("f")
        self.assertEqual(self.verdict(pid, path), "masked")

    def test_replaced_below_a_mount(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        os.unlink(path)
        self.mount("-t", "tmpfs", "none", self.dir)
        self.assertEqual(self.verdict(pid, path), "deleted")

    def test_another_mount_namespace(self):
        self.needs_root()
        path = self.file("f")
        pid = self.in_own_mounts("mount -t tmpfs -o mode=755 none /srv/d; head -c 5000 /dev/zero >/srv/d/f",
                                 LOAD, path)
        self.assertEqual(self.verdict(pid, path), "same")
        # What happens here is nothing to a process that lives there.
        os.unlink(path)
        self.assertEqual(self.verdict(pid, path), "same")
        self.file("f")
        self.assertEqual(self.verdict(pid, path), "same")
        inside = "/proc/%d/root/srv/d/" % pid
        with open(inside + "new", "wb") as f:
            f.write(b"x" * 5000)
        os.rename(inside + "new", inside + "f")
        self.assertEqual(self.verdict(pid, path), "replaced")
        os.unlink(inside + "f")
        self.assertEqual(self.verdict(pid, path), "deleted")

    def test_masked_in_another_mount_namespace(self):
        self.needs_root()
        path = self.file("f")
        pid = self.in_own_mounts("", LOAD + "import subprocess\nsubprocess.run(['mount', '-t',"
                                 "'tmpfs', 'none', '/srv/d'], check=True)", path)
        self.assertEqual(self.verdict(pid, path), "masked")

    def test_mapped_before_it_went_to_another_namespace(self):
        """The mapping is still of a mount of ours, whatever the process mounts for itself."""
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path, "assert libc.unshare(0x20000) == 0\n"
                          "assert libc.mount(b'n', b'/', None, 0x44000, None) == 0\n"
                          "assert libc.mount(b'n', b'/srv/d', b'tmpfs', 0, None) == 0")
        self.assertEqual(self.verdict(pid, path, truth=False), "same")
        os.rename(self.file("new"), path)
        self.assertEqual(self.verdict(pid, path, truth=False), "replaced")

    def test_chroot(self):
        self.needs_root()
        os.makedirs(self.path("root/lib"))
        path = self.file("root/lib/f")
        for code, spawn in (("", self.target), ("", None)):
            chroot = LOAD + "os.chroot('/srv/d/root'); os.chdir('/')" + code
            if spawn:
                pid = spawn(chroot, [path])
            else:
                pid = self.in_own_mounts("", chroot, path)
            self.assertEqual(self.verdict(pid, path), "same")
            inside = "/proc/%d/root/lib/" % pid
            shutil.copy(inside + "f", inside + "new")
            os.rename(inside + "new", inside + "f")
            self.assertEqual(self.verdict(pid, path), "replaced")

    def test_file_from_outside_of_a_chroot_in_another_namespace(self):
        """It cannot be reached from where the process lives: nothing is known of it but that."""
        self.needs_root()
        os.makedirs(self.path("root"))
        os.makedirs(self.path("out"))
        path = self.path("out/f")
        pid = self.in_own_mounts("mount -t tmpfs none /srv/d/out; head -c 5000 /dev/zero >/srv/d/out/f",
                                 LOAD + "os.chroot('/srv/d/root'); os.chdir('/')", path)
        found = self.finding(pid, path, truth=False)
        self.assertEqual(found["verdict"], "unreachable")
        self.assertIn("mount", found["reason"])
        # On the mount that the root is in, and a twin where a part of its name leads.
        path = self.path("outs/f")
        pid = self.in_own_mounts("mount -t tmpfs none /srv/d; cd /srv/d; mkdir root outs;"
                                 "head -c 5000 /dev/zero | tee root/f >outs/f",
                                 LOAD + "os.chroot('/srv/d/root'); os.chdir('/')", path)
        self.assertEqual(self.verdict(pid, path, truth=False), "unreachable")
        self.assert_fails(self.run_tool(pid), FAILED, "files cannot be judged", "no process's root")

    def test_mount_that_was_detached(self):
        self.needs_root()
        self.mount("-t", "tmpfs", "none", self.dir)
        path = self.file("f")
        pid = self.loader(path)
        subprocess.run(["umount", "-l", self.dir], check=True)
        found = self.document("-v", "unreachable", pid)["findings"]
        self.assertEqual([f["verdict"] for f in found], ["unreachable"])
        # A twin where the shortened name leads is not taken for what replaced it.
        self.file("f")
        self.assertEqual(len(self.document("-v", "unreachable", pid)["findings"]), 1)

    def test_deleted_with_its_mount(self):
        """As the initramfs of a program that runs since the boot."""
        self.needs_root()
        self.mount("-t", "tmpfs", "-o", "mode=755", "none", self.dir)
        pid = self.loader(self.file("f"), "os.unlink(sys.argv[1])")
        self.assertEqual(len(self.document(pid)["findings"]), 1)
        subprocess.run(["umount", "-l", self.dir], check=True)
        found = [f for f in self.document("-v", "all", pid)["findings"] if f["verdict"] != "same"]
        self.assertEqual([f["verdict"] for f in found], ["temporary"])
        self.assertIn("initramfs", found[0]["reason"])

    def test_overlay(self):
        self.needs_root()
        for name in ("lower", "upper", "work", "merged"):
            os.mkdir(self.path(name))
        for name in ("f", "g"):
            self.file("lower/" + name)
        options = "lowerdir={0}/lower,upperdir={0}/upper,workdir={0}/work".format(self.dir)
        if subprocess.run(["mount", "-t", "overlay", "none", "-o", options, self.path("merged")],
                          capture_output=True, check=False).returncode:
            self.skip("no overlay")
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("merged")], check=True)
        path = self.path("merged/f")
        pid = self.loader(path)
        self.assertEqual(self.verdict(pid, path), "same")
        # It was copied up: the same file, whatever its layer.
        os.chmod(path, 0o700)
        self.assertEqual(self.verdict(pid, path), "same")
        os.rename(self.path("merged/g"), path)
        self.assertEqual(self.verdict(pid, path), "replaced")
        os.unlink(path)
        self.assertEqual(self.verdict(pid, path), "deleted")

    def test_btrfs(self):
        """maps has the same numbers for a snapshot's file: only stat's are its own."""
        self.needs_root()
        self.mount_btrfs("m")
        subprocess.run(["btrfs", "-q", "subvolume", "create", self.path("m/one")], check=True)
        path = self.file("m/one/f").decode()
        pid = self.loader(path)
        self.assertEqual(self.verdict(pid, path), "same")
        subprocess.run(["btrfs", "-q", "subvolume", "snapshot", self.path("m/one"),
                        self.path("m/two")], check=True)
        os.rename(self.path("m/one"), self.path("m/old"))
        os.rename(self.path("m/two"), self.path("m/one"))
        self.assertEqual(self.verdict(pid, self.path("m/old/f")), "same")
        self.mount("--bind", self.path("m/one"), self.path("m/old"))
        self.assertEqual(self.verdict(pid, self.path("m/old/f")), "masked")

    def mount_dead_server(self, directory):
        """FUSE that answers nothing, not even what it can do."""
        try:
            server = os.open("/dev/fuse", os.O_RDWR)
        except OSError as e:
            self.skip("/dev/fuse: %s" % e.strerror)
        # Its end is that of the server: what waits for it is let go.
        self.addCleanup(os.close, server)
        options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % server
        if mapped.libc.mount(b"none", directory.encode(), b"fuse", 0, options):
            self.skip("no mount of FUSE")
        self.addCleanup(mapped.libc.umount2, directory.encode(), 2)

    def test_file_server_that_never_answers(self):
        self.needs_root()
        directory = self.path("a b")
        os.mkdir(directory)
        path, kept, gone = (self.file("a b/" + name) for name in "fgh")
        pid = self.target("import os\nfor p in sys.argv[1:]: map_file(os.open(p, os.O_RDONLY), 5, 2)",
                          [path, kept, gone])
        os.link(kept, self.path("kept"))
        os.unlink(kept)
        os.unlink(gone)
        self.mount_dead_server(directory)
        found = self.finding(pid, path, truth=False)
        self.assertEqual(found["verdict"], "unreachable")
        self.assertIn("--may-block", found["reason"])
        # It may have been put back, or be called so; what has no name at all was and is not.
        self.assertEqual(self.verdict(pid, kept + b" (deleted)", truth=False), "unreachable")
        self.assertEqual(self.verdict(pid, gone, truth=False), "deleted")

    # --- what only looks deleted ---

    def test_name_that_ends_like_the_mark(self):
        self.needs_root()
        path = self.file("x (deleted)")
        pid = self.loader(path)
        self.file("x")
        self.assertEqual(self.verdict(pid, path), "same")
        os.link(path, self.path("y"))
        os.unlink(path)
        self.assertEqual(self.verdict(pid, path), "deleted")

    def test_memory_is_never_stale(self):
        self.needs_root()
        pid = self.target(
            "def memory(flags, fd=-1, prot=7, size=2 << 20):\n"
            "    return libc.mmap(None, size, prot, flags, fd, 0)\n"
            "memory(0x21); memory(0x22)\n"
            "fd = os.memfd_create('/srv/d/f'); os.ftruncate(fd, 4096); map_file(fd, 7, 1)\n"
            "try:\n"
            "    fd = os.memfd_create('x', 4); os.ftruncate(fd, 2 << 20); map_file(fd, 3, 1)\n"
            "except (OSError, AssertionError): pass\n"
            "libc.shmat.restype = ctypes.c_void_p\n"
            "shm = libc.shmget(0, 4096, 0o1700)\n"
            "assert libc.shmat(shm, None, 0o100000) not in (None, 2 ** 64 - 1)\n"
            "libc.shmctl(shm, 0, None)\n"
            "memory(0x40022); memory(0x40021)\n"
            "map_file('/dev/zero', 7, 2, 4096); map_file('/dev/zero', 7, 1, 4096)\n"
            "ring = ctypes.c_ulong(); libc.syscall(206, 4, ctypes.byref(ring))\n"
            "secret = libc.syscall(447, 0)\n"
            "if secret >= 0: os.ftruncate(secret, 4096); map_file(secret, 3, 1)\n"
            "import socket; s = socket.socket()\n")
        names = [os.readlink("/proc/%d/map_files/%s" % (pid, n))
                 for n in os.listdir("/proc/%d/map_files" % pid)]
        self.assertGreater(len([n for n in names if n.endswith(" (deleted)")]), 4, names)
        document = self.document("--all", "-v", "all", pid)
        self.assertTrue(document["findings"])
        self.assertEqual({f["verdict"] for f in document["findings"]}, {"same"})

    def test_temporary_files(self):
        self.needs_root()
        nameless = self.target("fd = os.open('/srv/d', os.O_TMPFILE | os.O_RDWR)\n"
                               "os.ftruncate(fd, 4096)\n"
                               "map_file(os.open('/proc/self/fd/%d' % fd, os.O_RDONLY), 5, 2)")
        own = self.target("fd = os.open('/srv/d/own', os.O_CREAT | os.O_RDWR)\n"
                          "os.ftruncate(fd, 4096); map_file(fd, 5, 2); os.unlink('/srv/d/own')")
        os.mkdir(self.path("tmp"))
        os.chmod(self.path("tmp"), 0o1777)
        os.mkdir(self.path("tmp/mine"))
        public = self.loader(self.file("tmp/mine/f"), "os.unlink(sys.argv[1])")
        for pid, why in ((nameless, "O_TMPFILE"), (own, "for writing"), (public, "everybody")):
            with self.subTest(why):
                found = [f for f in self.document("-v", "all", pid)["findings"]
                         if f["verdict"] != "same"]
                self.assertEqual([f["verdict"] for f in found], ["temporary"])
                self.assertIn(why, found[0]["reason"])
                self.assertEqual(self.run_tool(pid).stdout, b"")

    def test_temporary_because_it_is_younger_than_the_process(self):
        """As the Java Native Access unpacks its library; but not where packages put theirs."""
        self.needs_root()
        self.mount("-t", "tmpfs", "-o", "mode=755", "none", "/opt")
        pid = self.target("import time; time.sleep(3.1)\n"
                          "for name in ('/srv/d/jna1.tmp', '/opt/plugin'):\n"
                          "    open(name, 'w').write('x' * 5000)\n"
                          "    map_file(os.open(name, os.O_RDONLY), 5, 2); os.unlink(name)\n")
        found = self.finding(pid, "/srv/d/jna1.tmp")
        self.assertEqual(found["verdict"], "temporary")
        self.assertIn("younger", found["reason"])
        self.assertEqual(self.verdict(pid, "/opt/plugin"), "deleted")

    def test_data_is_asked_for(self):
        self.needs_root()
        path = self.file("f")
        pid = self.target("map_file(os.open(sys.argv[1], os.O_RDONLY), 1, 2)", [path])
        os.rename(self.file("new"), path)
        self.assertEqual(self.document(pid)["findings"], [])
        self.assertEqual(self.verdict(pid, path, "--all"), "replaced")

    # --- real processes ---

    def test_real_processes_are_judged_as_stat_judges_them(self):
        self.needs_root()
        pids = [self.sleeper(), os.getpid()]
        document = self.document("--all", "-v", "all", *pids)
        shown = {(f["pid"], f["path"], f["verdict"]) for f in document["findings"]}
        self.assertEqual({v for _, _, v in shown}, {"same"})
        want = set()
        for pid in pids:
            for link in os.listdir("/proc/%d/map_files" % pid):
                name = os.readlink("/proc/%d/map_files/%s" % (pid, link))
                st = os.stat("/proc/%d/map_files/%s" % (pid, link))
                if name.startswith("/") and not name.startswith(("/dev/zero", "/memfd:", "/SYSV")):
                    self.assertEqual((st.st_dev, st.st_ino), tuple(os.stat(name))[2:0:-1])
                    want.add((pid, name, "same"))
        self.assertEqual(shown, want)

    def test_everybody(self):
        self.needs_root()
        path = self.file("f")
        pids = sorted([self.loader(path), self.loader(path)])
        os.rename(self.file("new"), path)
        found = self.document()["findings"]
        self.assertEqual([f["pid"] for f in found if f["path"] == os.fsdecode(path)], pids)

    def test_tree(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path, "if os.fork() == 0:\n    libc.prctl(1, 9); sys.stdin.read()\n")
        os.unlink(path)
        pids = sorted(mapped.descendants(pid))
        self.assertEqual(len(pids), 2)
        found = self.document("--tree", pid)["findings"]
        self.assertEqual([f["pid"] for f in found], pids)

    # --- what ends, and what comes after it ---

    def preload(self, at):
        """A library that stops the tool at a call of that function, until it is told to go on."""
        if not shutil.which("cc"):
            self.skip("no C compiler")
        with open(self.path("stop.c"), "w") as f:
            f.write(STOP)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.path("stop.so"), self.path("stop.c")],
                       check=True)
        os.mkfifo(self.path("go"))
        return {"LD_PRELOAD": self.path("stop.so"), "GO": self.path("go"), "AT": at,
                "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def while_stopped(self, pid, change, at="mf_objects_open"):
        """The findings of a run, and how it ended, in the middle of which change() is called."""
        env = {**os.environ, "LC_ALL": "C.UTF-8", **self.preload(at)}
        p = subprocess.Popen([self.tool, "stale", "--json", str(pid)], env=env,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, p)
        # The open of a FIFO waits for the reader: the tool has stopped.
        with open(self.path("go"), "wb") as go:
            change()
            go.write(b"x")
        out = p.communicate(timeout=60)[0]
        return [f["verdict"] for f in json.loads(out)["findings"]], p.returncode

    def test_process_that_exits_after_it_was_scanned(self):
        self.needs_root()
        path = self.file("f")
        p = self.spawn(self.python(LOAD, path))
        p.stdout.readline()
        os.unlink(path)
        self.assertEqual(self.while_stopped(p.pid, lambda: self.end(p)), ([], OK))

    def test_pid_that_is_given_again(self):
        """To a process that has memory at the same address, which only looks deleted."""
        self.needs_root()
        path = self.file("f")
        at = ("import os\n"
              "fd = os.open(sys.argv[1], os.O_RDONLY) if sys.argv[1:] else os.memfd_create('f')\n"
              "if not sys.argv[1:]: os.ftruncate(fd, 8192)\n"
              "assert libc.mmap(0x100000000, 8192, 5, 0x12, fd, 0) == 0x100000000\n")
        p = self.spawn(self.python(at, path))
        p.stdout.readline()
        os.unlink(path)
        again = []

        def change():
            self.end(p)
            for _ in range(200):
                with open("/proc/sys/kernel/ns_last_pid", "w") as f:
                    f.write(str(p.pid - 1))
                again.append(self.spawn(self.python(at)))
                if again[-1].pid == p.pid:
                    again[-1].stdout.readline()
                    return

        found = self.while_stopped(p.pid, change)
        if again[-1].pid != p.pid:
            self.skip("the pid is not given again")
        self.assertEqual(found, ([], OK))

    def test_file_that_is_put_back_in_the_middle(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        os.link(path, self.path("kept"))
        os.rename(self.file("new"), path)
        self.assertEqual(self.while_stopped(pid, lambda: os.rename(self.path("kept"), path)),
                         ([], OK))

    def test_file_that_is_renamed_in_the_middle(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        self.mount("--bind", self.file("other"), path)

        def change():
            subprocess.run(["umount", path], check=True)
            os.rename(path, self.path("moved"))

        self.assertEqual(self.while_stopped(pid, change, "mf_open_info"), ([], OK))

    def test_mapping_that_is_unmapped_in_the_middle(self):
        self.needs_root()
        path = self.file("f")
        code = ("import os, signal\n"
                "fd = os.open(sys.argv[1], os.O_RDONLY)\n"
                "maps = sorted(map_file(fd, 5, 2, keep=True) for _ in range(3))\n"
                "libc.munmap(ctypes.c_void_p(maps.pop(1)), 8192)\n"
                "def unmap(*_):\n"
                "    libc.munmap(ctypes.c_void_p(maps.pop(0)), 8192)\n"
                "signal.signal(signal.SIGUSR1, unmap)\n")
        pid = self.target(code, [path])
        os.unlink(path)
        self.assertEqual(self.mappings(pid, path), 2)

        def change(left):
            os.kill(pid, signal.SIGUSR1)
            while self.mappings(pid, path) != left:
                time.sleep(0.001)

        self.assertEqual(self.while_stopped(pid, lambda: change(1)), (["deleted"], ATTENTION))
        os.unlink(self.path("go"))
        self.assertEqual(self.while_stopped(pid, lambda: change(0)), ([], OK))

    @staticmethod
    def mappings(pid, path):
        return read("/proc/%d/maps" % pid).count(os.fsencode(path))

    # --- packages ---

    def test_packages_are_those_that_dpkg_names(self):
        self.needs_root()
        if not shutil.which("dpkg-query"):
            self.skip("no dpkg")
        pids = [self.sleeper(), os.getpid()]
        found = {f["path"]: f.get("package") for f in self.document("-a", "-v", "all", *pids)["findings"]}
        self.assertGreater(len(found), 10)
        # dpkg knows what is in /usr/lib by the name that it had before the two were one.
        names = {n: p for p in found for n in (p, re.sub("^/usr(?=/(lib|bin)/)", "", p))}
        out = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, check=False)
        owners = {path: set() for path in found}
        for line in out.stdout.decode().splitlines():
            packages, name = line.split(": ", 1)
            if not packages.startswith("diversion ") and name in names:
                owners[names[name]] |= set(packages.split(", "))
        for path, package in found.items():
            self.assertIn(package, owners[path] or {None}, path)
        self.assertGreater(len([o for o in owners.values() if o]), 5)

    def chroot_with_packages(self, lists, diversions=""):
        """Its dpkg database is the chroot's own."""
        for directory in ("root/usr/lib", "root/var/lib/dpkg/info"):
            os.makedirs(self.path(directory))
        os.symlink("usr/lib", self.path("root/lib"))
        for package, names in lists.items():
            with open(self.path("root/var/lib/dpkg/info/%s.list" % package), "w") as f:
                f.write("".join(name + "\n" for name in ["/."] + names))
        with open(self.path("root/var/lib/dpkg/diversions"), "w") as f:
            f.write(diversions)

    def package(self, name):
        path = self.file("root" + name)
        pid = self.loader(path, "os.chroot('/srv/d/root')")
        os.unlink(path)
        return self.finding(pid, path).get("package")

    def test_packages_of_a_chroot(self):
        self.needs_root()
        self.chroot_with_packages({
            "liba1:amd64": ["/usr/lib/liba.so.1"], "libb2": ["/lib/libb.so.2"],
            "libc3": ["/usr/lib/libc.so.3", "/usr/lib/libc.so.3.1"],
            "first": ["/usr/lib/one.so"], "second": ["/usr/lib/one.so"]},
            "/usr/lib/one.so\n/usr/lib/one.so.first\nsecond\n")
        for name, package in (
                ("/usr/lib/liba.so.1", "liba1:amd64"),
                ("/usr/lib/libb.so.2", "libb2"),  # by the link /lib
                ("/usr/lib/libc.so.3.0.9", "libc3"),  # by its soname
                ("/usr/lib/libc.so.30", None),
                ("/usr/lib/one.so.first", "first"),  # diverted
                ("/usr/lib/one.so", "second"),
                ("/usr/lib/liba.so.1x", None)):
            with self.subTest(name):
                self.assertEqual(self.package(name), package)

    def install(self, version, names):
        """A package demo, of that version and with these files, by dpkg in the chroot."""
        tree = self.path("tree-" + version)
        os.makedirs(tree + "/DEBIAN")
        os.makedirs(tree + "/usr/lib")
        with open(tree + "/DEBIAN/control", "w") as f:
            f.write("Package: demo\nVersion: %s\nArchitecture: all\nMaintainer: x <x@x>\n"
                    "Description: x\n" % version)
        for name in names:
            with open(tree + name, "wb") as f:
                f.write(os.fsencode(version) * 2000)
        os.symlink(os.path.basename(names[0]), tree + "/usr/lib/libdemo.so.1")
        for command in (["dpkg-deb", "--root-owner-group", "-b", tree, self.path("demo.deb")],
                        ["dpkg", "--root=" + self.path("root"), "--force-unsafe-io", "-i",
                         self.path("demo.deb")]):
            subprocess.run(command, check=True, capture_output=True)

    def test_upgrade_by_dpkg(self):
        self.needs_root()
        if not shutil.which("dpkg-deb"):
            self.skip("no dpkg")
        for directory in ("info", "updates"):
            os.makedirs(self.path("root/var/lib/dpkg/" + directory))
        for name in ("status", "available"):
            self.file("root/var/lib/dpkg/" + name, b"")
        self.install("1", ["/usr/lib/libdemo.so.1.0", "/usr/lib/plugin.so"])
        paths = [self.path("root/usr/lib/libdemo.so.1.0"), self.path("root/usr/lib/plugin.so")]
        pid = self.target("import os\nfor p in sys.argv[1:]: map_file(os.open(p, os.O_RDONLY), 5, 2)\n"
                          "os.chroot('/srv/d/root')", paths)
        self.assertEqual(self.document(pid)["findings"], [])
        self.install("2", ["/usr/lib/libdemo.so.1.1", "/usr/lib/plugin.so"])
        # One keeps its name; that of the other went with its version.
        self.assertEqual([(f["path"], f["verdict"], f["package"])
                          for f in self.document(pid)["findings"]],
                         [(paths[1], "replaced", "demo"), (paths[0], "deleted", "demo")])
        subprocess.run(["dpkg", "--root=" + self.path("root"), "-P", "demo"], check=True,
                       capture_output=True)
        self.assertEqual({(f["path"], f["verdict"], f.get("package"))
                          for f in self.document(pid)["findings"]},
                         {(path, "deleted", None) for path in paths})

    def test_packages_that_a_container_made_up(self):
        """A FIFO, an endless device, a link out of the root: no wait, and no name."""
        self.needs_root()
        self.chroot_with_packages({"real": ["/usr/lib/f"]})
        info = self.path("root/var/lib/dpkg/info/")
        os.mkfifo(info + "a.list")
        os.mknod(info + "b.list", 0o20666, os.makedev(1, 5))
        os.symlink("/etc/passwd", info + "c.list")
        self.assertEqual(self.package("/usr/lib/f"), "real")
        self.mount_dead_server(info)
        self.assertIsNone(self.package("/usr/lib/f"))

    # --- units ---

    def test_units(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        os.unlink(path)
        fake = self.file("cgroup", b"")
        if subprocess.run(["mount", "--bind", fake, "/proc/%d/cgroup" % pid], check=False,
                          capture_output=True).returncode:
            self.skip("no mount on /proc/PID/cgroup")
        self.addCleanup(subprocess.run, ["umount", "/proc/%d/cgroup" % pid], check=True)
        container = "0123456789ab" + "c" * 52
        for text, manager, unit, restart in (
                ("0::/system.slice/nginx.service\n", "system", "nginx.service",
                 "systemctl restart nginx.service"),
                ("0::/system.slice/nginx.service (deleted)\n", "system", "nginx.service", None),
                ("0::/system.slice/nginx.service/worker\n", "system", "nginx.service", None),
                ("0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n", "system",
                 "postgresql@15-main.service", None),
                (r"0::/system.slice/a\x2db.service" + "\n", "system", r"a\x2db.service",
                 r"systemctl restart 'a\x2db.service'"),
                ("0::/system.slice/_cpu.service\n", "system", "cpu.service", None),
                ("4:memory:/x.service\n1:name=systemd:/system.slice/cron.service\n0::/\n", "system",
                 "cron.service", None),
                ("0::/user.slice/user-7.slice/session-3.scope\n", "system", "session-3.scope",
                 "log out of that session and in again"),
                ("0::/user.slice/user-7.slice/user@7.service/app.slice/foo.service\n", "user",
                 "foo.service", "systemctl --user restart foo.service (as user 7)"),
                ("0::/user.slice/user-7.slice/user@7.service/init.scope\n", "user", "init.scope",
                 "systemctl --user daemon-reexec (as user 7)"),
                ("0::/system.slice/dbus.service\n", "system", "dbus.service",
                 "reboot: all that talks over D-Bus ends with it"),
                ("0::/init.scope\n", "system", "init.scope", "systemctl daemon-reexec"),
                ("0::/system.slice/docker-%s.scope\n" % container, "container", "0123456789ab", None),
                ("0::/kubepods/burstable/pod1/%s/system.slice/x.service\n" % container, "container",
                 "0123456789ab", None),
                ("0::/lxc.payload.box/init.scope\n", "container", "box", None),
                ("0::/system.slice/$(reboot).service\n", "none", None, None),
                ("0::/\n", "none", None, "end it and begin it again"),
                ("", "none", None, None)):
            with self.subTest(text):
                with open(fake, "w") as f:
                    f.write(text)
                document = self.document(pid)
                found, group = document["findings"][0], document["units"][0]
                self.assertEqual((found["manager"], found.get("unit")), (manager, unit))
                self.assertEqual((group["manager"], group.get("unit")), (manager, unit))
                if restart:
                    self.assertEqual(group["restart"], restart)

    def test_what_is_restarted_together_is_one_row(self):
        self.needs_root()
        paths = [self.file("f"), self.file("g")]
        pids = [self.target(LOAD + "map_file(os.open(sys.argv[2], os.O_RDONLY), 5, 2)", paths)
                for _ in range(2)]
        for path in paths:
            os.unlink(path)
        result = self.run_tool("--raw", "--no-headings", *pids)
        unit, processes, verdict, _, files, restart = result.stdout.decode().rstrip("\n").split("\t")
        self.assertEqual(processes, ",".join("%s:%d" % (unit, p) for p in sorted(pids)))
        self.assertEqual((verdict, files, restart), ("deleted", "2", "end it and begin it again"))
        other = self.loader(self.file("h"), "os.unlink(sys.argv[1])\n"
                            "open('/proc/self/comm', 'w').write('other')")
        rows = self.run_tool("--raw", "--no-headings", *pids, other).stdout.decode().splitlines()
        self.assertEqual({row.split("\t")[0]: row.split("\t")[4] for row in rows},
                         {unit: "2", "other": "/srv/d/h"})

    # --- without privilege ---

    def test_as_nobody(self):
        self.needs_root()
        os.chmod(self.dir, 0o755)
        path, gone, covered = self.file("f"), self.file("g"), self.file("h")
        pid = self.target("for p in sys.argv[1:]: map_file(os.open(p, os.O_RDONLY), 5, 2)",
                          [path, gone, covered], user=NOBODY)
        names = {os.fsdecode(p): v for p, v in
                 ((path, "replaced"), (gone, "deleted"), (covered, "unreachable"))}
        os.rename(self.file("new"), path)
        os.unlink(gone)
        self.mount("--bind", self.file("other"), covered)
        document = self.document("-v", "all", pid, user=NOBODY)
        found = {f["path"]: f for f in document["findings"]}
        for name, verdict in names.items():
            self.assertEqual(found[name]["verdict"], verdict, found[name])
            self.assertIs(found[name]["uncertain"], True)
        self.assertEqual({f["verdict"] for n, f in found.items() if n.startswith("/usr/")}, {"same"})
        self.assertEqual(self.stderr.count("CAP_CHECKPOINT_RESTORE"), 1, self.stderr)

    def test_as_nobody_what_a_chroot_loaded_before(self):
        """The names are ours, whatever the process's root is."""
        self.needs_root()
        pid = self.target("os.chroot(sys.argv[1]); os.setresgid(65534, 65534, 65534)\n"
                          "os.setresuid(65534, 65534, 65534); libc.prctl(4, 1, 0, 0, 0)", [self.dir])
        found = self.document("-v", "all", pid, user=NOBODY)["findings"]
        # Of a Python of root's own, nobody may search the directory.
        self.assertEqual({f["verdict"] for f in found if f["path"].startswith("/usr/")}, {"same"})

    def test_others_are_counted_once(self):
        self.needs_root()
        self.sleeper()
        result = self.run_tool(user=NOBODY)
        self.assert_fails(result, FAILED, "processes are left out (EACCES)", "CAP_SYS_PTRACE", "sudo")
        self.assertEqual(result.stderr.count(b"CAP_SYS_PTRACE"), 1)
        self.assertIs(self.document(user=NOBODY)["complete"], False)

    def test_own_processes_need_no_root(self):
        pid = self.sleeper()
        self.assertEqual(self.document(pid)["findings"], [])

    # --- printing ---

    def test_json_is_as_its_schema_says(self):
        self.needs_root()
        if tooltest.jsonschema is None:
            self.skip("no python3-jsonschema")
        path, odd = self.file("f"), self.file(b"odd\xff\n\" name")
        pids = [self.loader(path, "open('/proc/self/comm', 'wb').write(b'o\\xff\\n')"),
                self.loader(odd), self.dead_pid()]
        os.unlink(path)
        os.unlink(odd)
        document = self.document("-v", "all", *pids, status=FAILED)
        shown = [bytes.fromhex(f["path_hex"]) for f in document["findings"] if "path_hex" in f]
        self.assertEqual(shown, [odd])
        # The schema says no to what it does not know.
        for key in ("complete", "findings"):
            with self.assertRaises(tooltest.jsonschema.ValidationError):
                self.assert_valid({k: v for k, v in document.items() if k != key}, "stale")

    def test_odd_names_reach_no_terminal(self):
        self.needs_root()
        path = self.file(b"a\x1b[31m\nb")
        pid = self.loader(path, "open('/proc/self/comm', 'wb').write(b'\\x1b]0;x')")
        os.unlink(path)
        for args in ((), ("--files",), ("--raw",), ("--openmetrics",), ("--json",)):
            out = self.run_tool(*args, pid).stdout
            self.assertNotIn(b"\x1b", out)
            self.assertNotIn(b"31m\nb", out)
        status, text = self.on_terminal("--files", pid)
        self.assertEqual(status, ATTENTION)
        self.assertNotIn("\x1b]0", text)

    def metrics(self, *args, **more):
        text = self.run_tool("--openmetrics", *args, **more).stdout.decode()
        self.assertTrue(text.endswith("\n# EOF\n"))
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")

    def test_metrics(self):
        self.needs_root()
        path, other = self.file("f"), self.file("g")
        pids = [self.loader(path), self.loader(path), self.loader(other)]
        self.assertEqual(self.metrics(*pids)["mapfiles_stale_units"], "0")
        os.unlink(path)
        os.rename(self.file("new"), other)
        m = self.metrics(*pids)
        labels = 'manager="none",unit="%s",uid="0"' % self.name(pids[0])
        self.assertEqual(m["mapfiles_stale_processes{%s}" % labels], "3")
        self.assertEqual(m['mapfiles_stale_files{%s,package="",verdict="deleted"}' % labels], "1")
        self.assertEqual(m['mapfiles_stale_files{%s,package="",verdict="replaced"}' % labels], "1")
        self.assertEqual(m['mapfiles_stale_scan_processes{result="looked_at"}'], "3")
        self.assertEqual(m["mapfiles_stale_scan_complete"], "1")
        self.assertLess(abs(float(m["mapfiles_stale_scan_timestamp_seconds"]) - time.time()), 60)
        self.assertEqual(self.metrics(self.sleeper(), user=NOBODY)["mapfiles_stale_scan_complete"], "0")

    def test_output_file_is_replaced_as_a_whole(self):
        self.needs_root()
        pid, out = self.sleeper(), self.path("out.prom")
        with open(out, "w") as f:
            f.write("old")
        with open(out) as old:
            result = self.run_tool("--openmetrics", "--output", out, pid)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (OK, b"", b""))
            self.assertEqual(old.read(), "old")
        self.assertTrue(read(out).endswith(b"# EOF\n"))
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o644)
        self.assertEqual(os.listdir(self.dir), ["out.prom"])

    def test_output_file_that_cannot_be_written(self):
        self.needs_root()
        pid = self.sleeper()
        self.mount("-t", "tmpfs", "-o", "size=4k", "none", self.dir)
        with open(self.path("out"), "w") as f:
            f.write("old" * 1000)
        for name, why in ((self.path("out"), "No space"), (self.path("no/out"), "No such file"),
                          ("/dev/null", "no regular file")):
            result = self.run_tool("--json", "-v", "all", "--output", name, pid)
            self.assert_fails(result, FAILED, "cannot be written", why)
        self.assertEqual(read(self.path("out")), b"old" * 1000)
        self.assertEqual(os.listdir(self.dir), ["out"])
        with open("/dev/full", "wb") as full:
            self.assert_fails(self.run_tool("--json", pid, stdout=full), FAILED, "cannot write")

    def test_wrong_usage(self):
        for args in (("--verdicts", "nosuch"), ("--json", "--openmetrics"), ("--nosuch",),
                     ("-o", "nosuch"), ("--tree",)):
            with self.subTest(args):
                self.assertEqual(self.run_tool(*args).returncode, USAGE)
        self.assert_fails(self.run_tool("-v", "replace", "1"), USAGE, "did you mean replaced?")

    def test_process_that_was_given_and_is_gone_is_a_failure(self):
        self.assert_fails(self.run_tool(self.dead_pid()), FAILED, "ESRCH")
        self.assert_fails(self.run_tool("nobody-is-called-so"), FAILED, "no process is called")

    def test_closed_pipe_ends_it_quietly(self):
        self.needs_root()
        path = self.file("f")
        pid = self.loader(path)
        os.unlink(path)
        r, w = os.pipe()
        os.close(r)
        result = self.run_tool(pid, stdout=w,
                               preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
        os.close(w)
        self.assertEqual((result.returncode, result.stderr), (-signal.SIGPIPE, b""))


main()
