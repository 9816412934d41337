# SPDX-License-Identifier: LGPL-2.1-or-later
"""Text of Doxygen's XML as the man(7) macros print it. It knows nothing of the header, but
the words that are set in bold: names of errors, constants, capabilities and other pages.
"""
import re

# What stands out in a running text, beside what the header marks.
BOLD = re.compile(r"(?<![\w\\/-])(?:\\-E[A-Z0-9]{2,}|E[A-Z]+[0-9A-Z]+(?=\b)|CAP_[A-Z_]+|MF_[A-Z0-9_]+|"
                  r"MAP_[A-Z_]+|PROCMAP_QUERY|NT_FILE|O_[A-Z]+|F_SEAL_[A-Z_]*|SIG[A-Z]{3,})\b")
PAGE = re.compile(r"\b([a-z_0-9]+)\((\d[a-z]*)\)")


def escape(text):
    """Text that roff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = text.replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return text.encode("ascii", "xmlcharrefreplace").decode()


def bold(text):
    """A name that is never hyphenated."""
    return "\\%%\\fB%s\\fP" % text


def italic(text):
    return "\\fI%s\\fP" % text


def reference(text):
    """What the header links: a function, a field, a constant."""
    if text.endswith("()"):
        return bold(escape(text[:-2])) + "(3)"
    if "::" in text:
        return italic(escape(text.replace("::", ".")))
    return bold(escape(text))


def plain(text):
    """Running text, with what stands out in it."""
    text = escape(re.sub(r"\s+", " ", text))
    text = PAGE.sub(lambda m: bold(m.group(1)) + "(%s)" % m.group(2), text)
    return BOLD.sub(lambda m: bold(m.group(0)), text)


def inline(element, names=()):
    """A paragraph as one line of text. names: what is set in italics, the parameters."""
    out = [plain(element.text or "")]
    for child in element:
        text = "".join(child.itertext())
        if child.tag == "ref":
            out.append(reference(text))
        elif child.tag == "computeroutput":
            out.append(italic(escape(text)) if text in names else bold(escape(text)))
        elif child.tag in ("emphasis", "bold"):
            out.append(italic(inline(child)))
        elif child.tag == "linebreak":
            out.append(" ")
        else:
            out.append(inline(child, names))
        out.append(plain(child.tail or ""))
    return re.sub(r"  +", " ", "".join(out)).strip()


def line(text):
    """A line of text: one that begins like a request is none."""
    return "\\&" + text if text[:1] in (".", "'") else text


def sentences(text):
    """One sentence a line, as roff wants it to space them. After these abbreviations, none ends."""
    return "\n".join(line(s) for s in re.split(r"(?<=[a-z0-9)P\"]\.) (?=[A-Z\\])", text))


def tagged(term, text):
    return ".TP\n%s\n%s\n" % (line(term), sentences(text))


def cells(row, names):
    return [" ".join(inline(p, names) for p in entry.iter("para")) for entry in row.findall("entry")]


def table(element, names):
    """The first column names what the others tell of; each of these but the first has its title."""
    rows = [cells(row, names) for row in element.findall("row")]
    titles, out = rows[0], []
    for row in rows[1:]:
        text = capital(row[1]) + "."
        for title, cell in zip(titles[2:], row[2:]):
            text += "\n.br\n%s: %s." % (capital(title), cell)
        out.append(".TP\n%s\n%s\n" % (row[0], text))
    return "".join(out)


def capital(text):
    return text[:1].upper() + text[1:]


def listing(element):
    """A program, with its blanks and its lines as they are."""
    lines = []
    for code in element.findall("codeline"):
        text = ""
        for part in code.iter():
            if part.tag == "sp":
                text += " "
            elif part.tag != "codeline":
                text += part.text or ""
            if part is not code:
                text += part.tail or ""
        lines.append(line(escape(text.expandtabs(8).rstrip())))
    while lines and not lines[-1]:
        lines.pop()
    return ".in +4n\n.nf\n%s\n.fi\n.in\n" % "\n".join(lines)


def words(paras, names=()):
    """Paragraphs as one: of a field, a constant, an argument."""
    return " ".join(inline(p, names) for p in paras)


def block(para, names=()):
    """A paragraph with the tables and lists in it."""
    for child in para:
        if child.tag == "table":
            return table(child, names)
        if child.tag in ("itemizedlist", "orderedlist"):
            return "".join(".IP \\(bu 2\n%s\n" % sentences(inline(item, names)) for item in child)
    return ".PP\n%s\n" % sentences(inline(para, names))
