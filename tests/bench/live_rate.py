#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a packet of a fast wire costs spanaudit live with its default options, and whether any was lost.

    live_rate.py SPANAUDIT [RATE [SECONDS [RUNS]]]

Packets of 64 to 128 bytes (gen.c: mixed) go through a veth pair in a network namespace of their own (send.c), as many
a second as RATE says, 0: as many as go. The listener is spanaudit live with a site and a report and otherwise as it
comes, and tcpdump -w /dev/null in its turn: on a processor of its own; and on the one that does the kernel's part of
receiving as well (RPS has it done there). The cost is processor time of the listener's process from the first packet
until it waits again, by the packets that it read; the kernel's part of receiving is nobody's, or where it interrupts
the listener partly the listener's. What spanaudit would leave out (--shed auto) counts as lost. Needs root and two
processors; 77 when something is missing.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import wire
import zero_loss

PACKETS = 2000000
OWN, SHARED = 'a processor of its own', "the kernel's receiving on it, too"
TICK = os.sysconf('SC_CLK_TCK')


def cpu_s(pid):
    """Of a process and its children that are done."""
    with open('/proc/%d/stat' % pid) as f:
        return sum(int(x) for x in f.read().rsplit(')', 1)[1].split()[11:15]) / TICK


def flows_of(tool, tmp, capture, packets):
    """Conversations of the first packets of a capture of this computer's byte order."""
    part, at = os.path.join(tmp, 'part'), 24
    with open(capture, 'rb') as f:
        b = f.read()
    for _ in range(packets):
        at += 16 + int.from_bytes(b[at + 8:at + 12], sys.byteorder)
    with open(part, 'wb') as f:
        f.write(b[:at])
    return len(json.loads(subprocess.check_output([tool, 'flows', '--json', part])))


def receive_on(mask):
    with open('/sys/class/net/a1/queues/rx-0/rps_cpus', 'w') as f:
        f.write('%x' % mask)


def spanaudit(tool, tmp):
    out = os.path.join(tmp, 'live.json')
    p, log = zero_loss.start([tool, 'live', '-i', 'a1', '--control', 'none', '-S',
                              os.path.join(wire.HERE, 'site.yaml'), '-o', out, '--user', 'nobody'], 'taking packets', tmp)

    def end():
        zero_loss.finish(p, log)
        with open(out) as f:
            c = json.load(f)['coverage']
        return c['packets'] - c.get('shed', {'packets': 0})['packets']
    return p, end


def tcpdump(_, tmp):
    p, log = zero_loss.start(['tcpdump', '-n', '-Z', 'root', '-i', 'a1', '-B', str(zero_loss.MIB * 1024), '-w',
                              '/dev/null'], 'listening on', tmp)

    def end():
        said = zero_loss.finish(p, log, signal.SIGINT)
        return int(re.search(r'(\d+) packets? captured', said).group(1))
    return p, end


def run(listen, tool, tmp, play, rate, seconds):
    """-> packets/s, packets lost, ns a packet."""
    p, end = listen(tool, tmp)
    time.sleep(1)  # until it waits for packets
    before = cpu_s(p.pid)
    sent, had = play(rate, seconds)
    was = -1.0
    while cpu_s(p.pid) > was:
        was = cpu_s(p.pid)
        time.sleep(0.3)
    read = end()
    return had, sent - read, (was - before) * 1e9 / max(read, 1)


def inside(tool, rate='0', seconds='3', runs='5'):
    rate, seconds = int(rate), float(seconds)
    with tempfile.TemporaryDirectory(prefix='spanaudit-rate-') as tmp:
        os.chmod(tmp, 0o777)
        play = zero_loss.Sender(tmp, PACKETS)
        if not rate:
            rate = int(play(0, 2)[1])
        print('%d new conversations in the first second' % flows_of(tool, tmp, play.path, min(rate, PACKETS)))
        print('| listener | with | packets/s | lost | ns a packet |\n|---|---|---:|---:|---:|', flush=True)
        subprocess.run(['mount', '-t', 'sysfs', 'sysfs', '/sys'], check=True)  # that of this namespace
        for where, mask in (OWN, 1), (SHARED, 2):
            receive_on(mask)
            for name, listen in ('spanaudit live', spanaudit), ('tcpdump -w /dev/null', tcpdump):
                got = [run(listen, tool, tmp, play, rate, seconds) for _ in range(int(runs))]
                ns = [x[2] for x in got]
                print('| %s | %s | %d | %s | %.0f (%.0f-%.0f) |' %
                      (name, where, min(x[0] for x in got), ' '.join(str(x[1]) for x in got if x[1]) or 'none',
                       statistics.median(ns), min(ns), max(ns)), flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(wire.run(inside, 'tcpdump', 'taskset'))
