# SPDX-License-Identifier: BSD-2-Clause
"""What spanaudit makes of every frame of captures: the output of show_packets."""

import collections
import os
import subprocess

import common

SHOW_PACKETS = os.environ.get('SHOW_PACKETS', 'show_packets')

Packet = collections.namedtuple('Packet', 'number time length outcome src dst proto sport dport '
                                'fragment payload tunnel vlan', defaults=(None,) * 9)


class Capture:
    """One file: its packets as lines, and how it ended ("whole", "cut", "damaged", "refused")."""

    def __init__(self, path):
        self.path = path
        self.lines = []
        self.end = self.why = ''

    def last(self):
        """The number of its last packet."""
        return int(self.lines[-1].split('\t', 1)[0]) if self.lines else 0

    def packets(self):
        for line in self.lines:
            c = line.split('\t')
            if len(c) == 4:
                yield Packet(int(c[0]), int(c[1]), int(c[2]), c[3])
            else:
                yield Packet(int(c[0]), int(c[1]), int(c[2]), c[3], c[4], c[5], int(c[6]),
                             int(c[7]), int(c[8]), c[9] == '1', int(c[10]), c[11], int(c[12]))


def read(folder, names, *options):
    """{name: Capture} of all of them."""
    p = subprocess.run([SHOW_PACKETS, *options, *names], capture_output=True, cwd=folder,
                       env=common.environment(), timeout=600)
    if p.returncode != 0:
        raise RuntimeError('show_packets ends with %d: %s' % (
            p.returncode, p.stderr.decode(errors='replace')[-2000:]))
    captures, current = {}, None
    for line in p.stdout.decode(errors='replace').split('\n'):
        if line.startswith('# '):
            current = captures[line[2:]] = Capture(line[2:])
        elif line.startswith('='):
            _, current.end, n, current.why = line.split('\t', 3)
            if int(n) != len(current.lines):
                raise RuntimeError('%s: %s packets, %d lines' % (current.path, n,
                                                                len(current.lines)))
        elif line:
            current.lines.append(line)
    if set(captures) != set(names):
        raise RuntimeError('show_packets left out captures')
    return captures
