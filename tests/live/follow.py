#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""--follow, on files that really grow: every packet that the files hold is in the report.

    follow.py       SPANAUDIT names the tool; 77 when this machine has no namespaces or lacks a
                    program, which it then names

A file that is written piece by piece needs no rights. The others need root: two network namespaces
with a wire between them, a server and a client, and dumpcap or tcpdump at one end. Nothing leaves
them; namespaces, processes and files are gone at the end, whatever happened.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'golden'), os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import proto as p  # noqa: E402
import run  # noqa: E402
import wire  # noqa: E402
from crm import Crm  # noqa: E402

SKIP = 77
CLIENT, SERVER, PORT = '10.99.0.1', '10.99.0.2', 1433
NEEDS = {'ip': 'iproute2', 'dumpcap': 'wireshark-common', 'tcpdump': 'tcpdump'}  # Debian's packages
PATIENCE = 30  # seconds that anything may take to start, to catch up or to end


class Failed(Exception):
    pass


# Traffic, in the namespaces ----------------------------------------------------------------------

def serve():
    with socket.create_server((SERVER, PORT)) as s:
        while True:
            c, _ = s.accept()
            with c:
                c.sendall(c.recv(100) * 20)


def ask(seconds):
    """Connections, one after the other."""
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        with socket.create_connection((SERVER, PORT), timeout=5) as c:
            c.sendall(p.tds_prelogin())
            while c.recv(4096):
                pass
        n += 1
        time.sleep(0.02)
    print(n)


def echo(seconds):
    """As ping does: an echo request, and the kernel of the other side answers (RFC 792)."""
    end, n = time.monotonic() + seconds, 0
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
        while time.monotonic() < end:
            n += 1
            head = struct.pack('>BBHHH', 8, 0, 0, os.getpid() & 0xffff, n & 0xffff)
            s.sendto(head[:2] + struct.pack('>H', wire.checksum(head)) + head[4:], (SERVER, 0))
            time.sleep(0.05)


# Processes ---------------------------------------------------------------------------------------

@contextlib.contextmanager
def running(args, **kw):
    proc = subprocess.Popen(args, stdin=subprocess.DEVNULL, **kw)
    try:
        yield proc
    finally:
        if proc.poll() is None:
            proc.kill()
        proc.wait(PATIENCE)


def ended(proc, sig):
    """Its exit code after a signal; it must not need killing."""
    proc.send_signal(sig)
    try:
        return proc.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise Failed('%s does not end at %s' % (proc.args[0], sig.name)) from None


