#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Man pages from the comments of the public header: one for each function and struct, and
mapfiles(3), which leads to them.
usage: make.py XML-DIRECTORY HEADER VERSION OUTPUT-DIRECTORY
"""
import datetime
import os
import re
import sys

sys.dont_write_bytecode = True
import roff
from header import Header, Incomplete

LIBRARY = ".SH LIBRARY\nMapped files library (\\fIlibmapfiles\\fP,\\~\\fI\\-lmapfiles\\fP)\n"
INCLUDE = ".nf\n.B #include <mapfiles.h>\n"
STRUCT_SECTION = "3type"    # as Linux' own pages: some structs have the name of a function


def date():
    """Of the sources if it is told, so that a build can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    when = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc) if epoch else \
        datetime.datetime.now(datetime.timezone.utc)
    return when.strftime("%Y-%m-%d")


def title(name, section, version):
    return '.\\" From the comments of mapfiles.h: mend those.\n.TH %s %s %s "libmapfiles %s"\n' % (
        name, section, date(), version)


def brief(entity):
    text = roff.inline(entity.comment.brief).rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def name_section(entity):
    return ".SH NAME\n%s \\- %s\n" % (roff.escape(entity.name), brief(entity))


def prototype(function):
    """Declaration with the arguments in italics, broken after commas where it is long."""
    params = [(t if t.endswith("*") else t + " ", n) for t, n in function.params]
    head = "%s%s(" % (function.type + ("" if function.type.endswith("*") else " "), function.name)
    out, width = '.BI "%s' % roff.escape(head), len(head)
    for i, (kind, name) in enumerate(params):
        text = kind + name + (", " if i < len(params) - 1 else ");")
        if width + len(text) > 76:
            out += '"\n.BI "' + " " * 4
            width = 4
        out += '%s" %s "%s' % (roff.escape(kind), name, ", " if i < len(params) - 1 else ");")
        width += len(text)
    return out + ('void);"' if not params else '"') + "\n"


def declaration(struct):
    """The struct as C declares it."""
    lines = ["struct %s {" % struct.name]
    for kind, name, _ in struct.fields:
        lines.append("    %s%s;" % (kind if kind.endswith("*") else kind + " ", name))
    return ".nf\n" + "".join(".B \"%s\"\n" % roff.escape(l) for l in lines + ["};"]) + ".fi\n"


def fields(struct):
    out = "".join(roff.tagged(roff.italic(roff.escape(name)), roff.words(comment.paragraphs()))
                  for _, name, comment in struct.fields)
    kinds = [kind for kind, _, _ in struct.fields]
    return out + "".join(callback(t) for t in struct.group.typedefs if t.name in kinds)


def callback(typedef):
    """What the caller's function is given, and what it returns."""
    names = [n for n, _ in typedef.comment.params]
    out = ".PP\n.B %s\n.PP\n" % roff.escape(typedef.definition)
    out += roff.words(typedef.comment.paragraphs(), names) + "\n"
    for name, text in typedef.comment.params:
        out += roff.tagged(roff.italic(roff.escape(name)), roff.inline(text, names))
    return out + ".PP\nIt returns: %s\n" % roff.words(typedef.comment.returns, names)


def constants(header, text):
    out = ""
    for prefix, found in header.families(text):
        out += ".SS %s\n" % roff.escape(prefix + "*")
        for c in found:
            term = "%s (%s)" % (roff.bold(roff.escape(c.name)), roff.escape(c.value))
            out += roff.tagged(term, roff.words(c.comment.paragraphs()))
    return ".SH CONSTANTS\n" + out if out else ""


def description(entity):
    names = [n for n, _ in entity.comment.params]
    out = ".SH DESCRIPTION\n%s\n" % roff.sentences(roff.inline(entity.comment.brief))
    out += "".join(roff.block(p, names) for p in entity.comment.body)
    if names:
        out += ".PP\nIts arguments are:\n"
    for name, text in entity.comment.params:
        out += roff.tagged(roff.italic(roff.escape(name)), roff.inline(text, names))
    return out


