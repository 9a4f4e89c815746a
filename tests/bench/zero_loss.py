#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The highest packet rate on a wire at which nothing is lost: spanaudit live, beside others.

    zero_loss.py SPANAUDIT [SECONDS [FIRST-RATE [THREADS]]]

Packets of 64 to 128 bytes (gen.c: mixed) go through a veth pair in a network namespace of their own, at
rates that grow by a quarter (send.c). At each rate each program listens in turn, with the same buffer where
it can be told; one that lost packets at two rates in a row is done, and then tried once more half way
between the last rate that went well and the first that did not. spanaudit has everything on: a site, all
rule packs, a judgement each second; and leaves nothing out (--shed never), since that would be a loss by
another name. What counts is the rate that the sender says it had. The sender has one processor, which also
does the kernel's part of receiving, and the listener another, as far as others leave them to it: figures
are for comparison there alone. With THREADS spanaudit listens once more, by so many (--threads), which may
use any processor. Needs root; 77 when something is missing.
"""

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import wire

MIB, PACKETS = 64, 500000
LOTS = 1000000  # packets a second when as many as go are wanted
FACTOR, RATES = 1.25, 20
SENDER, LISTENER = (['taskset', '-c', str(x)] if os.cpu_count() > 1 else [] for x in (0, 1))
FIRST = ['nice', '-n', '-10']  # all of them, so that other work on this computer shows less


def start(args, ready, tmp, where=LISTENER):
    log = open(os.path.join(tmp, 'log'), 'w+')
    p = subprocess.Popen(FIRST + where + args, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    end = time.monotonic() + 20
    while ready not in open(log.name).read():
        if p.poll() is not None or time.monotonic() > end:
            raise RuntimeError('%s: %s' % (args[0], open(log.name).read()))
        time.sleep(0.05)
    return p, log


def finish(p, log, sig=signal.SIGTERM):
    time.sleep(1)
    p.send_signal(sig)
    p.wait(60)
    log.seek(0)
    return log.read()


def spanaudit(tool, tmp, threads=None):
    """-> a function that ends it, and says how many packets it read and lost."""
    out = os.path.join(tmp, 'live.json')
    p, log = start([tool, 'live', '-i', 'a1', '-B', str(MIB), '--control', 'none', '--every', '1s', '-S',
                    os.path.join(wire.HERE, 'site.yaml'), '-o', out, '--events', os.path.join(tmp, 'events'),
                    '--shed', 'never', '--user', 'nobody', '--threads', threads or '1'], 'taking packets', tmp,
                   [] if threads else LISTENER)

    def end():
        finish(p, log)
        with open(out) as f:
            c = json.load(f)['coverage']
        return c['packets'] - c.get('shed', {'packets': 0})['packets'], c['drops']['kernel']
    return end


def tcpdump(_, tmp):
    p, log = start(['tcpdump', '-n', '-Z', 'root', '-i', 'a1', '-B', str(MIB * 1024), '-w', '/dev/null'],
                   'listening on', tmp)

    def end():
        said = finish(p, log, signal.SIGINT)
        read, lost = (int(re.search(r'(\d+) packets? ' + w, said).group(1)) for w in ('captured', 'dropped by kernel'))
        return read, lost
    return end


def softflowd(_, tmp):
    ctl = os.path.join(tmp, 'ctl')
    p = subprocess.Popen(FIRST + LISTENER + ['softflowd', '-d', '-6', '-m', '6000000', '-i', 'a1', '-c', ctl, '-p',
                          os.path.join(tmp, 'pid')], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    time.sleep(1)

    def end():
        time.sleep(1.5)
        said = subprocess.check_output(['softflowctl', '-c', ctl, 'statistics'], text=True)
        p.terminate()
        p.wait()
        read, lost = (int(re.search(w + r' by libpcap: (\d+)', said).group(1)) for w in ('received', 'dropped'))
        return read, lost
    return end


class Sender:
    def __init__(self, tmp, packets=PACKETS):
        self.send, self.path = wire.sender(tmp, 'mixed', packets)

    def __call__(self, rate, seconds):
        """-> packets sent, and at which rate."""
        said = subprocess.check_output(FIRST + SENDER + [self.send, 'a0', self.path, str(int((rate or LOTS) * seconds)), str(rate)],
                                       text=True)
        sent, took = re.fullmatch(r'(\d+) packets in ([\d.]+) s\n', said).groups()
        return int(sent), int(sent) / float(took)


def inside(tool, seconds='3', rate='50000', threads=None):
    seconds, rate = float(seconds), float(rate)
    programs = {'spanaudit live': spanaudit, 'tcpdump -w /dev/null': tcpdump}
    if threads:
        programs['spanaudit live --threads ' + threads] = functools.partial(spanaudit, threads=threads)
    if shutil.which('softflowd'):
        programs['softflowd'] = softflowd
    best, failed = dict.fromkeys(programs, 0.0), dict.fromkeys(programs, 0)
    first_bad = dict.fromkeys(programs, 0.0)
    print('%d processors, load %s' % (os.cpu_count(), ' '.join('%.1f' % x for x in os.getloadavg())))
    with tempfile.TemporaryDirectory(prefix='spanaudit-zero-') as tmp:
        os.chmod(tmp, 0o777)
        play = Sender(tmp)

        def listen(name, rate):
            """-> the rate that there was, packets lost."""
            end = programs[name](tool, tmp)
            sent, had = play(rate, seconds)
            read, lost = end()
            lost = max(lost, sent - read)  # what never reached its buffer is lost, too
            if not lost:
                best[name] = max(best[name], min(rate, had))
            return had, lost

        print('| packets/s | ' + ' | '.join(programs) + ' |\n|---:|' + '---:|' * len(programs), flush=True)
        for _ in range(RATES):
            if min(failed.values()) >= 2:
                break
            row, most = [], 0.0
            for name in programs:
                if failed[name] >= 2:
                    row.append('')
                    continue
                had, lost = listen(name, rate)
                most = max(most, had)
                first_bad[name] = (first_bad[name] or rate) if lost else 0.0
                failed[name] = failed[name] + 1 if lost else 0
                row.append('%d lost' % lost if lost else 'all')
            print('| %d | %s |' % (rate, ' | '.join(row)), flush=True)
            if most < 0.9 * rate:
                print('\nthe sender has no more than %d packets/s' % most)
                break
            rate *= FACTOR
        for name in programs:
            if first_bad[name] and best[name]:
                between = (first_bad[name] + best[name]) / 2
                print('\n%s at %d: %d lost' % (name, between, listen(name, between)[1]))
    print()
    reference = 'tcpdump -w /dev/null'
    for name in programs:
        if not first_bad[name]:
            print('%s: no loss at all that the sender has, up to %d packets/s' % (name, best[name]))
        elif not first_bad[reference]:
            print('%s: %d packets/s without loss, where %s lost nothing at all' % (name, best[name], reference))
        else:
            print('%s: %d packets/s without loss, %.2f of %s' %
                  (name, best[name], best[name] / (best[reference] or 1), reference))
    return 0


if __name__ == '__main__':
    sys.exit(wire.run(inside, 'tcpdump', 'taskset'))
