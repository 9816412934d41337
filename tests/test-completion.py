#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What --help of each command of mapfiles prints, and what the manual and the completions
of bash and zsh say: the same options, no more and no fewer. The shells are real ones, in a
terminal, and what they would offer is read from them.
"""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TESTS = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(TESTS, "support"))
from tooltest import ToolTest, main, read

SOURCES = os.path.join(os.path.dirname(TESTS), "examples/mapfiles")
MANUAL = os.path.join(SOURCES, "mapfiles.1")
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
# What a shell would wait for at most; nothing is measured by it.
PATIENCE = 30

# What is offered is written down where a test can read it.
BASHRC = r"""
. %s
PS1= PS2=
bind 'set enable-bracketed-paste off'
_completion_loader mapfiles
offered() {
	_mapfiles "$@"
	printf '%%s\n' "${COMPREPLY[@]}" >offered.new
	mv offered.new offered
	COMPREPLY=()
}
complete -F offered mapfiles
echo ready
"""
ZSHRC = r"""
PROMPT= LISTMAX=100000
fpath=(%s $fpath)
autoload -Uz compinit
compinit -u -D
bindkey '^I' complete-word
unsetopt auto_list auto_menu beep
zstyle ':completion:*' insert-tab false
compadd() {
  local -a hits
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    builtin compadd -A hits "$@"
    print -rl -- ${(Q)hits} >>offered.new
  fi
  builtin compadd "$@"
}
ended() {
  comppostfuncs=(ended)
  : >>offered.new
  mv offered.new offered
}
comppostfuncs=(ended)
print ready
"""


class Option:
    def __init__(self, line, is_common):
        short, self.long, self.is_optional, self.argument = re.match(
            r" {2,6}(?:(-.), )?(--[a-z-]+)(\[?)(?:=([A-Z]+))?", line).groups()
        self.names = {self.long} | ({short} if short else set())
        self.is_common = is_common


class CompletionTest(ToolTest):
    def help(self, *command):
        result = self.run_tool(*command, "--help", env={"ARGP_HELP_FMT": "rmargin=300"})
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout.decode()

    def commands(self):
        found = re.findall(r"^  ([a-z]+) {2,}", self.help().split("\n\n")[1], re.M)
        self.assertIn("ls", found)
        return found

    def options(self, command):
        """By their long names. Those behind "Output:" are described once for all commands."""
        found, is_common = {}, False
        for line in self.help(command).split("\n"):
            is_common = is_common or line == " Output:"
            if re.match(" {2,6}(-., )?--[a-z]", line):
                option = Option(line, is_common)
                found[option.long] = option
        self.assertIn("--help", found)
        return found


class Manual(CompletionTest):
    """Which options are in which section of the manual, from its source."""

    def tags(self, line):
        words = line.split()[1:]
        for before, word in zip([""] + words, words):
            if before in ("Fl", ",") and word not in ("Fl", "Ar", "Ns"):
                yield "-" + word.replace("\\&", "")

    def sections(self):
        found, name = {}, None
        for line in read(MANUAL).decode().split("\n"):
            if line.startswith((".Ss ", ".Sh ")):
                name = " ".join(line.split()[1:])
                name = name.split()[1] if name.startswith("Cm ") else name
                found[name] = set()
            elif line.startswith(".It Fl"):
                found[name] |= set(self.tags(line))
        return found

    def test_each_command_has_its_options_and_no_others(self):
        sections = self.sections()
        common = sections.pop("Options of all commands")
        listing = sections.pop("Options of all commands that list")
        seen = set()
        for command in self.commands():
            options = self.options(command)
            own = set().union(*(o.names for o in options.values() if not o.is_common), set())
            others = set().union(*(o.names for o in options.values() if o.is_common), set())
            self.assertEqual(sections.pop(command), own - common, command)
            self.assertLessEqual(others, listing | common, command)
            seen |= others | own
        self.assertLessEqual(common | listing, seen)
        self.assertEqual([name for name, tags in sections.items() if tags], [])

    def test_the_arguments_are_those_of_help(self):
        text = read(MANUAL).decode()
        for command in self.commands():
            usage = self.help(command).split("\n")[0].partition("[OPTION...] ")[2]
            (line,) = re.findall(r"^\.Ss Cm %s (.*)$" % command, text, re.M)
            line = line.replace("Oo Ar option ... Oc ", "")
            line = re.sub(r"Op Ar (.*)$", r"[\1]", line).replace("Ar ", "").replace(" ...", "...")
            self.assertEqual(line, usage)

    def test_lint(self):
        self.assertEqual(read(MANUAL).count(b"\t"), 0)
        for tool, command in (("mandoc", ["mandoc", "-T", "lint", "-W", "warning", MANUAL]),
                              ("man", ["man", "--warnings", "-E", "UTF-8", "-l", "-T", "utf8", "-Z", MANUAL])):
            if not shutil.which(tool):
                self.skip("no " + tool)
            result = subprocess.run(command, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"},
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if tool == "mandoc":
                self.assertEqual(result.stdout, b"")
            else:
                self.assertNotIn(b"warning", result.stdout)
            self.assertEqual(result.returncode, 0, result.stdout)


class Shells:
    """What both shells must offer. A line is typed, and completed at its end."""

    terminal = None

    def start(self):
        """The shell, in a terminal, where the tool is in the path."""
        argv, env = self.shell()
        os.mkdir(self.path("bin"))
        os.symlink(self.tool, self.path("bin/mapfiles"))
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.environ.update(env, LC_ALL="C.UTF-8", TERM="dumb", HOME=self.dir,
                              PATH=self.path("bin") + ":" + os.environ["PATH"])
            os.chdir(self.dir)
            os.execvp(argv[0], argv)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.close, self.terminal)
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        self.read_until(lambda said: b"ready" in said)

    def read_until(self, condition):
        """What the terminal shows, until that is so."""
        said, deadline = b"", time.monotonic() + PATIENCE
        while not condition(said):
            self.assertLess(time.monotonic(), deadline, said)
            if select.select([self.terminal], [], [], 0.01)[0]:
                said += os.read(self.terminal, 65536)

    def offered(self, line):
        """What is offered behind that line: typed, with a tab at its end, on an empty line."""
        if self.terminal is None:
            self.start()
        offered = self.path("offered")
        if os.path.exists(offered):
            os.unlink(offered)
        os.write(self.terminal, b"\x15" + line.encode() + b"\t")
        self.read_until(lambda said: os.path.exists(offered))
        return {word.rstrip("= ") for word in read(offered).decode().split("\n")} - {""}

    def test_commands(self):
        self.assertLessEqual(set(self.commands()) | {"help", "--help", "--version"},
                             self.offered("mapfiles ") | self.offered("mapfiles -"))
        self.assertEqual(self.offered("mapfiles expl"), {"explain"})
        self.assertEqual(self.offered("mapfiles help expl"), {"explain"})

    def test_each_option_of_each_command_and_no_other(self):
        for command in self.commands():
            options = self.options(command)
            offered = self.offered("mapfiles %s --" % command)
            self.assertEqual({word for word in offered if word.startswith("--")}, set(options), command)

    def test_short_options(self):
        names = set().union(*(o.names for o in self.options("ls").values()))
        self.assertEqual({w for w in self.offered("mapfiles ls -") if w[0] == "-"}, names)

    def test_columns(self):
        columns = re.findall(r"^ [ *]([A-Z_]+) ", self.help("ls").partition("\nColumns,")[2], re.M)
        self.assertIn("RANGE", columns)
        self.assertEqual(self.offered("mapfiles ls -o "), {name.lower() for name in columns})
        self.assertEqual({w.rpartition(",")[2] for w in self.offered("mapfiles ls --columns=pid,ran")}, {"range"})
        self.assertEqual({w.lstrip("+") for w in self.offered("mapfiles ls -o +RAN")}, {"RANGE"})

    def test_fixed_arguments(self):
        self.assertEqual(self.offered("mapfiles ls --color="), {"auto", "always", "never"})
        self.assertEqual(self.offered("mapfiles ls --source ma"), {"maps", "map_files"})

    def test_processes_by_number_and_name(self):
        pid = self.sleeper()
        self.assertIn(str(pid), self.offered("mapfiles explain %d" % pid))
        self.assertIn("sleep", self.offered("mapfiles explain slee"))
        self.assertIn("sleep", self.offered("mapfiles explain 1 slee"))

    def test_addresses_are_those_of_the_process(self):
        pid = self.sleeper()
        ranges = {line.split()[0] for line in read("/proc/%d/maps" % pid).decode().split("\n")[:-1]}
        begin = min(ranges)[:4]
        self.assertEqual(self.offered("mapfiles find %d %s" % (pid, begin)),
                         {r for r in ranges if r.startswith(begin)})
        self.assertEqual(self.offered("mapfiles find --proc-root /proc %d %s" % (pid, begin)),
                         {r for r in ranges if r.startswith(begin)})

    def test_files(self):
        self.file("core.of.it")
        os.mkdir(self.path("core.directory"))
        self.assertLessEqual({"core.of.it"}, self.offered("mapfiles draw --core core."))
        self.assertLessEqual({"core.of.it"}, self.offered("mapfiles draw -o core."))
        self.assertLessEqual({"core.of.it"}, self.offered("mapfiles who core."))
        self.assertEqual({w.rstrip("/") for w in self.offered("mapfiles draw --proc-root core.")}, {"core.directory"})

    def test_commands_to_execute(self):
        self.assertIn("sha256sum", self.offered("mapfiles open 1 2 --exec sha256su"))


class Bash(Shells, CompletionTest):
    def shell(self):
        if not os.path.exists(BASH_COMPLETION):
            self.skip("no bash-completion")
        directory = self.path("share/bash-completion/completions")
        os.makedirs(directory)
        shutil.copy(os.path.join(SOURCES, "completion/mapfiles.bash"), directory + "/mapfiles")
        with open(self.path("bashrc"), "w") as f:
            f.write(BASHRC % BASH_COMPLETION)
        return ["bash", "--rcfile", self.path("bashrc"), "-i"], {"XDG_DATA_DIRS": self.path("share")}


class Zsh(Shells, CompletionTest):
    def shell(self):
        if not shutil.which("zsh"):
            self.skip("no zsh")
        with open(self.path(".zshrc"), "w") as f:
            f.write(ZSHRC % os.path.join(SOURCES, "completion"))
        return ["zsh", "-d", "-i"], {"ZDOTDIR": self.dir}


if __name__ == "__main__":
    main()
