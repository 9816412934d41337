#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the documentation shows is true: C stands in an example that is built and tested, what is
typed prints what is shown, links between files lead somewhere, and each error has its remedy.
"""
import glob
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import ToolTest, main, read

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What a page may say beside the header: errors that are passed through.
PASSED_THROUGH = {"EROFS", "ENOSYS"}


def text_of(*path):
    return read(os.path.join(TOP, *path)).decode()


def flat(code):
    """Its lines without indentation and blank ones."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())


def fenced(page):
    return re.findall(r"^```(\S*)\n(.*?)^```$", page, re.M | re.S)


def indented(page):
    """Blocks of code by indentation, behind an empty line; not the lines of a list."""
    outside = re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S)
    return re.findall(r"^\n((?:(?:    |\t)[^\n]*\n)+)", outside, re.M)


class Examples:
    """What is built, what is tested, and the sources."""

    def __init__(self):
        self.sources = {os.path.relpath(path, os.path.join(TOP, "examples")): read(path).decode()
                        for path in glob.glob(os.path.join(TOP, "examples/**/*.c"), recursive=True)}
        self.built = text_of("examples/CMakeLists.txt")
        self.tested = set(re.findall(r"mapfiles_tool_test\(\S+ (\S+)\)", text_of("tests/CMakeLists.txt")))
        self.tested |= set(re.findall(r'"([a-z-]+)"', text_of("tests/test-examples.py")))

    def fault_of_code(self, code):
        if not any(flat(code) in flat(source) for source in self.sources.values()):
            return "C that is in no example: " + code.strip().splitlines()[0]

    def fault_of_snippet(self, path, name):
        program = path.split("/")[0].replace(".c", "")
        if self.sources.get(path, "").count("//! [%s]\n" % name) != 2:
            return "no snippet %s in %s" % (name, path)
        if not re.search(r"(mapfiles_example|add_executable)\(%s\b" % re.escape(program), self.built):
            return path + " is not built"
        # The tool's target is not named as its directory: that name is the library's.
        if not {program, program + "-tool"} & self.tested:
            return path + " is not tested"


def looks_like_c(code):
    return re.search(r"\);\n|^\s*[{}]\n", code, re.M)


def faults_of_page(examples, consumer, page):
    """C and CMake that is shown and not backed by anything."""
    faults = [examples.fault_of_snippet(*s) for s in re.findall(r"@snippet (\S+) (\S+)", page)]
    for language, code in fenced(page) + [("", code) for code in indented(page)]:
        if language == "cmake":
            faults.append(None if flat(code) in flat(consumer) else "CMake that no test runs")
        elif language == "c" or looks_like_c(code):
            faults.append(examples.fault_of_code(code))
    return [fault for fault in faults if fault]


def calls_of_tools(page):
    """(language, words) of each line that calls something: in blocks of sh, and indented."""
    for language, code in fenced(page) + [("", code) for code in indented(page)]:
        if language in ("", "sh"):
            for line in code.splitlines():
                # Behind the command stands what it does, or another command.
                words = re.split(r"\s{3,}|#|\|", line.strip())[0].split()
                if words:
                    yield language, words[1:] if words[0] == "sudo" else words


def dead_links(path, page):
    """Relative links to no file."""
    targets = re.findall(r"\]\(([^)#\s]+)", page)
    return [t for t in targets if not t.startswith(("http", "@ref")) and
            not os.path.exists(os.path.join(TOP, os.path.dirname(path), t))]


def as_pattern(shown):
    """"..." alone is any lines, within a line any text."""
    lines = [r"(?:.*\n)*" if line == "..." else re.escape(line).replace(re.escape("..."), ".*") + r"\n"
             for line in shown.splitlines()]
    return re.compile("".join(lines))


def commands(block):
    """(command, what it prints)"""
    return re.findall(r"^\$ ([^\n]*)\n((?:(?!\$ )[^\n]*\n)*)", block, re.M)


