# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Doxygen's XML says of the public header: functions, structs and constants, each
with its comment. It knows nothing of man pages.
"""
import os
import re
import xml.etree.ElementTree as ET


class Incomplete(Exception):
    """A comment lacks what a page cannot do without."""


class Comment:
    """One comment, taken apart: what is in it stands in the order of the header."""

    def __init__(self, element):
        self.brief = element.find("briefdescription")
        self.body = []          # paragraphs and lists
        self.params = []        # (name, description)
        self.retvals = []       # (value, description)
        self.returns = []       # paragraphs
        self.notes = []
        self.examples = []      # program listings
        self.safety = None
        self.since = None
        for para in element.find("detaileddescription"):
            self.take(para)

    def take(self, para):
        """What Doxygen nests in a paragraph goes where it belongs; the rest stays a paragraph."""
        rest = ET.Element("para")
        rest.text = para.text
        for child in para:
            if child.tag == "parameterlist":
                self.take_list(child)
            elif child.tag == "simplesect":
                self.take_section(child)
            else:
                rest.append(child)
        if "".join(rest.itertext()).strip():
            self.body.append(rest)

    def take_list(self, element):
        into = {"param": self.params, "retval": self.retvals}[element.get("kind")]
        for item in element:
            name = item.find("parameternamelist/parametername")
            into.append(("".join(name.itertext()), item.find("parameterdescription")))

    def take_section(self, element):
        kind = element.get("kind")
        if kind == "par":
            kind = element.findtext("title").lower()
        paras = element.findall("para")
        if kind == "return":
            self.returns += paras
        elif kind == "note":
            self.notes += paras
        elif kind == "example":
            self.examples += element.iter("programlisting")
        elif kind == "safety":
            self.safety = paras[0]
        elif kind == "since":
            self.since = "".join(paras[0].itertext()).strip()
        else:
            raise Incomplete("a section that no page has: " + kind)


    def paragraphs(self):
        """All of it but what has a section of its own."""
        return ([self.brief] if "".join(self.brief.itertext()).strip() else []) + self.body


class Entity:
    """A function, struct or constant."""

    def __init__(self, element, group):
        self.element = element
        self.name = element.findtext("name") or element.findtext("compoundname")
        self.group = group
        self.comment = Comment(element)

    def text(self):
        """All its words, its members' too."""
        return " ".join("".join(e.itertext()) for e in self.element.iter()
                        if e.tag in ("briefdescription", "detaileddescription"))


class Function(Entity):
    def __init__(self, element, group):
        super().__init__(element, group)
        self.type = "".join(element.find("type").itertext()).replace("MF_API", "").strip()
        self.params = [("".join(p.find("type").itertext()), p.findtext("declname"))
                       for p in element.findall("param") if p.find("declname") is not None]
        for what in ("safety", "since"):
            if getattr(self.comment, what) is None:
                raise Incomplete("%s() has no @%s" % (self.name, what))


class Struct(Entity):
    def __init__(self, element, group):
        super().__init__(element, group)
        self.fields = [(("".join(m.find("type").itertext())), m.findtext("name"), Comment(m))
                       for m in element.iter("memberdef")]
        if self.comment.since is None:
            raise Incomplete("struct %s has no @since" % self.name)


class Constant(Entity):
    def __init__(self, element, group):
        super().__init__(element, group)
        self.value = element.findtext("initializer") or ""


class Typedef(Entity):
    def __init__(self, element, group):
        super().__init__(element, group)
        kind = "".join(element.find("type").itertext()).replace("(*", " (*")
        self.definition = "typedef %s%s%s;" % (kind, self.name, element.findtext("argsstring"))


class Group:
    """A @defgroup: its comment, and what is in it in the order of the header."""

    def __init__(self, directory, refid):
        compound = ET.parse(os.path.join(directory, refid + ".xml")).find("compounddef")
        self.name = compound.findtext("compoundname")
        self.title = compound.findtext("title")
        self.comment = Comment(compound)
        self.functions = [Function(m, self) for m in members(compound, "function")]
        self.constants = [Constant(m, self) for m in members(compound, "define")]
        self.typedefs = [Typedef(m, self) for m in members(compound, "typedef")]
        self.structs = []
        for inner in compound.findall("innerclass"):
            path = os.path.join(directory, inner.get("refid") + ".xml")
            self.structs.append(Struct(ET.parse(path).find("compounddef"), self))


def members(compound, kind):
    return [m for m in compound.iter("memberdef") if m.get("kind") == kind]


class Header:
    def __init__(self, directory, path):
        """directory: Doxygen's XML; path: the header, for the order of what is in it."""
        with open(path) as f:
            source = f.read()
        self.groups = [Group(directory, "group__" + name)
                       for name in re.findall(r"@defgroup (\w+)", source)]
        self.functions = [f for g in self.groups for f in g.functions]
        self.structs = [s for g in self.groups for s in g.structs]
        self.constants = [c for g in self.groups for c in g.constants]

    def families(self, text):
        """The constants that a text speaks of as a family: "MF_OPEN_ bits"."""
        wanted = dict.fromkeys(re.findall(r"\bMF_[A-Z_]+_(?= |\)|,|;|:|\.|$)", text))
        return [(prefix, found) for prefix in wanted
                for found in [self.family(prefix)] if found]

    def family(self, prefix):
        """Bits or numbers, as the first is; MF_MODULE_HAS_ELF is not of the family MF_MODULE_."""
        found = [c for c in self.constants
                 if c.name.startswith(prefix) and not c.name.startswith(prefix + "HAS_")]
        return [c for c in found if c.value.startswith("0x") == found[0].value.startswith("0x")]
