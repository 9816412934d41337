# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who maps what, read from raw /proc: the truth that the tools are compared with. Needs
root, to follow the links of map_files. Nothing here reads libmapfiles.
"""
import ctypes
import os

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def raw_users(pid):
    """[(identity, (pid, start, end, offset, prot), stat)] of each mapped object."""
    found = []
    with open("/proc/%d/maps" % pid, "rb") as f:
        lines = f.read().split(b"\n")[:-1]
    for line in lines:
        span, prot, offset, dev = line.split(None, 5)[:4]
        start, end = (int(n, 16) for n in span.split(b"-"))
        if dev == b"00:00":
            continue
        link = "/proc/%d/map_files/%x-%x" % (pid, start, end)
        st = os.stat(link)
        # A SysV segment's inode number is its id, which a memfd on the same mount may have too.
        is_sysv = os.readlink(os.fsencode(link)).startswith(b"/SYSV")
        found.append(((st.st_dev, st.st_ino, is_sysv),
                      (pid, start, end, int(offset, 16), prot.decode()), st))
    return found


def truth(pids):
    """{identity: {users}} of all objects that these processes map."""
    objects = {}
    for pid in pids:
        for identity, user, _ in raw_users(pid):
            objects.setdefault(identity, set()).add(user)
    return objects


def stats(pids):
    return {identity: st for pid in pids for identity, _, st in raw_users(pid)}


def is_memory(pid, user):
    """By the link's text and the kernel's own mounts: what sharing calls memory."""
    name = os.readlink("/proc/%d/map_files/%x-%x" % (pid, user[1], user[2]))
    return name.startswith(("/memfd:", "/SYSV", "/dev/shm/", "/anon_hugepage")) or \
        name == "/dev/zero (deleted)"


def shown(document):
    """The same from the JSON of sharing."""
    objects = {}
    for o in document["objects"]:
        major, minor = (int(n, 16) for n in o["stat"]["dev"].split(":"))
        identity = (os.makedev(major, minor), o["stat"]["inode"], o["kind"] == "sysv")
        assert identity not in objects, "one object twice: %r" % (o,)
        objects[identity] = {shown_user(u["pid"], u) for u in o["users"]}
    return objects


def shown_user(pid, u):
    return (pid, int(u["start"], 16), int(u["end"], 16), u["offset"],
            u["prot"] + ("s" if u["shared"] else "p"))


def descendants(pid):
    """pid and all below it."""
    found = [pid]
    for at in found:
        for name in os.listdir("/proc/%d/task" % at):
            with open("/proc/%d/task/%s/children" % (at, name), "rb") as f:
                found += [int(n) for n in f.read().split()]
    return found


def private_mounts():
    """A copy of all mounts for this program and its children: what it mounts dies with it."""
    if libc.unshare(CLONE_NEWNS) != 0:
        return os.strerror(ctypes.get_errno())
    if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        return os.strerror(ctypes.get_errno())
    return None
