#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reads every public capture with spanaudit's own reader and with libpcap's.

Packet by packet (number, time, length, what became of it, first bytes) and report by report the two
must agree wherever libpcap reads a file to its end. Everything else is a row of CLASSES with the
number of files it has in the collection: one more is as wrong as one less.
"""

import collections
import concurrent.futures
import sys

import common
import packets

# Files that one audit reads: there are too many for a process each.
AUDIT_FILES = 10

# What libpcap's reader says of a file, where its packets end before those of the own reader, or are
# numbered otherwise: {words: (files, why the own reader is right)}
CLASSES = {
    'different link types': (
        7, 'each interface description has a link type, and each packet names its interface '
        '(draft-ietf-opsawg-pcapng 4.2 and 4.3); libpcap has one link type for a file'),
    'different snap lengths': (
        10, 'the snap length is one of the interface, too (draft-ietf-opsawg-pcapng 4.2); libpcap '
        'has one for a file'),
    'version of the pcap format': (
        1, 'nobody published a version 2.5; its records are those of 2.4, as '
        'draft-ietf-opsawg-pcap 5 has them to the last byte of the file. Wireshark reads it so'),
    'version of the pcapng format': (
        1, 'nobody published a version 1.1 (draft-ietf-opsawg-pcapng 4.1: 1.0, and 1.2 for the '
        'same); its blocks are those of 1.0 to the last byte of the file. Wireshark refuses, too'),
    'numbers': (
        1, 'custom blocks lie between the packets (draft-ietf-opsawg-pcapng 4.9). Wireshark '
        'numbers them like packets, libpcap does not see them; the numbers of spanaudit are '
        'those to look up in Wireshark'),
    'damage': (
        1, 'a second section in version 2.0 (draft-ietf-opsawg-pcapng 4.1): both stop there, and '
        'each has its own words for it'),
}
# Reports that show what libpcap does not hand out; apart from that they are the same.
REPORTS = {
    'names': (
        1, 'a name resolution block (draft-ietf-opsawg-pcapng 4.5) names hosts of the capture'),
    'drops': (
        3, 'an interface statistics block (draft-ietf-opsawg-pcapng 4.6) counts packets that were '
        'lost; with many of them a report is inconclusive'),
}


def class_of(own, other):
    """The class of a file on which the readers differ, or None."""
    def plain(lines):
        return [line.split('\t', 1)[1] for line in lines]

    if own.end == other.end == 'damaged' and own.lines == other.lines:
        return 'damage'
    if own.end == other.end and plain(own.lines) == plain(other.lines):
        return 'numbers'
    if own.end != 'whole' or other.end not in ('refused', 'damaged') \
            or own.lines[:len(other.lines)] != other.lines:
        return None
    return next((words for words in CLASSES if words in other.why), None)


def audit(folder, names, reader):
    code, out, err = common.run('audit', '--format', 'json', '--reader', reader, *names, cwd=folder)
    if common.sanitizer(err):
        raise RuntimeError(common.sanitizer(err))
    return code, out


def without(value, klass):
    """A report, or a part of one, without what the class explains."""
    if isinstance(value, list):
        return [without(v, klass) for v in value]
    if not isinstance(value, dict):
        return value
    hidden = {'names': {'name', 'name_source'} if 'address' in value else set(),
              'drops': {'drops', 'inconclusive_why', 'caveats'}}[klass]
    return {k: without(v, klass) for k, v in value.items() if k not in hidden}


def audits_differ(folder, names):
    """[(file whose report depends on the reader, class or None)]"""
    if audit(folder, names, 'auto') == audit(folder, names, 'libpcap'):
        return []
    found = []
    for name in names:
        (code, own), (other_code, other) = (audit(folder, [name], r) for r in ('auto', 'libpcap'))
        if (code, own) != (other_code, other):
            klass = next((k for k in REPORTS
                          if without(common.load(own), k) == without(common.load(other), k)), None)
            found.append((name, klass if code == other_code else None))
    return found or [('only together: ' + ' '.join(names), None)]


def main():
    folder = common.captures()
    names = [r['path'] for r in common.manifest(folder)]
    counted = {r['path']: r['packets'] for r in common.manifest(folder)}
    own, other = packets.read(folder, names), packets.read(folder, names, '--libpcap')
    classes, problems, same, equal_packets = collections.defaultdict(list), [], [], 0
    for name in names:
        a, b = own[name], other[name]
        # 0 of link types that Wireshark does not know.
        if a.end == 'whole' and counted[name] not in ('?', '0', str(len(a.lines))):
            problems.append('%s: %d packets, capinfos counts %s' % (name, len(a.lines),
                                                                   counted[name]))
        if a.lines == b.lines and a.end == b.end != 'damaged':
            same.append(name)
            equal_packets += len(a.lines)
            continue
        klass = class_of(a, b)
        if klass:
            classes[klass].append(name)
            continue
        different = next(((x, y) for x, y in zip(a.lines + ['='], b.lines + ['=']) if x != y), '')
        problems.append('%s: own reader: %d packets, %s %s; libpcap: %d packets, %s %s; first '
                        'difference: %s' % (name, len(a.lines), a.end, a.why, len(b.lines), b.end,
                                            b.why, different))
    print('%d captures: %d with %d packets are the same for both readers' % (
        len(names), len(same), equal_packets))
    for klass, (n, why) in CLASSES.items():
        print('%6d  %s: %s' % (len(classes[klass]), klass, why))
        if len(classes[klass]) != n:
            problems.append('%s: %d files, %d expected: %s' % (klass, len(classes[klass]), n,
                                                              ' '.join(classes[klass])))
    groups = [same[i:i + AUDIT_FILES] for i in range(0, len(same), AUDIT_FILES)]
    reports = collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda g: audits_differ(folder, g), groups):
            for name, klass in found:
                reports[klass].append(name)
    print('%d audits of up to %d captures each: the same bytes with both readers, but for' % (
        len(groups), AUDIT_FILES))
    for name in reports[None]:
        problems.append('the report depends on the reader: ' + name)
    for klass, (n, why) in REPORTS.items():
        print('%6d  %s: %s: %s' % (len(reports[klass]), klass, why, ' '.join(reports[klass])))
        if len(reports[klass]) != n:
            problems.append('%s: %d reports, %d expected: %s' % (
                klass, len(reports[klass]), n, ' '.join(reports[klass])))
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
