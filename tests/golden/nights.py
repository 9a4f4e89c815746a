#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Thirty nights of `spanaudit nightly` over a site that changes: what is new, known and gone, what is
there of each night, and what a night lacks, each night held against what was done that night.

Captures are made here (pcaps/gen), in files that are rotated without regard to midnight. Clocks are
put back within the thirty nights (25 hours), and put forward within two more (23 hours). A waiver
ends, hours are lost, a night has no capture, a run is killed, one finds a killed one's files, ports of
RPC are dealt anew every night, and only the last nights stay.
"""

import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from zoneinfo import ZoneInfo

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import agree  # noqa: E402
import proto as p  # noqa: E402
import run  # noqa: E402
from crm import Crm  # noqa: E402

ZONE = ZoneInfo('Europe/Berlin')
UTC = datetime.timezone.utc
HOUR = 3600
KEEP = 12
FIRST = datetime.date(2024, 10, 10)
SITE = '''spanaudit: site/1
name: nights
timezone: Europe/Berlin
deployment: {auth: iwa, topology: split}
hosts:
  - {name: crmweb01, role: crm-web, addr: [10.20.1.11, "2001:db8:20:1::11"]}
  - {name: sql01, role: sql, addr: [10.20.2.20, "2001:db8:20:2::20"]}
  - {name: dc01, role: [dc, dns], addr: [10.20.3.10, "2001:db8:20:3::10"]}
'''
WAIVER = '''spanaudit: waivers/1
waivers:
  - id: W-1
    finding: {kind: unexpected-port, from: crmweb01, to: sql01, service: 22/tcp}
    reason: "moving house"
    owner: crm-team
    expires: 2024-10-21T12:00:00+02:00
'''
# By the number of the night, from 0.
SSH = range(0, 30)         # waived until night 11 is judged (on the 22nd)
FTP = range(4, 9)          # new on 4, gone on 9
BLOCKED = range(2, 30)     # another port each night
LOST = 15                  # 10:00 to 12:30
KILLED = 18                # never filed
NO_CAPTURE = 22
FOUND_LEFT = 24            # what a killed run left is swept up
bad = []


def check(night, good, what):
    if not good:
        print('night %s: %s' % (night, what))
        bad.append(what)


def midnight(day):
    return datetime.datetime.combine(day, datetime.time(), ZONE).timestamp()


def traffic(i, day):
    """(begin, [(seconds since then, what)]) of a local day."""
    begin, end = midnight(day), midnight(day + datetime.timedelta(days=1))
    stamp = datetime.datetime.fromtimestamp(begin, UTC).strftime('%Y-%m-%dT%H:%M:%SZ')
    s = Crm(start=stamp)
    t = 60
    while t < end - begin:
        lost = i == LOST and 10 * HOUR <= t < 12.5 * HOUR
        if not lost and i != NO_CAPTURE:
            s.dns(t, s.web)
        t += 1500
    if i == NO_CAPTURE:
        return s
    if i in SSH:
        for k in range(1 + i % 3):
            s.session(3600 + 60 * k + i, s.web, s.sql, 22, p.ssh())
    if i in FTP:
        s.session(5000, s.sql, s.web, 21, p.ftp())
    if i in BLOCKED:
        s.session(7200, s.web, s.dc1, 135, p.epm(p.NETLOGON, 49700 + i, s.dc1.v4.packed))
        s.no_answer(7201, s.web, s.dc1, 49700 + i)
    return s


def rotated(scenes, folder):
    """All packets in files of seven hours of the clock, written last when their last packet was."""
    import wire
    files = {}
    for s in scenes:
        for frame in s.frames():
            files.setdefault(frame[0] // (7 * HOUR * 10**9), []).append(frame)
    for number, frames in files.items():
        path = os.path.join(folder, 'span-%d.pcap' % number)
        with open(path, 'wb') as f:
            f.write(wire.pcap(frames))
        last = max(f[0] for f in frames) / 1e9
        os.utime(path, (last, last))


def nightly(where, day, *words, code=None, **kw):
    now = datetime.datetime.fromtimestamp(midnight(day + datetime.timedelta(days=1)) + 1800, ZONE)
    got, out, err = run.call(['nightly', '-S', 'site.yaml', '-W', 'waivers.yaml', '--reports',
                              'reports', '--keep', str(KEEP), '--now', now.isoformat(), *words,
                              '-o', 'night.prom', 'captures'], where)
    return got, out.decode(), err.decode()


def wanted(i, filed):
    """Of the night: what there is to find, and of it what is new against the night before it that
    was filed with packets."""
    def of(k):
        if k is None or k == NO_CAPTURE:
            return set()
        return ({'ssh'} if k in SSH else set()) | ({'ftp'} if k in FTP else set()) | \
            ({'blocked'} if k in BLOCKED else set())
    older = [k for k in filed if k < i and k != NO_CAPTURE]
    return of(i), of(older[-1]) if older else None


def label(f):
    if f['port'] == 22:
        return 'ssh'
    return 'ftp' if f['port'] == 21 else 'blocked'


def check_night(where, i, day, filed, code, out, err):
    path = os.path.join(where, 'reports', 'spanaudit-%s.json' % day)
    if not os.path.exists(path):
        check(i, False, 'no report: %d %s %s' % (code, out, err))
        return
    with open(path) as f:
        d = json.load(f)
    have, before = wanted(i, filed)
    found = {label(f): f for f in d['findings']
             if f['port'] in (21, 22) or f['kind'].startswith('rpc')}
    check(i, set(found) == have, 'finds %s, not %s' % (sorted(found), sorted(have)))
    for what, f in found.items():
        status = None if before is None else 'known' if what in before else 'new'
        check(i, f.get('status') == status, '%s is %s, not %s' % (what, f.get('status'), status))
    waived = bool('ssh' in found and found['ssh']['waiver'])
    check(i, waived == (i < 11 and 'ssh' in have), 'ssh waived: %s' % waived)
    if 'ssh' in found:
        check(i, bool(found['ssh'].get('worse')) == (i == 11), 'ssh is worse: %s' %
              found['ssh'].get('worse'))
    since = d.get('since')
    check(i, (since is None) == (before is None), 'compared: %s' % since)
    if since:
        gone = {r['who'].split()[-1] for r in since['findings'] if not r['reason'] and
                (r['who'].endswith(('21/tcp', '22/tcp')) or r['kind'].startswith('rpc'))}
        check(i, gone == ({'21/tcp'} if i == 9 else set()), 'gone: %s' % gone)
        names = ' '.join(since['notes'])
        for k in (KILLED, NO_CAPTURE):
            named = (FIRST + datetime.timedelta(days=k)).isoformat() in names
            check(i, named == (i == k + 1), 'night %d is named: %s' % (k, names))
    hours = 25 if day == datetime.date(2024, 10, 27) else 23 if day == datetime.date(2024, 3, 31) \
        else 24
    asked = d['window']['asked']
    ends = [datetime.datetime.fromisoformat(asked[k].replace('Z', '+00:00')).timestamp()
            for k in ('from', 'to')]
    check(i, ends == [midnight(day), midnight(day) + hours * HOUR], 'another day: %s' % asked)
    if i == NO_CAPTURE:
        check(i, code == 4 and d['verdict'] == 'inconclusive', 'exit code %d' % code)
        return
    missing = d['window']['missing']
    if i == LOST:
        check(i, len(missing) == 1 and re.search('Nothing was captured from %s 09:.* to .* 12:3'
                                                 % day, ' '.join(out.split())),
              'the lost hours are not named: %s %s' % (missing, out))
    else:
        check(i, not missing, 'missing: %s' % missing)
        check(i, d['window']['observed_seconds'] == hours * HOUR,
              '%d s observed' % d['window']['observed_seconds'])
        reasons = [r['reason'] for r in d['rules'] if r['result'] == 'not-judged' and
                   'shorter than judge-after' in (r['reason'] or '')]
        check(i, not reasons, 'a whole day is too short: %s' % reasons[:1])
    check(i, code == 1 or (i < 2 and code in (0, 1, 4)), 'exit code %d' % code)
    with open(os.path.join(where, 'night.prom'), 'rb') as f:
        for line in agree.from_prom(f.read(), d, code):
            check(i, False, line)
    first = out.splitlines()[0]
    check(i, '  nights  %s: ' % day in first, 'first line: %s' % first)


def check_folder(where, i, day, filed):
    """Of the nights that were filed the newest, whole, and what is not ours."""
    names = set(os.listdir(os.path.join(where, 'reports')))
    dates = [(FIRST + datetime.timedelta(days=k)).isoformat() for k in filed][-KEEP:]
    want = {'spanaudit-%s.%s' % (d, s) for d in dates for s in ('json', 'html')} | \
        {'latest.html', 'notes.txt', 'spanaudit-2023-01-01.html.bak'}
    check(i, names == want, 'files: %s more, %s less' % (sorted(names - want), sorted(want - names)))
    link = os.path.join(where, 'reports', 'latest.html')
    check(i, os.path.islink(link) and os.readlink(link) == 'spanaudit-%s.html' % day,
          'latest.html is another')


def killed(where, day):
    """A run that is killed while it reads, and what one leaves that is killed while it writes."""
    fifo = os.path.join(where, 'fifo.pcap')
    os.mkfifo(fifo)
    child = subprocess.Popen([run.TOOL, 'nightly', '-S', 'site.yaml', '--reports', 'reports', '--day',
                              day.isoformat(), 'fifo.pcap'], cwd=where, env=run.environment(),
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(fifo, 'wb') as f:  # waits until it reads
        f.write(b'\xd4\xc3\xb2\xa1')
        f.flush()
        code, _, err = run.call(['nightly', '-S', 'site.yaml', '--reports', 'reports', '--day',
                                 day.isoformat(), 'captures'], where)
        check(KILLED, code == 3 and b'another run' in err, 'two runs: %d %s' % (code, err))
        child.send_signal(signal.SIGKILL)
        child.wait()
    os.unlink(fifo)


def formats(where, reports, days):
    """What a document says of the night before, every format says, and none when it is redacted."""
    source = os.path.join(reports, 'spanaudit-%s.json' % days[29])
    with open(source) as f:
        document = json.load(f)
    document['since']['findings'].append(
        {'id': 'F-0123456789ab', 'status': 'gone', 'kind': 'blocked', 'severity': 'low',
         'who': 'sql01 -> crmweb01 4711/tcp', 'reason': None})
    document['since']['gone'] += 1
    path = os.path.join(where, 'gone.json')
    with open(path, 'w') as f:
        json.dump(document, f)
    suffixes = ('.txt', '.html', '.md', '.brief', '.json', '.prom')
    for redact in ([], ['--redact']):
        outputs = [w for s in suffixes for w in ('-o', 'gone-out' + s)]
        code, _, err = run.call(['report', '-q', *redact, path, *outputs], where)
        check('formats', code in (0, 1, 4), 'ends with %d: %s' % (code, err))
        for suffix in suffixes:
            with open(os.path.join(where, 'gone-out' + suffix), encoding='utf-8') as f:
                text = f.read()
            if redact:
                for name in ('crmweb01', 'F-0123456789ab', '10.20.1.11', 'nights'):
                    check('formats', name not in text, '%s has %s' % (suffix, name))
            elif suffix not in ('.md', '.prom'):
                check('formats', '4711/tcp' in text and 'F-0123456789ab' in text,
                      '%s does not say what is gone' % suffix)
        if not redact:
            with open(os.path.join(where, 'gone-out.md'), encoding='utf-8') as f:
                check('formats', '1 gone' in f.read(), 'Markdown does not count what is gone')


def of_store(where, reports, days):
    """Days judged out of a store are those judged of the captures."""
    run.call(['audit', '-q', '-S', 'site.yaml', '--store', 'night.db', 'captures'], where)
    for k in (27, 28):
        now = datetime.datetime.fromtimestamp(midnight(days[k + 1]) + 1800, ZONE).isoformat()
        code, _, err = run.call(['nightly', '-q', '-S', 'site.yaml', '-W', 'waivers.yaml', '--store',
                                 'night.db', '--reports', 'of-store', '--now', now], where)
        check('store', code == 1, 'ends with %d: %s' % (code, err))
    got = []
    for folder in ('of-store', reports):
        path = os.path.join(where, folder, 'spanaudit-%s.json' % days[28])
        if not os.path.exists(path):
            check('store', False, 'no %s' % path)
            return
        with open(path) as f:
            d = json.load(f)
        got.append([d['verdict'], d['window'], d['since']['new'], d['since']['known'],
                    [(f['id'], f['severity'], f['status'], f['why']) for f in d['findings']]])
    check('store', got[0] == got[1], 'another night:\n%s\n%s' % tuple(got))


def thirty(where):
    days = [FIRST + datetime.timedelta(days=i) for i in range(30)]
    rotated([traffic(i, d) for i, d in enumerate(days)], os.path.join(where, 'captures'))
    filed = []
    reports = os.path.join(where, 'reports')
    os.mkdir(reports)
    for name in ('notes.txt', 'spanaudit-2023-01-01.html.bak'):
        with open(os.path.join(reports, name), 'w') as f:
            f.write('not ours\n')
    for i, day in enumerate(days):
        if i == KILLED:
            killed(where, day)
            continue
        if i == FOUND_LEFT:
            for name in ('spanaudit-%s.html.Ab3dEf' % day, 'spanaudit-2024-10-01.json.zzzzzz'):
                with open(os.path.join(reports, name), 'w') as f:
                    f.write('<html>')
        code, out, err = nightly(where, day)
        check_night(where, i, day, filed, code, out, err)
        filed.append(i)
        check_folder(where, i, day, filed)
    formats(where, reports, days)
    of_store(where, reports, days)
    # A night again comes out the same, and does not become the newest.
    path = os.path.join(reports, 'spanaudit-%s.json' % days[25])
    with open(path, 'rb') as f:
        before = f.read()
    now = datetime.datetime.fromtimestamp(midnight(days[26]) + 1800, ZONE)
    run.call(['nightly', '-q', '-S', 'site.yaml', '-W', 'waivers.yaml', '--reports', 'reports', '--keep',
              str(KEEP), '--now', now.isoformat(), '--day', days[25].isoformat(), 'captures'], where)
    with open(path, 'rb') as f:
        check('again', f.read() == before, 'a night judged again is another')
    check_folder(where, 'again', days[-1], filed)
    html = os.path.join(reports, 'spanaudit-%s.html' % days[-1])
    code, out, err = run.call(['verify', html], where)
    check('verify', code == 0, 'the page does not verify: %s %s' % (out, err))


def spring(where):
    """The day of 23 hours is a whole one."""
    day = datetime.date(2024, 3, 31)
    shutil.rmtree(os.path.join(where, 'captures'))
    shutil.rmtree(os.path.join(where, 'reports'))
    os.mkdir(os.path.join(where, 'captures'))
    rotated([traffic(0, day), traffic(1, day + datetime.timedelta(days=1))],
            os.path.join(where, 'captures'))
    check_night(where, 0, day, [], *nightly(where, day))


def main():
    began = time.time()
    with tempfile.TemporaryDirectory() as where:
        os.mkdir(os.path.join(where, 'captures'))
        for name, text in (('site.yaml', SITE), ('waivers.yaml', WAIVER)):
            with open(os.path.join(where, name), 'w') as f:
                f.write(text)
        thirty(where)
        spring(where)
    print('32 nights in %d s, %d problems' % (time.time() - began, len(bad)))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
