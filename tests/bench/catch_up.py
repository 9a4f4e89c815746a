#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How much of spanaudit live's work several threads take off the one that has the interface.

    catch_up.py SPANAUDIT [THREADS [PAIRS [KIND]]]

Runs with one thread and with THREADS (2) take turns. Each is stopped while its ring takes two million small packets
(gen.c: KIND, mixed), goes on, and says when it has read all of them. What a run can follow is decided by the
processor time of its busiest thread. Its part of all of it is what others on the computer change least; the
ratios to one thread mean something only where nobody else is. Needs root; 77 when something is missing.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import wire

PACKETS, RING = 2000000, 1000


def busy(pid):
    """Seconds of processor time, by thread."""
    seconds = []
    for task in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/stat' % (pid, task)) as f:
            user, system = f.read().rsplit(')', 1)[1].split()[11:13]
        seconds.append((int(user) + int(system)) / os.sysconf('SC_CLK_TCK'))
    return seconds


def catch_up(tool, send, tmp, threads):
    """-> seconds until all was read, of processor time in all, and of the busiest thread."""
    control = os.path.join(tmp, 'control')
    run = subprocess.Popen([tool, 'live', '-i', 'a1', '-B', str(RING), '--every', '0', '-S',
                            os.path.join(wire.HERE, 'site.yaml'), '--user', 'nobody', '--control', control, '-o',
                            os.path.join(tmp, 'live.json'), '--shed', 'never', '--threads', threads],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while 'taking packets' not in run.stderr.readline():
            if run.poll() is not None:
                raise RuntimeError('it ended at once')
        run.send_signal(signal.SIGSTOP)
        subprocess.run([send[0], 'a0', send[1], str(PACKETS), '0'], check=True, stdout=subprocess.DEVNULL)
        since = time.monotonic()
        run.send_signal(signal.SIGCONT)
        status = {'packets': 0, 'lost': {'kernel': 0}}
        while status['packets'] + status['lost']['kernel'] < PACKETS:
            status = json.loads(subprocess.check_output([tool, 'control', '--control', control, 'status', '--json']))
        took, seconds = time.monotonic() - since, busy(run.pid)
        if status['lost']['kernel']:
            print('the ring was too small: %d lost' % status['lost']['kernel'])
        return took, sum(seconds), max(seconds)
    finally:
        run.terminate()
        run.wait()


def inside(tool, threads='2', pairs='5', kind='mixed'):
    ratios = []
    with tempfile.TemporaryDirectory(prefix='spanaudit-catch-up-') as tmp:
        os.chmod(tmp, 0o777)
        send = wire.sender(tmp, kind, PACKETS)
        for _ in range(int(pairs)):
            one, several = catch_up(tool, send, tmp, '1'), catch_up(tool, send, tmp, threads)
            ratios.append([several[2] / several[1]] + [y / x for x, y in zip(one, several)])
            print('%.2f s, %.2f of processors, %.2f of the busiest thread; with %s %.2f, %.2f, %.2f' %
                  (*one, threads, *several), flush=True)
    for what, *column in zip(("the busiest thread's part", 'time / 1 thread', 'processor time / 1 thread',
                              "the busiest thread's / 1 thread"), *ratios):
        print('%s threads, %s: %.2f (%.2f-%.2f)' % (threads, what, statistics.median(column), min(column), max(column)))
    return 0


if __name__ == '__main__':
    sys.exit(wire.run(inside))