def until(what, true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise Failed('waited %d s until %s' % (PATIENCE, what))
        time.sleep(0.05)


def newest(path):
    """The file that was written last."""
    if not os.path.isdir(path):
        return path
    there = [os.path.join(path, x) for x in os.listdir(path) if not x.endswith('.txt')]
    return max(there, key=lambda x: (os.stat(x).st_mtime_ns, x), default=None)


def at_end(proc, path):
    """It has that file open, perhaps twice, and has read all of it."""
    base = '/proc/%d/' % proc.pid
    for fd in os.listdir(base + 'fd'):
        try:
            if os.readlink(base + 'fd/' + fd) == os.path.realpath(path):
                with open(base + 'fdinfo/' + fd) as f:
                    pos = int(re.search(r'pos:\s*(\d+)', f.read()).group(1))
                if pos >= os.path.getsize(path):
                    return True
        except FileNotFoundError:  # closed in between
            pass
    return False


def settled(proc, path):
    """Waits until it has read what is there, and nothing has come for a while."""
    def done():
        nonlocal since
        if proc.poll() is not None:
            raise Failed('spanaudit ended by itself, exit code %d' % proc.returncode)
        last = newest(path)
        if not last or not at_end(proc, last):
            since = time.monotonic()
        return time.monotonic() - since > 1
    since = time.monotonic()
    until('spanaudit has read all', done)


class Follow:
    """A run of spanaudit --follow."""

    def __init__(self, folder, path, ignore_int=False):
        self.path, self.out = path, os.path.join(folder, 'out.json')
        self.err = os.path.join(folder, 'err')
        self.args = [run.TOOL, 'audit', '--follow', '--role', 'sql=' + SERVER, '--role',
                     'crm-web=' + CLIENT, '--format', 'json', path]
        # A shell script starts what runs in the background with SIGINT ignored.
        self.before = (lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if ignore_int else None

    def __enter__(self):
        with open(self.out, 'wb') as out, open(self.err, 'wb') as err:
            self.cm = running(self.args, stdout=out, stderr=err, env=run.environment(),
                              preexec_fn=self.before)
            self.proc = self.cm.__enter__()
        # One that has not yet its handlers would die of the signal.
        until('spanaudit has started', lambda: self.proc.poll() is not None or handles(self.proc))
        return self

    def __exit__(self, *exc):
        return self.cm.__exit__(*exc)

    def report(self, sig=signal.SIGINT):
        settled(self.proc, self.path)
        code = ended(self.proc, sig)
        with open(self.err) as f:
            said = f.read()
        if code not in (0, 1, 4):
            raise Failed('exit code %d: %s' % (code, said))
        with open(self.out) as f:
            return json.load(f)


def handles(proc):
    with open('/proc/%d/status' % proc.pid) as f:
        m = re.search(r'SigCgt:\s*(\w+)', f.read())
    return m and int(m.group(1), 16) >> (signal.SIGINT - 1) & 1


def offline(paths):
    out = subprocess.run([run.TOOL, 'audit', '--role', 'sql=' + SERVER, '--role',
                          'crm-web=' + CLIENT, '--format', 'json', *paths],
                         stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=PATIENCE,
                         env=run.environment(), check=False).stdout
    return json.loads(out)


def same(live, later, what):
    for key in ('verdict', 'window', 'coverage', 'summary', 'findings', 'conversations', 'rules'):
        if live[key] != later[key]:
            raise Failed('%s: %s while it grew: %s\nand afterwards: %s'
                         % (what, key, str(live[key])[:600], str(later[key])[:600]))


def counted(document, n, what):
    got = document['coverage']['packets']
    if got != n or not n:
        raise Failed('%s: the report counts %d packets, there are %d' % (what, got, n))
    print('%s: %d packets' % (what, n))


def packets_in(paths):
    """As tcpdump counts them."""
    n = 0
    for path in paths:
        out = subprocess.run(['tcpdump', '-n', '-t', '-q', '-r', path], stdin=subprocess.DEVNULL,
                             capture_output=True, timeout=PATIENCE, check=True).stdout
        n += out.count(b'\n')
    return n


# Cases -------------------------------------------------------------------------------------------

def in_pieces(tmp, suffix, sig, ignore_int):
    """The file ends in the middle of its header, of a packet's header, of a packet; each time the
    rest comes later."""
    s = Crm()
    s.tds(10, s.web)
    s.session(20, s.web, s.sql, 22, p.ssh())
    s.write(os.path.join(tmp, 'whole' + suffix))
    with open(os.path.join(tmp, 'whole' + suffix), 'rb') as f:
        data = f.read()
    path = os.path.join(tmp, 'grows' + suffix)
    cuts = [10, 24 + 7, len(data) // 2, len(data) // 2 + 11, len(data) - 5, len(data)]
    with open(path, 'wb', buffering=0) as f:
        f.write(data[:cuts[0]])
        with Follow(tmp, path, ignore_int) as live:
            for lo, hi in zip(cuts, cuts[1:]):
                time.sleep(0.3)
                f.write(data[lo:hi])
            d = live.report(sig)
    what = 'written in pieces, %s, %s' % (suffix[1:], sig.name)
    counted(d, len(s.packets), what)
    same(d, offline([path]), what)


def cut_for_good(tmp):
    """The writer was killed: the end is told, and what came before is there."""
    s = Crm()
    s.tds(10, s.web)
    path = os.path.join(tmp, 'cut.pcap')
    with open(path, 'wb') as f:
        f.write(s.pcap()[:-5])
    with Follow(tmp, path) as live:
        d = live.report()
    counted(d, len(s.packets) - 1, 'never completed')
    if not d['inputs'][0]['caveat'] or not d['coverage']['inconclusive']:
        raise Failed('a packet that was never completed is not told')


def appears_later(tmp):
    """A folder that is empty at first, with a file of another kind in it."""
    ring = os.path.join(tmp, 'empty')
    os.mkdir(ring)
    with Follow(tmp, ring) as live:
        s = Crm()
        s.tds(10, s.web)
        with open(os.path.join(ring, 'notes.txt'), 'w') as f:
            f.write('not a capture\n')
        time.sleep(0.5)
        s.write(os.path.join(ring, 'b.pcap'))
        time.sleep(0.5)
        t = Crm('2024-05-01T09:00:00Z')
        t.tds(10, t.app)
        t.write(os.path.join(ring, 'a.pcapng'))
        d = live.report()
    counted(d, len(s.packets) + len(t.packets), 'files that appear in an empty folder')


class Wire:
    """Two namespaces of this process and a wire between them."""

    def __init__(self):
        self.a, self.b = ('span-f%s-%d' % (x, os.getpid()) for x in 'ab')

    def ip(self, *args):
        subprocess.run(['ip', *args], check=True, capture_output=True, timeout=PATIENCE,
                       stdin=subprocess.DEVNULL)

    def __enter__(self):
        try:
            self.ip('netns', 'add', self.a)
            self.ip('netns', 'add', self.b)
            self.ip('-n', self.a, 'link', 'add', 'w', 'type', 'veth', 'peer', 'name', 'w',
                    'netns', self.b)
            for ns, address in ((self.a, CLIENT), (self.b, SERVER)):
                self.ip('-n', ns, 'addr', 'add', address + '/24', 'dev', 'w')
                self.ip('-n', ns, 'link', 'set', 'lo', 'up')
                self.ip('-n', ns, 'link', 'set', 'w', 'up')
        except (OSError, subprocess.CalledProcessError) as e:
            self.__exit__()
            print('skipped: no network namespaces here: %s' % e)
            sys.exit(SKIP)
        return self

    def __exit__(self, *exc):
        for ns in (self.a, self.b):
            subprocess.run(['ip', 'netns', 'del', ns], check=False, capture_output=True,
                           stdin=subprocess.DEVNULL)

    def run(self, ns, *args, **kw):
        return running(['ip', 'netns', 'exec', ns, *args], **kw)

    @contextlib.contextmanager
    def traffic(self, seconds):
        """A server; then a client and echo requests for that long."""
        me = os.path.abspath(__file__)
        with self.run(self.b, sys.executable, me, 'serve', stderr=subprocess.DEVNULL):
            def up():
                out = subprocess.run(['ip', 'netns', 'exec', self.b, 'cat', '/proc/net/tcp'],
                                     capture_output=True, check=True).stdout
                return b':%04X 00000000:0000 0A' % PORT in out
            until('the server listens', up)
            yield lambda: self.talk(me, seconds)

    def talk(self, me, seconds):
        with self.run(self.a, sys.executable, me, 'ask', str(seconds),
                      stdout=subprocess.PIPE) as client, \
                self.run(self.a, sys.executable, me, 'echo', str(seconds)) as ping:
            done = client.communicate(timeout=seconds + PATIENCE)[0]
            if ping.wait(seconds + PATIENCE):
                raise Failed('no echo request could be sent')
            if not int(done):
                raise Failed('the client got no answer')


def capture_starts(proc, path_there):
    until('the capture has begun', lambda: proc.poll() is not None or path_there())
    if proc.poll() is not None:
        raise Failed('%s ended: %s' % (proc.args[4], proc.stderr.read().decode()))


def ring(tmp, wire, name, how, keeps):
    """dumpcap changes to a new file again and again; with keeps, it deletes the oldest."""
    folder = os.path.join(tmp, name)
    os.mkdir(folder)
    with wire.traffic(5) as talk, \
            wire.run(wire.a, 'dumpcap', '-q', '-i', 'w', *how, '-w',
                     os.path.join(folder, 'span.pcapng'), stderr=subprocess.PIPE) as dump:
        capture_starts(dump, lambda: os.listdir(folder))
        with Follow(tmp, folder) as live:
            talk()
            time.sleep(1)
            ended(dump, signal.SIGINT)
            said = dump.stderr.read().decode()
            d = live.report()
    paths = sorted(os.path.join(folder, x) for x in os.listdir(folder))
    n = int(re.search(r'Packets captured: (\d+)', said).group(1))
    files = len(d['inputs'])
    if files < 3:
        raise Failed('%s: %d files are no ring: %s' % (name, files, said))
    what = '%s, %d files' % (name, files)
    counted(d, n, what)
    if not keeps:
        if packets_in(paths) != n:
            raise Failed('%s: dumpcap and tcpdump do not agree' % name)
        same(d, offline(paths), what)
    elif len(paths) >= files:
        raise Failed('%s: no file was deleted' % name)


def one_file(tmp, wire):
    path = os.path.join(tmp, 'one.pcap')
    with wire.traffic(3) as talk, \
            wire.run(wire.a, 'tcpdump', '-Z', 'root', '-U', '-n', '-i', 'w', '-w', path,
                     stderr=subprocess.PIPE) as dump:
        capture_starts(dump, lambda: os.path.exists(path) and os.path.getsize(path))
        with Follow(tmp, path) as live:
            talk()
            time.sleep(1)
            ended(dump, signal.SIGINT)
            d = live.report()
    counted(d, packets_in([path]), 'one file of tcpdump')
    same(d, offline([path]), 'one file of tcpdump')


def main():
    if sys.argv[1:2] == ['serve']:
        return serve()
    if sys.argv[1:2] == ['ask']:
        return ask(float(sys.argv[2]))
    if sys.argv[1:2] == ['echo']:
        return echo(float(sys.argv[2]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # a test that takes too long cleans up
    sys.stdout.reconfigure(line_buffering=True)
    tmp = tempfile.mkdtemp(prefix='follow.')
    try:
        in_pieces(tmp, '.pcap', signal.SIGINT, False)
        in_pieces(tmp, '.pcapng', signal.SIGTERM, False)
        in_pieces(tmp, '.pcap', signal.SIGINT, True)
        cut_for_good(tmp)
        appears_later(tmp)
        missing = {package for x, package in NEEDS.items() if not shutil.which(x)}
        if missing:
            print('skipped the rest, missing Debian packages: apt-get install '
                  '--no-install-recommends %s' % ' '.join(sorted(missing)))
            return SKIP
        if os.geteuid() != 0:
            print('skipped the rest: only root can make namespaces')
            return SKIP
        with Wire() as wire:
            one_file(tmp, wire)
            ring(tmp, wire, 'ring by time', ['-b', 'duration:1'], False)
            ring(tmp, wire, 'ring by size', ['-b', 'filesize:60'], False)
            ring(tmp, wire, 'ring of three files', ['-b', 'duration:1', '-b', 'files:3'], True)
    except Failed as e:
        print(e)
        return 1
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
