# SPDX-License-Identifier: BSD-2-Clause
"""Packets of interfaces: none is lost, and a run comes to what a file of them comes to."""

import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

from runs import (ENV, Live, PATIENCE, ROOT, SKIP, TOOL, USER, audit, balances, capture, do, frames, need, play,
                  same, site, tcpdump, wire)


def as_file(folder):
    """One interface: as the file that tcpdump wrote of it."""
    for name in 'lab', 'sample':
        path = os.path.join(folder, name + '.pcap')
        with tcpdump('a1', path), Live(folder, '-i', 'a1', '-S', site(name)) as live:
            play(name)
            result = live.end()
        same(result, audit(folder, '-S', site(name), path))
        balances(result)
        need(result['inputs'][0]['path'] == 'a1' and result['inputs'][0]['format'] == 'live',
             'the input is the interface')
        need(result['findings'], 'this capture has findings')


def two_interfaces(folder):
    """Directions on two ports, as a tap has them: put in order as from two files."""
    paths = [os.path.join(folder, x) for x in ('a.pcap', 'b.pcap')]
    with tcpdump('a1', paths[0]), tcpdump('b1', paths[1]), \
            Live(folder, '-i', 'b1', '-i', 'a1', '-S', site('sample')) as live:
        with contextlib.ExitStack() as stack:
            ports = []
            for port in 'a0', 'b0':
                s = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
                s.bind((port, 0))
                ports.append(s)
            n = 0
            for frame in frames(capture('sample')):
                ports[frame[:6] < frame[6:12]].send(frame)
                n += 1
        live.until_read(n)
        result = live.end()
    same(result, audit(folder, '-S', site('sample'), *paths))
    balances(result)
    need([i['path'] for i in result['inputs']] == ['a1', 'b1'], 'inputs are sorted')
    need(all(i['packets'] for i in result['inputs']), 'both ports had packets')


