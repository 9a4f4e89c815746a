#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A processor that does not keep up: what is left out then, in which order, and that all of it is counted.

    busy.py [NAME...]   as live.py; runs.py has the namespace and the helpers

The run is stopped for a moment (SIGSTOP) while packets of ever new flows fill its ring, as if others had
the processor: it wakes far behind. Or it is in a control group that gets little of the processor
(limits.py), and never catches up.
"""

import fcntl
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import runs  # noqa: E402
from cases_told import notices  # noqa: E402
from limits import Limit, NoLimit  # noqa: E402
from runs import Live, need, site, until  # noqa: E402

RING = 4 << 20
COST = 96 + 60  # of a frame of the least length in the ring
TIMES = 40      # that the run may be made late, until it is late enough
SHARE = 0.01    # of a processor, which is less than it takes


def syn(rng):
    """To the SQL server of the lab, of a client and a port that were not there before."""
    ip = struct.pack('!BBHHHBBHII', 0x45, 0, 40, 0, 0, 64, 6, 0, 0x0a2c0000 | rng.getrandbits(16), 0x0a2c0214)
    tcp = struct.pack('!HHIIBBHHH', rng.getrandbits(16), 1433, 1, 0, 0x50, 2, 8192, 0, 0)
    return b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + tcp


class Load:
    def __init__(self):
        self.rng, self.sent = random.Random(11), 0
        self.port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.port.bind(('a0', 0))

    def send(self, n):
        for _ in range(n):
            self.port.send(syn(self.rng))
        self.sent += n

    def fill(self, part):
        self.send(int(RING * part / COST))

    def late(self, run, part):
        """Stops the run until a part of its ring is filled."""
        run.proc.send_signal(signal.SIGSTOP)
        self.fill(part)
        run.proc.send_signal(signal.SIGCONT)


def read(run):
    s = run.status()
    return s['packets'] + s['lost']['kernel']


def caught_up(run, load):
    until('all is read or dropped: %d' % load.sent, lambda: read(run) == load.sent)


def until_lost(run, load, how, part):
    """Fills that part of the ring, again whenever all is read, until packets are lost that way; -> all
    four figures."""
    for _ in range(TIMES):
        load.fill(part)
        while True:
            s = run.status()
            if s['lost'][how]:
                return s['lost']
            if s['packets'] + s['lost']['kernel'] == load.sent:
                break
    raise runs.Failed('none is lost that way: %s' % s)


def balances(result, load):
    c = result['coverage']
    runs.balances(result)
    shed = c.get('shed', {'packets': 0, 'heads': 0, 'streams': 0})
    need(c['packets'] + c['drops']['kernel'] == load.sent, '%d sent; %s' % (load.sent, c))
    need(c['decoded'] == c['in_flows'] + c['duplicates'] + c['other_protocols'] + shed['packets'],
         'decoded = in flows + copies + others + left out: %s' % c)
    return shed


def with_threads(folder):
    """All threads leave out, and none of it is lost from the figures."""
    load = Load()
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-B', str(RING >> 20), '--every', '0', '--threads',
              '3') as run:
        for _ in range(TIMES):
            load.late(run, 0.7)
            caught_up(run, load)
            if run.status()['shed']['packets']:
                break
        result = run.end()
    need(balances(result, load)['packets'] > 0, 'new flows are passed by: %s' % run.said())


def left_out(folder):
    """New flows are followed in part, which is told, counted, and makes the result inconclusive."""
    events, load = os.path.join(folder, 'events'), Load()
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-B', str(RING >> 20), '--events', events, '--every',
              '0') as run:
        need(run.status()['shed'] == {'mode': 'auto', 'level': 0, 'one_flow_in': 1, 'buffer_filled': 0.0,
                                      'seconds': 0, 'packets': 0, 'heads': 0, 'streams': 0}, 'nothing at first')
        for _ in range(TIMES):
            load.late(run, 0.7)
            caught_up(run, load)
            if run.status()['shed']['packets']:
                break
        s = run.status()
        need(s['shed']['packets'] > 0, 'new flows are passed by: %s' % s['shed'])
        need(s['lost']['shed'] >= s['shed']['packets'], 'the fourth figure: %s' % s['lost'])
        said = run.said()
        first, then = said.find('does not keep up'), said.find('of new flows one of')
        need(0 <= first < then and 'names not read' in said[first:then], 'in this order: ' + said)
        # A little at a time is no reason any more.
        until('nothing is left out', lambda: run.status()['shed']['level'] == 0)
        before = run.status()['shed']['packets']
        load.send(2000)
        caught_up(run, load)
        need(run.status()['shed']['packets'] == before, 'all flows are followed again')
        result = run.end()
    shed = balances(result, load)
    rendered = subprocess.run([runs.TOOL, 'report', run.json, '--format', 'json'], env=runs.ENV, text=True,
                              stdout=subprocess.PIPE).stdout
    with open(run.json) as f:
        need(rendered == f.read(), 'read back, it is the same document')
    need(shed['packets'] == before, 'the result has the figure of the status')
    need(result['verdict'] != 'compliant' and result['coverage']['inconclusive'], 'inconclusive')
    need(any('not followed' in x for x in result['coverage']['caveats']), 'a caveat says why')
    need('keeps up again' in run.said(), 'that it is over is told')
    said = [x for a, _, x in notices(events) if a == 'lost']
    need(any('does not keep up' in x for x in said) and any('keeps up again' in x for x in said),
         'in events, too: %s' % said)


def starved(folder):
    """By a control group: left out first, then dropped, each in its own figure; given back, all is well."""
    try:
        limit = Limit(SHARE)
    except NoLimit as why:
        print('     starved: skipped: %s' % why)
        return
    load = Load()
    with limit, Live(folder, '-i', 'a1', '-S', site('lab'), '-B', str(RING >> 20), '--every', '0') as run:
        limit.take(run.proc.pid)
        # What the ring holds is not dropped, however slowly it is read.
        lost = until_lost(run, load, 'shed', 0.8)
        need(not lost['kernel'], 'left out, and nothing dropped: %s' % lost)
        lost = until_lost(run, load, 'kernel', 1.5)
        need(not lost['card'] and limit.times_throttled(), 'dropped by the kernel: %s' % lost)
        limit.lift()
        caught_up(run, load)
        until('nothing is left out', lambda: run.status()['shed']['level'] == 0)
        lost = run.status()['lost']
        load.send(2000)
        caught_up(run, load)
        need(run.status()['lost'] == lost, 'nothing is lost any more: %s' % lost)
        result = run.end()
    shed, c = balances(result, load), result['coverage']
    need(lost['shed'] == sum(shed.values()) and lost['kernel'] == c['drops']['kernel'],
         'the result has both figures of the status, %s: %s %s' % (lost, shed, c['drops']))
    need(result['verdict'] != 'compliant' and c['inconclusive'], 'inconclusive')
    for words in 'not followed', 'capture lost':
        need(any(words in x for x in c['caveats']), 'a caveat says it: %s' % c['caveats'])


def never(folder):
    """As it is wanted: what finds no room is the kernel's loss."""
    load = Load()
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-B', str(RING >> 20), '--shed', 'never', '--every',
              '0') as run:
        load.late(run, 1.3)
        caught_up(run, load)
        s = run.status()
        need(s['shed']['mode'] == 'never' and s['shed']['level'] == 0, 'it was told: %s' % s['shed'])
        result = run.end()
    need(sum(balances(result, load).values()) == 0 and result['coverage']['drops']['kernel'] > 0, 'drops alone')
    runs.refused(folder, 2, '--shed', '-i', 'a1', '--shed', 'sometimes')