class Docs(ToolTest):
    """ToolTest.tool is one of the examples; the others are beside it."""

    def pages(self):
        names = [os.path.relpath(path, TOP) for path in glob.glob(os.path.join(TOP, "docs/*.md"))]
        self.assertGreater(len(names), 10)
        return {name: text_of(name) for name in names}

    def test_what_is_shown_stands_in_an_example_that_is_tested(self):
        examples, consumer = Examples(), text_of("tests/consumer/CMakeLists.txt")
        n_snippets = 0
        for name, page in {**self.pages(), "mapfiles.h": text_of("include/mapfiles.h")}.items():
            n_snippets += page.count("@snippet ")
            with self.subTest(name):
                # The header has no Markdown blocks.
                snippets = "\n".join(re.findall(r"@snippet [^\n]*", page))
                self.assertEqual(faults_of_page(examples, consumer,
                                                snippets if name == "mapfiles.h" else page), [])
        self.assertGreater(n_snippets, 20)

    def test_what_is_not_backed_is_noticed(self):
        examples, consumer = Examples(), text_of("tests/consumer/CMakeLists.txt")
        for page in ("```c\nint nowhere;\n```\n", "```\nmf_next(nowhere);\n```\n",
                     "```cmake\nproject(nowhere)\n```\n", "@snippet list.c nowhere\n",
                     "@snippet nowhere.c list\n", "So:\n\n    mf_next(nowhere);\n\n"):
            with self.subTest(page):
                self.assertEqual(len(faults_of_page(examples, consumer, page)), 1)
        examples.tested.remove("list")
        self.assertEqual(faults_of_page(examples, consumer, "@snippet list.c list\n"),
                         ["list.c is not tested"])
        examples.built = ""
        self.assertEqual(faults_of_page(examples, consumer, "@snippet list.c list\n"),
                         ["list.c is not built"])

    def help_of(self, words):
        """What the tool prints of itself, and of its subcommand; None if it is not one of ours."""
        tool = os.path.join(os.path.dirname(ToolTest.tool), words[0])
        if not os.path.isfile(tool):
            return None
        subcommand = words[1:2] if re.fullmatch("[a-z]+", " ".join(words[1:2])) else []
        return "".join(subprocess.run([tool, *which, "--help"], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL).stdout.decode()
                       for which in ([], subcommand))

    def fault_of_call(self, language, words):
        text = self.help_of(words)
        if text is None:
            return "%s is no tool of this project" % words[0] if language == "sh" else None
        unknown = [word for word in words if re.match("--[a-z]", word) and
                   not re.search(re.escape(word.split("=")[0]) + r"\b", text)]
        return "%s knows no %s" % (words[0], unknown[0]) if unknown else None

    def faults_of_calls(self, page):
        faults = [self.fault_of_call(*call) for call in calls_of_tools(page)]
        return [fault for fault in faults if fault]

    def test_options_that_are_shown_are_known_to_the_tools(self):
        calls = [words for page in self.pages().values() for _, words in calls_of_tools(page)
                 if self.help_of(words)]
        self.assertGreater(len(calls), 3)
        for name, page in self.pages().items():
            self.assertEqual(self.faults_of_calls(page), [], name)

    def test_an_option_that_is_none_is_noticed(self):
        tool = os.path.basename(ToolTest.tool)
        for page in ("```sh\nls -l\n```\n", "```sh\nsudo %s --nowhere PID\n```\n" % tool,
                     "So:\n\n    sudo %s --nowhere    what it does\n\n" % tool):
            with self.subTest(page):
                self.assertEqual(len(self.faults_of_calls(page)), 1)

    def run_typed(self, command):
        """In a directory that looks like the repository, built as the pages say."""
        release = self.path("build/release")
        if not os.path.exists(release):
            os.makedirs(release)
            os.symlink(os.path.dirname(ToolTest.tool), os.path.join(release, "examples"))
        script = self.file("typed", command.encode() + b"\n")
        result = subprocess.run(["bash", script], cwd=self.dir, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=60,
                                env={**os.environ, "LC_ALL": "C.UTF-8"})
        return result.stdout.decode()

    def test_what_is_typed_prints_what_is_shown(self):
        n_typed = 0
        for name, page in self.pages().items():
            for language, block in fenced(page):
                for command, shown in commands(block) if language == "console" else ():
                    n_typed += 1
                    with self.subTest((name, command)):
                        self.assertRegex(self.run_typed(command),
                                         re.compile(r"\A" + as_pattern(shown).pattern + r"\Z"))
        self.assertGreater(n_typed, 2)

    def test_another_output_is_noticed(self):
        self.assertEqual(commands("$ echo a\na\n$ true\n"), [("echo a", "a\n"), ("true", "")])
        self.assertRegex("x\ny\nz 1 w\n", as_pattern("...\nz ... w\n"))
        for shown in ("a\n", "...\na ...\n", "y\n..."):
            self.assertIsNone(as_pattern(shown).fullmatch("x\ny\n"))

    def test_links_between_files_lead_somewhere(self):
        pages = {**self.pages(), **{name: text_of(name)
                                    for name in ("README.md", "CONTRIBUTING.md", "NEWS.md")}}
        for name, page in pages.items():
            self.assertEqual(dead_links(name, page), [], name)
        self.assertEqual(dead_links("docs/x.md", "[a](nowhere.md) [b](design.md)"), ["nowhere.md"])

    def test_each_error_of_the_header_has_its_remedy(self):
        error = re.compile(r"(?<=-)E[A-Z0-9]{2,}\b")
        header = text_of("include/mapfiles.h")
        rows = re.findall(r"^ \* \| (`-E[^|]*) \|[^|\n]+\|[^|\n]{5,}\|$", header, re.M)
        explained = set(error.findall(" ".join(rows)))
        self.assertGreater(len(explained), 15)
        self.assertEqual(set(error.findall(header)) - PASSED_THROUGH, explained)
        self.assertIn("@copydetails errors\n", text_of("docs/errors.md"))

    def test_each_reason_of_a_refusal_has_what_to_grant(self):
        reasons = set(re.findall(r"^#define (MF_WHY_\w+)", text_of("include/mapfiles.h"), re.M))
        rows = set(re.findall(r"^\| #(MF_WHY_\w+)", text_of("docs/errors.md"), re.M))
        self.assertEqual(reasons - {"MF_WHY_ALLOWED"}, rows)


if __name__ == "__main__":
    main()
