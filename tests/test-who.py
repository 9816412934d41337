#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles who on files that were renamed, replaced, deleted, hidden and linked: who maps
which is known by how it was made, and what ranges there are from /proc itself.
"""
import json
import os
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import mapped
from tooltest import ATTENTION, FAILED, NOBODY, NOTHING, OK, TARGET, USAGE, ToolTest, main

MAP_ONE = "map_file(sys.argv[1])"
SAME, NONE, FORMER = OK, NOTHING, ATTENTION


class Who(ToolTest):
    command = ("who",)

    def document(self, *args, status=SAME, **more):
        result = self.run_tool("--json", *args, **more)
        self.assertEqual(result.returncode, status, result.stderr)
        return json.loads(result.stdout.decode("utf-8", "strict"))

    def verdicts(self, path, *pids, status=SAME, **more):
        """[(pid, verdict)], of the processes given or of all."""
        document = self.document(path, *pids, status=status, **more)
        return [(p["pid"], p["verdict"]) for p in document["processes"]]

    def mapper(self, path, **more):
        return self.target(MAP_ONE, [path], **more)

    # --- the very file ---

    def test_every_process_that_maps_it_and_no_other(self):
        self.needs_root()
        path = self.file("f")
        pids = sorted([self.mapper(path), self.mapper(path)])
        self.mapper(self.file("g"))
        self.assertEqual(self.verdicts(path), [(pid, "same") for pid in pids])

    def test_ranges_are_those_of_proc(self):
        self.needs_root()
        path = self.file("f", b"x" * 40960)
        pid = self.target("map_file(sys.argv[1], 3, 2, 8192, 4096); map_file(sys.argv[1], 1, 1);"
                          "map_file(sys.argv[1], 5, 1, 4096)", [path])
        st = os.stat(path)
        want = mapped.truth([pid])[st.st_dev, st.st_ino, False]
        self.assertEqual(len(want), 3)
        process, = self.document(path)["processes"]
        self.assertEqual({mapped.shown_user(pid, u) for u in process["users"]}, want)
        rows = self.run_tool("--ranges", path).stdout.decode().splitlines()[1:]
        self.assertEqual({tuple(row.split()[3:6]) for row in rows},
                         {(u[4], "%x-%x" % u[1:3], "%x" % u[3]) for u in want})

    def test_symlinks_and_relative_names_are_followed(self):
        self.needs_root()
        path = self.file("f")
        os.symlink("f", self.path("link"))
        os.symlink(self.dir, self.path("loop"))
        pid = self.mapper(path)
        for name in ("link", "./f", "loop/loop/link", "../%s/f" % os.path.basename(self.dir)):
            with self.subTest(name):
                self.assertEqual(self.verdicts(name, cwd=self.dir), [(pid, "same")])

    def test_hard_link_is_the_same_file(self):
        self.needs_root()
        path, link = self.file("f"), self.path("link")
        os.link(path, link)
        pid = self.mapper(path)
        self.assertEqual(self.verdicts(link), [(pid, "same")])
        os.unlink(path)
        # It is no old version of what takes its place either, under the name that is left.
        self.assertEqual(self.verdicts(link), [(pid, "same")])

    def test_equal_content_is_not_the_same_file(self):
        self.needs_root()
        path = self.file("f")
        shutil.copy(path, self.path("copy"))
        self.mapper(path)
        self.assertEqual(self.verdicts(self.path("copy"), status=NONE), [])

    def test_renamed_file_is_found_under_its_new_name_only(self):
        self.needs_root()
        path = self.file("f")
        pid = self.mapper(path)
        os.rename(path, self.path("new"))
        self.assertEqual(self.verdicts(self.path("new")), [(pid, "same")])
        self.file("f")
        self.assertEqual(self.verdicts(path, status=NONE), [])

    def test_bind_mount_is_the_same_file(self):
        self.needs_root()
        path = self.file("f")
        self.file("other")
        pid = self.in_own_mounts("mount --bind %s %s" % (self.path("f"), self.path("other")),
                                 MAP_ONE, self.path("other"))
        self.assertEqual(self.verdicts(path), [(pid, "same")])

    def test_memfd_by_its_descriptor(self):
        self.needs_root()
        pid = self.target("fd = os.memfd_create('x'); os.ftruncate(fd, 4096);"
                          "map_file(fd, 3, 1, keep=True); os.dup2(fd, 50)")
        self.assertEqual(self.verdicts("/proc/%d/fd/50" % pid), [(pid, "same")])

    def test_deleted_file_by_its_descriptor(self):
        self.needs_root()
        path = self.file("f")
        pid = self.target("map_file(sys.argv[1]); os.dup2(os.open(sys.argv[1], 0), 50);"
                          "os.unlink(sys.argv[1])", [path])
        self.assertEqual(self.verdicts("/proc/%d/fd/50" % pid), [(pid, "same")])

    # --- what had the name ---

    def test_deleted(self):
        self.needs_root()
        path = self.file("f")
        pid = self.mapper(path)
        os.unlink(path)
        self.assertEqual(self.verdicts(path, status=FORMER), [(pid, "deleted")])
        self.assertIs(self.document(path, status=FORMER)["file"]["exists"], False)
        rows = self.run_tool("-o", "name", "--raw", "--no-headings", path).stdout.decode()
        self.assertEqual(rows, os.fsdecode(path) + " (deleted)\n")

    def test_deleted_with_its_directory(self):
        self.needs_root()
        os.makedirs(self.path("v1/lib"))
        os.symlink(self.path("nosuch"), self.path("dangling"))
        pid = self.mapper(self.file("v1/lib/x.so"))
        shutil.rmtree(self.path("v1"))
        for name in "v1/lib/x.so", "v1//lib//x.so":
            self.assertEqual(self.verdicts(self.path(name), status=FORMER), [(pid, "deleted")])
        for name in "v1/lib/../lib/x.so", "dangling/lib/x.so", "v1/x.so", "v1/lib/x.so/":
            self.assert_fails(self.run_tool(self.path(name)), FAILED, "No such file")

    def test_deleted_behind_a_symlink(self):
        self.needs_root()
        path = self.file("lib.so.1.2")
        os.symlink("lib.so.1.2", self.path("lib.so.1"))
        os.symlink(self.path("lib.so.1"), self.path("lib.so"))
        pid = self.mapper(path)
        os.unlink(path)
        self.assertEqual(self.verdicts(self.path("lib.so"), status=FORMER), [(pid, "deleted")])

    def test_replaced_by_rename(self):
        self.needs_root()
        path = self.file("f")
        pid = self.mapper(path)
        os.rename(self.file("new"), path)
        self.assertEqual(self.verdicts(path, status=FORMER), [(pid, "replaced")])
        newer = self.mapper(path)
        self.assertEqual(self.verdicts(path),
                         sorted([(pid, "replaced"), (newer, "same")]))

    def test_replaced_while_another_link_keeps_it_alive(self):
        self.needs_root()
        path = self.file("f")
        os.link(path, self.path("kept"))
        pid = self.mapper(path)
        os.unlink(path)
        self.file("f")
        self.assertEqual(self.verdicts(path, status=FORMER), [(pid, "replaced")])
        self.assertEqual(self.verdicts(self.path("kept")), [(pid, "same")])

    def test_one_process_with_both(self):
        self.needs_root()
        path = self.file("f")
        pid = self.target("map_file(sys.argv[1]); os.unlink(sys.argv[1]);"
                          "open(sys.argv[1], 'w').write('x' * 5000); map_file(sys.argv[1])", [path])
        self.assertEqual(self.verdicts(path), [(pid, "same"), (pid, "replaced")])

    def test_file_that_is_called_deleted_is_not_taken_for_one(self):
        self.needs_root()
        path, odd = self.file("x"), self.file("x (deleted)")
        pid = self.mapper(odd)
        self.assertEqual(self.verdicts(path, status=NONE), [])
        self.assertEqual(self.verdicts(odd), [(pid, "same")])
        # With another link the count of links says nothing; the name still leads to it.
        os.link(odd, self.path("y"))
        self.assertEqual(self.verdicts(path, status=NONE), [])
        os.unlink(odd)
        self.assertEqual(self.verdicts(odd, status=FORMER), [(pid, "deleted")])

    def test_masked_by_a_mount(self):
        self.needs_root()
        error = mapped.private_mounts()
        if error:
            self.skip("unshare: " + error)
        os.mkdir(self.path("d"))
        path = self.file("d/f")
        pid = self.mapper(path)
        subprocess.run(["mount", "-t", "tmpfs", "none", self.path("d")], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("d")], check=True)
        self.file("d/f")
        self.assertEqual(self.verdicts(path, status=FORMER), [(pid, "masked")])

    def test_equal_name_in_another_mount_namespace_is_another_file(self):
        self.needs_root()
        os.mkdir(self.path("d"))
        path = self.file("d/f")
        mount = "mount -t tmpfs none %s; head -c 5000 /dev/zero >%s" % (
            self.path("d"), self.path("d/f"))
        self.in_own_mounts(mount, MAP_ONE, path)
        self.assertEqual(self.verdicts(path, status=NONE), [])
        # Nor when it was replaced there: it never was the file that is here.
        self.in_own_mounts(mount, MAP_ONE + "; os.unlink(sys.argv[1]);"
                           "open(sys.argv[1], 'w').write('x' * 5000)", path)
        self.assertEqual(self.verdicts(path, status=NONE), [])

    def test_replaced_for_a_process_in_another_mount_namespace(self):
        self.needs_root()
        path = self.file("f")
        pid = self.in_own_mounts("", MAP_ONE, path)
        os.rename(self.file("new"), path)
        self.assertEqual(self.verdicts(path, status=FORMER), [(pid, "replaced")])
        os.unlink(path)
        self.assertEqual(self.verdicts(path, status=FORMER), [(pid, "deleted")])

    def test_chroot_hides_nothing(self):
        self.needs_root()
        path = self.file("f")
        pid = self.target("map_file(sys.argv[1]); os.chroot(sys.argv[2]); os.chdir('/')",
                          [path, self.dir])
        self.assertEqual(self.verdicts(path), [(pid, "same")])
        os.rename(self.file("new"), path)
        self.assertEqual(self.verdicts(path, status=FORMER), [(pid, "replaced")])

    def test_memfd_of_that_name_is_no_former_file(self):
        self.needs_root()
        self.target("fd = os.memfd_create(sys.argv[1]); os.ftruncate(fd, 4096);"
                    "map_file(fd, 3, 1)", ["f"])
        self.assert_fails(self.run_tool("/memfd:f"), FAILED, "No such file")

    # --- file systems where the numbers of maps deceive ---

    def btrfs(self):
        error = mapped.private_mounts()
        if error:
            self.skip("unshare: " + error)
        self.mount_btrfs("m")

    def test_btrfs_snapshot_and_reflink_are_other_files(self):
        self.needs_root()
        self.btrfs()
        for args in (("create", "m/one"), ("snapshot", "m/one", "m/other")):
            if args[0] == "snapshot":
                path = self.file("m/one/f").decode()
            subprocess.run(["btrfs", "-q", "subvolume", args[0]] + [self.path(a) for a in args[1:]],
                           check=True)
        subprocess.run(["cp", "--reflink=always", path, self.path("m/one/reflink")], check=True)
        p = self.spawn([sys.executable, "-I", "-c", TARGET + MAP_ONE +
                        "\nprint('ready', flush=True)\nsys.stdin.read()\n", path])
        p.stdout.readline()
        self.assertEqual(self.verdicts(path), [(p.pid, "same")])
        for twin in ("m/other/f", "m/one/reflink"):
            self.assertEqual(self.verdicts(self.path(twin), status=NONE), [])

    def test_overlay(self):
        self.needs_root()
        error = mapped.private_mounts()
        if error:
            self.skip("unshare: " + error)
        for name in ("base", "merged"):
            os.mkdir(self.path(name))
        subprocess.run(["mount", "-t", "tmpfs", "none", self.path("base")], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("base")], check=True)
        for name in ("lower", "upper", "work"):
            os.mkdir(self.path("base/" + name))
        for name in ("f", "g"):
            self.file("base/lower/" + name)
        options = "lowerdir={0}/lower,upperdir={0}/upper,workdir={0}/work".format(self.path("base"))
        if subprocess.run(["mount", "-t", "overlay", "none", "-o", options, self.path("merged")],
                          capture_output=True, check=False).returncode:
            self.skip("no overlay")
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("merged")], check=True)
        path = self.path("merged/f")
        pid = self.target("fd = os.open(sys.argv[1], 0); map_file(fd, 1, 2)", [path])
        self.assertEqual(self.verdicts(path), [(pid, "same")])
        self.assertEqual(self.verdicts(self.path("merged/g"), status=NONE), [])
        os.rename(self.path("merged/g"), path)
        self.assertEqual(self.verdicts(path, status=FORMER), [(pid, "replaced")])

    # --- odd files, odd names, refusals ---

    def test_what_is_no_file_is_not_touched(self):
        os.mkfifo(self.path("fifo"))
        for name in (self.path("fifo"), self.dir, "/dev/null", "/"):
            self.assertEqual(self.verdicts(name, self.sleeper(), status=NONE), [])

    def test_device_that_is_mapped(self):
        self.needs_root()
        pid = self.target("map_file('/dev/zero', 3, 2, 4096)")
        self.assertEqual(self.verdicts("/dev/zero", pid), [(pid, "same")])

    def test_odd_names(self):
        self.needs_root()
        for name in (b"new\nline", b"\"]; x [", b"back\\slash", b"latin\xe9", b" ", b"(deleted)",
                     b" (deleted)"):
            path = self.file(name)
            pid = self.mapper(path)
            self.assertEqual(self.verdicts(path), [(pid, "same")])
            out = self.run_tool(path).stdout
            self.assertEqual(len(out.splitlines()), 2, out)
            os.unlink(path)
            document = self.document(path, status=FORMER)
            self.assertEqual([p["verdict"] for p in document["processes"]], ["deleted"])
            shown = document["file"]
            got = bytes.fromhex(shown["path_hex"]) if "path_hex" in shown else \
                shown["path"].encode()
            self.assertEqual(got, path)

    def test_no_such_file(self):
        for name in ("nosuch", "nosuch/f", "", "f/", "dangling", "circle"):
            if name == "dangling":
                os.symlink("nosuch", self.path(name))
            if name == "circle":
                os.symlink("circle", self.path(name))
            with self.subTest(name):
                result = self.run_tool(self.path(name) if name else "", self.sleeper())
                self.assert_fails(result, FAILED, "mapfiles who: ")
                self.assertEqual(result.stdout, b"")

    def test_without_privilege_it_says_uncertain(self):
        self.needs_root()
        path = self.file("f")
        os.chmod(path, 0o666)
        pid = self.mapper(path, user=NOBODY)
        result = self.run_tool("--json", path, pid, user=NOBODY)
        self.assert_fails(result, SAME, "uncertain", "CAP_CHECKPOINT_RESTORE", "sudo mapfiles who")
        process, = json.loads(result.stdout)["processes"]
        self.assertEqual((process["pid"], process["verdict"], process["uncertain"]),
                         (pid, "same", True))
        os.rename(self.file("new"), path)
        self.assertEqual(self.verdicts(path, pid, user=NOBODY, status=FORMER), [(pid, "replaced")])

    def test_others_are_counted_once(self):
        path = self.file("f")
        self.sleeper()
        result = self.run_tool(path, user=NOBODY)
        self.assert_fails(result, NONE, "processes are left out (EACCES)", "CAP_SYS_PTRACE")

    def test_process_that_was_given_and_is_gone_is_a_failure(self):
        self.needs_root()
        path = self.file("f")
        pid, dead = self.mapper(path), self.dead_pid()
        result = self.run_tool("--json", path, pid, dead)
        self.assert_fails(result, FAILED, "process %d" % dead, "ESRCH")
        document = json.loads(result.stdout)
        self.assertEqual([p["pid"] for p in document["processes"]], [pid])
        self.assertEqual([(m["pid"], m["error"]["name"]) for m in document["missing"]],
                         [(dead, "ESRCH")])

    def test_tree(self):
        self.needs_root()
        path = self.file("f")
        pid = self.target("map_file(sys.argv[1])\nif os.fork() == 0:\n"
                          "    libc.prctl(1, 9); sys.stdin.read()\n", [path])
        self.mapper(path)
        pids = sorted(mapped.descendants(pid))
        self.assertEqual(len(pids), 2)
        self.assertEqual(self.verdicts("--tree", path, pid), [(p, "same") for p in pids])

    def test_wrong_usage(self):
        for args in ((), ("f", "0"), ("--tree", "f"), ("--nosuch", "f")):
            with self.subTest(args):
                self.assert_fails(self.run_tool(*args), USAGE, "mapfiles who")

    def test_closed_pipe_ends_it_quietly(self):
        self.needs_root()
        path = self.file("f")
        pid = self.mapper(path)
        r, w = os.pipe()
        os.close(r)
        result = self.run_tool(path, pid, stdout=w,
                               preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
        os.close(w)
        self.assertEqual((result.returncode, result.stderr), (-signal.SIGPIPE, b""))

    def test_full_disk_is_told(self):
        self.needs_root()
        path = self.file("f")
        with open("/dev/full", "wb") as full:
            for option in ("--ranges", "--json"):
                self.assert_fails(self.run_tool(option, path, self.mapper(path), stdout=full),
                                  FAILED, "cannot write")

    def test_help_and_version(self):
        for option in ("--help", "-h", "--version", "-V"):
            result = self.run_tool(option)
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertIn(b"mapfiles", result.stdout)


main()