def unread(folder):
    """A log that nobody reads stops nothing."""
    there, words = os.pipe()
    control = os.path.join(folder, 'control')
    run = subprocess.Popen([runs.TOOL, 'live', '-i', 'a1', '--user', runs.USER, '--control', control, '-o',
                            os.path.join(folder, 'live.json')], stdin=subprocess.DEVNULL, stderr=words,
                           stdout=subprocess.DEVNULL, env=runs.ENV)
    os.close(words)
    with open(there, 'rb') as log:
        while b'taking packets' not in log.readline():
            pass
        fcntl.fcntl(there, fcntl.F_SETPIPE_SZ, 4096)

        def status():
            r = subprocess.run([runs.TOOL, 'control', '--control', control, 'status', '--json'], env=runs.ENV,
                               stdout=subprocess.PIPE, timeout=20)
            return json.loads(r.stdout)
        try:
            for _ in range(100):  # each a line for each interface, and one of the whole
                run.send_signal(signal.SIGUSR1)
                time.sleep(0.005)
            runs.play('lab')
            until('packets are read', lambda: status()['packets'] == 1166)
            first = os.read(there, 1 << 16)
            run.send_signal(signal.SIGUSR1)
            until('it answers', status)
            run.send_signal(signal.SIGTERM)
            rest = log.read()
            need(run.wait(runs.PATIENCE) in (0, 1, 4), 'it ends in order')
        finally:
            run.kill()
            run.wait()
    need(len(first) <= 4096 and b'lines are missing' in rest, 'it is said: %s' % rest)


runs.TESTS[:] = [left_out, with_threads, starved, never, unread]

if __name__ == '__main__':
    sys.exit(runs.main(os.path.abspath(__file__)))
