#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""crash.py: a run with a store is killed (SIGKILL) at moments chosen at random, again and again. Each
time the store opens, SQLite calls it whole, no row is there twice, what was lost is named, and giving
the same capture again leaves what a run that was never disturbed leaves.

    SPANAUDIT_CRASHES   how often; 20
    SPANAUDIT_SEED      of the moments; 1"""

import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden'))
import run

HOURS, FLOWS = 12, 400
NOW = ['--now', '2026-11-29T00:00:00Z']
ROLES = ['--role', 'sql=10.0.2.0/24', '--role', 'crm-web=10.0.1.0/24']
KEYS = {
    'conv_hour': 'segment, hour, client, server, proto, port, waiting, client_port, vlan',
    'seen_hour': 'segment, hour, from_ns',
    'input': 'run, ord',
}


def packet(src, dst, sport, dport, flags, seq):
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 40, 0, 0x4000, 64, 6, 0, src, dst)
    tcp = struct.pack('>HHIIBBHHH', sport, dport, seq, 1, 0x50, flags, 8192, 0, 0)
    return bytes((2, 0, 0, 0) + tuple(dst[2:])) + bytes((2, 0, 0, 0) + tuple(src[2:])) + b'\x08\x00' + ip + tcp


def capture(path):
    """Half a day of short connections, some of which begin in one hour and end in the next."""
    frames = []
    for h in range(HOURS):
        for i in range(FLOWS):
            at = 1714500000 + h * 3600 + i * 8.9
            a, b, p = bytes((10, 0, 1, 1 + i % 90)), bytes((10, 0, 2, 1 + i % 7)), 20000 + i
            frames += [(at, packet(a, b, p, 1433, 2, 1)), (at + .01, packet(b, a, 1433, p, 18, 1)),
                       (at + .02, packet(a, b, p, 1433, 16, 2)),
                       (at + (30 if i % 50 else 4000), packet(a, b, p, 1433, 17, 2))]
    frames.sort(key=lambda x: x[0])
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for at, p in frames:
            f.write(struct.pack('<IIII', int(at), int(at % 1 * 1e6), len(p), len(p)) + p)


def look(store):
    """Complaints about a store that nobody writes to."""
    db = sqlite3.connect(store)
    try:
        said = [r[0] for r in db.execute('PRAGMA integrity_check')]
        if said != ['ok']:
            yield 'integrity_check: %s' % said
        for table, key in KEYS.items():
            n = db.execute('SELECT count(*) FROM (SELECT 1 FROM %s GROUP BY %s HAVING count(*) > 1)'
                           % (table, key)).fetchone()[0]
            if n:
                yield '%d rows of %s are there twice' % (n, table)
        # A row of a segment that is not there would be half of a transaction.
        for table in ('conv_hour', 'seen_hour', 'figure_hour', 'host_hour'):
            n = db.execute('SELECT count(*) FROM %s WHERE segment NOT IN (SELECT id FROM segment)'
                           % table).fetchone()[0]
            if n:
                yield '%d rows of %s belong to no segment' % (n, table)
        # All packets of a segment are in its figures, whose sums hold.
        sums = dict(db.execute("SELECT name, sum(value) FROM figure_hour GROUP BY name"))
        parts = sum(sums.get(n, 0) for n in ('flow_packets', 'other_proto', 'duplicates'))
        if sums.get('decoded', 0) != parts:
            yield 'of %d packets %d are in flows' % (sums.get('decoded', 0), parts)
    finally:
        db.close()


def states(store):
    db = sqlite3.connect(store)
    try:
        return [r[0] for r in db.execute('SELECT state FROM run ORDER BY id')]
    except sqlite3.OperationalError:
        return None  # killed before there were tables
    finally:
        db.close()


def audit(tmp, *more):
    return [run.TOOL, 'audit', '-q', 'night.pcap'] + ROLES + NOW + ['--store', 'it.store'] + list(more)


def once(tmp, wait, whole):
    """Kills a run, and gives the capture again. Complaints, and how many segments were there."""
    for name in os.listdir(tmp):
        if name.startswith('it.store'):
            os.unlink(os.path.join(tmp, name))
    store = os.path.join(tmp, 'it.store')
    p = subprocess.Popen(audit(tmp), cwd=tmp, env=run.environment(), stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    time.sleep(wait)
    p.send_signal(signal.SIGKILL)
    killed = p.wait() == -signal.SIGKILL
    before = states(store) if os.path.exists(store) else None
    segments, bad = 0, []
    if before is not None:
        bad += look(store)
        db = sqlite3.connect(store)
        segments = db.execute('SELECT count(*) FROM segment').fetchone()[0]
        db.close()
        if killed and before and before[-1] == 'open':
            code, out, _ = run.call(['store', 'status', 'it.store'], tmp)
            if code or b'INTERRUPTED' not in out:
                bad.append('status does not name what was lost: %s' % out.decode())
            _, out, _ = run.call(['report', '--store', 'it.store'] + ROLES + NOW, tmp)
            if segments and b'was interrupted' not in b' '.join(out.split()):
                bad.append('the report does not name what was lost')
    again = [w for w in audit(tmp)[1:] if w != '-q']
    _, _, err = run.call(again, tmp)
    if before and before[-1] == 'open' and b'interrupted' not in err:
        bad.append('the next run does not say that the one before was interrupted: %s' % err.decode())
    bad += look(store)
    _, out, err = run.call(['report', '--store', 'it.store', '--format', 'json'] + ROLES + NOW, tmp)
    if out != whole:
        bad.append('after the capture was given again the report is another: %s' % err.decode())
    return bad, killed, segments


def main():
    times = int(os.environ.get('SPANAUDIT_CRASHES', '20'))
    seed = int(os.environ.get('SPANAUDIT_SEED', '1'))
    chance = random.Random(seed)
    failed = killed = 0
    seen = set()
    with tempfile.TemporaryDirectory() as tmp:
        capture(os.path.join(tmp, 'night.pcap'))
        began = time.monotonic()
        subprocess.run(audit(tmp), cwd=tmp, env=run.environment(), check=False)
        lasts = time.monotonic() - began
        _, whole, _ = run.call(['report', '--store', 'it.store', '--format', 'json'] + ROLES + NOW, tmp)
        assert whole, 'no report of a whole run'
        tries = 0
        # A run may be over before it is killed: then it is tried again, sooner.
        while killed < times and tries < 10 * times:
            bad, hit, segments = once(tmp, chance.uniform(0, lasts), whole)
            lasts *= 1 if hit else .95
            killed += hit
            tries += 1
            seen.add(segments)
            failed += bool(bad)
            for b in bad:
                print('try %d of seed %d: %s' % (tries, seed, b))
    print('%d runs, %d of them killed before their end, with %s segments written' % (tries, killed, sorted(seen)))
    sys.exit(1 if failed or killed < times else 0)


if __name__ == '__main__':
    main()
