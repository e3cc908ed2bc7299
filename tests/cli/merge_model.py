#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random configurations into `fpolicyc merge`, and a model of what a runtime grants from the result.

usage: merge_model.py FPOLICYC COUNT SEED FRAGMENT_DIR...

The model knows nothing of the merge. It reads a config.json twice, as encoding/json of Go does (names
without regard to case, the later wins) and as crun does (exact names), and says what the job gets: limits
as the files of its cgroup end up, mounts as their options are applied one after the other, devices as the
rules are. The merged configuration may give no more than the fragment alone. Prints TAP.
"""
import copy
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile

BIG = 2**64 - 1
NONE = 2**70  # no limit

# ---- the two readers ----


def fold(name):
    return name.replace("\u017f", "s").replace("\u212a", "k").lower()


class Obj(dict):
    """An object of some reader: every member of the text, in order."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.pairs = pairs


def get(obj, name, reader, default=None):
    value = default
    for key, v in obj.pairs if isinstance(obj, Obj) else []:
        if key == name or (reader == "go" and fold(key) == fold(name)):
            value = v
    return default if value is None else value


def path(obj, names, reader, default=None):
    for name in names.split("/"):
        obj = get(obj, name, reader)
        if obj is None:
            return default
    return obj


# ---- what a configuration grants ----


def number(value):
    """A limit in the typed members: absent and not positive are none."""
    return value if isinstance(value, int) and value > 0 else NONE


def cgroup_files(config, reader):
    """The job's files of cgroup v2: typed members first, then `unified` over them."""
    res = path(config, "linux/resources", reader, Obj([]))
    memory, cpu = get(res, "memory", reader, Obj([])), get(res, "cpu", reader, Obj([]))
    files = {}
    limit = number(get(memory, "limit", reader))
    files["memory.max"] = limit
    swap = number(get(memory, "swap", reader))
    if swap < NONE and limit < NONE:
        files["memory.swap.max"] = max(0, swap - limit)
    files["pids.max"] = number(path(res, "pids/limit", reader))
    quota, period = number(get(cpu, "quota", reader)), get(cpu, "period", reader, 0) or 100000
    files["cpu.max"] = (quota, period)
    for member, file in (("cpus", "cpuset.cpus"), ("mems", "cpuset.mems")):
        if get(cpu, member, reader):
            files[file] = cpus(get(cpu, member, reader))
    for huge in get(res, "hugepageLimits", reader, []):
        for kind in ("max", "rsvd.max"):
            files[f"hugetlb.{get(huge, 'pageSize', reader)}.{kind}"] = get(huge, "limit", reader)
    for member, key in (("Read", "r"), ("Write", "w")):
        for what, unit in (("Bps", "bps"), ("IOPS", "iops")):
            for t in path(res, f"blockIO/throttle{member}{what}Device", reader, []):
                name = f"io.max {get(t, 'major', reader)}:{get(t, 'minor', reader)} {key}{unit}"
                files[name] = number(get(t, "rate", reader))
    for file, text in (get(res, "unified", reader) or Obj([])).pairs:
        write_file(files, file, text)
    return files


def write_file(files, file, text):
    if file == "io.max":
        device, *rest = text.split()
        for item in rest:
            key, value = item.split("=")
            files[f"io.max {device} {key}"] = NONE if value == "max" else int(value)
    elif file == "cpu.max":
        words = text.split()
        files[file] = (NONE if words[0] == "max" else int(words[0]), int(words[1]) if len(words) > 1 else 100000)
    elif file.startswith("cpuset.c") or file.startswith("cpuset.m"):
        files[file] = cpus(text)
    else:
        try:
            files[file] = NONE if text == "max" else int(text)
        except ValueError:
            files[file] = text


def cpus(text):
    out = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last or first).isdigit():  # what the kernel cannot read starts no job
            out |= set(range(int(first), int(last or first) + 1))
    return out


GREATER = {"memory.oom.group", "cpu.idle"}
# Files that give something nobody asked for, whatever stands in them.
NEVER = ("cpu.weight.nice", "cpu.max.burst", "cpuset.cpus.partition", "cpuset.cpus.exclusive", "io.prio.class")
CGROUP_MAY = {"cgroup.max.depth", "cgroup.max.descendants"}


