#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""admin.py: stores as their owners meet them: made, filled twice with the same, judged by the day, made
smaller, exported; a disk that is full; files that are no store, and stores that are damaged."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden'))
import run

NOW = ['--now', '2024-05-07T00:00:00Z']
SITE = ['-S', os.path.join(run.ROOT, 'pcaps', 'sample-site.yaml')]
SAMPLE = os.path.join(run.ROOT, 'pcaps', 'sample.pcap')  # 2024-05-06, from 08 to 11 UTC
LAB = os.path.join(run.ROOT, 'pcaps', 'lab.pcapng')
bad = 0


def complain(*words):
    global bad
    bad += 1
    print(*words)


def call(tmp, want, *args, says=(), lacks=()):
    code, out, err = run.call(list(args), tmp)
    text = ' '.join((out + err).decode(errors='replace').split())
    if code != want:
        complain('%s: exit code %d, not %d: %s' % (' '.join(args), code, want, err.decode(errors='replace')))
    for s in says:
        if s not in text:
            complain('%s: does not say %r: %s' % (' '.join(args), s, text[:800]))
    for s in lacks:
        if s in text:
            complain('%s: says %r' % (' '.join(args), s))
    if 'Sanitizer' in text or 'runtime error' in text:
        complain('%s: %s' % (' '.join(args), text))
    return out


def document(tmp, *args):
    return json.loads(call(tmp, 1, 'report', '--store', 'it', '--format', 'json', *SITE, *NOW, *args))


def life(tmp):
    call(tmp, 0, 'store', 'init', 'it')
    call(tmp, 2, 'store', 'init', 'it', says=['already'])
    call(tmp, 0, 'store', 'status', 'it', says=['nothing was stored yet'])
    call(tmp, 1, 'audit', '-q', *SITE, *NOW, SAMPLE, '--store', 'it')
    first = document(tmp)
    # The same bytes under another name are not counted again, alone or among others.
    shutil.copy(SAMPLE, os.path.join(tmp, 'copy.pcap'))
    call(tmp, 1, 'audit', *SITE, *NOW, 'copy.pcap', '--store', 'it', says=['not stored again'])
    if document(tmp) != first:
        complain('the same capture counts twice')
    call(tmp, 1, 'audit', *SITE, *NOW, 'copy.pcap', LAB, '--store', 'it', says=['1 of 2 inputs'])
    only = document(tmp, '--day', '2024-05-06')
    if only['coverage']['packets'] != first['coverage']['packets']:
        complain('the day has %d packets' % only['coverage']['packets'])
    both = document(tmp)
    alone = json.loads(call(tmp, 1, 'audit', '--format', 'json', *SITE, *NOW, LAB))
    if both['coverage']['packets'] != first['coverage']['packets'] + alone['coverage']['packets']:
        complain('what was not stored yet is not what was stored')
    call(tmp, 0, 'store', 'status', 'it', says=['captures read: 2', 'hours: 4'])


def hours(tmp):
    """Whole hours, of local days; what is not there is named."""
    d = document(tmp, '--from', '2024-05-06T09:00:00Z', '--to', '2024-05-06T10:00:00Z')
    f, t = d['window']['from'], d['window']['to']
    if not ('2024-05-06T09' in f and '2024-05-06T09' in t):
        complain('an hour is from %s to %s' % (f, t))
    out = call(tmp, 1, 'report', '--store', 'it', '--day', '2024-05-06', *SITE, *NOW)
    if b'Nothing was captured' not in out:
        complain('the hours that the day lacks are not named')
    call(tmp, 4, 'report', '--store', 'it', '--day', '2024-05-01', *SITE, *NOW, says=['no packet'])
    call(tmp, 1, 'report', '--store', 'it', '--since', '24h', *SITE, *NOW, says=['2024-05-06'])
    for words in (['--day', '2024-13-01'], ['--since', 'yesterday'], ['--from', 'noon'],
                  ['--day', '2024-05-06', '--since', '24h'], ['--tz', 'Europe/Atlantis']):
        call(tmp, 2, 'report', '--store', 'it', *SITE, *words)
    call(tmp, 2, 'audit', '--store', 'it', '--day', '2024-05-06', *SITE, SAMPLE, says=['whole captures'])
    call(tmp, 2, 'report', 'x.json', *SITE, says=['--store'])


