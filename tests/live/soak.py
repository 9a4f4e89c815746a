#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`spanaudit live` for long, before traffic that means it harm.

    soak.py     SPANAUDIT names the tool; SPANAUDIT_SOAK=3600 is how many seconds (15); 77 when this
                machine has no namespaces, no root, or lacks a program

In a network namespace, recordings are played into a wire between floods: a scan, a new flow with each
packet, flows that hash tables of others put in one place, fragments that nothing completes, and binds
of RPC interfaces that nobody has. The run is judged every second and reads its policy again every few
seconds, each third time a broken one. Its memory must not grow any more once it is warm, every packet
that the wire carried must be accounted for, and every figure must agree with the others.
"""
import atexit
import json
import os
import pathlib
import random
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
SECONDS = float(os.environ.get("SPANAUDIT_SOAK", "15"))
MEMORY = "16M"  # reached early, so that what comes later finds no room
INSIDE = "SPANAUDIT_SOAK_INSIDE"
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


def rss(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def received():
    """Packets that came out of the wire, as the kernel has it."""
    told = subprocess.run(["ip", "-s", "-j", "link", "show", "a1"], check=True, capture_output=True, text=True).stdout
    return json.loads(told)[0]["stats64"]["rx"]["packets"]


def ask(folder, word):
    return subprocess.run([TOOL, "control", "--control", str(folder / "control"), word], env=ENV, capture_output=True,
                          text=True)


class Reloads(threading.Thread):
    """Good and broken files by turns, while everything else goes on."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.over = folder, threading.Event()
        self.good = (ROOT / "pcaps/lab-site.yaml").read_text()
        self.done, self.refused, self.odd = 0, 0, []

    def write(self, text):
        (self.folder / "site.new").write_text(text)
        os.replace(self.folder / "site.new", self.folder / "site.yaml")

    def run(self):
        while not self.over.wait(min(RELOAD_EVERY, SECONDS / 6)):
            broken = self.done % 3 == 2
            self.write("spanaudit: site/1\nhosts: [" if broken else self.good + f"# {self.done}\n")
            answer = ask(self.folder, "reload")
            if (answer.returncode != 0) != broken:
                self.odd.append(f"reload {self.done}: {answer.returncode} {answer.stdout}{answer.stderr}")
            self.refused += broken
            self.done += 1
        self.write(self.good)


def flood(folder, pid):
    """Until time is up; what the run used of memory meanwhile, by time."""
    rng, sent, samples, n = random.Random(7), 0, [], 0
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("a0", 0))
    began = time.monotonic()
    while (now := time.monotonic() - began) < SECONDS:
        for packet in FLOODS[n % len(FLOODS)](rng, n):
            out.send(packet)
            sent += 1
        if n % 100 == 50:
            for name in ("lab.pcapng", "sample.pcap"):
                do("tcpreplay", "-q", "-i", "a0", "--topspeed", str(ROOT / "pcaps" / name))
        samples.append((now, rss(pid)))
        n += 1
    return sent, samples


def balances(result):
    c, s = result["coverage"], result["summary"]
    bad = []
    if c["packets"] != c["decoded"] + sum(c["skipped"].values()):
        bad.append(f"packets: {c['packets']} read, {c['decoded']} decoded, {c['skipped']} skipped")
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


def flat(samples):
    """What it took once warm against what it takes at the end, in megabytes."""
    warm = max(size for at, size in samples if at < SECONDS * 0.6)
    end = max(size for at, size in samples if at >= SECONDS * 0.6)
    print(f"memory: {warm / 1e6:.1f} MB when warm, {end / 1e6:.1f} MB at the end")
    return [] if end <= warm * GROWTH else [f"memory grows: {[s for _, s in samples[::max(1, len(samples) // 40)]]}"]


def inside():
    for path in pathlib.Path("/proc/sys/net/ipv6/conf").glob("*/disable_ipv6"):
        path.write_text("1")
    do("ip", "link", "add", "a0", "type", "veth", "peer", "name", "a1")
    for end in ("a0", "a1"):
        do("ip", "link", "set", end, "mtu", "9000", "up")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)
        shutil.copy(ROOT / "pcaps/lab-site.yaml", folder / "site.yaml")
        live = subprocess.Popen(
            [TOOL, "live", "-i", "a1", "-q", "--site", str(folder / "site.yaml"), "--user", "nobody", "--every", "1s",
             "--max-memory", MEMORY, "-B", "256", "--control", str(folder / "control"), "--events",
             str(folder / "events.ndjson"), "-o", str(folder / "result.json")], env=ENV, stderr=subprocess.PIPE, text=True)
        atexit.register(live.kill)  # whatever goes wrong here; harmless behind its end
        for _ in range(600):
            if ask(folder, "status").returncode == 0 or live.poll() is not None:
                break
            time.sleep(0.05)
        reloads = Reloads(folder)
        reloads.start()
        sent, samples = flood(folder, live.pid)
        reloads.over.set()
        reloads.join()
        time.sleep(1)
        carried = received()
        live.send_signal(signal.SIGTERM)
        said = live.communicate(timeout=300)[1]
        if live.returncode not in (0, 1, 4):
            print(f"it ended with {live.returncode}: {said}")
            return 1
        result = json.loads((folder / "result.json").read_text())
    c = result["coverage"]
    print(f"{sent} packets of floods, {carried} on the wire, {c['packets']} read, {c['drops']} dropped, "
          f"{reloads.done} reloads, {reloads.refused} of them broken, {c['evicted']} flows given up")
    bad = flat(samples) + balances(result) + reloads.odd
    if c["packets"] + c["drops"]["kernel"] != carried:
        bad.append(f"{carried} packets were on the wire; {c['packets']} read and {c['drops']['kernel']} dropped")
    if reloads.done < 3 or not reloads.refused:
        bad.append(f"only {reloads.done} reloads")
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
