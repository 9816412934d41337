#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mapfiles ls on live processes, against what /proc itself says; its JSON against
hostile names; each option, each message and each exit status.
"""
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import FAILED, NOBODY, NOTHING, USAGE, ToolTest, main, read

ODD_NAMES = [
    b"plain", b"two  blanks", b"trailing ", b"new\nline", b"literal\\012", b"quote\"'quote",
    b"back\\slash", b"back\\x41", b"tab\tbell\a", b"esc\033[31mred", b"del\177", b"caf\xc3\xa9",
    b"x (deleted)", b"\xe6\x97\xa5\xe6\x9c\xac", b"\xf0\x9f\x90\xa7",
]
INVALID_UTF8 = [
    b"latin\xe9", b"lone\x80", b"cut\xc3", b"overlong\xc0\xaf", b"overlong3\xe0\x80\xaf",
    b"surrogate\xed\xa0\x80", b"high\xf4\x90\x80\x80", b"five\xf8\x88\x80\x80\x80", b"\xff\xfe",
]
MAP_ALL = "for path in os.listdir(os.fsencode(sys.argv[1])): " \
          "map_file(os.path.join(os.fsencode(sys.argv[1]), path))"


def raw_maps(pid):
    """{start-end: (prot, offset, dev, inode)} of every line of maps."""
    lines = {}
    for line in read("/proc/%d/maps" % pid).splitlines():
        span, prot, offset, dev, inode = line.split(None, 5)[:5]
        start, end = (int(n, 16) for n in span.split(b"-"))
        major, minor = (int(n, 16) for n in dev.split(b":"))
        lines["%x-%x" % (start, end)] = (prot.decode(), int(offset, 16), (major, minor),
                                         int(inode))
    return lines


def raw_map_files(pid):
    return set(os.listdir("/proc/%d/map_files" % pid))


def span(mapping):
    return "%x-%x" % (int(mapping["start"], 16), int(mapping["end"], 16))


def path_bytes(mapping):
    if "path_hex" in mapping:
        return bytes.fromhex(mapping["path_hex"])
    return None if mapping["path"] is None else mapping["path"].encode()


class Ls(ToolTest):
    command = ("ls",)

    def documents(self, *args, status=0, **more):
        result = self.run_tool("--json", *args, **more)
        self.assertEqual(result.returncode, status, result.stderr)
        # Strict: bytes that are no UTF-8 or a raw control character fail here.
        return json.loads(result.stdout.decode("utf-8", "strict"))["processes"]

    def document(self, *args, **more):
        documents = self.documents(*args, **more)
        self.assertEqual(len(documents), 1)
        self.assertIs(documents[0]["complete"], True)
        return documents[0]

    def mappings(self, *args, **more):
        return self.document(*args, **more)["mappings"]

    def rows(self, *args, **more):
        """The table as a list of {heading: cell}."""
        result = self.run_tool(*args, **more)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.decode().splitlines()
        headings = lines[0].split()
        return [dict(zip(headings, line.split(None, len(headings) - 1))) for line in lines[1:]]

    def source_or_skip(self, name, pid):
        probe = self.run_tool("--source", name, pid)
        if probe.returncode == 3 and b"EOPNOTSUPP" in probe.stderr:
            self.skip("this kernel has no source " + name)

    def check_fields(self, pid, mappings):
        maps = raw_maps(pid)
        for m in mappings:
            prot, offset, dev, inode = maps[span(m)]
            self.assertEqual(m["prot"] + ("s" if m["shared"] else "p"), prot)
            self.assertEqual(m["offset"], offset)
            self.assertEqual(tuple(int(n, 16) for n in m["dev"].split(":")), dev)
            self.assertEqual(m["inode"], inode)

    # --- it agrees with /proc ---

    def test_default_list_is_that_of_map_files(self):
        pid = self.sleeper()
        mappings = self.mappings(pid)
        self.assertEqual({span(m) for m in mappings}, raw_map_files(pid))
        self.check_fields(pid, mappings)
        for m in mappings:
            link = os.readlink(os.fsencode("/proc/%d/map_files/%s" % (pid, span(m))))
            self.assertEqual(path_bytes(m), link)

    def check_source(self, name):
        pid = self.sleeper()
        self.source_or_skip(name, pid)
        document = self.document("--source", name, pid)
        self.assertEqual(document["source"], name)
        self.assertEqual({span(m) for m in document["mappings"]}, raw_map_files(pid))
        self.check_fields(pid, document["mappings"])

    def test_source_map_files_agrees_with_proc(self):
        self.check_source("map_files")

    def test_source_query_agrees_with_proc(self):
        self.check_source("query")

    def test_source_maps_agrees_with_proc(self):
        self.check_source("maps")

    def test_source_auto_is_the_default(self):
        pid = self.sleeper()
        self.assertEqual(self.document("-s", "auto", pid), self.document(pid))

    def test_stream_lists_the_same(self):
        pid = self.sleeper()
        document = self.document("--stream", pid)
        self.assertIn(document["source"], ("query", "maps"))
        self.assertEqual({span(m) for m in document["mappings"]}, raw_map_files(pid))

    def test_all_lists_every_line_of_maps(self):
        pid = self.sleeper()
        for option in ("--all", "-a"):
            mappings = self.mappings(option, pid)
            self.assertEqual({span(m) for m in mappings}, set(raw_maps(pid)))
            self.check_fields(pid, mappings)
        kinds = {m["kind"] for m in mappings}
        self.assertLessEqual({"file", "heap", "stack", "vdso", "anon"}, kinds)

    def test_five_thousand_mappings_are_all_listed(self):
        path = self.file("many", b"x" * 8192)
        pid = self.target("for i in range(5000): map_file(sys.argv[1], 1 + 2 * (i % 2), 2)", [path])
        mappings = self.mappings(pid)
        self.assertGreater(len(mappings), 5000)
        self.assertEqual({span(m) for m in mappings}, raw_map_files(pid))
        self.assertEqual(len(self.rows(pid)), len(mappings))

    def test_stat_is_what_stat_of_the_link_says(self):
        self.needs_root()
        pid = self.sleeper()
        for m in self.mappings("--stat", pid):
            st = os.stat("/proc/%d/map_files/%s" % (pid, span(m)))
            self.assertEqual(m["stat"]["inode"], st.st_ino)
            self.assertEqual(m["stat"]["dev"],
                             "%02x:%02x" % (os.major(st.st_dev), os.minor(st.st_dev)))
            self.assertEqual(m["stat"]["links"], st.st_nlink)
            self.assertEqual(m["stat"]["size"], st.st_size)
            self.assertEqual(m["stat"]["mode"], "%04o" % stat.S_IMODE(st.st_mode))
            self.assertEqual(m["stat"]["type"], "regular")
            self.assertEqual(m["opened_for"], "r")

    def test_stat_columns_are_in_the_table(self):
        self.needs_root()
        pid = self.sleeper()
        rows = self.rows("-t", pid)
        self.assertEqual({row["RANGE"] for row in rows}, raw_map_files(pid))
        for row in rows:
            st = os.stat("/proc/%d/map_files/%s" % (pid, row["RANGE"]))
            self.assertEqual(row["MODE"], stat.filemode(st.st_mode))
            self.assertEqual(row["LINKS"], str(st.st_nlink))
            self.assertEqual(row["SIZE"], str(st.st_size))
            self.assertEqual(row["ST_INO"], str(st.st_ino))
            self.assertEqual(row["FD"], "r-")

    def test_open_reaches_every_object(self):
        self.needs_root()
        path = self.file("gone")
        pid = self.target("map_file(sys.argv[1]); os.unlink(sys.argv[1])", [path])
        for m in self.mappings("--open", pid):
            st = os.stat("/proc/%d/map_files/%s" % (pid, span(m)))
            self.assertEqual(m["open"], {"ok": True, "type": "regular", "size": st.st_size,
                                         "rung": "map_files", "sure": "exact"})
        row = [row for row in self.rows("--open", pid) if "gone" in row["NAME"]]
        self.assertEqual([(r["TYPE"], r["BYTES"], r["OPENED"], r["VIA"]) for r in row],
                         [("regular", "5000", "exact", "map_files")])

    def test_open_says_why_not(self):
        self.needs_root()
        path = self.file("gone")
        os.chmod(path, 0o666)
        pid = self.target("map_file(sys.argv[1])", [path], user=NOBODY)
        os.unlink(path)
        result = self.run_tool("--open", pid, user=NOBODY)
        self.assert_fails(result, 3, "process %d" % pid, "mappings", "EPERM",
                          "sudo")
        # Also the interpreter, where it is in a directory that is closed to nobody.
        self.assertRegex(result.stderr, rb"cannot open what is behind [1-9]\d* mappings")
        row = [line.split() for line in result.stdout.decode().splitlines() if "gone" in line]
        self.assertEqual([r[8] for r in row], ["EPERM"])
        self.assertEqual(row[0][-1], "(deleted)")

    def test_open_of_private_memory_is_no_failure(self):
        self.needs_root()
        mappings = self.mappings("--all", "--open", self.sleeper())
        anon = [m for m in mappings if m["kind"] == "heap"]
        self.assertEqual([m["open"]["error"]["name"] for m in anon], ["ENXIO"])
        heap = [r for r in self.rows("-atO", self.sleeper()) if r["KIND"] == "heap"]
        self.assertEqual([(r["OPENED"], r["TYPE"], r["MODE"]) for r in heap], [("-", "-", "-")])

    def test_open_looks_at_a_device_without_opening_it(self):
        self.needs_root()
        pid = self.target("map_file('/dev/zero', 3, 2, 4096)")
        m = [m for m in self.mappings("--open", pid) if m["path"] == "/dev/zero"]
        self.assertEqual([(x["kind"], x["open"]["ok"], x["open"]["type"]) for x in m],
                         [("device", False, "char")])

    # --- names ---

    def odd_target(self):
        for name in ODD_NAMES + INVALID_UTF8:
            self.file(name)
        self.file("gone")
        return self.target(MAP_ALL + "\nos.unlink(os.path.join(sys.argv[1], 'gone'))", [self.dir])

    def names_of(self, mappings):
        here = os.fsencode(self.dir) + b"/"
        return sorted(path_bytes(m)[len(here):] for m in mappings
                      if m["path"] is None or m["path"].startswith(self.dir))

    def check_names(self, *options):
        mappings = self.mappings(*options, self.odd_target())
        self.assertEqual(self.names_of(mappings), sorted(ODD_NAMES + INVALID_UTF8 + [b"gone"]))
        for m in mappings:
            name = path_bytes(m)
            valid = name.decode("utf-8", "replace").encode() == name
            self.assertEqual("path_hex" in m, not valid, m)

    def test_json_gives_every_name_back(self):
        self.check_names()

    def test_json_gives_every_name_back_from_the_text(self):
        self.check_names("--source", "maps")

    def test_json_is_the_same_in_every_locale(self):
        pid = self.odd_target()
        self.assertEqual(self.names_of(self.mappings(pid)),
                         self.names_of(self.mappings(pid, env={"LC_ALL": "C"})))
        self.assertEqual(self.run_tool("--json", pid).stdout,
                         self.run_tool("--json", pid, env={"LC_ALL": "C"}).stdout)

    def test_deleted_is_told_from_a_name_that_says_so(self):
        mappings = self.mappings(self.odd_target())
        found = {os.path.basename(path_bytes(m)): m["deleted"] for m in mappings
                 if (m["path"] or "").startswith(self.dir)}
        self.assertIs(found[b"gone"], True)
        self.assertIs(found[b"x (deleted)"], False)

    def test_table_marks_deleted_outside_of_the_name(self):
        table = self.run_tool(self.odd_target()).stdout.decode()
        self.assertRegex(table, r"(?m)/gone \(deleted\)$")
        self.assertRegex(table, r"(?m)/x\\ \(deleted\)$")

    def escaped_as_by_ls(self, locale):
        listing = subprocess.run(["ls", "-b", self.dir], env=dict(os.environ, LC_ALL=locale),
                                 stdout=subprocess.PIPE, check=True).stdout
        return sorted(listing.splitlines())

    def check_table_names(self, locale):
        pid = self.odd_target()
        table = self.run_tool(pid, env={"LC_ALL": locale}).stdout
        here = os.fsencode(self.dir) + b"/"
        names = [line.split(here, 1)[1] for line in table.splitlines() if here in line]
        self.assertEqual(sorted(n for n in names if n != b"gone (deleted)"),
                         self.escaped_as_by_ls(locale))
        self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", table))

    def test_table_escapes_names_as_ls_does(self):
        self.check_table_names("C.UTF-8")

    def test_table_escapes_names_as_ls_does_in_the_c_locale(self):
        self.check_table_names("C")

    def test_table_escapes_what_turns_text_around(self):
        self.file("invoice\u202egpj.exe")
        pid = self.target(MAP_ALL, [self.dir])
        self.assertIn("invoice\\342\\200\\256gpj.exe", self.run_tool(pid).stdout.decode())

    def test_ambiguous_name_is_flagged(self):
        self.file("literal\\012")
        pid = self.target(MAP_ALL, [self.dir])
        os.mkdir(self.path(str(pid)))
        with open(self.path("%d/maps" % pid), "wb") as f:
            f.write(read("/proc/%d/maps" % pid))
        m = [m for m in self.mappings("--proc-root", self.dir, pid)
             if "literal" in (m["path"] or "")]
        self.assertEqual([x["ambiguous"] for x in m], [True])
        table = self.run_tool("--proc-root", self.dir, pid).stdout.decode()
        self.assertRegex(table, r"(?m)/literal\S+ \(ambiguous\)$")

    # --- several processes, saved trees ---

    def test_table_and_json_say_the_same(self):
        pid = self.sleeper()
        rows = self.rows(pid)
        mappings = self.mappings(pid)
        self.assertEqual(
            [(r["RANGE"], r["PROT"], int(r["OFFSET"], 16), r["DEV"], r["INODE"], r["KIND"],
              r["NAME"]) for r in rows],
            [(span(m), m["prot"] + ("s" if m["shared"] else "p"), m["offset"], m["dev"],
              str(m["inode"]), m["kind"], m["path"]) for m in mappings])

    def test_columns_are_aligned(self):
        lines = self.run_tool(self.sleeper()).stdout.decode().splitlines()
        at = lines[0].index("NAME")
        self.assertEqual({(line[at - 1], line[at]) for line in lines[1:]}, {(" ", "/")})

    def test_several_processes_are_told_apart(self):
        pids = [self.sleeper(), self.sleeper()]
        rows = self.rows(*pids)
        self.assertEqual(sorted({int(r["PID"]) for r in rows}), sorted(pids))
        for pid in pids:
            self.assertEqual({r["RANGE"] for r in rows if r["PID"] == str(pid)},
                             raw_map_files(pid))
        self.assertNotIn("PID", self.rows(pids[0])[0])
        self.assertEqual([d["pid"] for d in self.documents(*pids)], pids)

    def test_one_dead_process_does_not_hide_the_living(self):
        pid, dead = self.sleeper(), self.dead_pid()
        result = self.run_tool(dead, pid)
        self.assert_fails(result, FAILED, "process %d" % dead, "ESRCH")
        self.assertIn("%d " % pid, result.stdout.decode())
        documents = self.documents(dead, pid, status=FAILED)
        self.assertEqual([d["complete"] for d in documents], [False, True])
        self.assertEqual(documents[0]["error"]["name"], "ESRCH")
        self.assertEqual(documents[0]["mappings"], [])
        self.assertNotIn("report", documents[0])

    def test_every_dead_process_is_told_below_the_table(self):
        pid, dead, also_dead = self.sleeper(), self.dead_pid(), self.dead_pid()
        text = self.run_tool(dead, pid, also_dead, stderr=subprocess.STDOUT).stdout.decode()
        self.assertIn("mapfiles ls: process %d: cannot be listed; so it is with %d (ESRCH)"
                      % (dead, also_dead), text[text.rindex("sleep"):])

    # --- names of processes ---

    def named(self, name):
        """A sleeping process of a program of that name."""
        path = self.path(name)
        if not os.path.exists(path):
            shutil.copy(shutil.which("sleep"), path)
        p = self.spawn([path, "600"])
        while os.readlink("/proc/%d/exe" % p.pid) != path or \
                not read("/proc/%d/stat" % p.pid).split(b") ")[1].startswith(b"S "):
            time.sleep(0.001)
        return p.pid

    def test_name_stands_for_all_of_that_name(self):
        name = "mapfiles-named"
        pids = sorted([self.named(name), self.named("x" + name), self.named(name)])
        del pids[[read("/proc/%d/comm" % p)[:1] for p in pids].index(b"x")]
        result = self.run_tool("--json", name)
        self.assertEqual([p["pid"] for p in json.loads(result.stdout)["processes"]], pids)
        self.assertEqual(result.stderr.decode(),
                         "mapfiles ls: %s: processes %d, %d\n" % (name, *pids))

    def test_name_of_a_program_is_not_cut_as_that_of_a_process(self):
        name = "a-name-longer-than-fifteen-bytes"
        pid = self.named(name)
        self.assertEqual([d["pid"] for d in self.documents(name)], [pid])
        # As ps has it.
        self.assertEqual([d["pid"] for d in self.documents(name[:15])], [pid])
        os.unlink(self.path(name))
        self.assertEqual([d["pid"] for d in self.documents(name)], [pid])

    def test_name_never_stands_for_the_tool_itself(self):
        # Under a name that no other test's has.
        tool = self.path("mapfiles-renamed")
        shutil.copy(self.tool, tool)
        self.tool = tool
        self.assert_fails(self.run_tool("mapfiles-renamed"), FAILED, "no process is called")

    def test_name_of_nobody_is_told(self):
        result = self.run_tool("no-such-process", self.sleeper())
        self.assert_fails(result, FAILED, "no process is called no-such-process")
        self.assertIn(b"sleep", result.stdout)

    def test_name_holds_no_order_to_the_terminal(self):
        result = self.run_tool(b"esc\033[31m")
        self.assert_fails(result, FAILED, "esc\\033[31m")
        self.assertNotIn(b"\033", result.stderr)

    # --- all processes ---

    def test_without_a_process_all_are_listed(self):
        self.needs_root()
        pids = [self.sleeper(), self.sleeper()]
        documents = {d["pid"]: d for d in self.documents()}
        for pid in pids:
            self.assertEqual({span(m) for m in documents[pid]["mappings"]}, raw_map_files(pid))
        rows = self.run_tool("--raw", "-o", "pid,command,range").stdout.decode().splitlines()
        for pid in pids:
            self.assertEqual({r.split("\t")[2] for r in rows if r.startswith("%d\tsleep\t" % pid)},
                             raw_map_files(pid))

    def test_zombie_that_nobody_named_is_no_failure(self):
        p = self.spawn(["true"])
        os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT)
        result = self.run_tool()
        self.assertEqual(result.returncode, 0)
        # Another one may end in the middle: its list is cut off, and that is said.
        self.assertNotRegex(result.stderr, rb"cannot be listed[^\n]*ESRCH")

    def test_without_a_process_nobody_gets_his_own_and_one_message(self):
        self.needs_root()
        own, foreign = self.target("", user=NOBODY), [self.sleeper(), self.sleeper()]
        result = self.run_tool("--raw", user=NOBODY)
        self.assert_fails(result, 0, "cannot be listed; so it is with", "others (EACCES)", "CAP_SYS_PTRACE")
        self.assertLessEqual(len(result.stderr.splitlines()), 3, result.stderr)
        pids = {int(line.split(b"\t")[0]) for line in result.stdout.splitlines()[1:]}
        self.assertIn(own, pids)
        self.assertFalse(pids & set(foreign))

    def saved_tree(self, text):
        os.mkdir(self.path("77"))
        with open(self.path("77/maps"), "wb") as f:
            f.write(text)

    REPORT = ["complete", "snapshot", "raced", "clamped", "partial", "vanished", "retried"]

    def test_json_reports_how_the_walk_went(self):
        pid = self.sleeper()
        self.source_or_skip("map_files", pid)
        report = self.document("--source", "map_files", pid)["report"]
        self.assertEqual(list(report), self.REPORT)
        self.assertEqual([report[key] for key in self.REPORT[:6]], [True, True, False, 0, 0, 0])
        report = self.document("--source", "maps", pid)["report"]
        self.assertEqual((report["complete"], report["snapshot"]), (True, False))

    def test_json_says_why_it_was_refused(self):
        pid = self.sleeper()
        document, = self.documents(pid, user=NOBODY, status=3)
        self.assertIn("CAP_SYS_PTRACE", document["why"])
        self.assertNotIn("why", self.document(pid))

    def test_json_says_why_objects_were_refused(self):
        self.needs_root()
        path = self.file("gone")
        os.chmod(path, 0o666)
        pid = self.target("map_file(sys.argv[1])", [path], user=NOBODY)
        os.unlink(path)
        document, = self.documents("--open", pid, user=NOBODY, status=3)
        self.assertIn("CAP_CHECKPOINT_RESTORE", document["why"])

    def test_remedies_for_a_saved_tree_are_those_of_a_saved_tree(self):
        self.saved_tree(read("/proc/%d/maps" % self.sleeper()))
        for args in ((78,), ("--source", "map_files", 77), ("--source", "query", 77)):
            with self.subTest(args):
                result = self.run_tool("--proc-root", self.dir, *args)
                self.assert_fails(result, 3, "saved tree")
                self.assertNotIn(b"with ps", result.stderr)
                self.assertNotIn(b"another --source", result.stderr)

    def test_saved_tree_is_listed(self):
        pid = self.sleeper()
        self.saved_tree(read("/proc/%d/maps" % pid))
        mappings = self.mappings("--all", "--proc-root", self.dir, 77)
        self.assertEqual({span(m) for m in mappings}, set(raw_maps(pid)))

    def test_text_that_is_cut_off_is_told(self):
        text = read("/proc/%d/maps" % self.sleeper())
        self.saved_tree(text[:text.index(b"\n") + 20])
        result = self.run_tool("--proc-root", self.dir, 77)
        self.assert_fails(result, 3, "process 77", "the list is cut off", "EPROTO")
        self.assertEqual(len(result.stdout.splitlines()), 2)
        document, = self.documents("--proc-root", self.dir, 77, status=3)
        self.assertIs(document["complete"], False)
        self.assertIs(document["report"]["complete"], False)
        self.assertEqual(document["error"]["name"], "EPROTO")
        self.assertEqual(len(document["mappings"]), 1)

    def test_bad_proc_root_is_told_with_the_remedy(self):
        self.assert_fails(self.run_tool("--proc-root", self.path("nosuch"), 1), 3, "process 1",
                          "ENOENT", "--proc-root takes")
        self.file("plain")
        self.assert_fails(self.run_tool("--proc-root", self.path("plain"), 1), 3, "ENOTDIR",
                          "--proc-root takes")
        self.assert_fails(self.run_tool("--proc-root", self.dir, 1), 3, "ESRCH")
        for root in self.path("nosuch"), self.path("plain"), self.dir:
            self.assert_fails(self.run_tool("--proc-root", root), 3, "holds no process",
                              "--proc-root takes")

    # --- who may, who is there ---

    def test_dead_process_is_told(self):
        pid = self.dead_pid()
        result = self.run_tool(pid)
        self.assert_fails(result, 3, "mapfiles ls: process %d: " % pid, "ESRCH", "ps")
        self.assertEqual(result.stdout, b"")

    def test_zombie_is_told(self):
        p = self.spawn(["true"])
        os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT)
        self.assert_fails(self.run_tool(p.pid), 3, "process %d" % p.pid, "ESRCH", "zombie")

    def test_process_of_another_user_is_told_with_the_remedy(self):
        pid = self.sleeper()
        result = self.run_tool(pid, user=NOBODY)
        self.assert_fails(result, 3, "process %d" % pid, "EACCES", "CAP_SYS_PTRACE", "sudo")
        self.assertEqual(result.stdout, b"")

    def test_own_process_needs_no_privilege(self):
        self.needs_root()
        pid = self.target("", user=NOBODY)
        self.assertEqual({span(m) for m in self.mappings(pid, user=NOBODY)}, raw_map_files(pid))

    def test_kernel_thread_has_an_empty_list(self):
        if not os.path.exists("/proc/2/comm") or os.path.exists("/proc/2/exe"):
            self.skip("no kernel thread in this pid namespace")
        self.needs_root()
        result = self.run_tool(2)
        self.assert_fails(result, NOTHING, "process 2", "nothing to list: it is a kernel thread")
        self.assertEqual(result.stdout, b"")
        document = self.document(2, status=NOTHING)
        self.assertEqual(document["mappings"], [])
        self.assertIn("kernel thread", document["why"])

    def test_empty_saved_list_is_no_kernel_thread(self):
        self.saved_tree(b"")
        self.assert_fails(self.run_tool("--proc-root", self.dir, 77), NOTHING, "it has no file mapped")

    # --- usage ---

    def test_number_that_no_process_can_have_is_wrong_usage(self):
        for word in ("", "0", "2147483648", "99999999999", "99999999999999999999"):
            with self.subTest(word):
                self.assert_fails(self.run_tool(word), USAGE, word, "out of range")

    def test_what_is_no_number_is_a_name(self):
        for word in ("-5x", "abcabc", "1x", " 1", "+1", "0x10"):
            with self.subTest(word):
                self.assert_fails(self.run_tool("--", word), FAILED, "no process is called")

    def test_bad_source_is_wrong_usage(self):
        for word in ("nosuch", "", "MAPS"):
            self.assert_fails(self.run_tool("--source", word, 1), 2, "map_files, query or maps",
                              word)

    def test_unknown_option_is_wrong_usage(self):
        for option in ("--nosuch", "-Z", "--all=1", "--source"):
            self.assert_fails(self.run_tool(option), USAGE, "mapfiles ls --help")

    def test_map_files_cannot_answer_all_or_stream(self):
        for option in ("--all", "--stream"):
            self.assert_fails(self.run_tool("--source", "map_files", option, 1), 2,
                              option + " needs another source")

    def test_help_names_every_option(self):
        for option in ("--help", "-h"):
            result = self.run_tool(option)
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            for word in ("--all", "--stat", "--open", "--json", "--source", "--stream",
                         "--proc-root", "--help", "--version", "Exit status"):
                self.assertIn(word, result.stdout.decode())
            self.assertLessEqual(max(len(line) for line in result.stdout.splitlines()), 80)

    def test_version_has_three_numbers(self):
        for option in ("--version", "-V"):
            result = self.run_tool(option)
            self.assertEqual(result.returncode, 0)
            self.assertRegex(result.stdout, rb"^mapfiles \(libmapfiles\) \d+\.\d+\.\d+\n$")

    # --- output that cannot be written ---

    def check_unwritable(self, **more):
        pid = self.sleeper()
        for args in (["--help"], ["--version"], [pid], ["--json", pid], ["--open", pid]):
            with self.subTest(args):
                self.assert_fails(self.run_tool(*args, **more), FAILED, "cannot write")

    def test_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            self.check_unwritable(stdout=full)

    def test_closed_standard_output_is_told(self):
        self.check_unwritable(stdout=None, preexec_fn=lambda: os.close(1))

    def test_broken_pipe_is_told_where_the_signal_is_ignored(self):
        def ignore():
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)

        reader, writer = os.pipe()
        os.close(reader)
        self.check_unwritable(stdout=writer, preexec_fn=ignore, restore_signals=False)
        os.close(writer)

    def test_broken_pipe_ends_it_silently(self):
        reader, writer = os.pipe()
        os.close(reader)
        result = self.run_tool(self.sleeper(), stdout=writer)
        os.close(writer)
        self.assertEqual((result.returncode, result.stderr), (-signal.SIGPIPE, b""))


if __name__ == "__main__":
    main()
