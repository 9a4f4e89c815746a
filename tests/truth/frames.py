#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what spanaudit and Wireshark find in every frame of every public capture.

Per frame: number, time, length, and of the innermost IP packet addresses, protocol and ports. Per
capture: the conversations (both endpoints, protocol) with packets and bytes. Each difference must
belong to a class of classes.py, and each class must have the number of frames it has there.
"""

import collections
import concurrent.futures
import ipaddress
import os
import shutil
import sys

import classes
import common
import packets
import wireshark

# Files whose packets Wireshark 4.0 does not show: (files, why).
UNREAD = (7, 'Wireshark 4.0 does not know the link type or the version of the format')


def address(text):
    """With what spanaudit's addresses leave out taken off: the interface in link-local ones (RFC
    4291 2.5.6: those bits are zero), and the form ::ffff:a.b.c.d of IPv4 ones (2.5.5.2)."""
    a = ipaddress.ip_address(text.split('%')[0])
    if a.version == 4:
        return a
    if a.is_link_local:
        a = ipaddress.ip_address(a.packed[:2] + b'\0\0' + a.packed[4:])
    return a.ipv4_mapped or a


def same(k, d):
    """Whether both found the same packet."""
    if k.outcome != 'ok' or d.ip is None or d.broken:
        return False
    if (address(k.src), address(k.dst)) != (address(d.src), address(d.dst)):
        return False
    # None: a number without a name of its own.
    if k.proto != d.proto and not (d.proto is None and k.proto not in (6, 17)):
        return False
    return d.later or [k.sport, k.dport] == (d.ports or [0, 0])


def conversation(src, dst, proto, ports):
    ends = sorted([(int(address(src)), ports[0]), (int(address(dst)), ports[1])])
    return ends[0], ends[1], proto


class Result:
    """Of one capture; they add up."""

    def __init__(self):
        self.frames = self.equal = self.malformed = self.conversations = self.packets = 0
        self.bytes = self.explained_conversations = 0
        self.classes = collections.defaultdict(list)
        self.problems = []

    def add(self, other):
        for name in ('frames', 'equal', 'malformed', 'conversations', 'packets', 'bytes',
                     'explained_conversations'):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, frames in other.classes.items():
            self.classes[name] += frames
        self.problems += other.problems


def classify(k, d, table):
    return next((c.name for c in table if c.condition(k, d)), None)


def compare(name, capture, rows, numbers):
    r = Result()
    theirs = {}
    for row in rows:
        d = wireshark.Dissected(row, numbers)
        theirs[d.number] = d
    ours_c, theirs_c = ({}, {})
    explained = set()

    def count(table, key, length):
        c = table.setdefault(key, [0, 0])
        c[0] += 1
        c[1] += length

    for k in capture.packets():
        d = theirs.pop(k.number, None)
        r.frames += 1
        if d is None:
            r.problems.append('%s: frame %d: only spanaudit has it' % (name, k.number))
            continue
        for what, a, b, table in (('time', k.time, d.time, classes.TIMES),
                                  ('length', k.length, d.length, classes.LENGTHS)):
            if a != b:
                klass = classify(k, d, table)
                r.classes[klass].append('%s:%d' % (name, k.number))
                if not klass:
                    r.problems.append('%s: frame %d: %s %d, for Wireshark %d' % (name, k.number, what,
                                                                                a, b))
        keys = []
        if k.outcome == 'ok':
            keys.append(conversation(k.src, k.dst, k.proto,
                                     [0, 0] if d.later else [k.sport, k.dport]))
            count(ours_c, keys[-1], k.length)
        if d.ip is not None and not d.broken:
            keys.append(conversation(d.src, d.dst, k.proto if d.proto is None else d.proto,
                                     [0, 0] if d.later else d.ports or [0, 0]))
            count(theirs_c, keys[-1], d.length)
        if d.length != k.length:
            explained.update(keys)
        if same(k, d):
            r.equal += 1
            r.malformed += d.malformed
            continue
        klass = classify(k, d, classes.AGREEMENTS + classes.CLASSES)
        explained.update(keys)
        if klass:
            r.classes[klass].append('%s:%d' % (name, k.number))
        else:
            r.problems.append('%s: frame %d: spanaudit %s %s -> %s %s %s %s, Wireshark %s%s: %s -> '
                              '%s %s %s' % (
                                  name, k.number, k.outcome, k.src, k.dst, k.proto,
                                  [k.sport, k.dport], k.tunnel, ':'.join(d.protocols),
                                  ' (malformed)' if d.malformed else '', d.src, d.dst, d.proto,
                                  d.ports))
    for d in theirs.values():
        # Blocks that are no packets have numbers, too.
        if d.protocols not in (['data'], ['']):
            r.problems.append('%s: frame %d: only Wireshark has it' % (name, d.number))
    for key in set(ours_c) | set(theirs_c):
        if ours_c.get(key) == theirs_c.get(key):
            r.conversations += 1
            r.packets += ours_c[key][0]
            r.bytes += ours_c[key][1]
        elif key in explained:
            r.explained_conversations += 1
        else:
            r.problems.append('%s: %s: spanaudit %s, Wireshark %s' % (
                name, key, ours_c.get(key), theirs_c.get(key)))
    return r


def work(job):
    """Runs in a process of its own: captures one after the other."""
    folder, own, numbers = job
    s = wireshark.Sharkd()
    result, unread = Result(), []
    try:
        for name, capture in own:
            try:
                rows = s.frames(os.path.join(folder, name))
            except wireshark.Gone as e:
                result.problems.append('%s: %s' % (name, e))
                continue
            if not rows and capture.lines:
                unread.append(name)
                continue
            if capture.end != 'refused':
                result.add(compare(name, capture, rows, numbers))
    finally:
        s.close()
    return result, unread


def main():
    if not shutil.which('sharkd') or not shutil.which('tshark'):
        print('skipped: needs tshark and sharkd')
        return common.SKIP
    folder = common.captures()
    names = [r['path'] for r in common.manifest(folder)]
    if len(sys.argv) > 1:
        names = [n for n in names if any(w in n for w in sys.argv[1:])]
    own = packets.read(folder, names)
    numbers = wireshark.protocol_numbers()
    # Small parts, so that no process is left with the long ones at the end.
    jobs = [(folder, [(n, own[n]) for n in names[i::24]], numbers) for i in range(24)]
    total, unread = Result(), []
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for result, missing in pool.map(work, jobs):
            total.add(result)
            unread += missing
    print('%d captures, %d frames: %d with the same innermost IP packet (%d of them malformed '
          'above it for Wireshark)' % (len(names), total.frames, total.equal, total.malformed))
    print('%d conversations with %d packets and %d bytes are the same, %d differ by the classes '
          'below' % (total.conversations, total.packets, total.bytes,
                     total.explained_conversations))
    for c in classes.AGREEMENTS:
        print('%6d  agree: %s: %s' % (len(total.classes[c.name]), c.name, c.argument))
    for c in classes.CLASSES + classes.TIMES + classes.LENGTHS:
        found = total.classes[c.name]
        print('%6d  %s: %s\n        %s' % (len(found), c.name, c.argument, ' '.join(found[:3])))
        if len(names) > 1000 and len(found) != c.frames:
            total.problems.append('%s: %d frames, %d expected' % (c.name, len(found), c.frames))
    print('%6d captures not shown by Wireshark: %s: %s' % (len(unread), UNREAD[1],
                                                           ' '.join(sorted(unread))))
    if len(names) > 1000 and len(unread) != UNREAD[0]:
        total.problems.append('Wireshark shows nothing of %d captures, %d expected' % (
            len(unread), UNREAD[0]))
    for line in sorted(total.problems):
        print(line)
    return 1 if total.problems else 0


if __name__ == '__main__':
    sys.exit(main())