def term_under_load(folder):
    """SIGTERM in the middle of traffic: judged, written, nothing left behind."""
    feeder = subprocess.Popen(['tcpreplay', '-q', '-i', 'a0', '--topspeed', '--loop', '100000',
                               capture('lab')], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s') as live:
            time.sleep(3)
            result = live.end()
        need(feeder.poll() is None, 'the load lasted')
    finally:
        feeder.kill()
        feeder.wait()
    balances(result)
    need(result['coverage']['packets'] > 10000, 'packets were read under load')
    left = sorted(os.listdir(folder))
    need(left == ['errors', 'live.json', 'out'], 'files left behind: %s' % left)


def down_and_up(folder):
    """An interface that goes down, is removed, and comes back, without the right to open it."""
    with Live(folder, '-i', 'a1', '-S', site('lab')) as live:
        play('lab')
        live.until_read(1166)
        do('ip', 'link', 'set', 'a1', 'down')
        live.until_said("interface 'a1' went down")
        do('ip', 'link', 'set', 'a1', 'up')
        live.until_said("interface 'a1' is up again")
        play('lab')
        live.until_read(2 * 1166)
        do('ip', 'link', 'del', 'a0')
        live.until_said("interface 'a1' was removed")
        wire('a')
        live.until_said("interface 'a1' is back")
        play('lab')
        live.until_read(3 * 1166)
        result = live.end()
    balances(result)
    note = result['inputs'][0]['note']
    need('went down: 1, removed: 1' in note, 'the result says so: %s' % note)


def loss(folder):
    """What finds no room in the kernel is counted to the last packet, told, and judged by."""
    loops = 40
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-B', '2') as live:
        live.proc.send_signal(signal.SIGSTOP)
        play('lab', 'a0', '--topspeed', '--loop', str(loops))
        live.proc.send_signal(signal.SIGCONT)
        live.until_said('more packets were lost')
        result = live.end()
    balances(result)
    c, told = result['coverage'], result['inputs'][0]['interface']
    need(c['drops']['kernel'] > 0, 'a ring of 2 MiB does not hold all of it')
    need(c['packets'] + c['drops']['kernel'] == loops * 1166,
         'read and dropped are what was sent: %d + %d' % (c['packets'], c['drops']['kernel']))
    need(told['kernel_drops'] == c['drops']['kernel'], 'of this interface')
    need(any('drop' in x or 'lost' in x for x in c['caveats']), 'a caveat: %s' % c['caveats'])


def document(folder):
    """What is told of an interface is in the document, and read back from it."""
    text = os.path.join(folder, 'live.txt')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-s', '3000', '-o', text,
              *(x for n in ('html', 'md', 'csv') for x in ('-o', os.path.join(folder, 'live.' + n)))) as live:
        play('lab')
        live.until_read(1166)
        result = live.end()
    told = result['inputs'][0]['interface']
    need(told['snaplen'] == 3000 and told['promiscuous'] and told['kernel_drops'] == 0 and
         told['card_drops'] == 0 and told['downs'] == 0, 'figures of the interface: %s' % told)
    schema = os.path.join(ROOT, 'src', 'report', 'spanaudit-result-1.schema.json')
    r = subprocess.run([sys.executable, os.path.join(ROOT, 'tests', 'tree', 'schema.py'), schema,
                        live.json], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    need(r.returncode in (0, SKIP), 'the schema: ' + r.stdout)
    with open(text) as f:
        shown = f.read()
    need("lost: 0 in this computer's buffer" in shown, 'the text tells what was lost')
    need('tshark -r FILE' in shown, 'an interface is no file for tshark')
    again = subprocess.run([TOOL, 'report', live.json, '--format', 'text'], text=True,
                           stdout=subprocess.PIPE, env=dict(ENV, COLUMNS='80')).stdout
    need(again == shown, 'the document has what the text shows')
    for name in 'live.html', 'live.md', 'live.csv':
        path, other = os.path.join(folder, name), os.path.join(folder, 'again-' + name)
        subprocess.run([TOOL, 'report', '-q', live.json, '-o', other], env=ENV)
        with open(path, 'rb') as f, open(other, 'rb') as g:
            need(f.read() == g.read(), name + ' is what its document makes, with local times')


def doctor(folder):
    """The same of an interface as of a file, and of this computer."""
    proc = subprocess.Popen([TOOL, 'doctor', '--json', '-i', 'a1', '-S', site('lab'), '-a', 'duration:3',
                             '--user', USER], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=ENV)
    need('taking packets' in proc.stderr.readline() + proc.stderr.readline(), 'it starts')
    play('lab')
    out = proc.communicate(timeout=PATIENCE)[0]
    need(proc.returncode == 0, 'fit for what was seen')
    d = json.loads(out)
    checks = {c['check']: c for c in d['checks']}
    need(d['subject'] == 'interfaces' and d['figures']['packets'] == 1166, 'what it looked at')
    for check in ('rights', 'interfaces', 'offload-receive', 'card-buffer', 'kernel-buffer',
                  'computer-clock', 'disk', 'directions', 'drops-computer', 'drops-card'):
        need(check in checks and checks[check]['figure'], 'check ' + check)
    need('as nobody' in checks['rights']['figure'], 'rights: ' + checks['rights']['figure'])
    need('driver veth' in checks['interfaces']['details'][0], 'driver')
    need(checks['drops-computer']['figure'] == '0 packets', 'drops are told, not guessed')


def resized(folder):
    """Another MTU is survived and told."""
    with Live(folder, '-i', 'a1', '-S', site('lab')) as live:
        for end in 'a0', 'a1':
            do('ip', 'link', 'set', end, 'mtu', '4000')
        live.until_said('its MTU was changed')
        play('lab')
        live.until_read(1166)
        balances(live.end())
    for end in 'a0', 'a1':
        do('ip', 'link', 'set', end, 'mtu', '9000')


# In the place of setting this computer's clock: a library that adds to what it shows, as much as a file
# says that was mapped before files were closed.
CLOCK = r'''
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
static const volatile long *step;
static int (*real)(clockid_t, struct timespec *);
__attribute__((constructor)) static void begin(void)
{
	int fd = open(getenv("CLOCK_STEP"), O_RDONLY);
	void *p = mmap(NULL, sizeof *step, PROT_READ, MAP_SHARED, fd, 0);

	if (p != MAP_FAILED)
		step = p;
}
int clock_gettime(clockid_t id, struct timespec *ret)
{
	int r;

	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	r = real(id, ret);
	if (r == 0 && id == CLOCK_REALTIME && step)
		ret->tv_sec += *step;
	return r;
}
'''


def clock(folder):
    """A clock that is set forward and back is survived and told."""
    source, library, step = (os.path.join(folder, x) for x in ('clock.c', 'clock.so', 'step'))
    if not shutil.which('cc'):
        print('     clock: skipped without a compiler')
        return
    with open(source, 'w') as f:
        f.write(CLOCK)
    do('cc', '-D_GNU_SOURCE', '-shared', '-fPIC', '-O1', '-o', library, source, '-ldl')

    def set_by(seconds):
        with open(step, 'r+b' if os.path.exists(step) else 'wb') as f:
            f.write(struct.pack('q', seconds))
    set_by(0)
    env = {'LD_PRELOAD': library, 'CLOCK_STEP': step,
           'ASAN_OPTIONS': ENV['ASAN_OPTIONS'] + ':verify_asan_link_order=0'}
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', env=env) as live:
        play('lab')
        live.until_read(1166)
        set_by(2 * 3600 + 60)
        live.until_said('was set forward by 2 h')
        set_by(-3700)
        live.until_said('was set back by 3 h')
        play('lab')
        live.until_read(2 * 1166)
        balances(live.end())


def limits(folder):
    """-c and -a end in order; -f is the kernel's."""
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-c', '500') as live:
        play('lab')
        need(live.ended()['coverage']['packets'] == 500, '-c 500')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-a', 'duration:1', '-a', 'packets:1000000') as live:
        need(live.ended((4,))['coverage']['packets'] == 0, 'a quiet port is inconclusive')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-f', 'udp port 53') as live:
        play('lab')
        time.sleep(0.5)
        n = live.end()['coverage']['packets']
    need(0 < n < 1166, '-f leaves some: %d' % n)
