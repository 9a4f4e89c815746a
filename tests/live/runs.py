# SPDX-License-Identifier: BSD-2-Clause
"""Live runs on wires of their own: what tests of them share.

In a network namespace of their own two wires (veth pairs) stand for ports that a switch mirrors to:
captures are played into one end, and the other end is listened on. The namespace, and all in it, is
gone with the last process.
"""

import contextlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL = os.environ.get('SPANAUDIT', 'spanaudit')
SKIP = 77
INSIDE = 'SPANAUDIT_LIVE'
NEEDS = {'ip': 'iproute2', 'tcpdump': 'tcpdump', 'tcpreplay': 'tcpreplay', 'unshare': 'util-linux',
         'setpriv': 'util-linux'}  # Debian's packages
PATIENCE = 60  # seconds that anything may take
USER = 'nobody'
# A process that gave up its rights cannot look for leaks; the unit test does.
ENV = dict(os.environ, ASAN_OPTIONS='detect_leaks=0', TZ='UTC')


class Failed(Exception):
    pass


def need(true, what):
    if not true:
        raise Failed(what)


def do(*args):
    subprocess.run(args, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def until(what, true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise Failed('waited %d s until %s' % (PATIENCE, what))
        time.sleep(0.05)


def wire(name):
    """Packets into NAME0 come out at NAME1."""
    do('ip', 'link', 'add', name + '0', 'type', 'veth', 'peer', 'name', name + '1')
    for end in '0', '1':
        do('ip', 'link', 'set', name + end, 'mtu', '9000', 'up')


def capture(name):
    return os.path.join(ROOT, 'pcaps', name + ('.pcapng' if name == 'lab' else '.pcap'))


def site(name):
    return os.path.join(ROOT, 'pcaps', name + '-site.yaml')


def play(name, port='a0', *options):
    do('tcpreplay', '-q', '-i', port, *(options or ('--topspeed',)), capture(name))


class Live:
    """A live run; ends with the block at the latest."""

    def __init__(self, folder, *args, env=None):
        self.folder, self.json = folder, os.path.join(folder, 'live.json')
        self.errors, self.out = os.path.join(folder, 'errors'), os.path.join(folder, 'out')
        self.control = os.path.join(folder, 'control')
        self.args = [TOOL, 'live', '--user', USER, '-o', self.json, *args]
        if '--control' not in args:
            self.args += ['--control', self.control]
        self.env = dict(ENV, **(env or {}))

    def __enter__(self):
        with open(self.errors, 'w') as err, open(self.out, 'w') as out:
            self.proc = subprocess.Popen(self.args, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                         env=self.env)
        until('it takes packets', lambda: 'taking packets' in self.said() or self.proc.poll() is not None)
        need(self.proc.poll() is None, 'it ended at once: ' + self.said())
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()

    def said(self):
        with open(self.errors) as f:
            return f.read()

    def until_said(self, text):
        until('it says "%s"; it said:\n%s' % (text, self.said()), lambda: text in self.said())

    def until_read(self, packets):
        """By its own counters, which it is asked for."""
        def read():
            self.proc.send_signal(signal.SIGUSR1)
            time.sleep(0.1)
            return 'all: %d packets read' % packets in self.said()
        until('it has read %d packets; it said:\n%s' % (packets, self.said()), read)

    def ask(self, *words, code=0):
        end = time.monotonic() + PATIENCE
        while True:
            r = subprocess.run([TOOL, 'control', '--control', self.control, *words], env=ENV, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               timeout=PATIENCE)
            # A run that gets no processor answers late. The state is asked for again, as control says.
            if words[0] != 'status' or 'no answer' not in r.stderr or time.monotonic() > end:
                break
        need(r.returncode == code, 'control %s: %d %s' % (words, r.returncode, r.stderr))
        return r.stdout if code == 0 else r.stderr

    def status(self):
        return json.loads(self.ask('status', '--json'))

    def end(self, sig=signal.SIGTERM, codes=(0, 1, 4)):
        self.proc.send_signal(sig)
        return self.ended(codes)

    def ended(self, codes=(0, 1, 4)):
        code = self.proc.wait(PATIENCE)
        need(code in codes, 'exit code %d: %s' % (code, self.said()))
        with open(self.json) as f:
            return json.load(f)


def quiet(path):
    """Nothing was written for longer than libpcap waits for a part of its ring to be full."""
    size, since = -1, time.monotonic()
    while time.monotonic() < since + 1.5:
        now = os.path.getsize(path)
        if now != size:
            size, since = now, time.monotonic()
        time.sleep(0.1)


@contextlib.contextmanager
def tcpdump(port, path):
    proc = subprocess.Popen(['tcpdump', '-q', '-n', '-Z', 'root', '-i', port, '-B', '32768',
                             '--time-stamp-precision=nano', '-U', '-w', path],
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    proc.stderr.readline()  # "listening on ..."
    try:
        yield proc
        quiet(path)
    finally:
        proc.send_signal(signal.SIGINT)
        said = proc.communicate(timeout=PATIENCE)[1]
    need('\n0 packets dropped by kernel' in said, 'tcpdump lost packets itself: ' + said)


def audit(folder, *args):
    path = os.path.join(folder, 'file.json')
    r = subprocess.run([TOOL, 'audit', '-q', '-o', path, *args], env=ENV, stderr=subprocess.PIPE)
    need(r.returncode in (0, 1, 4), 'audit of the file: %d %s' % (r.returncode, r.stderr))
    with open(path) as f:
        return json.load(f)


def bare(x, counts):
    """A result without what tells an interface from a file."""
    if isinstance(x, list):
        return [bare(y, counts) for y in x]
    if not isinstance(x, dict):
        return x
    return {k: bare(v, counts) for k, v in x.items()
            if k not in ('input', 'extract', 'extract_note', 'tshark', 'run')}


def without_inputs(result):
    r = bare(result, {})
    r.pop('inputs')
    return r


def differs(a, b, at=''):
    """The first place where two values differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted(set(a) | set(b)):
            if k not in a or k not in b:
                return '%s/%s is in one only' % (at, k)
            d = differs(a[k], b[k], at + '/' + k)
            if d:
                return d
        return None
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            d = differs(x, y, '%s[%d]' % (at, i))
            if d:
                return d
        return None
    return None if a == b else '%s: %r and %r' % (at, a, b)


def same(live, file):
    need(live['coverage']['drops'] == {'kernel': 0, 'interface': 0}, 'packets were dropped')
    d = differs(without_inputs(live), without_inputs(file))
    need(d is None, 'live and file differ: %s' % d)


def balances(live):
    c = live['coverage']
    need(c['packets'] == sum(i['packets'] for i in live['inputs']), 'packets of inputs and of all')
    need(c['packets'] == c['decoded'] + sum(c['skipped'].values()), 'read = decoded + skipped')


def frames(path):
    """Of a classic little-endian pcap file."""
    with open(path, 'rb') as f:
        data = f.read()
    at = 24
    while at < len(data):
        n = struct.unpack_from('<I', data, at + 8)[0]
        yield data[at + 16:at + 16 + n]
        at += 16 + n


def put(path, text):
    """As editors do: a new file takes the name."""
    with open(path + '.new', 'w') as f:
        f.write(text)
    os.chmod(path + '.new', 0o644)
    os.rename(path + '.new', path)


def flushed(live, n):
    until('it is written', lambda: live.status()['store']['flushes'] >= n)


def ids(result):
    return sorted(f['id'] for f in result['findings'])


def refused(folder, code, text, *args, before=()):
    r = subprocess.run([*before, TOOL, 'live', *args], env=ENV, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    need(r.returncode == code and text in r.stderr and not r.stdout and '\n  ' in r.stderr,
         '%s: %d %s' % (args, r.returncode, r.stderr))


TESTS = []  # of who uses this


def inside(names):
    for x in 'all', 'default':  # no packets but ours
        with contextlib.suppress(OSError), open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % x, 'w') as f:
            f.write('1')
    do('ip', 'link', 'set', 'lo', 'up')
    wire('a')
    wire('b')
    bad = 0
    for test in TESTS:
        if names and test.__name__ not in names:
            continue
        with tempfile.TemporaryDirectory(prefix='spanaudit-live-') as folder:
            os.chmod(folder, 0o777)
            try:
                test(folder)
                print('ok   %s' % test.__name__, flush=True)
            except (Failed, subprocess.SubprocessError, OSError, KeyError, ValueError) as e:
                bad += 1
                print('FAIL %s: %s' % (test.__name__, e), flush=True)
    return bad != 0


def lacking():
    missing = [p for x, p in NEEDS.items() if not shutil.which(x)]
    if missing:
        return 'not installed: ' + ' '.join(sorted(set(missing)))
    if os.geteuid() != 0:
        return 'needs root, for network namespaces'
    if subprocess.run(['unshare', '--net', 'true'], stderr=subprocess.DEVNULL).returncode:
        return 'no network namespaces here'
    return None


def main(script):
    """`script` is run in the namespace, where it calls this again."""
    if os.environ.get(INSIDE):
        return inside(sys.argv[1:])
    why = lacking()
    if why:
        print('skipped: ' + why)
        return SKIP
    return subprocess.run(['unshare', '--net', sys.executable, script, *sys.argv[1:]],
                          env=dict(os.environ, **{INSIDE: '1'})).returncode