def options_of(header, function):
    """The struct of options that names this function as its own."""
    return [s for s in header.structs
            if "Options of %s()" % function.name in "".join(s.comment.brief.itertext())]


def is_error(value):
    return value.startswith("-E")


def return_section(function):
    """What is no error, as whole sentences."""
    names = [n for n, _ in function.comment.params]
    values = [(v, t) for v, t in function.comment.retvals if not is_error(v)]
    text = [p for p in map(lambda p: roff.inline(p, names), function.comment.returns)
            if not p.startswith("Else ")]
    if function.type == "void":
        return ".SH RETURN VALUE\nNone.\n"
    out = ".SH RETURN VALUE\n" + "".join(roff.sentences(re.sub(r"[;,.]? [Oo]r a negative errno:$", ".", t)) + "\n"
                                         for t in text)
    out += "".join(roff.tagged(roff.bold(roff.escape(v)), roff.inline(t, names)) for v, t in values)
    if any(is_error(v) for v, _ in function.comment.retvals):
        out += ".PP\nOn failure the negative of one of the errors below is returned"
        # What an array holds after an error its own description tells.
        if any(name.startswith("ret_") for name in names):
            out += ", and nothing is changed through a pointer"
        out += ".\n.I errno\nis not used.\n"
    return out


def errors_section(function):
    names = [n for n, _ in function.comment.params]
    out = "".join(roff.tagged(roff.bold(roff.escape(v)), roff.inline(t, names))
                  for v, t in function.comment.retvals if is_error(v))
    for para in function.comment.returns:
        if "".join(para.itertext()).startswith("Else "):
            out += ".PP\n%s\n" % roff.inline(para, names)
    return ".SH ERRORS\n" + out if out else ""


def attributes_section(function):
    threads, signals = roff.inline(function.comment.safety).split(". ", 1)
    return ".SH ATTRIBUTES\n" + roff.tagged("Thread safety", threads + ".") + \
        roff.tagged("Signal safety", signals)


def versions_section(entity):
    return ".SH VERSIONS\nSince libmapfiles %s.\n" % roff.escape(entity.comment.since)


def notes_section(entity):
    return ".SH NOTES\n" + "".join(".PP\n" * (i > 0) + roff.sentences(roff.inline(p)) + "\n"
                                   for i, p in enumerate(entity.comment.notes)) \
        if entity.comment.notes else ""


def examples_section(entity):
    if not entity.comment.examples:
        return ""
    return ".SH EXAMPLES\n" + ".PP\n".join(roff.listing(e) for e in entity.comment.examples)


def see_also(header, entity):
    """The others of its group and what it speaks of."""
    text = entity.text()
    pages = {(f.name, "3") for f in header.functions
             if f.group is entity.group or f.name + "()" in text}
    pages |= {(s.name, STRUCT_SECTION) for s in header.structs if mentions(entity, s.name)}
    pages |= {(f.name, "3") for f in header.functions if mentions(f, entity.name)}
    pages |= {m for m in roff.PAGE.findall(text) if m[1] != "3"} | {("mapfiles", "3")}
    pages -= {(entity.name, section_of(entity))}
    ordered = sorted(pages, key=lambda p: (not p[0].startswith(("mf_", "mapfiles")), p[1], p[0]))
    return ".SH SEE ALSO\n" + ",\n".join(".BR \\%%%s (%s)" % p for p in ordered) + "\n"


def mentions(entity, struct):
    if hasattr(entity, "params"):
        return any(re.search(r"\b%s\b" % struct, t) for t, _ in entity.params)
    return any(re.search(r"\bstruct %s\b" % struct, t) for t, _, _ in entity.fields)


def section_of(entity):
    return "3" if hasattr(entity, "params") else STRUCT_SECTION


