# SPDX-License-Identifier: BSD-2-Clause
"""Runs with several threads: as those with one, and no thread has a right more than the first."""

import contextlib
import os
import subprocess
import time

from cases_store import stored
from runs import (Live, USER, audit, balances, capture, flushed, ids, need, play, put, same, site, tcpdump, until)

COUNTS = 1, 2, 5


def several(folder):
    """Whatever the number of threads, a run comes to what a file of its packets comes to."""
    path = os.path.join(folder, 'lab.pcap')
    with tcpdump('a1', path), contextlib.ExitStack() as stack:
        runs = []
        for n in COUNTS:
            own = os.path.join(folder, str(n))
            os.mkdir(own)
            os.chmod(own, 0o777)
            runs.append(stack.enter_context(Live(own, '-i', 'a1', '-S', site('lab'), '--every', '1s',
                                                 '--threads', str(n))))
        play('lab')
        results = [x.end() for x in runs]
    file = audit(folder, '-S', site('lab'), path)
    for r in results:
        same(r, file)
        balances(r)


def tasks(pid):
    """What /proc/PID/task/*/status says of each thread, as dictionaries."""
    found = []
    for task in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/status' % (pid, task)) as f:
            found.append(dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line))
    return found


def rights_of_each(folder):
    """Every thread has given up what the first has, and is held by the filter."""
    uid = subprocess.check_output(['id', '-u', USER], text=True).strip()
    gid = subprocess.check_output(['id', '-g', USER], text=True).strip()
    with Live(folder, '-i', 'a1', '--threads', '4') as live:
        found = tasks(live.proc.pid)
        need(len(found) >= 4, '%d threads' % len(found))
        for t in found:
            need(t['Uid'].split() == [uid] * 4 and t['Gid'].split() == [gid] * 4, 'user %s' % t['Uid'])
            need(t['Groups'].split() == [gid], 'groups %s' % t['Groups'])
            for cap in 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb':
                need(int(t[cap], 16) == 0, '%s of %s: %s' % (cap, t['Pid'], t[cap]))
            need(t['NoNewPrivs'] == '1' and t['Seccomp'] == '2', '%s: %s %s' % (t['Pid'], t['NoNewPrivs'],
                                                                              t['Seccomp']))
        live.end()


def busy_with_threads(folder):
    """Under load: policies are replaced, judgements made, counters asked for, and SIGTERM ends it all
    in order, with each packet counted once."""
    mine = os.path.join(folder, 'site.yaml')
    with open(site('lab')) as f:
        text = f.read()
    put(mine, text)
    feeder = subprocess.Popen(['tcpreplay', '-q', '-i', 'a0', '--topspeed', '--loop', '100000', capture('lab')],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Live(folder, '-i', 'a1', '-S', mine, '--every', '1s', '--threads', '3') as live:
            for i in range(2):
                put(mine, text + '# %d\n' % i)
                live.ask('reload')
                before = live.status()['packets']
                until('packets are read', lambda: live.status()['packets'] > before)
                live.ask('status')
                time.sleep(0.2)
            until('it was judged', lambda: live.status()['judged'])
            need(live.status()['policy']['replaced'] == 2, 'policies were replaced')
            result = live.end()
        need(feeder.poll() is None, 'the load lasted')
    finally:
        feeder.kill()
        feeder.wait()
    balances(result)
    c = result['coverage']
    shed = c.get('shed', {'packets': 0})
    need(c['packets'] > 10000, 'packets were read under load')
    need(c['decoded'] == c['in_flows'] + c['duplicates'] + c['other_protocols'] + shed['packets'],
         'decoded = in flows + copies + others + left out: %s' % c)
    need('trouble' not in live.said() and 'failed' not in live.said(), live.said())


def with_store(folder):
    """A store is written by several threads as by one, and they begin with what is there."""
    path = os.path.join(folder, 'lab.store')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', path, '--threads', '3') as live:
        play('lab')
        live.until_read(1166)
        live.ask('flush')
        flushed(live, 1)
        now = stored(folder, path)
        first = live.end()
    need(now['summary'] == first['summary'] == stored(folder, path)['summary'], 'connections that are open count')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--store', path, '--threads', '2') as live:
        second = live.end()
    for result in first, second:
        balances(result)
        need(result['coverage']['packets'] == 1166, 'what is stored counts')
        need(ids(result) == ids(now), 'the same is found')
