# SPDX-License-Identifier: BSD-2-Clause
"""What a run stores, and what that is to the next one."""

import json
import os
import shutil
import socket
import subprocess
import time

from runs import ENV, Live, TOOL, USER, balances, capture, do, flushed, frames, ids, need, play, refused, site


def stored(folder, path):
    """What the store has, judged."""
    out = os.path.join(folder, 'stored.json')
    r = subprocess.run([TOOL, 'report', '--store', path, '-q', '-S', site('lab'), '-o', out], env=ENV,
                       stderr=subprocess.PIPE, text=True)
    need(r.returncode in (0, 1, 4), 'report --store: %s' % r.stderr)
    with open(out) as f:
        return json.load(f)


def store(folder):
    """What is taken goes into a store, and what is there counts after a restart: answers of the mapper
    that came before it explain ports that are used behind it."""
    path = os.path.join(folder, 'lab.store')
    whole = os.path.join(folder, 'whole.pcap')
    frames_of = ['tshark', '-r', capture('lab'), '-F', 'pcap', '-w']
    subprocess.run(['editcap', '-F', 'pcap', capture('lab'), whole], check=True, stdout=subprocess.DEVNULL) \
        if shutil.which('editcap') else do(*frames_of, whole)
    all_of_it = list(frames(whole))
    half = len(all_of_it) // 2
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as port:
        port.bind(('a0', 0))

        def send(v):
            for f in v:
                port.send(f)
                time.sleep(0.0002)
        with Live(folder, '-i', 'a1', '-S', site('lab')) as live:  # never stopped: the measure
            send(all_of_it)
            live.until_read(len(all_of_it))
            measure = live.end()
        with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', path) as live:
            send(all_of_it[:half])
            live.until_read(half)
            live.end()
        need(stored(folder, path)['coverage']['packets'] == half, 'the first half is stored')
        with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', path) as live:
            send(all_of_it[half:])
            live.until_read(len(all_of_it) - half)
            need('written' in live.ask('flush'), 'it says so')
            flushed(live, 1)
            now = stored(folder, path)
            need(any('goes on and stores' in c for c in now['coverage']['caveats']), 'it is at work')
            need(not any('interrupted' in c for c in now['coverage']['caveats']), 'and was not interrupted')
            live.ask('flush')  # what was written provisionally is not written twice
            flushed(live, 2)
            again = stored(folder, path)
            second = live.end()
    for r in (now, again):
        need(r['summary']['all_conversations'] == second['summary']['all_conversations'],
             'connections that are open count: %d of %d' % (r['summary']['all_conversations'],
                                                            second['summary']['all_conversations']))
        need(sum(c['flows'] for c in r['conversations']) == sum(c['flows'] for c in second['conversations']), 'once')
    need(second['coverage']['packets'] == len(all_of_it), 'both halves count: %d' % second['coverage']['packets'])
    kinds = [sorted(f['kind'] for f in r['findings'] if f['kind'].startswith('rpc')) for r in (measure, second)]
    need(kinds[0] == kinds[1], 'grants of the first half explain ports of the second: %s' % kinds)
    need([r['verdict'] for r in measure['dynamic_rpc']] == [r['verdict'] for r in second['dynamic_rpc']], 'all of them')
    need({r['address']: r['roles'] for r in measure['roles']}.keys() ==
         {r['address']: r['roles'] for r in second['roles']}.keys(), 'roles are known')
    need(ids(stored(folder, path)) == ids(second), 'the store judges as the run did')
    need([(i['path'], i['packets']) for i in second['inputs']] ==
         [('a1', len(all_of_it) - half), ('a1', half)], 'this run, and the one before: %s' % second['inputs'])


def killed(folder):
    """kill -9 takes what was not written, and nothing else."""
    path = os.path.join(folder, 'lab.store')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', path) as live:
        need(live.status()['store']['flushes'] == 0, 'nothing is written')
        play('lab')
        live.until_read(1166)
        live.ask('flush')
        flushed(live, 1)
        play('lab')
        live.until_read(2 * 1166)
        live.proc.kill()
        live.proc.wait()
    kept = stored(folder, path)
    need(kept['coverage']['packets'] == 1166, 'what was written is there: %d' % kept['coverage']['packets'])
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', path) as live:
        need('was interrupted' in live.said(), 'it is told')
        play('lab')
        live.until_read(1166)
        result = live.end()
    need(result['coverage']['packets'] == 2 * 1166, 'and counts')
    # A store that cannot be written to for a while loses nothing.
    other = os.path.join(folder, 'other.store')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', other) as live:
        refused(folder, 3, 'another run is storing', '-i', 'a1', '--user', USER, '--control', 'none', '--store', other)
        play('lab')
        live.until_read(1166)
        os.rename(other, other + '.away')
        live.ask('flush')
        live.until_said('could not write to the store')
        need(live.status()['store']['failing'], 'the status says so')
        os.rename(other + '.away', other)
        live.ask('flush')
        flushed(live, 1)
        live.end()
    need(stored(folder, other)['coverage']['packets'] == 1166, 'all of it is there')


def window(folder):
    """Conversations that are older than the window are in the store alone."""
    path = os.path.join(folder, 'lab.store')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', path) as live:
        play('lab')
        live.until_read(1166)
        live.end()
    time.sleep(2)
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', path, '--window', '2s', '-v') as live:
        play('sample')
        live.ask('flush')
        flushed(live, 1)
        live.until_said('were forgotten')
        result = live.end()
    balances(result)
    gone = int(live.said().split(' conversations are older')[0].split()[-1])
    kept = stored(folder, path)['summary']['conversations']
    listed = result['summary']['conversations']
    need(gone > 20 and sum(kept.values()) > sum(listed.values()), '%d went, %s of %s are left' % (gone, listed, kept))
