# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a picture of mapfiles draw says, read by an XML parser, and what is wrong with it:
compared with raw /proc/PID/maps, and as a browser measures its text. Nothing here reads
libmapfiles.
"""
import bisect
import json
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"

# What a browser makes of the text: every pair of labels that are on each other, and what is
# outside of the picture. Tooltips are no text of the picture.
MEASURE = r"""<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">%s<pre id="found"></pre><script>
const labels = [...document.querySelectorAll("text")].map(t => {
  const cut = t.ownerSVGElement.parentElement.closest("svg") ? t.ownerSVGElement : t;
  const a = t.getBoundingClientRect(), b = cut.getBoundingClientRect();
  const box = {text: t.textContent, left: a.left, right: a.right, top: a.top, bottom: a.bottom};
  if (cut !== t) {
    box.right = Math.min(a.right, b.right); box.top = Math.max(a.top, b.top);
    box.bottom = Math.min(a.bottom, b.bottom);
  }
  // The letters, without the room that a font keeps above and below them.
  const spare = (box.bottom - box.top) * 0.12;
  box.top += spare; box.bottom -= spare;
  return box;
});
const whole = document.querySelector("svg").getBoundingClientRect();
const found = [];
labels.forEach((a, i) => {
  if (a.left < 0 || a.right > whole.right || a.bottom > whole.bottom)
    found.push("outside: " + a.text);
  labels.slice(i + 1).forEach(b => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      found.push(a.text + " is on " + b.text);
  });
});
document.getElementById("found").textContent = JSON.stringify({n: labels.length, found});
</script>"""


def raw_maps(pid):
    """[(start, end, prot, offset, name)]"""
    found = []
    with open("/proc/%d/maps" % pid, "rb") as f:
        lines = f.read().split(b"\n")[:-1]
    for line in lines:
        span, prot, offset, _, inode, *name = line.split(b" ", 5)
        start, end = (int(n, 16) for n in span.split(b"-"))
        found.append((start, end, prot.decode(), int(offset, 16), name[0].lstrip() if name else b""))
    return found


def hue(name):
    """The class of what has that name in maps, where there is no doubt."""
    for pattern, found in ((rb"", "anon"), (rb"\[heap\]", "heap"), (rb"\[stack\]", "stack"),
                           (rb"\[(vdso|vvar|vvar_vclock|vsyscall)\]", "kernel"),
                           (rb"/memfd:.*", "memfd"), (rb"/SYSV.*|/dev/zero.*|/dev/shm/.*", "shm"),
                           (rb"/(?!dev/).*", "file")):
        if re.fullmatch(pattern, name, re.S):
            return found
    return None


class Picture:
    def __init__(self, text):
        self.text = text
        self.root = ElementTree.fromstring(text)
        self.n_mappings = int(self.root.get("data-mappings"))
        self.blocks = [Block(g) for g in self.root.iter(SVG + "g") if g.get("class") == "block"]
        self.pieces = [piece for block in self.blocks for piece in block.pieces]
        self.holes = [tuple(int(n, 16) for n in g.get("data-hole").split("-"))
                      for g in self.root.iter(SVG + "g") if g.get("data-hole")]
        self.words = ["".join(t.itertext()) for t in self.root.iter(SVG + "text")]
        self.desc = self.root.find(SVG + "desc").text
        self.title = self.root.find(SVG + "title").text

    def block_of(self, addr):
        (found,) = [b for b in self.blocks if any(p.start <= addr < p.end for p in b.pieces)]
        return found


class Block:
    def __init__(self, g):
        self.tooltip = g.find(SVG + "title").text
        self.pieces = [Piece(p) for p in g.findall(SVG + "g") if p.get("data-start")]
        self.words = ["".join(t.itertext()) for t in g.iter(SVG + "text")]
        self.bytes = sum(p.bytes for p in self.pieces)
        self.start, self.end = self.pieces[0].start, self.pieces[-1].end
        (outline,) = [r for r in g.findall(SVG + "rect") if "outline" in r.get("class")]
        self.y, self.height = float(outline.get("y")), float(outline.get("height"))
        self.x = float(outline.get("x"))


class Piece:
    def __init__(self, g):
        self.start, self.end = (int(g.get(key), 16) for key in ("data-start", "data-end"))
        self.n_mappings, self.bytes = (int(g.get(key)) for key in ("data-mappings", "data-bytes"))
        self.prot = g.get("data-prot")
        rects = g.findall(SVG + "rect")
        self.hue, self.shade = rects[0].get("class").split()
        self.width = float(rects[0].get("width"))
        self.word = "".join(t.text for t in g.findall(SVG + "text"))
        self.is_marked_shared = any(r.get("class") == "shared" for r in rects)


def accounts(picture, maps):
    """Each mapping is in one rectangle, and each rectangle has what it says."""
    seen, starts = 0, [m[0] for m in maps]
    for piece in picture.pieces:
        inside = maps[bisect.bisect_left(starts, piece.start):bisect.bisect_left(starts, piece.end)]
        prots, hues = {m[2] for m in inside}, {hue(m[4]) for m in inside} - {None}
        seen += len(inside)
        yield "end", all(m[1] <= piece.end for m in inside), True
        yield "mappings", piece.n_mappings, len(inside)
        yield "bytes", piece.bytes, sum(m[1] - m[0] for m in inside)
        yield "prot", piece.prot, prots.pop() if len(prots) == 1 else "several"
        yield "shared", piece.is_marked_shared, all(m[2][3] == "s" for m in inside)
        if hues:
            yield "hue", piece.hue, hues.pop() if len(hues) == 1 else "several"
    yield "all mappings", (picture.n_mappings, seen), (len(maps), len(maps))
    for block in picture.blocks:
        n = sum(piece.n_mappings for piece in block.pieces)
        yield "tooltip", "\n%d mapping" % n in "\n" + block.tooltip, True


def orders(picture):
    """By address: downwards, then in the next column. Holes are where nothing is."""
    holes = []
    for a, b in zip(picture.blocks, picture.blocks[1:]):
        yield "order", a.end <= b.start, True
        yield "place", b.x > a.x or b.y >= a.y + a.height, True
        if a.end < b.start:
            holes.append((a.end, b.start))
    yield "holes", picture.holes, holes


def sizes(picture):
    """The larger is never drawn smaller, and what is much larger is larger."""
    by_size = sorted(picture.blocks, key=lambda b: b.bytes)
    for a, b in zip(by_size, by_size[1:]):
        yield "height", a.height <= b.height, True
        yield "height", b.bytes < 2 * a.bytes or a.height < b.height, True
    for block in picture.blocks:
        for piece in block.pieces:
            yield "room for letters", piece.width >= 6.1 * len(piece.word), True
        by_size = sorted(block.pieces, key=lambda p: p.end - p.start)
        for a, b in zip(by_size, by_size[1:]):
            yield "width", a.width <= b.width + 0.11, True
            if b.end - b.start >= max(2 * (a.end - a.start), (block.end - block.start) / 8):
                yield "width", a.width < b.width, True


def rows(picture):
    """Lines of text in one column are as far from each other as letters are high."""
    columns = {}
    for g in picture.root.iter(SVG + "g"):
        if g.get("class") in ("block", "between"):
            text = g.find(SVG + "text")
            columns.setdefault(text.get("x"), []).append(float(text.get("y")))
    for ys in columns.values():
        for a, b in zip(ys, ys[1:]):
            yield "lines", b - a >= 12, True


def problems(picture, maps):
    """What is not as it should be, in words."""
    return ["%s: %r, not %r" % found for check in (accounts(picture, maps), orders(picture), sizes(picture),
                                                   rows(picture))
            for found in check if found[1] != found[2]]


def overlaps(picture, chromium):
    """Which labels are on each other, or outside of the picture, as that browser measures them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        page = os.path.join(home, "page.html")
        with open(page, "wb") as f:
            f.write(MEASURE.encode() % picture.text.partition(b"?>")[2])
        run = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--user-data-dir=" + home + "/profile", "--dump-dom", "file://" + page],
            capture_output=True, timeout=120, env={**os.environ, "HOME": home})
    found = re.search(rb'<pre id="found">(.+?)</pre>', run.stdout, re.S)
    if not found:
        return ["nothing was measured: %r" % run.stderr[-500:]]
    answer = json.loads(found.group(1).decode().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    if answer["n"] != len(picture.words):
        answer["found"].append("%d labels, not %d" % (answer["n"], len(picture.words)))
    return answer["found"]