def check_files(got, ours):
    for file, limit in ours.items():
        have = got.get(file)
        if file == "cpu.max":
            ok = limit[0] == NONE or have[0] * limit[1] <= limit[0] * have[1]
        elif isinstance(limit, set):
            ok = isinstance(have, set) and have <= limit
        elif file in GREATER:
            ok = isinstance(have, int) and have >= limit
        elif isinstance(limit, int):
            ok = limit == NONE or (isinstance(have, int) and have <= limit)
        else:
            ok = have == limit
        if not ok:
            yield f"{file} is {have}, the policy says {limit}"


def check_written(got, ours):
    if "io.weight" in ours and "io.bfq.weight" in got:
        yield "io.bfq.weight beside the policy's io.weight"
    for file in got:
        if file in NEVER or "/" in file or (file.startswith("cgroup.") and file not in CGROUP_MAY):
            yield f"{file} is written"


def clean(place):
    """A place in the job, or None where `..` makes it somebody's guess."""
    words = [w for w in place.split("/") if w not in ("", ".")]
    return None if ".." in words else "/" + "/".join(words)


FLAGS = {
    "ro": "ro", "nosuid": "nosuid", "nodev": "nodev", "noexec": "noexec", "noatime": "noatime",
    "nodiratime": "nodiratime", "nosymfollow": "nosymfollow", "sync": "sync", "dirsync": "dirsync",
}
CLEARS = {
    "rw": "ro", "suid": "nosuid", "dev": "nodev", "exec": "noexec", "atime": "noatime", "diratime": "nodiratime",
    "symfollow": "nosymfollow", "async": "sync", "relatime": "noatime", "strictatime": "noatime",
}  # fmt: skip
SPREAD = {"private": 0, "unbindable": 0, "slave": 1, "shared": 2}
IDLE = {"uid=0", "gid=0", "defaults", "loud", "silent", "nomand", "lazytime", "nolazytime", "norelatime", "nostrictatime", "newinstance"}
UNITS = {"k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60}


def size(text):
    """memparse() of the kernel; 0 is no limit; what it does not read wholly is one, too."""
    text = text.lower()
    if text.endswith("%") or not text:
        return NONE
    shift = UNITS.get(text[-1], 0) if not text.startswith("0x") else 0
    digits = text[:-1] if shift else text
    try:
        value = int(digits, 16 if digits.startswith("0x") else 8 if digits.startswith("0") and digits != "0" else 10)
    except ValueError:
        return NONE
    return (value << shift) or NONE


def mount_grant(mount, reader):
    """Options applied in their order: flags, what is cleared by name, and the file system's data."""
    g = {"flags": set(), "recursive": set(), "cleared": set(), "spread": 0, "rec": False, "bind": False, "other": set()}
    g.update({"size": NONE, "nr_inodes": NONE, "mode": None, "ptmxmode": None})
    for o in get(mount, "options", reader, []):
        key, _, value = o.partition("=")
        recursive = o[1:] if o.startswith("r") else None
        if o in FLAGS:
            g["flags"].add(FLAGS[o])
            g["cleared"].discard(FLAGS[o])
        elif o in CLEARS:
            g["flags"].discard(CLEARS[o])
            g["cleared"].add(CLEARS[o])
        elif recursive in FLAGS:
            g["recursive"].add(FLAGS[recursive])
        elif recursive in CLEARS:
            for kind in ("flags", "recursive"):
                g[kind].discard(CLEARS[recursive])
            g["cleared"].add(CLEARS[recursive])
        elif o in SPREAD or recursive in SPREAD:
            g["spread"] = SPREAD[o if o in SPREAD else recursive]
        elif o in ("bind", "rbind"):
            g["bind"] = True
            g["rec"] = o == "rbind"
        elif key in ("size", "nr_inodes"):
            g[key] = size(value)
        elif key == "nr_blocks":
            g["size"] = size(value) * 4096
        elif key in ("mode", "ptmxmode"):
            g[key] = int(value, 8)
        elif o not in IDLE and not key == "hidepid" and o != "subset=pid":
            g["other"].add(o)
    return g


def check_mount(on, got, ours, reader):
    a, b = mount_grant(got, reader), mount_grant(ours, reader)
    if get(got, "type", reader, "") != get(ours, "type", reader, "") and not (a["bind"] and b["bind"]):
        yield f"{on} has the type {get(got, 'type', reader)}"
    if a["bind"] != b["bind"] or (a["bind"] and get(got, "source", reader) != get(ours, "source", reader)):
        yield f"{on} is bound from {get(got, 'source', reader)}"
    for kind in ("flags", "recursive"):
        if not b[kind] <= a[kind]:
            yield f"{on} lacks {b[kind] - a[kind]}"
    if not a["cleared"] <= b["cleared"]:
        yield f"{on} clears {a['cleared']}"
    if a["spread"] > b["spread"] or (a["rec"] and not b["rec"]) or not a["other"] <= b["other"]:
        yield f"{on} has {get(got, 'options', reader)}"
    for kind in ("size", "nr_inodes"):
        if a[kind] > b[kind]:
            yield f"{on} has {kind} {a[kind]}, the policy {b[kind]}"
    for kind in ("mode", "ptmxmode"):
        most = b[kind] if b[kind] is not None else 0o1777
        if a[kind] is not None and (a[kind] & ~most & 0o6777 or most & ~a[kind] & 0o1000):
            yield f"{on} has {kind} {a[kind]:o}"
    for kind in ("uidMappings", "gidMappings"):
        if get(got, kind, reader):
            yield f"{on} shows files as another's"


def check_mounts(got, ours, reader):
    mine = {clean(get(m, "destination", reader)): m for m in get(ours, "mounts", reader, [])}
    seen = set()
    for m in get(got, "mounts", reader, []):
        on = clean(get(m, "destination", reader, ".."))
        if on not in mine or on in seen:
            yield f"a mount on {get(m, 'destination', reader)}"
            continue
        seen.add(on)
        yield from check_mount(on, m, mine[on], reader)
    if seen != set(mine):
        yield f"no mount on {set(mine) - seen}"


def opens(rules, kind, major, minor, access, reader):
    """The rules in their order, the last match wins; what none matches is open to no one."""
    answer = False
    for r in rules:
        t, a, b = get(r, "type", reader, "a"), get(r, "major", reader, -1), get(r, "minor", reader, -1)
        if t not in ("", "a", kind) or (a >= 0 and a != major) or (b >= 0 and b != minor):
            continue
        allow = get(r, "allow", reader, False) is True
        if access in get(r, "access", reader, "rwm") or (not get(r, "access", reader)):
            answer = allow
    return answer


def check_devices(got, ours, reader):
    a, b = (path(c, "linux/resources/devices", reader, []) for c in (got, ours))
    for kind in "bc":
        for major in (1, 5, 8, 10, 136, 229):
            for minor in (0, 1, 2, 3, 5, 7, 8, 9, 229):
                for access in "rwm":
                    if b and opens(a, kind, major, minor, access, reader) and not opens(
                        b, kind, major, minor, access, reader
                    ):
                        yield f"{kind} {major}:{minor} opens for {access}"
    mine = [json.dumps(d) for d in path(ours, "linux/devices", reader, [])]
    for node in path(got, "linux/devices", reader, []):
        if json.dumps(node) not in mine:
            yield f"the node {get(node, 'path', reader)}"


def check_process(got, ours, reader):
    a, b = get(got, "process", reader, Obj([])), get(ours, "process", reader, Obj([]))
    if get(b, "noNewPrivileges", reader) and get(a, "noNewPrivileges", reader) is not True:
        yield "new privileges"
    for kind in ("bounding", "effective", "inheritable", "permitted", "ambient"):
        have, may = (set(path(x, f"capabilities/{kind}", reader, [])) for x in (a, b))
        if not {c.upper() for c in have} <= may:
            yield f"{kind} has {have - may}"
    for name in ("uid", "gid", "additionalGids"):
        if path(a, f"user/{name}", reader, 0) != path(b, f"user/{name}", reader, 0):
            yield f"{name} is {path(a, f'user/{name}', reader)}"
    most = path(b, "user/umask", reader, 0)
    if path(a, "user/umask", reader, 0) & most != most:
        yield "the umask is wider"
    for limit in get(b, "rlimits", reader, []):
        have = [x for x in get(a, "rlimits", reader, []) if get(x, "type", reader) == get(limit, "type", reader)]
        for kind in ("soft", "hard"):
            if not have or any(not 0 <= get(x, kind, reader, BIG) <= get(limit, kind, reader) for x in have):
                yield f"{get(limit, 'type', reader)} is {have}"
    if get(a, "oomScoreAdj", reader, 0) < 0:
        yield "others are killed in its place"
    scheduler, io = get(a, "scheduler", reader, Obj([])), get(a, "ioPriority", reader)
    if get(scheduler, "policy", reader, "SCHED_OTHER") not in ("SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE"):
        yield "it runs before others"
    if get(scheduler, "nice", reader, 0) < 0:
        yield "it is less nice than others"
    if io is not None and (get(io, "class", reader) == "IOPRIO_CLASS_RT" or get(io, "priority", reader, 0) < 4):
        if get(io, "class", reader) != "IOPRIO_CLASS_IDLE":
            yield "it reads before others"
    if get(b, "apparmorProfile", reader) and get(a, "apparmorProfile", reader) != get(b, "apparmorProfile", reader):
        yield "another profile"


def check_places(got, ours, reader):
    a, b = (path(c, "linux/namespaces", reader, []) for c in (got, ours))
    for mine in b:
        have = [x for x in a if get(x, "type", reader) == get(mine, "type", reader)]
        joined = get(have[0], "path", reader, "") if have else ""
        if len(have) != 1:
            yield f"namespaces of {get(mine, 'type', reader)}: {len(have)}"
        elif joined and (
            get(mine, "type", reader) != "network" or not (clean(joined) or "").startswith("/run/")
        ):
            yield f"it joins {joined}"
    for kind in ("maskedPaths", "readonlyPaths"):
        if not set(path(ours, f"linux/{kind}", reader, [])) <= set(path(got, f"linux/{kind}", reader, [])):
            yield f"less in {kind}"
    if path(ours, "root/readonly", reader) and path(got, "root/readonly", reader) is not True:
        yield "the root is writable"
    for kind in ("seccomp", "uidMappings", "gidMappings"):
        if path(ours, f"linux/{kind}", reader) and path(got, f"linux/{kind}", reader) != path(
            ours, f"linux/{kind}", reader
        ):
            yield f"another {kind}"
    if "shared" in path(got, "linux/rootfsPropagation", reader, "").lower():
        yield "its mounts are the host's"
    group = path(got, "linux/cgroupsPath", reader, "x")
    if ".." in group.split("/") or clean(group) == "/":
        yield f"its cgroup is {group}"
    if path(got, "linux/personality/flags", reader):
        yield "a personality"
    if path(got, "linux/resources/memory/disableOOMKiller", reader):
        yield "it hangs at its limit"
    if path(got, "linux/resources/cpu/burst", reader, 0) > 0 or path(
        got, "linux/resources/cpu/realtimeRuntime", reader, 0
    ) > 0:
        yield "processor time beside the quota"
    for key in get(got, "annotations", reader, {}):
        if key.startswith(("run.oci.seccomp", "run.oci.hooks.", "krun.", "org.systemd.property.", "run.oci.handler")):
            yield f"the annotation {key}"


FREE = {"annotations", "sysctl", "unified", "rdma", "netDevices", "timeOffsets"}  # any names


def check_names(value, name=""):
    if isinstance(value, Obj):
        if name not in FREE:
            names = [fold(k) for k, _ in value.pairs]
            if len(names) != len(set(names)) or any(not k.isascii() for k, _ in value.pairs):
                yield f"two readings of {name}"
        for key, v in value.pairs:
            yield from check_names(v, key)
    elif isinstance(value, list):
        for v in value:
            yield from check_names(v, name + "[]")
    elif value is None or isinstance(value, float):
        yield f"{name} holds {value}"


def faults(got, ours):
    """What the first grants beyond the second; both are texts."""
    got, ours = (json.loads(t, object_pairs_hook=Obj) for t in (got, ours))
    out = list(check_names(got))
    for reader in ("go", "c"):
        have, may = cgroup_files(got, reader), cgroup_files(ours, reader)
        out += [*check_files(have, may), *check_written(have, may)]
        for check in (check_mounts, check_devices, check_process, check_places):
            out += check(got, ours, reader)
    return out


def loosened(got, base):
    """Limits of the base that the first does not hold; both are texts."""
    got, base = (json.loads(t, object_pairs_hook=Obj) for t in (got, base))
    yield from check_files(cgroup_files(got, "c"), cgroup_files(base, "c"))
    have = {get(x, "type", "c"): x for x in path(got, "process/rlimits", "c", [])}
    for limit in path(base, "process/rlimits", "c", []):
        for kind in ("soft", "hard"):
            if get(have[get(limit, "type", "c")], kind, "c") > get(limit, kind, "c"):
                yield f"{get(limit, 'type', 'c')} is {have}"
    for kind in ("maskedPaths", "readonlyPaths"):
        if not set(path(base, f"linux/{kind}", "c", [])) <= set(path(got, f"linux/{kind}", "c", [])):
            yield f"less in {kind}"


# ---- random bases ----


def plain_base():
    """As `runc spec` writes it."""
    caps = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN"]
    return {
        "ociVersion": "1.0.2", "hostname": "runc", "root": {"path": "rootfs", "readonly": True},
        "process": {
            "terminal": False, "user": {"uid": 0, "gid": 0}, "args": ["sh"], "env": ["TERM=xterm"], "cwd": "/",
            "capabilities": {k: list(caps) for k in ("bounding", "effective", "permitted", "ambient")},
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}], "noNewPrivileges": True,
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]},
            {"destination": "/in", "type": "bind", "source": "/srv/lab/7/in", "options": ["bind"]},
        ],
        "linux": {
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "namespaces": [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount")],
            "maskedPaths": ["/proc/acpi"], "readonlyPaths": ["/proc/bus"],
        },
    }  # fmt: skip


