#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a live run has told is known to the next one: a finding is new once, whatever becomes of runs.

    told.py [NAME...]   as live.py; runs.py has the namespace and the helpers
"""

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import runs  # noqa: E402
from runs import ENV, Live, capture, flushed, frames, need, put, site, until  # noqa: E402


class Events:
    """The file of events, read on from where it was read last."""

    def __init__(self, folder):
        self.path, self.at = os.path.join(folder, 'events'), 0

    def size(self):
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def more(self):
        """(id, status) of each event of a finding since the last call."""
        with open(self.path) as f:
            f.seek(self.at)
            rows = [json.loads(x) for x in f]
            self.at = f.tell()
        return [(e['event']['id'], e['spanaudit']['status']) for e in rows if e['event']['kind'] == 'alert']


def send(v):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as port:
        port.bind(('a0', 0))
        for f in v:
            port.send(f)
            time.sleep(0.0002)


def parts_of(folder):
    path = os.path.join(folder, 'lab.pcap')
    if not shutil.which('editcap'):
        return None
    subprocess.run(['editcap', '-F', 'pcap', capture('lab'), path], check=True, stdout=subprocess.DEVNULL)
    v = list(frames(path))
    return v[:1050], v[1050:]  # both have findings of their own


def judged(run, packets):
    until('it is judged', lambda: (run.status()['judged'] or {}).get('packets') == packets)


def restarts(folder):
    """Ended in order, killed, and under another policy at last."""
    parts = parts_of(folder)
    if not parts:
        print('     restarts: skipped without editcap (wireshark-common)')
        return
    first, second = parts
    conf, path, events = os.path.join(folder, 'site.yaml'), os.path.join(folder, 'lab.store'), Events(folder)
    with open(site('lab')) as f:
        good = f.read()
    put(conf, good)
    args = ['-i', 'a1', '-S', conf, '--every', '1s', '--events', events.path]
    with Live(folder, *args, '--store', path) as run:
        send(first)
        judged(run, len(first))
        run.end()
    told = events.more()
    known = {i for i, s in told if s != 'gone'}
    need(known and sum(s == 'new' for _, s in told) == len({i for i, _ in told}), 'each is new once: %s' % told)

    # A restart in order tells nothing; nor does reading the policy again.
    with Live(folder, *args, '--store', path) as run:
        send(first[:1])
        until('it is judged', lambda: run.status()['judged'])
        need('as they were' in run.ask('reload'), 'the same policy')
        run.end()
    need(not [x for x in events.more() if x[1] != 'changed'], 'a restart is no news')

    # What is told and not written yet goes with a run that is killed. It has not gone for that.
    with Live(folder, *args, '--store', path) as run:
        send(second)
        until('more is told', lambda: [x for x in told if x[1] == 'new' and x[0] not in known] or
              told.extend(events.more()))
        judged(run, len(first) + 1 + len(second))
        run.proc.kill()
        run.proc.wait()
    told += events.more()
    added = {i for i, s in told if s == 'new'} - known
    after = dict(told)
    with Live(folder, *args, '--store', path) as run:
        need('was interrupted' in run.said(), 'it is known')
        send(first[:1])
        until('there is a result', lambda: run.status()['judged'])
        lost = added - {f['id'] for f in json.loads(run.ask('result'))['findings']}
        more = events.more()
        need(lost, 'the second part had findings of its own')
        need(not [x for x in more if x[1] == 'new' or x[0] in lost], 'what was lost is no news: %s' % more)
        # It is found again, which is none either; and by a policy that has no hosts all of it has gone.
        send(second)
        judged(run, len(first) + 2 + len(second))
        more += events.more()
        need(not [x for x in more if x[1] == 'new'], 'nor is that it is found again: %s' % more)
        after.update(more)
        put(conf, 'spanaudit: site/1\nname: nothing\nhosts: []\n')
        run.ask('reload')
        until('they are gone', lambda: after.update(events.more()) or
              all(after[i] == 'gone' for i in known | added))
        run.end()


def rows(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute('SELECT id FROM told ORDER BY id').fetchall()


def damaged(folder):
    """A list that nobody of us wrote is told again, and stops nothing."""
    path, events = os.path.join(folder, 'lab.store'), Events(folder)
    args = ['-i', 'a1', '-S', site('lab'), '--every', '1s', '--events', events.path, '--store', path]
    with Live(folder, *args) as run:
        runs.play('lab')
        judged(run, 1166)
        run.end()
    new = sorted(i for i, s in events.more() if s == 'new')
    need(new, 'this capture has findings')
    need(rows(path) == [(i,) for i in new], 'it has what was told')
    db = sqlite3.connect(path)
    db.execute("UPDATE told SET id = 'F-' || char(27) || '[31m' WHERE id = ?", (new[0],))
    db.commit()
    db.close()
    with Live(folder, *args) as run:
        need('cannot be read, and is told again' in run.said() and '\x1b' not in run.said(), 'it is said: ' + run.said())
        run.end()
    need(sorted(i for i, s in events.more() if s == 'new') == new, 'all are told again')
    need(rows(path) == [(i,) for i in new], 'and the list is whole')


runs.TESTS[:] = [restarts, damaged]

if __name__ == '__main__':
    sys.exit(runs.main(os.path.abspath(__file__)))