def rows(tmp):
    n = 0
    for line in call(tmp, 0, 'store', 'export', 'it').decode().splitlines():
        n += json.loads(line)['table'] == 'conv_hour'
    db = sqlite3.connect(os.path.join(tmp, 'it'))
    if n != db.execute('SELECT count(*) FROM conversations').fetchone()[0] or not n:
        complain('%d conversations are exported' % n)
    one = db.execute("SELECT hour, client, transport FROM conversations WHERE hour < '2025'").fetchone()
    if not re.match(r'2024-05-06T\d\d:00:00Z', one[0]) or one[2] not in ('tcp', 'udp'):
        complain('a view shows %s' % (one,))
    db.close()


def remembered(tmp):
    """Reports stay in the store: one for each time, with their findings and rules."""
    db = sqlite3.connect(os.path.join(tmp, 'it'))
    before = db.execute('SELECT count(*) FROM reports').fetchone()[0]
    for _ in range(2):
        document(tmp, '--day', '2024-05-06')
    after, = db.execute('SELECT count(*) FROM reports').fetchone()
    if not before or after != before:
        complain('%d reports, then %d' % (before, after))
    ids = {r[0] for r in db.execute('SELECT id FROM findings')}
    if not {f['id'] for f in document(tmp)['findings']} <= ids:
        complain('findings are not remembered')
    for view in ('conversations', 'hours', 'runs', 'reports', 'findings', 'rules'):
        if not db.execute('SELECT count(*) FROM ' + view).fetchone()[0]:
            complain('the view %s is empty' % view)
    db.close()
    # A later day is held against the one before; one that was remembered again is the same.
    one, two = (document(tmp, '--day', '2026-11-29') for _ in range(2))
    if one != two or not one.get('since') or document(tmp, '--day', '2024-05-06').get('since'):
        complain('what changed since the last report: %s' % one.get('since'))
    if {f.get('status') for f in one['findings']} - {'new', 'known'}:
        complain('findings without a status')


def aged(tmp):
    """What earlier reports say of findings and rules is what their documents say."""
    call(tmp, 1, 'audit', '-q', *SITE, *NOW, SAMPLE, '--store', 'old')
    docs = []
    for hour in ('08', '09', '10'):
        end = '%02d' % (int(hour) + 1)
        path = 'h%s.json' % hour
        code, _, err = run.call(['report', '--store', 'old', '-q', '-o', path, '--from', '2024-05-06T%s:00:00Z' % hour,
                                 '--to', '2024-05-06T%s:00:00Z' % end, *SITE, *NOW], tmp)
        if code not in (0, 1, 4):
            complain('the report of %s: %d %s' % (hour, code, err))
        with open(os.path.join(tmp, path), encoding='utf-8') as f:
            docs.append(json.load(f))
    told = 0
    for i, d in enumerate(docs):
        for f in d['findings']:
            had = [f['id'] in {g['id'] for g in e['findings']} for e in docs[:i]]
            those = [e for e, h in zip(docs, had) if h]
            want = {'reports': len(those), 'first': those[0]['window']['from'] if those else None,
                    'last': those[-1]['window']['to'] if those else None,
                    'recent': ''.join('01'[h] for h in had)}
            told += any(had)
            if f.get('history') != (want if i else None):
                complain('%s in report %d: %s, not %s' % (f['id'], i, f.get('history'), want))
        for r in d['rules']:
            seen = [e['window']['to'] for e in docs[:i] for s in e['rules']
                    if s['id'] == r['id'] and s['pack'] == r['pack'] and s['conversations']]
            if r.get('seen_before') != (seen[-1] if seen else None):
                complain('%s in report %d: %s, not %s' % (r['id'], i, r.get('seen_before'), seen))
    if not told:
        complain('no finding is in two reports')
    # The document alone is enough to say so again.
    again = run.call(['report', 'h10.json', '--format', 'json', *NOW], tmp)[1]
    if json.loads(again) != docs[2]:
        complain('a report of a report has another history')
    page = run.call(['report', 'h10.json', '--format', 'html', *NOW], tmp)[1].decode()
    text = run.call(['report', 'h10.json', '--format', 'text', *NOW], tmp)[1].decode()
    if 'of the last 2 reports' not in page or '<rect' not in page or 'of the last 2 reports' not in text:
        complain('the history is not shown')