NUMBERS = [0, 1, -1, 2, 7, 100, 4096, 65535, 65536, 10**6, 10**9, 2**31, 2**32, 2**40, 2**63 - 1, 2**63, BIG, BIG + 1, -(2**63), 1.5]
OPTIONS = [
    *FLAGS, *CLEARS, *("r" + k for k in FLAGS), *("r" + k for k in CLEARS), *SPREAD, *("r" + k for k in SPREAD), *IDLE,
    "bind", "rbind", "remount", "idmap", "ridmap=uids=0-0-1", "tmpcopyup", "copy-symlink", "nr_blocks=0", "nr_blocks=9",
    "nr_inodes=0", "nr_inodes=1", "nr_inodes=99999999", "size=0", "size=1", "size=1k", "size=8m", "size=9999g", "size=50%",
    "size=0x1000", "size=010", "size=-1", "size=9k,nr_blocks=0", "mode=0777", "mode=7777", "mode=0", "mode=99", "mode=",
    "ptmxmode=0666", "uid=0", "uid=1000", "gid=5", "gid=0", "huge=always", "mpol=bind:0", "hidepid=2", "hidepid=0",
    "subset=pid", "context=x", "RO", "Rw", "", "=", "ro,rw", "dest-nofollow",
]  # fmt: skip
FILES = {
    "memory.max": ["0", "1", "max", "1000", "9999999999999", "-1", " 5", "1k"],
    "memory.high": ["0", "max", "7"], "memory.swap.max": ["0", "max", "5"], "memory.low": ["0", "max"],
    "memory.oom.group": ["0", "1"], "pids.max": ["max", "0", "3", "99999"], "cpu.weight": ["1", "10000"],
    "cpu.max": ["max", "max 100000", "1000 1000000", "5000000 100000", "1000", "9 0", "x"], "cpu.weight.nice": ["-20"],
    "cpuset.cpus": ["0", "0-3", "7", "0-99999", ""], "cpuset.mems": ["0"], "cpu.max.burst": ["1"], "cpu.idle": ["0", "1"],
    "io.max": ["8:0 rbps=max", "8:0 wbps=1 riops=max", "9:9 rbps=1"], "io.weight": ["1", "1000", "default 5"],
    "io.bfq.weight": ["1000"], "hugetlb.2MB.max": ["max", "0"], "hugetlb.2MB.rsvd.max": ["max"], "cgroup.procs": ["1"],
    "cgroup.subtree_control": ["+memory"], "cgroup.max.depth": ["max"], "../pids.max": ["max"], "Memory.max": ["max"],
    "cpuset.cpus.partition": ["root"], "io.prio.class": ["promote-to-rt"], "memory.reclaim": ["1G"],
}  # fmt: skip
PATHS = ["", "/run/netns/a", "//proc/1/ns/net", "/proc/./1/ns/net", "/proc/1/../1/ns/net", "/run/../proc/1/ns/net", "proc/1/ns/net", "/dev/fd/3", "//run//netns/./b"]
TYPES = ["pid", "network", "ipc", "uts", "mount", "user", "cgroup", "time", "Network", "net", ""]
PLACES = ["/tmp", "/tmp/", "//tmp/.", "tmp", "/in", "/out", "/proc", "/etc", "/a/../tmp", "/dev/shm", "/dev/mqueue", "/sys"]
RLIMITS = ["RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_AS", "rlimit_nofile", "RLIMIT_X", ""]