def function_page(header, function, version):
    options = options_of(header, function)
    synopsis = ".SH SYNOPSIS\n" + INCLUDE + ".PP\n" + prototype(function) + ".fi\n"
    # What the arguments take comes first, then what else is spoken of.
    words = "\n".join("".join(text.itertext()) for _, text in function.comment.params)
    words = "\n".join([words] + [s.text() for s in options] + [function.text()])
    out = title(function.name, "3", version) + name_section(function) + LIBRARY + synopsis
    out += description(function)
    for struct in options:
        out += ".SS Options\n" + declaration(struct) + fields(struct)
    out += constants(header, words) + return_section(function) + errors_section(function)
    out += attributes_section(function) + versions_section(function) + notes_section(function)
    return out + examples_section(function) + see_also(header, function)


def struct_page(header, struct, version):
    out = title(struct.name, STRUCT_SECTION, version) + name_section(struct) + LIBRARY
    out += ".SH SYNOPSIS\n" + INCLUDE + ".fi\n.PP\n" + declaration(struct)
    out += description(struct) + ".PP\nIts fields are:\n" + fields(struct)
    out += constants(header, struct.text()) + versions_section(struct)
    return out + see_also(header, struct)


def overview(header, version):
    out = title("mapfiles", "3", version)
    out += ".SH NAME\nmapfiles \\- what a Linux process has mapped, and the objects behind it\n"
    out += LIBRARY + ".SH SYNOPSIS\n" + INCLUDE + ".fi\n.PP\n.B cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs libmapfiles)\n"
    out += ".SH DESCRIPTION\n" + OVERVIEW
    errors = ""
    for group in sorted(header.groups, key=lambda g: g.name in ("errors", "version")):
        if group.name == "errors":
            errors = "".join(roff.block(p) for p in group.comment.paragraphs())
        out += ".SS %s\n" % roff.escape(group.title)
        if group.name != "errors":
            out += "".join(roff.block(p) for p in group.comment.paragraphs())
        for f in group.functions:
            out += roff.tagged(roff.bold(roff.escape(f.name)) + "(3)", roff.inline(f.comment.brief))
        for s in group.structs:
            out += roff.tagged("%s(%s)" % (roff.bold(roff.escape(s.name)), STRUCT_SECTION),
                               roff.inline(s.comment.brief))
    out += ".SH ERRORS\n" + errors
    examples = [e for f in header.functions if f.name == "mf_iter_open" for e in f.comment.examples]
    out += ".SH EXAMPLES\n" + "".join(roff.listing(e) for e in examples) if examples else ""
    return out + ".SH SEE ALSO\n" + ",\n".join(
        ".BR \\%%%s (%s)" % p for p in (("ioctl", "2"), ("mmap", "2"), ("proc", "5"), ("capabilities", "7"))) + "\n"


OVERVIEW = r"""libmapfiles lists what a process has mapped and opens the very objects that are mapped:
files that were deleted or replaced, memfds, SysV and anonymous shared memory too.
It reads
.IR /proc/ pid /map_files ,
asks the
.B PROCMAP_QUERY
ioctl, or parses
.IR /proc/ pid /maps ,
whichever the kernel and the caller's rights allow, and gives the same records from each.
"""


def write(directory, name, text):
    # What follows a heading begins a paragraph anyway.
    text = re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", text, flags=re.M)
    with open(os.path.join(directory, name), "w") as f:
        f.write(text)


def main():
    if len(sys.argv) != 5:
        print(__doc__.strip().splitlines()[-1], file=sys.stderr)
        return 2
    xml, source, version, directory = sys.argv[1:]
    header = Header(xml, source)
    os.makedirs(directory, exist_ok=True)
    write(directory, "mapfiles.3", overview(header, version))
    for function in header.functions:
        write(directory, function.name + ".3", function_page(header, function, version))
    for struct in header.structs:
        write(directory, "%s.%s" % (struct.name, STRUCT_SECTION), struct_page(header, struct, version))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Incomplete as error:
        sys.exit("make.py: %s" % error)
