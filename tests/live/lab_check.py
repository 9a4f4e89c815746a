#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The audit of a recording of the lab, held against what the lab did.

    lab_check.py [RECORDING DEEDS]     default: the one that ships, pcaps/lab.pcapng

SPANAUDIT names the tool (default: spanaudit on the path). Every deed must be in the audit as it was
done, and nothing may be in the audit that was not done. What deeds say: lab_deeds.py.
"""

import datetime
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PCAPS = os.path.join(ROOT, 'pcaps')
DYNAMIC = range(49152, 65536)


def audit(recording):
    env = dict(os.environ, SPANAUDIT_RULES_PATH=os.path.join(ROOT, 'rules'))
    env.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1:halt_on_error=1')
    p = subprocess.run([env.get('SPANAUDIT', 'spanaudit'), 'audit', '--site',
                        os.path.join(PCAPS, 'lab-site.yaml'), '--format', 'json', recording],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env,
                       timeout=120)
    if p.returncode != 1:  # findings there are
        raise SystemExit('spanaudit audit: exit code %d\n%s' % (p.returncode, p.stderr))
    return json.loads(p.stdout)


def when(text):
    return datetime.datetime.fromisoformat(text)


def of_talk(t):
    return (t['client'], t['server'], t['proto'], t['port'])


def ends(row, port):
    return (row['client']['address'], row['server']['address'], row['transport'], row[port])


def uuids(row):
    return {i['uuid'] for i in row['interfaces']}


class Check:
    def __init__(self, document, book):
        self.doc = document
        self.deeds = book['deeds']
        self.ports = book['ports']
        self.bad = []
        self.conv = {ends(c, 'server_port'): c for c in document['conversations']}
        # grants that nobody used have no state
        self.rpc = {ends(r, 'port'): r for r in document['dynamic_rpc'] if r['state']}
        self.dynamic, self.explained = set(), set()

    def say(self, deed, words, *values):
        self.bad.append('"%s": %s' % (deed['what'], words % values))

    def one(self, deed, t):
        key = of_talk(t)
        where = '%s -> %s %s/%s' % key
        if t['verdict'] == 'out-of-scope':
            if key in self.conv:
                self.say(deed, '%s is listed, and out of scope', where)
            return
        c = self.conv.get(key)
        if not c:
            self.say(deed, '%s is not among the conversations', where)
            return
        for name in ('verdict', 'state', 'protocol'):
            if name in t and t[name] != c[name]:
                self.say(deed, '%s: %s is %s, not %s', where, name, c[name], t[name])
        if t['interface'] and t['state'] == 'established' and t['interface'] not in uuids(c):
            self.say(deed, '%s: interface %s is not among %s', where, t['interface'], uuids(c))
        if t['port'] in DYNAMIC and t['proto'] == 'tcp':
            self.dynamic_one(deed, t, key, where)
        if 'finding' in t:
            self.finding(deed, t, where)

    def dynamic_one(self, deed, t, key, where):
        self.dynamic.add(key)
        r = self.rpc.get(key)
        if not r:
            self.say(deed, '%s is not in the list of dynamic RPC', where)
            return
        if r['state'] != t['state']:
            self.say(deed, '%s: dynamic RPC in state %s, not %s', where, r['state'], t['state'])
        used = r['used_by'] and r['used_by']['time']
        if not used or not any(when(d['begin']) <= when(used) <= when(d['end'])
                               for d in self.deeds if key in map(of_talk, d['talks'])):
            self.say(deed, '%s: first used at %s, which is no deed of these two', where, used)
        if not t['how']:
            if r['granted_by']:
                self.say(deed, '%s: explained by %s, and nothing explains it', where,
                         r['granted_by'])
            return
        if not r['granted_by']:
            self.say(deed, '%s: unexplained: %s', where, r['why'])
            return
        if t['interface'] not in uuids(r):
            self.say(deed, '%s: explained with %s, not %s', where, uuids(r), t['interface'])
            return
        how = r['granted_by']['how']
        if t['how'] != 'any' and how != t['how']:
            self.say(deed, '%s: explained by %s, not %s', where, how, t['how'])
            return
        told = r['granted_by']['time']
        if how != 'bind' and when(told) > when(used):
            self.say(deed, '%s: granted at %s, after it was used', where, told)
            return
        self.explained.add(key)

    def finding(self, deed, t, where):
        """Findings speak of hosts, and may put several addresses and ports of one together."""
        c = self.conv[of_talk(t)]
        for f in self.doc['findings']:
            if f['kind'] == t['finding'] and f['transport'] == t['proto'] and \
                    f['port'] in (t['port'], None) and \
                    all(f[e]['host'] == c[e]['host']
                        and (c[e]['host'] or f[e]['address'] in (t[e], None))
                        for e in ('client', 'server')):
                return
        self.say(deed, '%s: there is no finding %s', where, t['finding'])

    def nothing_else(self):
        done = {of_talk(t) for d in self.deeds for t in d['talks']}
        for key in sorted(set(self.conv) | set(self.rpc)):
            if key not in done:
                self.bad.append('%s -> %s %s/%s was not done' % key)
        # What servers really have where; grants may name those, and no others.
        for r in self.doc['dynamic_rpc']:
            for u in uuids(r):
                if self.ports.get(u, r['port']) != r['port']:
                    self.bad.append('%s is said to be on %s, and is on %s'
                                    % (u, r['port'], self.ports[u]))
        for d in self.deeds:
            if 'absent' in d:
                self.nowhere(d, d['absent'])

    def nowhere(self, deed, uuid):
        """Nobody has this interface; that it was asked for in vain must be told, and nothing else."""
        told = [f for f in self.doc['findings'] if uuid in f['why']
                and [h['code'] for h in f['hints']] == ['RPC-NOT-REG']]
        rest = dict(self.doc, findings=[f for f in self.doc['findings'] if f not in told])
        if not told:
            self.say(deed, 'nothing says that %s is not registered', uuid)
        if uuid in json.dumps(rest):
            self.say(deed, '%s turns up in the audit', uuid)

    def run(self):
        for d in self.deeds:
            for t in d['talks']:
                self.one(d, t)
        self.nothing_else()
        return self.bad


def check(recording, deeds):
    with open(deeds, encoding='utf-8') as f:
        book = json.load(f)
    c = Check(audit(recording), book)
    bad = c.run()
    print('\n'.join(bad))
    talks = [t for d in c.deeds for t in d['talks']]
    known = {of_talk(t) for t in talks if t['how']}
    print('%d deeds, %d conversations; %d on dynamic ports, of which %d can be explained and %d '
          'were, by the right interface' % (len(c.deeds), len(set(map(of_talk, talks))),
                                            len(c.dynamic), len(known), len(c.explained)))
    print('%d differences' % len(bad) if bad else 'the audit says what was done')
    return 1 if bad else 0


def main():
    words = sys.argv[1:] or [os.path.join(PCAPS, f) for f in ('lab.pcapng', 'lab-deeds.json')]
    if len(words) != 2:
        sys.exit(__doc__)
    return check(*words)


if __name__ == '__main__':
    sys.exit(main())