class Bases:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.turns = itertools.cycle([(f, t) for f, texts in FILES.items() for t in texts])

    def number(self):
        return self.r.choice(NUMBERS)

    def options(self):
        return [self.r.choice(OPTIONS) for _ in range(self.r.randrange(4))]

    def mount(self):
        kind = self.r.choice(["tmpfs", "tmpfs", "bind", "proc", "none", "devpts", "Tmpfs"])
        source = self.r.choice(["/srv/lab/7/in", "/srv/lab/7/out", "/etc", "tmpfs"])
        return {"destination": self.r.choice(PLACES), "type": kind, "source": source, "options": self.options()}

    def device(self):
        d = {"allow": self.r.choice([True, False, False])}
        for key, values in (("type", ["a", "b", "c", ""]), ("major", [1, 5, 8, 10, -1]), ("minor", [3, 5, 8, 229, -1]),
                            ("access", ["r", "w", "rw", "rwm", ""])):  # fmt: skip
            if self.r.random() < 0.7:
                d[key] = self.r.choice(values)
        return d

    def add(self, base, which):
        """One thing that a base may say, by number: what has many forms comes more often."""
        r, linux, process = self.r, base["linux"], base["process"]
        res = linux["resources"]
        throttle = r.choice(["throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice", "throttleWriteIOPSDevice"])
        file, text = next(self.turns)
        what = {
            "file": lambda: res.setdefault("unified", {}).update({file: text}),
            "memory": lambda: res.setdefault("memory", {}).update({r.choice(["limit", "swap", "reservation", "kernel"]): self.number()}),
            "killer": lambda: res.setdefault("memory", {}).update({"disableOOMKiller": r.choice([True, False])}),
            "cpu": lambda: res.setdefault("cpu", {}).update({r.choice(["quota", "period", "shares", "burst", "realtimeRuntime", "idle"]): self.number()}),
            "cpus": lambda: res.setdefault("cpu", {}).update({r.choice(["cpus", "mems"]): r.choice(["0", "0-1", "0-63", "9", "x", ""])}),
            "pids": lambda: res.setdefault("pids", {}).update({"limit": self.number()}),
            "huge": lambda: res.setdefault("hugepageLimits", []).append({"pageSize": r.choice(["2MB", "1GB"]), "limit": self.number()}),
            "throttle": lambda: res.setdefault("blockIO", {}).setdefault(throttle, []).append({"major": 8, "minor": r.choice([0, 16]), "rate": self.number()}),
            "weight": lambda: res.setdefault("blockIO", {}).update({"weight": r.choice([10, 100, 1000])}),
            "device": lambda: res["devices"].insert(r.randrange(len(res["devices"]) + 1), self.device()),
            "node": lambda: linux.setdefault("devices", []).append({"path": r.choice(["/dev/fuse", "/etc", "/dev/kvm"]), "type": "c", "major": 10, "minor": 229}),
            "mount": lambda: base["mounts"].append(self.mount()),
            "option": lambda: r.choice(base["mounts"]).setdefault("options", []).insert(0, r.choice(OPTIONS)),
            "last": lambda: r.choice(base["mounts"]).setdefault("options", []).append(r.choice(OPTIONS)),
            "idmap": lambda: r.choice(base["mounts"]).update({"uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]}),
            "map": lambda: linux.update({r.choice(["uidMappings", "gidMappings"]): [{"containerID": r.choice([0, 1000]), "hostID": r.choice([0, 9]), "size": 1}]}),
            "namespace": lambda: linux["namespaces"].append({"type": r.choice(TYPES), "path": r.choice(PATHS)}),
            "join": lambda: linux["namespaces"][r.choice([1, 1, 1, 2])].update({"path": r.choice(PATHS)}),
            "rlimit": lambda: process["rlimits"].append({"type": r.choice(RLIMITS), "soft": self.number(), "hard": self.number()}),
            "limit": lambda: r.choice(process["rlimits"]).update({r.choice(["soft", "hard"]): self.number()}),
            "oom": lambda: process.update({"oomScoreAdj": r.choice([-1000, -1, 0, 500])}),
            "scheduler": lambda: process.update({"scheduler": {"policy": r.choice(["SCHED_FIFO", "SCHED_OTHER", "SCHED_IDLE", "sched_fifo"]), "nice": r.choice([-5, 0, 5])}}),
            "io": lambda: process.update({"ioPriority": {"class": r.choice(["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"]), "priority": r.choice([0, 4, 7])}}),
            "user": lambda: process["user"].update({r.choice(["uid", "gid", "umask"]): r.choice([0, 0, 63, 65534, 1000, 2**32])}),
            "groups": lambda: process["user"].update({"additionalGids": r.choice([[], [0], [6]])}),
            "privileges": lambda: process.update({"noNewPrivileges": r.choice([False, True, None, "false", 0])}),
            "capability": lambda: process["capabilities"].update({r.choice(["inheritable", "bounding", "Ambient"]): r.choice([["CAP_SYS_ADMIN"], ["cap_sys_admin"], []])}),
            "profile": lambda: process.update({"apparmorProfile": r.choice(["unconfined", "", "docker-default"])}),
            "root": lambda: base["root"].update({"readonly": r.choice([False, None, True])}),
            "paths": lambda: linux.update({r.choice(["maskedPaths", "readonlyPaths"]): r.choice([[], ["/x"], None])}),
            "propagation": lambda: linux.update({"rootfsPropagation": r.choice(["rshared", "shared", "SHARED", "private", "rslave", ""])}),
            "cgroup": lambda: linux.update({"cgroupsPath": r.choice(["/", "/a", "a/../..", "system.slice:x:y", "//."])}),
            "personality": lambda: linux.update({"personality": {"domain": "LINUX32", "flags": r.choice([[], ["X"]])}}),
            "seccomp": lambda: linux.update({"seccomp": r.choice([{"defaultAction": "SCMP_ACT_ALLOW"}, None])}),
            "annotation": lambda: base.setdefault("annotations", {}).update({r.choice(["a/b", "run.oci.seccomp_bpf_data", "run.oci.hooks.stdout", "krun.cpus", "io.x"]): "1"}),
            "sysctl": lambda: linux.setdefault("sysctl", {}).update({"net.ipv4.ip_forward": "1"}),
            "hook": lambda: base.update({"hooks": {"createRuntime": [{"path": "/bin/true"}]}}),
            "unheard": lambda: r.choice([base, linux, process, res]).update({r.choice(["x", "windows", "vm", "Seccomp", "limits"]): {}}),
        }  # fmt: skip
        things = list(what.values()) + 12 * [what["file"]] + 4 * [what["option"], what["last"]]
        things[which % len(things)]()

    def respell(self, value, depth=0):
        """One name somewhere in another case, in place of the right one or beside it."""
        if isinstance(value, list) and value:
            return self.respell(self.r.choice(value), depth + 1)
        if not isinstance(value, dict) or not value:
            return
        key = self.r.choice(list(value))
        if isinstance(value[key], (dict, list)) and self.r.random() < 0.7:
            return self.respell(value[key], depth + 1)
        other = self.r.choice([key.upper(), key.lower(), key.capitalize(), key.replace("s", "\u017f"), key.replace("k", "\u212a")])
        if self.r.random() < 0.5:
            value[other] = copy.deepcopy(value[key])
        else:
            value[other] = value.pop(key)

    def retype(self, value):
        """One value somewhere is of another kind."""
        while isinstance(value, (dict, list)) and value:
            keys = list(value) if isinstance(value, dict) else range(len(value))
            key = self.r.choice(keys)
            if not isinstance(value[key], (dict, list)) or self.r.random() < 0.2:
                value[key] = self.r.choice([None, 0, -1, 2**63, 1.5, "x", [], {}, True, [None]])
                return
            value = value[key]

    def one(self, i):
        """The first thing goes round, so that each comes often enough alone."""
        base = plain_base()
        self.add(base, i)
        for _ in range(self.r.choice([0, 0, 1, 2, 4])):
            self.add(base, self.r.randrange(1000))
        if self.r.random() < 0.1:
            self.respell(base)
        if self.r.random() < 0.1:
            self.retype(base)
        return json.dumps(base, ensure_ascii=self.r.random() < 0.5)


# ---- what the model must see ----

ATTACKS = {
    "an io.max of unified": lambda c: c["linux"]["resources"]["blockIO"] and c["linux"]["resources"].setdefault("unified", {}).update({"io.max": "8:0 rbps=max"}),
    "memory.max of unified": lambda c: c["linux"]["resources"].update(unified={"memory.max": "max"}),
    "a page size in another case": lambda c: c["linux"]["resources"]["hugepageLimits"][0].update(Limit=2**60),
    "a throttled device in another case": lambda c: c["linux"]["resources"]["blockIO"]["throttleReadBpsDevice"][0].update(Rate=2**60),
    "nr_blocks": lambda c: next(m for m in c["mounts"] if m["destination"] == "/tmp")["options"].append("nr_blocks=0"),
    "a second size": lambda c: next(m for m in c["mounts"] if m["destination"] == "/tmp")["options"].append("size=9g"),
    "an identity map": lambda c: next(m for m in c["mounts"] if m["destination"] == "/in")["options"].append("idmap"),
    "a loose option": lambda c: next(m for m in c["mounts"] if m["destination"] == "/in")["options"].append("rw"),
    "a mount more": lambda c: c["mounts"].append({"destination": "/etc", "type": "bind", "source": "/etc", "options": ["bind"]}),
    "a joined namespace": lambda c: next(n for n in c["linux"]["namespaces"] if n["type"] == "network").update(path="/proc/./1/ns/net"),
    "oomScoreAdj": lambda c: c["process"].update(oomScoreAdj=-1000),
    "real-time scheduling": lambda c: c["process"].update(scheduler={"policy": "SCHED_FIFO"}),
    "burst": lambda c: c["linux"]["resources"]["cpu"].update(burst=5),
    "a capability": lambda c: c["process"]["capabilities"].update(bounding=["CAP_SYS_ADMIN"]),
    "a device": lambda c: c["linux"]["resources"]["devices"].append({"allow": True, "access": "rw"}),
    "a limit": lambda c: c["process"]["rlimits"][0].update(soft=2**40, hard=2**40),
    "a name in another case": lambda c: c["process"].update(NoNewPrivileges=False),
    "another user": lambda c: c["process"]["user"].update(uid=0),
}  # fmt: skip

# ---- the test ----

count = 0
failed = False


def ok(good, name, why=""):
    global count, failed
    count += 1
    failed |= not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    for line in str(why).splitlines()[:20] if not good else []:
        print(f"# {line[:1500]}")


def merge(fpolicyc, work, base, fragment):
    with open(f"{work}/config.json", "w", encoding="utf-8") as f:
        f.write(base)
    if os.path.exists(f"{work}/merged.json"):
        os.remove(f"{work}/merged.json")
    done = subprocess.run(
        [fpolicyc, "merge", f"{work}/config.json", fragment, "-o", f"{work}/merged.json"],
        capture_output=True, text=True, errors="replace", timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


def read(name):
    with open(name, encoding="utf-8") as f:
        return f.read()


def main(fpolicyc, cases, seed, fragments):
    bases = Bases(seed)
    merged = refused = 0
    wrong = []
    with tempfile.TemporaryDirectory() as work:
        for directory in fragments:
            ours = read(f"{directory}/oci/config.json")
            seen = {k: faults(json.dumps(attacked(ours, f)), ours) for k, f in ATTACKS.items() if possible(ours, k)}
            ok(all(seen.values()), f"{directory}: the model sees {len(seen)} attacks", [k for k in seen if not seen[k]])
            ok(not faults(ours, ours), f"{directory}: and nothing where there is none", faults(ours, ours))
            code, text = merge(fpolicyc, work, json.dumps(plain_base()), directory)
            ok(code == 0, f"{directory}: a plain base is merged", text)
        for i in range(cases):
            base, directory = bases.one(i), fragments[i // 50 % len(fragments)]
            code, text = merge(fpolicyc, work, base, directory)
            if code == 2:
                refused += 1
                if "error: " not in text or os.path.exists(f"{work}/merged.json"):
                    wrong.append(f"refused without a word: {base}")
                if "help: " not in text:
                    wrong.append(f"refused without a way out: {text} {base}")
                continue
            if code != 0:
                wrong.append(f"exit code {code}: {base}: {text}")
                continue
            merged += 1
            result = read(f"{work}/merged.json")
            wider = faults(result, read(f"{directory}/oci/config.json")) + list(loosened(result, base))
            if wider:
                wrong.append(f"{wider[0]}: {base}")
            if i % 4 == 0:
                code, text = merge(fpolicyc, work, result, directory)
                if code != 0 or read(f"{work}/merged.json") != result:
                    wrong.append(f"merged again: {text} {base}")
    ok(not wrong, f"{merged} of {cases} random bases merged, {refused} refused, none came out wider", "\n".join(wrong))
    ok(merged > cases // 5 and refused > cases // 5, "and both happen often", f"{merged} {refused}")
    print(f"1..{count}")
    return failed


def attacked(ours, attack):
    config = json.loads(ours)
    attack(config)
    return config


def possible(ours, name):
    try:
        attacked(ours, ATTACKS[name])
    except (KeyError, IndexError, StopIteration):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
