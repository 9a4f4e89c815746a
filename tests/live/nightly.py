#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A night's report of the store of a live run that is at work: connections that began yesterday and go
on are today's, too, and the answer that granted their port explains them.

    nightly.py [NAME...]   as live.py; runs.py has the namespace and the helpers
"""

import contextlib
import json
import mmap
import os
import shutil
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'pcaps', 'gen')]
import proto as p  # noqa: E402
import runs  # noqa: E402
from cases_packets import CLOCK  # noqa: E402
from crm import Crm  # noqa: E402
from runs import ENV, TOOL, Live, do, flushed, need, put  # noqa: E402
from talk import C, S  # noqa: E402

SITE = '''spanaudit: site/1
name: nights
deployment: {auth: iwa, topology: split}
hosts:
  - {name: crmweb01, role: crm-web, addr: [10.20.1.11, "2001:db8:20:1::11"]}
  - {name: sql01, role: sql, addr: [10.20.2.20, "2001:db8:20:2::20"]}
  - {name: dc01, role: [dc, dns], addr: [10.20.3.10, "2001:db8:20:3::10"]}
'''
WEB, SQL, DC, GRANTED = '10.20.1.11', '10.20.2.20', '10.20.3.10', 49667
DAY = 86400
# Packets are as late as the clock says.
PACKETS = CLOCK + r'''
struct header { struct timeval at; unsigned caught, sent; };
typedef void (*handler)(unsigned char *, const struct header *, const unsigned char *);
static handler then;
static void later(unsigned char *user, const struct header *h, const unsigned char *p)
{
	struct header x = *h;

	x.at.tv_sec += step ? *step : 0;
	then(user, &x, p);
}
int pcap_dispatch(void *from, int n, handler fn, unsigned char *user)
{
	static int (*dispatch)(void *, int, handler, unsigned char *);

	if (!dispatch)
		dispatch = (int (*)(void *, int, handler, unsigned char *))dlsym(RTLD_NEXT, "pcap_dispatch");
	then = fn;
	return dispatch(from, n, later, user);
}
'''


class Clock:
    """The clock of runs, which can be set."""

    def __init__(self, folder):
        source, library, self.path = (os.path.join(folder, x) for x in ('clock.c', 'clock.so', 'step'))
        put(source, PACKETS)
        do('cc', '-D_GNU_SOURCE', '-shared', '-fPIC', '-O1', '-o', library, source, '-ldl')
        with open(self.path, 'wb') as f:
            f.write(bytes(8))
        self.env = {'LD_PRELOAD': library, 'CLOCK_STEP': self.path,
                    'ASAN_OPTIONS': ENV['ASAN_OPTIONS'] + ':verify_asan_link_order=0'}

    def set(self, to):
        with open(self.path, 'r+b') as f, mmap.mmap(f.fileno(), 8) as m:
            m[:8] = struct.pack('q', round(to - time.time()))


def session(*args, **kw):
    """Frames of one connection, whose last eight are of the day after."""
    s = Crm()
    s.session(0, *(getattr(s, x) for x in args[:2]), *args[2:], **kw)
    v = [f for _, f in s.frames()]
    return v[:-8], v[-8:]


def send(*parts):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as port:
        port.bind(('a0', 0))
        for f in (f for v in parts for f in v):
            port.send(f)
            time.sleep(0.0002)


def talk():
    more = [(C, b'more'), (S, b'of it')] * 2
    sql = session('web', 'sql', 1433, p.tds() + more, end='open')
    dc = Crm().dc1.v4.packed
    mapper = session('web', 'dc1', 135, p.epm(p.NETLOGON, GRANTED, dc))
    rpc = session('web', 'dc1', GRANTED, p.rpc(p.NETLOGON, GRANTED) + more, end='open', sport=50999)
    return [sql[0], mapper[0], mapper[1], rpc[0]], [sql[1], rpc[1]]


def date(at):
    return time.strftime('%Y-%m-%d', time.gmtime(at))


def night(folder, conf, path, day, env):
    reports = os.path.join(folder, 'reports')
    r = subprocess.run([TOOL, 'nightly', '-S', conf, '--store', path, '--reports', reports, '--day', day],
                       env=dict(ENV, **env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    need(r.returncode in (0, 1, 4), 'nightly of %s: %d %s' % (day, r.returncode, r.stderr))
    with open(os.path.join(reports, 'spanaudit-%s.json' % day)) as f:
        return json.load(f)


def rows(document):
    return {(c['client']['address'], c['server']['address'], c['server_port']): c for c in document['conversations']}


def looked_at(document, sent, day, what):
    """Two long connections, once each, with what they sent in that time."""
    for key, n in zip(((WEB, SQL, 1433), (WEB, DC, GRANTED)), sent):
        c = rows(document).get(key)
        need(c, '%s: %s has no %s:%d' % ((what, day) + key[1:]))
        packets = c['packets'] if isinstance(c['packets'], int) else sum(c['packets'])
        need((c['flows'], c['state'], packets) == (1, 'established', n),
             '%s: %s:%d has %d flows, %s, %d packets of %d' % (what, *key[1:], c['flows'], c['state'], packets, n))
        need(c['first'][:10] >= day[0] and c['last'][:10] <= day[1], '%s: %s to %s' % (what, c['first'], c['last']))
    results = {r['id']: r['result'] for r in document['rules']}
    need(results['S1-CMP-02'] == 'met', '%s: SQL is %s' % (what, results['S1-CMP-02']))
    need(not any(f['kind'] == 'missing' and f['port'] == 1433 for f in document['findings']), what + ': SQL is missing')
    rpc = {r['port']: r for r in document['dynamic_rpc']}[GRANTED]
    need(rpc['verdict'] == 'documented-dynamic' and rpc['granted_by']['how'] == 'epm', '%s: %r' % (what, rpc))


def midnight(folder):
    """Over midnight, in a run that goes on, and once more when another run has taken its place."""
    if not shutil.which('cc'):
        print('     midnight: skipped without a compiler')
        return
    conf, path = os.path.join(folder, 'site.yaml'), os.path.join(folder, 'it.store')
    put(conf, SITE)
    clock = Clock(folder)
    begin = (int(time.time()) // DAY - 2) * DAY  # of the day before
    one, two = date(begin), date(begin + DAY)
    first, second = talk()
    sent = [len(first[0]), len(first[3])], [len(second[0]), len(second[1])]
    clock.set(begin + DAY - 120)
    args = ['-i', 'a1', '-S', conf, '--store', path]
    with Live(folder, *args, env=clock.env) as run:
        send(*first)
        run.until_read(sum(map(len, first)))
        run.ask('flush')
        flushed(run, 1)
        looked_at(night(folder, conf, path, one, clock.env), sent[0], (one, one), 'the evening')
        clock.set(begin + DAY + 120)
        send(*second)
        run.until_read(sum(map(len, first + second)))
        n = run.status()['store']['flushes']
        while run.status()['store']['writing']:
            time.sleep(0.05)
        run.ask('flush')
        flushed(run, n + 1)
        looked_at(night(folder, conf, path, two, clock.env), sent[1], (two, two), 'the morning')
        looked_at(night(folder, conf, path, one, clock.env), sent[0], (one, one), 'the day before')
        out = os.path.join(folder, 'both.json')
        with contextlib.suppress(subprocess.CalledProcessError):
            do(TOOL, 'report', '--store', path, '-S', conf, '-q', '-o', out)
        with open(out) as f:
            both = json.load(f)
        looked_at(both, [a + b for a, b in zip(*sent)], (one, two), 'both days')
        need(sum(c['flows'] for c in both['conversations']) == 3, 'three connections in all')
        run.proc.kill()  # what was written stays
        run.proc.wait()
    looked_at(night(folder, conf, path, two, clock.env), sent[1], (two, two), 'after a kill')


runs.TESTS[:] = [midnight]
for program in 'tcpdump', 'tcpreplay', 'setpriv':
    del runs.NEEDS[program]

if __name__ == '__main__':
    sys.exit(runs.main(os.path.abspath(__file__)))
