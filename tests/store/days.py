#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""days.py: days of a store are the days of a zone: 23 and 25 hours long when clocks change, and, in a
zone that is half an hour off, half an hour late. Each is the day that an audit of the packets has;
and the audit that stores them says itself what is new since the last report of the store."""

import datetime
import json
import os
import sys
import tempfile
from zoneinfo import ZoneInfo

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'golden'), os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import proto as p  # noqa: E402
import run  # noqa: E402
import wire  # noqa: E402
from crm import Crm  # noqa: E402

UTC = datetime.timezone.utc
SITE = '''spanaudit: site/1
name: days
deployment: {auth: iwa, topology: split}
hosts:
  - {name: crmweb01, role: crm-web, addr: [10.20.1.11, "2001:db8:20:1::11"]}
  - {name: sql01, role: sql, addr: [10.20.2.20, "2001:db8:20:2::20"]}
  - {name: dc01, role: [dc, dns], addr: [10.20.3.10, "2001:db8:20:3::10"]}
'''
NOW = ['--now', '2024-11-29T00:00:00Z', '--site', 'site.yaml']
# Day, zone, its hours; of a store, when it begins after midnight.
DAYS = [
    ('2024-03-30', 'Europe/Berlin', 24, 0),
    ('2024-03-31', 'Europe/Berlin', 23, 0),
    ('2024-10-27', 'Europe/Berlin', 25, 0),
    ('2024-10-28', 'Europe/Berlin', 24, 0),
    ('2024-10-27', 'Asia/Kolkata', 24, 1800),
    ('2024-03-31', 'UTC', 24, 0),
]
bad = []


def check(good, what):
    if not good:
        print(what)
        bad.append(what)


def midnight(day, zone):
    return int(datetime.datetime.combine(day, datetime.time(), ZoneInfo(zone)).timestamp())


def stamp(seconds):
    return datetime.datetime.fromtimestamp(seconds, UTC).strftime('%Y-%m-%dT%H:%M:%S.000000Z')


def capture(path, first, hours):
    """A question a quarter of an hour, and one SSH session a day, five minutes past midnight UTC."""
    s = Crm(start=first + 'T00:00:00Z')
    for t in range(60, hours * 3600, 900):
        s.dns(t, s.web)
    for day in range(hours // 24):
        s.session(day * 86400 + 300, s.web, s.sql, 22, p.ssh())
    with open(path, 'wb') as f:
        f.write(wire.pcap(s.frames()))


def call(tmp, *words):
    code, out, err = run.call(list(words) + NOW + ['--format', 'json'], tmp)
    check(code in (0, 1, 4), '%s: %d: %s' % (' '.join(words), code, err.decode()))
    return json.loads(out)


def steps(document):
    return {s['from']: (s['packets'], s['conversations'], s['deviating'])
            for s in document['timeline']['steps']}


def one_day(tmp, day, zone, hours, late):
    what = '%s in %s' % (day, zone)
    asked = ['--day', day, '--tz', zone]
    stored = call(tmp, 'report', '--store', 'it', *asked)
    audit = call(tmp, 'audit', *asked, 'spring.pcap', 'autumn.pcap')
    date = datetime.date.fromisoformat(day)
    begin, end = midnight(date, zone), midnight(date + datetime.timedelta(days=1), zone)
    for document in (stored, audit):
        window = document['window']
        check(window['asked'] == {'from': stamp(begin), 'to': stamp(end), 'day': True},
              '%s: asked %r' % (what, window['asked']))
        check(window['missing'] == [], '%s: missing %r' % (what, window['missing']))
    check(end - begin == hours * 3600, '%s has %d hours' % (what, hours))
    check(list(steps(stored)) == [stamp(begin + late + 3600 * i) for i in range(hours)],
          '%s: hours from %s to %s' % (what, min(steps(stored)), max(steps(stored))))
    if late:
        check(list(steps(audit)) == [stamp(begin - late + 3600 * i) for i in range(hours + 1)],
              '%s: of packets, hours from %s' % (what, min(steps(audit))))
    else:
        for key in ('timeline', 'verdict', 'dynamic_rpc'):
            check(stored[key] == audit[key], '%s: another %s' % (what, key))
        check(stored['window'] == audit['window'], '%s: another window' % what)
    check([f['id'] for f in stored['findings']] == [f['id'] for f in audit['findings']],
          '%s: other findings' % what)
    check([r['result'] for r in stored['rules']] == [r['result'] for r in audit['rules']],
          '%s: other rules' % what)


def known(tmp):
    """An audit with a store is held against the last report, and is none itself."""
    days = lambda *words: call(tmp, 'audit', '--store', 'other', *words)
    first = days('spring.pcap')
    check('since' not in first, 'no report, and since it')
    again = days('spring.pcap')
    check('since' not in again, 'an audit is remembered as a report')
    call(tmp, 'report', '--store', 'other', '--day', '2024-03-30')
    plain = call(tmp, 'audit', 'autumn.pcap')
    held = days('autumn.pcap')
    check(held.get('since', {}).get('known', 0) > 0, 'nothing is known: %r' % held.get('since'))
    ssh = [f for f in held['findings'] if f['port'] == 22]
    check([f['status'] for f in ssh] == ['known'] and ssh[0]['history']['reports'] == 1,
          'SSH is not known')
    # Beside that it is what an audit without a store is.
    held.pop('since')
    for f in held['findings']:
        f.pop('status', None), f.pop('worse', None), f.pop('history', None)
    for r in held['rules']:
        r.pop('seen_before', None)
    plain.pop('run'), held.pop('run')
    check(held == plain, 'a store changes the result')


def main():
    with tempfile.TemporaryDirectory() as tmp:
        with open(os.path.join(tmp, 'site.yaml'), 'w') as f:
            f.write(SITE)
        capture(os.path.join(tmp, 'spring.pcap'), '2024-03-29', 96)
        capture(os.path.join(tmp, 'autumn.pcap'), '2024-10-26', 96)
        call(tmp, 'audit', '--store', 'it', 'spring.pcap', 'autumn.pcap')
        for row in DAYS:
            one_day(tmp, *row)
        known(tmp)
    print('%d days' % len(DAYS))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
