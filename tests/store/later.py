#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""later.py: connections that go on over midnight, for days. A report of each day has what was sent on it,
counts a connection once, and finds nothing missing whose only traffic it is; one of all days is the audit
of the packets. Hours may be deleted, and a store of the version before be read and go on."""

import datetime
import json
import os
import shutil
import sqlite3
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'golden'), os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import proto as p  # noqa: E402
import run  # noqa: E402
import wire  # noqa: E402
from crm import Crm  # noqa: E402
from talk import C, S  # noqa: E402

SITE = '''spanaudit: site/1
name: later
deployment: {auth: iwa, topology: split}
hosts:
  - {name: crmweb01, role: crm-web, addr: [10.20.1.11, "2001:db8:20:1::11"]}
  - {name: crmapp01, role: crm-async, addr: [10.20.1.12, "2001:db8:20:1::12"]}
  - {name: sql01, role: sql, addr: [10.20.2.20, "2001:db8:20:2::20"]}
  - {name: dc01, role: [dc, dns], addr: [10.20.3.10, "2001:db8:20:3::10"]}
'''
JUDGE = ['--now', '2024-11-29T00:00:00Z', '--site', 'site.yaml', '--format', 'json']
H = 3600
DAY = 24 * H
DAYS = ['2024-05-01', '2024-05-02', '2024-05-03']
BEGIN = 20 * H  # of the long ones, on the first day
MAPPED, OBJECT = 49667, 50123
bad = []


def check(good, what):
    if not good:
        print(what)
        bad.append(what)


def scene():
    s = Crm(start=DAYS[0] + 'T00:00:00Z')
    for t in range(60, 3 * DAY, 900):
        s.dns(t, s.web)
    # Each says something more than twice an hour; 29 hours, and 31.
    s.session(BEGIN, s.web, s.sql, 1433, p.tds() + [(C, b'select'), (S, b'rows')] * 29, pause=1700, end='fin')
    s.session(BEGIN + 5, s.app, s.sql, 1433, p.tds() + [(C, b'x' * 99), (S, b'y' * 99)] * 30, pause=1790, end='rst')
    s.session(BEGIN + 60, s.web, s.dc1, 135, p.epm(p.NETLOGON, MAPPED, s.dc1.v4.packed))
    s.session(BEGIN + 61, s.web, s.dc1, MAPPED, p.rpc(p.NETLOGON, MAPPED) + [(C, b'call'), (S, b'done')] * 29,
              pause=1600, end='open')
    # A port without a bind that shows: the mapper's word alone explains it.
    s.session(BEGIN + 70, s.app, s.dc1, 135, p.epm(p.NETLOGON, OBJECT, s.dc1.v4.packed))
    s.session(BEGIN + 71, s.app, s.dc1, OBJECT, [(C, b'\x00' * 40), (S, b'\x01' * 40)] * 29, pause=1650, end='open')
    # Unsuccessful over midnight: refused, and without an answer.
    s.refused(DAY - 1, s.web, s.sql, 22, times=(0, .5, 3, 6))
    s.no_answer(DAY - 2, s.web, s.sql, 5022, times=(0, 3, 9))
    # A question a minute from one port, over midnight; after it nobody answers.
    for t in range(DAY - 600, DAY + 600, 50):
        s.ask(t, s.app, s.dc1, 123, p.ntp(), p.ntp(4) if t < DAY else None, sport=123)
    return s


def frames(s):
    return list(s.frames())


def ends(frame):
    """(client, server, port, time) of a frame, by the ports that this scene uses."""
    ns, f = frame
    src, dst = '.'.join(map(str, f[26:30])), '.'.join(map(str, f[30:34]))
    sport, dport = int.from_bytes(f[34:36], 'big'), int.from_bytes(f[36:38], 'big')
    if sport in PORTS and (sport != dport or src.startswith('10.20.3.')):
        return dst, src, sport
    return src, dst, dport


PORTS = (1433, 135, MAPPED, OBJECT, 22, 5022, 123, 53)


def expected(all_frames, from_s, to_s, start_ns):
    out = {}
    for ns, f in all_frames:
        if not from_s <= (ns - start_ns) / 1e9 < to_s:
            continue
        one = out.setdefault(ends((ns, f)), [0, 0, ns, ns])
        one[0] += 1
        one[1] += len(f)
        one[3] = ns
    return out


def call(tmp, *words):
    code, out, err = run.call(list(words) + JUDGE, tmp)
    check(code in (0, 1, 4), '%s: %d: %s' % (' '.join(words), code, err.decode()))
    return json.loads(out)


def rows(document):
    return {(c['client']['address'], c['server']['address'], c['server_port']): c for c in document['conversations']}


def stamp(ns):
    return datetime.datetime.fromtimestamp(ns // 10**9, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.') + \
        '%06dZ' % (ns % 10**9 // 1000)


def one_way(x):
    return sum(x) if isinstance(x, list) else x['client'] + x['server'] if isinstance(x, dict) else x


def figures(document, want, what):
    """What was sent in that time, no more and no less."""
    got = rows(document)
    for key, (packets, octets, first, last) in want.items():
        c = got.get(key)
        if not c:
            check(False, '%s: %s -> %s:%d is not there' % ((what,) + key))
            continue
        name = '%s: %s -> %s:%d: ' % ((what,) + key)
        check(one_way(c['packets']) == packets, name + '%s packets, not %d' % (c['packets'], packets))
        check(one_way(c['bytes']) == octets, name + '%s bytes, not %d' % (c['bytes'], octets))
        check((c['first'], c['last']) == (stamp(first), stamp(last)), name + 'seen %s to %s' % (c['first'], c['last']))
    check(set(got) == set(want), '%s: also %s' % (what, set(got) - set(want)))


LONG = {('10.20.1.11', '10.20.2.20', 1433), ('10.20.1.12', '10.20.2.20', 1433),
        ('10.20.1.11', '10.20.3.10', MAPPED), ('10.20.1.12', '10.20.3.10', OBJECT)}


def words(document):
    return {(f['kind'], f['rule'], f['port']) for f in document['findings']}


def results(document):
    return {r['id']: r['result'] for r in document['rules']}


def once(document, what):
    for key in LONG:
        c = rows(document).get(key)
        check(c and c['flows'] == 1, '%s: %s -> %s:%d counts %s' % ((what,) + key + (c and c['flows'],)))
        check(c and c['state'] in ('established', 'mid-stream'), '%s: %s is %s' % (what, key, c and c['state']))


def days(tmp, all_frames, start_ns):
    reports = [call(tmp, 'report', '--store', 'it', '--day', d) for d in DAYS]
    audits = [call(tmp, 'audit', '--day', d, 'all.pcap') for d in DAYS]
    for i, (d, day) in enumerate(zip(reports, DAYS)):
        figures(d, expected(all_frames, i * DAY, (i + 1) * DAY, start_ns), day)
        once(d, day) if i < 2 else None
        for key in ('tcp_gap_ratio', 'one_way_ratio', 'caveats'):
            check(d['coverage'][key] == audits[i]['coverage'][key],
                  '%s: %s %r, not %r' % (day, key, d['coverage'][key], audits[i]['coverage'][key]))
        # A port that was granted the day before is no news to the store.
        mine, theirs = results(d), results(audits[i])
        wrong = {k: (mine[k], theirs[k]) for k in mine if mine[k] != theirs[k]}
        check(set(wrong.values()) <= {('met', 'unused')}, '%s: rules %s' % (day, wrong))
    sql = [r for r, x in results(reports[0]).items() if x == 'met' and 'SQL' in r or r == 'S1-CMP-02']
    for d, day in zip(reports[:2], DAYS):
        check([results(d)[r] for r in sql] == ['met'] * len(sql), '%s: SQL is %s' % (day, [results(d)[r] for r in sql]))
        check(not any(f['kind'] in ('missing', 'blocked') and f['port'] == 1433 for f in d['findings']),
              '%s: SQL is missing' % day)
    # What the packets of the second day alone cannot explain, the store can.
    rpc = {r['port']: r for r in reports[1]['dynamic_rpc']}
    check(set(rpc) == {MAPPED, OBJECT}, 'RPC of the second day: %s' % sorted(rpc))
    for port in (MAPPED, OBJECT):
        r = rpc.get(port)
        check(r and r['verdict'] == 'documented-dynamic' and r['granted_by']['how'] == 'epm',
              'RPC to %d on the second day: %s' % (port, r))
    for pair in ((0, 2), (1, 3), (0, 3)):
        times = ['--from', DAYS[pair[0]] + 'T00:00:00Z',
                 '--to', ('2024-05-04' if pair[1] == 3 else DAYS[pair[1]]) + 'T00:00:00Z']
        both = call(tmp, 'report', '--store', 'it', *times)
        what = 'days %d to %d' % (pair[0] + 1, pair[1])
        once(both, what)
        figures(both, expected(all_frames, pair[0] * DAY, pair[1] * DAY, start_ns), what)
    return reports


def whole(tmp):
    for store, files in (('it', ['all.pcap']), ('split', ['a.pcap', 'b.pcap', 'c.pcap'])):
        plain = call(tmp, 'audit', *files)
        kept = call(tmp, 'audit', '--store', store, *files)
        again = call(tmp, 'report', '--store', store)
        check(kept == plain, '%s: a store changes an audit' % store)
        for key in plain:
            check(again[key] == plain[key], '%s: the report of the store has another %s' % (store, key))


def roles(tmp):
    """Who is what, of a day on which nothing of it began, by traffic alone."""
    judge = [w for w in JUDGE if w not in ('--site', 'site.yaml')]
    _, out, _ = run.call(['report', '--store', 'it', '--day', DAYS[1]] + judge, tmp)
    got = {r['address']: {x['role']: x['grade'] for x in r['roles']} for r in json.loads(out)['roles']}
    check(got.get('10.20.2.20', {}).get('sql') == 'A' and got.get('10.20.3.10', {}).get('dc') == 'A',
          'roles of the second day: %s' % got)


def deleted(tmp):
    """The first day is gone: the connections are those of the second, once."""
    shutil.copy(os.path.join(tmp, 'it'), os.path.join(tmp, 'young'))
    before = call(tmp, 'report', '--store', 'young', '--from', DAYS[1] + 'T00:00:00Z')
    code, _, err = run.call(['store', 'gc', '--keep-days', '2', 'young', '--now', '2024-05-04T00:00:00Z'], tmp)
    check(code == 0, 'gc: %s' % err.decode())
    after = call(tmp, 'report', '--store', 'young')
    once(after, 'the first day deleted')
    for key in ('conversations', 'dynamic_rpc', 'rules', 'timeline', 'coverage'):
        check(after[key] == before[key], 'the first day deleted: another %s' % key)


OLD_VIEW = """CREATE VIEW conversations AS SELECT hour, client FROM conv_hour"""


def schema(path):
    db = sqlite3.connect(path)
    try:
        return sorted(db.execute('SELECT name, sql FROM sqlite_master').fetchall()), \
            db.execute('PRAGMA user_version').fetchone()[0]
    finally:
        db.close()


def older(tmp):
    """A store of version 1, which had no rows of connections that go on."""
    call(tmp, 'audit', '--store', 'old', 'a.pcap')
    db = sqlite3.connect(os.path.join(tmp, 'old'))
    db.executescript('DROP TABLE later_hour; DROP VIEW conversations; %s; PRAGMA user_version = 1;' % OLD_VIEW)
    db.close()
    # Who only reads leaves it as it is: an older spanaudit may be storing there.
    first = call(tmp, 'report', '--store', 'old', '--day', DAYS[0])
    check(len(first['conversations']) > 5, 'nothing in an older store')
    for words_ in (['status', 'old'], ['export', 'old']):
        code, _, err = run.call(['store'] + words_, tmp)
        check(code == 0, 'store %s of an older store: %s' % (words_[0], err.decode()))
    check(schema(os.path.join(tmp, 'old'))[1] == 1, 'an older store was changed by who reads it')
    call(tmp, 'audit', '--store', 'old', 'b.pcap')
    check(schema(os.path.join(tmp, 'old')) == schema(os.path.join(tmp, 'it')), 'tables are not those of a new store')
    second = call(tmp, 'report', '--store', 'old', '--day', DAYS[1])
    sql = [k for k in LONG if k[2] == 1433]
    check([rows(second)[k]['flows'] for k in sql] == [1, 1], 'SQL of the second day counts other than once')


def main():
    s = scene()
    every = frames(s)
    start_ns = s.start
    with tempfile.TemporaryDirectory() as tmp:
        with open(os.path.join(tmp, 'site.yaml'), 'w') as f:
            f.write(SITE)
        cut = lambda a, b: [x for x in every if a <= (x[0] - start_ns) / 1e9 < b]
        for name, part in (('all', every), ('a', cut(0, DAY + 100)), ('b', cut(DAY + 100, 2 * DAY - 777)),
                           ('c', cut(2 * DAY - 777, 3 * DAY))):
            with open(os.path.join(tmp, name + '.pcap'), 'wb') as f:
                f.write(wire.pcap(part))
        whole(tmp)
        days(tmp, every, start_ns)
        roles(tmp)
        deleted(tmp)
        older(tmp)
        if os.environ.get('KEEP'):
            shutil.copytree(tmp, os.environ['KEEP'], dirs_exist_ok=True)
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