def smaller(tmp):
    call(tmp, 2, 'store', 'gc', 'it', says=['nothing is deleted'])
    call(tmp, 2, 'store', 'gc', '--keep-days', 'many', 'it')
    call(tmp, 0, 'store', 'gc', '--keep-days', '5', 'it', *NOW, says=['nothing was deleted'])
    call(tmp, 0, 'store', 'gc', '--keep-days', '30', 'it', '--now', '2026-12-01T00:00:00Z',
         says=['deleted: 3 hours before'])
    call(tmp, 0, 'store', 'status', 'it', says=['hours: 1 with'])
    # Deleted is deleted: the same capture does not come again.
    call(tmp, 1, 'audit', *SITE, *NOW, SAMPLE, '--store', 'it', says=['not stored again'])
    call(tmp, 0, 'store', 'gc', '--max-size', '1K', 'it', says=['deleted: 1 hours'])
    call(tmp, 4, 'report', '--store', 'it', *SITE, *NOW)
    forgotten(tmp)


def reports_of(tmp):
    db = sqlite3.connect(os.path.join(tmp, 'it'))
    n = [db.execute('SELECT count(*) FROM ' + t).fetchone()[0]
         for t in ('report', 'report_finding', 'report_rule')]
    db.close()
    lines = [json.loads(l)['table'] for l in call(tmp, 0, 'store', 'export', 'it').decode().splitlines()]
    if n != [lines.count(t) for t in ('report', 'report_finding', 'report_rule')]:
        complain('what reports said is not exported')
    return n


def forgotten(tmp):
    """What reports said, and captures whose hours are gone, each only when that is asked for."""
    call(tmp, 2, 'store', 'gc', '--keep-reports', '0', 'it')
    call(tmp, 0, 'store', 'gc', '--keep-reports', '40000', 'it', *NOW, says=['nothing was deleted'])
    if not all(reports_of(tmp)):
        complain('reports are gone before anybody asked')
    call(tmp, 0, 'store', 'gc', '--keep-reports', '5', 'it', '--now', '2027-06-01T00:00:00Z',
         says=['with what they said of findings'])
    if any(reports_of(tmp)):
        complain('reports are not forgotten: %r' % reports_of(tmp))
    call(tmp, 0, 'store', 'gc', '--keep-ledger', '30000', 'it', says=['nothing was deleted'])
    call(tmp, 0, 'store', 'gc', '--keep-ledger', '30', 'it', '--now', '2099-01-01T00:00:00Z',
         says=['of the ledger: given again'])
    call(tmp, 1, 'audit', *SITE, *NOW, SAMPLE, '--store', 'it', lacks=['not stored again'])
    call(tmp, 0, 'store', 'gc', '--keep-ledger', '30', 'it', '--now', '2099-01-01T00:00:00Z',
         says=['nothing was deleted'])  # its hours are there


def not_stores(tmp):
    call(tmp, 3, 'report', '--store', 'nothing', *SITE, says=['there is no store here', 'store init'])
    call(tmp, 3, 'store', 'status', SAMPLE, says=['this is no store'])
    db = sqlite3.connect(os.path.join(tmp, 'other'))
    db.execute('CREATE TABLE t(x)')
    db.commit()
    db.close()
    call(tmp, 3, 'store', 'status', 'other', says=['no store'])
    # The audit stands without it, and says so.
    call(tmp, 3, 'audit', *SITE, *NOW, SAMPLE, '--store', 'other', says=['cannot be used', 'documented'])
    db = sqlite3.connect(os.path.join(tmp, 'newer'))
    db.executescript('PRAGMA application_id = 1936744821; PRAGMA user_version = 99; CREATE TABLE t(x)')
    db.close()
    call(tmp, 3, 'store', 'status', 'newer', says=['newer spanaudit'])


