#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`spanaudit live` for long, before traffic that means it harm.

    soak.py     SPANAUDIT names the tool; SPANAUDIT_SOAK=3600 is how many seconds (8), SPANAUDIT_SOAK_RATE
                how many packets of floods a second (as many as go); 77 when this machine has no
                namespaces, no root, or lacks a program

In a network namespace, recordings are played into a wire between floods: a scan, a new flow with each
packet, flows that hash tables of others put in one place, fragments that nothing completes, and binds
of RPC interfaces that nobody has. The run is judged every second and reads its policy again every few
seconds, each third time a broken one. Its memory, open files and children must not grow any more once it
is warm, every packet that the wire carried must be accounted for, every figure must agree with the
others, and events must tell a finding once. A long one keeps a store, which is asked to be written.

Then a short one is looked through for memory that nobody gave back, where the build can do that (address
sanitizer). Who looks needs files and system calls that a confined process does not have, so this one is
not confined.
"""
import atexit
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOL = os.environ.get("SPANAUDIT", str(ROOT / "build-dev/src/cli/spanaudit"))
SECONDS = float(os.environ.get("SPANAUDIT_SOAK", "8"))
RATE = float(os.environ.get("SPANAUDIT_SOAK_RATE", "0"))
LEAKS_SECONDS = 2
LONG = 600  # seconds from which a store is warm, too: it may hold 256 MB that are not written yet
FILES = 4  # that come and go: questions, and what a judgement leaves
CHILDREN = 2  # who judges, and who writes to the store
MEMORY = "16M"  # reached early, so that what comes later finds no room
INSIDE = "SPANAUDIT_SOAK_INSIDE"
LEAK_STATUS = 23  # of the sanitizer
NEEDS = {"ip": "iproute2", "tcpreplay": "tcpreplay", "unshare": "util-linux"}
GROWTH = 1.10  # of what was reached when it was warm
RELOAD_EVERY, BURST = 3.0, 400
ENV = os.environ | {"ASAN_OPTIONS": "detect_leaks=0", "TZ": "UTC", "SPANAUDIT_RULES_PATH": str(ROOT / "rules")}


# --- packets --------------------------------------------------------------------------------------

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    n = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff


def ipv4(src, dst, proto, payload, ident=0, fragment=0):
    head = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(payload), ident & 0xffff, fragment, 64, proto, 0, src, dst)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + head + payload


def tcp(src, sport, dst, dport, flags, seq=1, ack=0, payload=b""):
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 8192, 0, 0)
    whole = struct.pack("!IIBBH", src, dst, 0, 6, 20 + len(payload)) + head + payload
    return ipv4(src, dst, 6, head[:16] + struct.pack("!HH", checksum(whole), 0) + payload)


def udp(src, sport, dst, dport, payload):
    return ipv4(src, dst, 17, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload)


SYN, ACK, PUSH = 2, 16, 8
DC, SQL = 0x0a2c030a, 0x0a2c0214  # hosts of the lab's site file


def scan(rng, n):
    return [tcp(0x0a2c0599, 40000 + n % 1000, SQL, (n * BURST + i) % 65536, SYN) for i in range(BURST)]


def new_flows(rng, n):
    return [udp(rng.getrandbits(32), rng.getrandbits(16), rng.getrandbits(32), rng.getrandbits(16), b"x" * 20)
            for _ in range(BURST)]


def colliding(rng, n):
    """The same sum, xor and low bits in each: one bucket for hashes without a key."""
    flows = []
    for i in range(BURST):
        k = (n * BURST + i) & 0xffff
        flows.append(tcp(0x0a000000 | k << 8, k, 0x0b000000 | k << 8, k, SYN))
    return flows


def fragments(rng, n):
    return [ipv4(0x0a2c0500 | rng.getrandbits(8), SQL, 17, bytes(64), rng.getrandbits(16), 0x2000 | rng.getrandbits(10))
            for _ in range(BURST)]


def binds(rng, n):
    """Connections to the endpoint mapper that bind an interface which is new each time."""
    out, client = [], 0x0a2c0500 | rng.getrandbits(8)
    for i in range(BURST // 4):
        port, seq = 1024 + rng.getrandbits(15), rng.getrandbits(31)
        body = struct.pack("<HHIB3xHBxIHHIHHI", 5840, 5840, 0, 1, 0, 1, rng.getrandbits(32), 0, 0, 0, 0, 0, 0)
        pdu = struct.pack("<BBBBIHHI", 5, 0, 11, 3, 16, 16 + len(body), 0, i) + body
        out += [tcp(client, port, DC, 135, SYN, seq), tcp(DC, 135, client, port, SYN | ACK, 7, seq + 1),
                tcp(client, port, DC, 135, ACK, seq + 1, 8), tcp(client, port, DC, 135, ACK | PUSH, seq + 1, 8, pdu)]
    return out


FLOODS = [scan, new_flows, colliding, fragments, binds]


# --- the run --------------------------------------------------------------------------------------

def do(*args):
    subprocess.run(args, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def used(pid):
    """Memory in use, open files, children."""
    proc = pathlib.Path(f"/proc/{pid}")
    memory = int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    children = (proc / f"task/{pid}/children").read_text().split()
    return memory, len(list((proc / "fd").iterdir())), len(children)


def received():
    """Packets that came out of the wire, as the kernel has it."""
    told = subprocess.run(["ip", "-s", "-j", "link", "show", "a1"], check=True, capture_output=True, text=True).stdout
    return json.loads(told)[0]["stats64"]["rx"]["packets"]


def ask(folder, word):
    return subprocess.run([TOOL, "control", "--control", str(folder / "control"), word], env=ENV, capture_output=True,
                          text=True)


class Reloads(threading.Thread):
    """Good and broken files by turns, while everything else goes on."""

    def __init__(self, folder, seconds, stores):
        super().__init__(daemon=True)
        self.stores = stores
        self.folder, self.over = folder, threading.Event()
        self.every = min(RELOAD_EVERY, seconds / 6)
        self.good = (ROOT / "pcaps/lab-site.yaml").read_text()
        self.done, self.refused, self.flushes, self.odd = 0, 0, 0, []

    def write(self, text):
        (self.folder / "site.new").write_text(text)
        os.replace(self.folder / "site.new", self.folder / "site.yaml")

    def asked(self, word, bad=False):
        answer = ask(self.folder, word)
        if (answer.returncode != 0) != bad:
            self.odd.append(f"{word} {self.done}: {answer.returncode} {answer.stdout}{answer.stderr}")

    def run(self):
        while not self.over.wait(self.every):
            broken = self.done % 3 == 2
            self.write("spanaudit: site/1\nhosts: [" if broken else self.good + f"# {self.done}\n")
            self.asked("reload", broken)
            self.refused += broken
            self.done += 1
            if self.stores and self.done % 4 == 0:
                self.asked("flush")
                self.flushes += 1
        self.write(self.good)


def flood(pid, seconds):
    """Until time is up; what the run used meanwhile, by time."""
    rng, sent, samples, n = random.Random(7), 0, [], 0
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("a0", 0))
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        for packet in FLOODS[n % len(FLOODS)](rng, n):
            out.send(packet)
            sent += 1
        if n % 100 == 50:
            for name in ("lab.pcapng", "sample.pcap"):
                do("tcpreplay", "-q", "-i", "a0", "--mbps" if RATE else "--topspeed", *(["40"] if RATE else []),
                   str(ROOT / "pcaps" / name))
        samples.append((now, *used(pid)))
        n += 1
        if RATE:
            time.sleep(max(0, began + sent / RATE - time.monotonic()))
    return sent, samples


def balances(result):
    c, s = result["coverage"], result["summary"]
    bad = []
    if c["packets"] != c["decoded"] + sum(c["skipped"].values()):
        bad.append(f"packets: {c['packets']} read, {c['decoded']} decoded, {c['skipped']} skipped")
    taken = c["in_flows"] + c["duplicates"] + c["other_protocols"] + c.get("shed", {"packets": 0})["packets"]
    if c["decoded"] != taken:
        bad.append(f"packets: {c['decoded']} decoded, {taken} in flows, copies, of other protocols, left out")
    if sum(i["packets"] for i in result["inputs"]) != c["packets"]:
        bad.append("packets of inputs are not those of the whole")
    parts = [s[k] for k in ("listed", "folded", "out_of_scope_conversations", "evicted")]
    if s["all_conversations"] != sum(parts):
        bad.append(f"conversations: {s['all_conversations']} are not {parts}")
    if sum(x["conversations"] for x in s["out_of_scope"]) != s["out_of_scope_conversations"]:
        bad.append("out of scope: the rows are not the sum")
    print(f"conversations: {s['all_conversations']}, of which {parts} are listed, folded, out of scope, evicted")
    counts = {x["severity"]: 0 for x in result["findings"]}
    for x in result["findings"]:
        counts[x["severity"]] += x["waiver"] is None
    if any(s["findings"].get(k, 0) != v for k, v in counts.items()):
        bad.append(f"findings: {s['findings']} counted, {counts} listed")
    return bad


def told_once(path):
    """An event when a finding comes, when it changes, and when it goes; in that order."""
    state, bad = {}, []
    for event in map(json.loads, path.read_text().splitlines()):
        if event["event"]["kind"] != "alert":
            continue
        ident, status = event["event"]["id"], event["spanaudit"]["status"]
        if (status == "new") != (state.get(ident, "gone") == "gone"):
            bad.append(f"{ident} is {status}, and was {state.get(ident)}")
        state[ident] = status
    print(f"{len(state)} findings told, of which {list(state.values()).count('gone')} have gone again")
    return bad[:5], {ident for ident, status in state.items() if status != "gone"}


def flat(samples):
    """What it took once warm against what it takes at the end."""
    bad, seconds = [], samples[-1][0]
    for i, what, growth, more in (1, "octets of memory", GROWTH, 0), (2, "open files", 1, FILES):
        warm = max(x[i] for x in samples if x[0] < seconds * 0.6)
        end = max(x[i] for x in samples if x[0] >= seconds * 0.6)
        print(f"{what}: {warm} when warm, {end} at the end")
        if end > warm * growth + more:
            bad.append(f"{what} grow: {[x[i] for x in samples[::max(1, len(samples) // 40)]]}")
    if (most := max(x[3] for x in samples)) > CHILDREN:
        bad.append(f"{most} children at once")
    return bad


def run(folder, seconds, env, stores):
    """-> the run that ended, what was sent, samples, reloads, and packets on the wire."""
    shutil.copy(ROOT / "pcaps/lab-site.yaml", folder / "site.yaml")
    words = open(folder / "words", "w+")  # no pipe, which nobody would empty
    live = subprocess.Popen(
        [TOOL, "live", "-i", "a1", "-q", "--site", str(folder / "site.yaml"), "--user", "nobody", "--every", "1s",
         "--max-memory", MEMORY, "-B", "256", "--control", str(folder / "control"), "--events",
         str(folder / "events.ndjson"), "-o", str(folder / "result.json"),
         *(["--store", str(folder / "store")] if stores else [])], env=env, stderr=words)
    atexit.register(live.kill)  # whatever goes wrong here; harmless behind its end
    for _ in range(600):
        if ask(folder, "status").returncode == 0 or live.poll() is not None:
            break
        time.sleep(0.05)
    reloads = Reloads(folder, seconds, stores)
    reloads.start()
    sent, samples = flood(live.pid, seconds)
    reloads.over.set()
    reloads.join()
    time.sleep(1)
    carried = received()
    live.send_signal(signal.SIGTERM)
    live.wait(timeout=300)
    words.seek(0)
    live.said = words.read()
    words.close()
    return live, sent, samples, reloads, carried


# Without what closes files and system calls; and whoever looks at the memory may.
OPEN = r"""
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
int seccomp_load(void *filter)
{
	(void)filter;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
long syscall(long n, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list ap;

	va_start(ap, n);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (n >= SYS_landlock_create_ruleset && n <= SYS_landlock_restrict_self) {
		errno = ENOSYS;
		return -1;
	}
	return real(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}
"""


def leaks():
    if not shutil.which("cc") or b"__asan_init" not in pathlib.Path(TOOL).read_bytes():
        print("not looked for leaks: built without the address sanitizer, or there is no compiler")
        return []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)
        (folder / "open.c").write_text(OPEN)
        do("cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", str(folder / "open.so"), str(folder / "open.c"), "-ldl")
        env = ENV | {"LD_PRELOAD": str(folder / "open.so"),
                     "ASAN_OPTIONS": f"detect_leaks=1:verify_asan_link_order=0:exitcode={LEAK_STATUS}"}
        live, *_ = run(folder, LEAKS_SECONDS, env, True)
    print(f"looked for leaks: {live.returncode}")
    return [] if live.returncode in (0, 1, 4) else [f"leaks, or worse ({live.returncode}): {live.said[:4000]}"]


def inside():
    for path in pathlib.Path("/proc/sys/net/ipv6/conf").glob("*/disable_ipv6"):
        path.write_text("1")
    do("ip", "link", "add", "a0", "type", "veth", "peer", "name", "a1")
    for end in ("a0", "a1"):
        do("ip", "link", "set", end, "mtu", "9000", "up")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)
        live, sent, samples, reloads, carried = run(folder, SECONDS, ENV, SECONDS >= LONG)
        if live.returncode not in (0, 1, 4):
            print(f"it ended with {live.returncode}: {live.said}")
            return 1
        result = json.loads((folder / "result.json").read_text())
        bad, known = told_once(folder / "events.ndjson")
        store = sum(f.stat().st_size for f in folder.glob("store*"))
    c = result["coverage"]
    print(f"{sent} packets of floods, {carried} on the wire, {c['packets']} read, {c['drops']} dropped, "
          f"{reloads.done} reloads, {reloads.refused} of them broken, {reloads.flushes} flushes into {store} octets, "
          f"{c['evicted']} flows given up, left out: {c.get('shed', 'nothing')}")
    bad += flat(samples) + balances(result) + reloads.odd
    if known != {f["id"] for f in result["findings"]}:
        bad.append("what was told is not what was found")
    if c["packets"] + c["drops"]["kernel"] != carried:
        bad.append(f"{carried} packets were on the wire; {c['packets']} read and {c['drops']['kernel']} dropped")
    if reloads.done < 3 or not reloads.refused:
        bad.append(f"only {reloads.done} reloads")
    if said := re.findall(r"(?m)^.*(?:judgement was ended|failed|could not).*$", live.said):
        bad.append(f"it said: {said[:5]}")
    bad += leaks()
    print("\n".join(bad) or "it soaked, and is as it was")
    return 1 if bad else 0


def main():
    missing = [package for program, package in NEEDS.items() if not shutil.which(program)]
    if os.geteuid() != 0 or missing:
        print("skipped: " + (f"missing: {' '.join(missing)}" if missing else "needs root for a namespace"))
        return 77
    if os.environ.get(INSIDE):
        return inside()
    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
        print("skipped: no network namespace can be made here")
        return 77
    return subprocess.run(["unshare", "-n", "-m", sys.executable, __file__], env=os.environ | {INSIDE: "1"}).returncode


sys.exit(main())
