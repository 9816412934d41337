# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the command line tools share: running a tool, as another user
too, and target processes that map chosen files and are never left behind. Python's
standard library only; nothing here reads libmapfiles.
"""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

NOBODY = 65534

# What the commands of mapfiles exit with.
OK, NOTHING, USAGE, FAILED, ATTENTION = range(5)

# A target maps each file that it is told of, then says so and waits for its end of input.
TARGET = r"""
import ctypes, mmap, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                      ctypes.c_long]
def map_file(path, prot=1, flags=1, size=0, offset=0, keep=False):
    fd = path if isinstance(path, int) else os.open(path, os.O_RDWR)
    addr = libc.mmap(None, size or os.fstat(fd).st_size, prot, flags, fd, offset)
    assert addr not in (None, 2 ** 64 - 1, 2 ** 32 - 1), os.strerror(ctypes.get_errno())
    if not keep:
        os.close(fd)
    return addr
"""


def read(path):
    with open(path, "rb") as f:
        return f.read()


class ToolTest(unittest.TestCase):
    tool = None
    # The words in front of all others: the subcommand.
    command = ()

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="mapfiles-test.")
        self.addCleanup(directory.cleanup)
        self.dir = directory.name
        # Some tests hand the directory to another user.
        os.chmod(self.dir, 0o755)

    def skip(self, reason):
        """Skip this test, in a line that can be counted."""
        print("SKIP: %s: %s" % (self._testMethodName, reason), flush=True)
        raise unittest.SkipTest(reason)

    def needs_root(self):
        if os.geteuid() != 0:
            self.skip("needs root")

    def path(self, name):
        return os.path.join(self.dir, name)

    def file(self, name, content=b"x" * 5000):
        path = os.path.join(os.fsencode(self.dir), os.fsencode(name))
        with open(path, "wb") as f:
            f.write(content)
        return path

    def spawn(self, argv, **more):
        """A process that does not outlive the test, nor this program if that is killed."""
        p = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--"] + argv,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)
        self.addCleanup(self.reap, p)
        return p

    @staticmethod
    def reap(p):
        p.kill()
        p.wait()
        p.stdin.close()
        p.stdout.close()

    def sleeper(self):
        p = self.spawn(["sleep", "600"])
        # It is setpriv first; asleep under its own name it has loaded all that it will.
        while not re.match(rb"\d+ \(sleep\) S ", read("/proc/%d/stat" % p.pid)):
            time.sleep(0.001)
        return p.pid

    def target(self, code, argv=(), user=None):
        """Run code, which has map_file(), in a new process; returns its pid when it is done."""
        command = [sys.executable, "-I", "-c",
                   TARGET + code + "\nprint('ready', flush=True)\nsys.stdin.read()\n"]
        if user is not None:
            command = ["setpriv", "--reuid=%d" % user, "--regid=%d" % user, "--clear-groups",
                       "--pdeathsig", "KILL", "--"] + command
        p = self.spawn(command + list(argv))
        self.assertEqual(p.stdout.readline(), b"ready\n")
        return p.pid

    def in_own_mounts(self, shell, code, *argv):
        """A target in a mount namespace of its own, where the shell commands were run."""
        command = [sys.executable, "-I", "-c",
                   TARGET + code + "\nprint('ready', flush=True)\nsys.stdin.read()\n"]
        p = self.spawn(["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                        shell + '\nexec "$@"', "sh", *command, *argv])
        line = p.stdout.readline()
        if line != b"ready\n":
            self.skip("no mount namespace")
        return p.pid

    def mount_btrfs(self, name):
        """A new one, on a directory of that name; in mounts that are private already."""
        if not shutil.which("mkfs.btrfs"):
            self.skip("no mkfs.btrfs")
        image, directory = self.path(name + ".image"), self.path(name)
        with open(image, "wb") as f:
            f.truncate(120 << 20)
        os.mkdir(directory)
        subprocess.run(["mkfs.btrfs", "-q", image], check=True, capture_output=True)
        if subprocess.run(["mount", "-o", "loop", image, directory], capture_output=True,
                          check=False).returncode:
            self.skip("no loop mount of btrfs")
        self.addCleanup(subprocess.run, ["umount", "-l", directory], check=True)

    def dead_pid(self):
        p = subprocess.Popen(["true"])
        p.wait()
        return p.pid

    def run_tool(self, *args, user=None, env=None, **more):
        command = [self.tool, *self.command] + [a if isinstance(a, bytes) else str(a) for a in args]
        if user is not None:
            self.needs_root()
            command = ["setpriv", "--reuid=%d" % user, "--regid=%d" % user, "--clear-groups",
                       "--"] + command
            probe = subprocess.run(command[:5] + [self.tool, "--help"], capture_output=True)
            if probe.returncode in (126, 127):  # setpriv or the dynamic linker cannot read it
                self.skip("the build directory is closed to user %d" % user)
        full_env = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.run(command, env=full_env, timeout=120, **more)

    def assert_valid(self, document, schema):
        """It is as docs/json/SCHEMA.schema.json says; known only where Debian's jsonschema is."""
        if jsonschema is None:
            return
        directory = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/json")
        store = {}
        for name in os.listdir(directory):
            with open(os.path.join(directory, name), encoding="utf-8") as f:
                store[name] = json.load(f)
        schema = store[schema + ".schema.json"]
        jsonschema.Draft7Validator(
            schema, resolver=jsonschema.RefResolver("", schema, store)).validate(document)

    def document(self, result, schema):
        """What it printed: JSON in UTF-8 that is as its schema says."""
        document = json.loads(result.stdout.decode("utf-8", "strict"))
        self.assert_valid(document, schema)
        return document

    def start_on_terminal(self, *args, columns=80, env=None):
        """(process, what its terminal of that width is read from)."""
        main_fd, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        command = [self.tool, *self.command] + [a if isinstance(a, bytes) else str(a) for a in args]
        process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal,
                                   env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})
        os.close(terminal)
        self.addCleanup(os.close, main_fd)
        self.addCleanup(self.end, process)
        return process, main_fd

    def on_terminal(self, *args, **more):
        """(status, what a terminal gets, from both streams)."""
        process, main_fd = self.start_on_terminal(*args, **more)
        text = self.read_terminal(main_fd)
        return process.wait(), text.decode().replace("\r\n", "\n")

    @staticmethod
    def read_terminal(main_fd):
        """All that is written to it until the last who has it open is gone."""
        text = b""
        while select.select([main_fd], [], [], 60)[0]:
            try:
                text += os.read(main_fd, 65536)
            except OSError:
                break
        return text

    @staticmethod
    def end(process):
        process.kill()
        process.wait()

    def assert_fails(self, result, status, *words):
        """It exits with status, and its message holds all these words."""
        message = result.stderr.decode()
        self.assertEqual(result.returncode, status, message)
        for word in words:
            self.assertIn(word, message)


def main():
    """usage: test-X.py TOOL. Exit status 0, 1 or, when all was skipped, 77."""
    if len(sys.argv) < 2:
        print("usage: %s TOOL [TEST...]" % sys.argv[0], file=sys.stderr)
        sys.exit(1)
    # So that an end from outside removes the temporary directory too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    ToolTest.tool = os.path.abspath(sys.argv.pop(1))
    program = unittest.main(exit=False, verbosity=0)
    result = program.result
    if result.testsRun == 0 or not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if len(result.skipped) == result.testsRun else 0)