DAMAGE = (
    "UPDATE conv_hour SET detail = x'01ff'",
    "UPDATE conv_hour SET detail = zeroblob(300)",
    "UPDATE conv_hour SET state = 'fine'",
    "UPDATE OR REPLACE conv_hour SET client = '10.0.0'",
    'UPDATE conv_hour SET flows = flows + 1',
    'UPDATE OR REPLACE conv_hour SET proto = 1',
    'UPDATE conv_hour SET first_ns = last_ns + 1',
    "UPDATE host_hour SET macs = x'01'",
    "UPDATE grant_hour SET name = char(27) || '[2J'",
    'UPDATE grant_hour SET input = 77',
    "UPDATE sighting_hour SET kind = 'rumour'",
    "UPDATE sighting_hour SET name = hex(zeroblob(200))",
    "UPDATE card_hour SET addresses = 'here there'",
    "UPDATE figure_hour SET value = -1",
    "UPDATE input SET format = '<b>'",
    "UPDATE input SET digest = 'x', told = 1",
    'DELETE FROM input',
    'UPDATE seen_hour SET to_ns = from_ns - 1',
    'DROP TABLE conv_hour',
)


def damaged(tmp):
    call(tmp, 1, 'audit', '-q', *SITE, *NOW, SAMPLE, LAB, '--store', 'good')
    for sql in DAMAGE:
        shutil.copy(os.path.join(tmp, 'good'), os.path.join(tmp, 'hurt'))
        db = sqlite3.connect(os.path.join(tmp, 'hurt'))
        changed = db.execute(sql).rowcount
        db.commit()
        db.close()
        if not changed:
            complain('%s: changes nothing' % sql)
        call(tmp, 3, 'report', '--store', 'hurt', *SITE, *NOW, says=['cannot be read'])
    # Octets of the file itself: an error with words, or a report; never a crash.
    with open(os.path.join(tmp, 'good'), 'rb') as f:
        good = f.read()
    for at in range(100, len(good), max(1, len(good) // 24)):
        with open(os.path.join(tmp, 'hurt'), 'wb') as f:
            f.write(good[:at] + bytes(b ^ 0x55 for b in good[at:at + 64]) + good[at + 64:])
        code, out, err = run.call(['report', '--store', 'hurt', *SITE, *NOW], tmp)
        if code not in (1, 3, 4) or b'Sanitizer' in err or b'runtime error' in err:
            complain('octets at %d: exit code %d: %s' % (at, code, err.decode(errors='replace')))
    with open(os.path.join(tmp, 'hurt'), 'wb') as f:
        f.write(good[:len(good) // 2])
    call(tmp, 3, 'report', '--store', 'hurt', *SITE, *NOW, says=['damaged'])


def full(tmp):
    """On a disk that is full storing stops; the audit is the same, has a caveat, and ends with 3."""
    disk = os.path.join(tmp, 'disk')
    os.mkdir(disk)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=160k', 'tmpfs', disk],
                      capture_output=True).returncode:
        print('no rights to mount a small disk: that part is left out')
        return
    try:
        out = call(tmp, 3, 'audit', '--format', 'json', *SITE, *NOW, SAMPLE, LAB, '--store', 'disk/it',
                   says=['storing stopped: the disk is full'])
        d = json.loads(out)
        plain = json.loads(call(tmp, 1, 'audit', '--format', 'json', *SITE, *NOW, SAMPLE, LAB))
        if [f['id'] for f in d['findings']] != [f['id'] for f in plain['findings']]:
            complain('a full disk changes findings')
        if not any('does not hold all of this input' in c for c in d['coverage']['caveats']):
            complain('a full disk is no caveat')
    finally:
        subprocess.run(['umount', disk], check=False)


with tempfile.TemporaryDirectory() as folder:
    for part in (life, hours, rows, remembered, aged, smaller, not_stores, damaged, full):
        part(folder)
sys.exit(1 if bad else 0)
