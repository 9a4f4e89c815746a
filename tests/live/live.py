#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`spanaudit live` on interfaces that carry real packets.

    live.py [NAME...]   SPANAUDIT names the tool; 77 when this machine has no namespaces, no root, or
                        lacks a program, which it then names

In a network namespace of their own two wires (veth pairs) stand for ports that a switch mirrors to:
captures are played into one end, and the other end is listened on. tcpdump listens beside it, and
what it wrote is audited as a file: both results must be the same but for the names of inputs. The
namespace, and all in it, is gone with the last process.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
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


# Processes ---------------------------------------------------------------------------------------

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
        r = subprocess.run([TOOL, 'control', '--control', self.control, *words], env=ENV, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=PATIENCE)
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


# Results -----------------------------------------------------------------------------------------

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


# Tests -------------------------------------------------------------------------------------------

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


def frames(path):
    """Of a classic little-endian pcap file."""
    with open(path, 'rb') as f:
        data = f.read()
    at = 24
    while at < len(data):
        n = struct.unpack_from('<I', data, at + 8)[0]
        yield data[at + 16:at + 16 + n]
        at += 16 + n


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


def status_of(proc):
    with open('/proc/%d/status' % proc.pid) as f:
        return dict(x.rstrip('\n').split(':\t', 1) for x in f if ':\t' in x)


def rights_gone(folder):
    """What the kernel says of the process, and of the files that it leaves."""
    closed = os.path.join(folder, 'closed')
    os.mkdir(closed, 0o700)
    path = os.path.join(closed, 'report.md')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-o', path) as live:
        status = status_of(live.proc)
        play('lab')
        live.until_read(1166)
        live.end()
    uid = int(subprocess.check_output(['id', '-u', USER]))
    need(status['Uid'].split() == [str(uid)] * 4, 'user: ' + status['Uid'])
    need('0' not in status['Gid'].split() and status['Groups'].split() != ['0'], 'groups')
    for cap in 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb':
        need(int(status[cap], 16) == 0, '%s: %s' % (cap, status[cap]))
    need(status['NoNewPrivs'] == '1', 'no_new_privs')
    if 'system calls filtered' in live.said():
        need(status['Seccomp'] == '2', 'seccomp')
    with open(path) as f:  # into a folder that nobody may write to
        need('NOT COMPLIANT' in f.read(), 'the report in a closed folder is whole')


def events(folder):
    """Each finding once, while it runs; what was told is what is found in the end."""
    path = os.path.join(folder, 'events')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--events', path) as live:
        play('lab')
        until('events are told', lambda: os.path.getsize(path) > 0)
        result = live.end()
    seen = {}
    with open(path) as f:
        for line in f:
            e = json.loads(line)
            status, ident = e['spanaudit']['status'], e['event']['id']
            need((status == 'new') == (seen.get(ident) in (None, 'gone')), 'new once: %s' % ident)
            seen[ident] = status
    told = {i for i, status in seen.items() if status != 'gone'}
    need(told == {f['id'] for f in result['findings']}, 'told = found')
    with open(live.out) as f:
        lines = [x.split() for x in f.read().split('\nspanaudit', 1)[0].splitlines()]
    need({x[-1] for x in lines if x and x[2:3] == ['new']} >= told, 'and as lines on a terminal')


def notices(path):
    """Events about the run itself, as (action, outcome, message)."""
    with open(path) as f:
        return [(e['event']['action'], e['event']['outcome'], e['message']) for e in map(json.loads, f)
                if e['event']['kind'] == 'event']


def put(path, text):
    """As editors do: a new file takes the name."""
    with open(path + '.new', 'w') as f:
        f.write(text)
    os.chmod(path + '.new', 0o644)
    os.rename(path + '.new', path)


def waivers_for(finding):
    return ('spanaudit: waivers/1\nwaivers:\n  - id: W-1\n    finding: {id: %s}\n    reason: "for now"\n'
            '    owner: somebody\n    expires: 2099-01-01T00:00:00Z\n' % finding)


def reload(folder):
    """Rules, site and waivers are read again under load, and no packet is missed; a wrong file changes
    nothing."""
    conf = os.path.join(folder, 'conf')
    os.mkdir(conf, 0o755)
    mine, waivers, events = (os.path.join(conf, 'site.yaml'), os.path.join(conf, 'waivers.yaml'),
                             os.path.join(folder, 'events'))
    with open(site('lab')) as f:
        good = f.read()
    put(mine, good)
    put(waivers, 'spanaudit: waivers/1\nwaivers: []\n')
    loops = 40
    with Live(folder, '-i', 'a1', '-S', mine, '-W', waivers, '--every', '1s', '--events', events) as live:
        feeder = subprocess.Popen(['tcpreplay', '-q', '-i', 'a0', '--mbps', '40', '--loop', str(loops),
                                   capture('lab')], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        before = live.status()['policy']
        need(before['replaced'] == 0 and before['reload'] is None, 'it begins with none')
        until('findings are told', lambda: os.path.getsize(events) > 0)
        with open(events) as f:
            told = json.loads(f.readline())['event']['id']
        put(waivers, waivers_for(told))
        live.proc.send_signal(signal.SIGHUP)
        live.until_said('judged by policy')
        now = live.status()['policy']
        need(now['replaced'] == 1 and now['digest'] != before['digest'] and now['since'] > before['since'] and
             now['reload']['ok'], 'a new policy: %s' % now)
        put(mine, good + 'nonsense: yes\n')
        said = live.ask('reload', code=3)
        need('stay in force' in said and 'nonsense' in said and 'site.yaml:' in said, 'what is wrong: ' + said)
        need(live.status()['policy']['digest'] == now['digest'], 'the old one stays')
        need(not live.status()['policy']['reload']['ok'], 'and the status says why')
        os.rename(events, events + '.1')  # as logrotate does
        put(mine, good.replace('name: ', 'name: other-', 1))
        for _ in range(20):  # the newest counts, however many there are
            live.proc.send_signal(signal.SIGHUP)
        until('the third policy', lambda: live.status()['policy']['replaced'] == 2)
        need('as they were' in live.ask('reload'), 'nothing new')
        until('events are told in the new file', lambda: os.path.getsize(events) > 0)
        feeder.wait(PATIENCE)
        live.until_read(loops * 1166)
        result = live.end()
    balances(result)
    need(result['coverage']['packets'] == loops * 1166, 'no packet was missed')
    need(result['coverage']['drops'] == {'kernel': 0, 'interface': 0}, 'none was dropped')
    need(result['run']['policy']['reloads'] == 2, 'the result says so')
    need(result['site']['name'].startswith('other-'), 'the newest site')
    need([f['waiver'] for f in result['findings'] if f['id'] == told] == ['W-1'], 'the waiver holds')
    said = [x for p in (events + '.1', events) for x in notices(p)]
    need({(a, o) for a, o, _ in said} >= {('policy', 'success'), ('trouble', 'failure')}, 'events: %s' % said)
    with open(events + '.1') as f:
        seen = [e['spanaudit']['status'] for e in map(json.loads, f) if e['event'].get('id') == told]
    need(seen[:2] == ['new', 'changed'], 'a finding that is waived has changed: %s' % seen)


def flushed(live, n):
    until('it is written', lambda: live.status()['store']['flushes'] >= n)


def stored(folder, path):
    """What the store has, judged."""
    out = os.path.join(folder, 'stored.json')
    r = subprocess.run([TOOL, 'report', '--store', path, '-q', '-S', site('lab'), '-o', out], env=ENV,
                       stderr=subprocess.PIPE, text=True)
    need(r.returncode in (0, 1, 4), 'report --store: %s' % r.stderr)
    with open(out) as f:
        return json.load(f)


def ids(result):
    return sorted(f['id'] for f in result['findings'])


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


MESSAGE = re.compile(rb'<(\d+)>1 (\d{4}-\d\d-\d\dT[\d:.]+Z) (\S+) spanaudit (\d+) (\w+) - (\{.*\})\Z')


def message(octets):
    """Of RFC 5424, whose text is an event: its severity, and the event."""
    m = MESSAGE.match(octets)
    need(m, 'a message: %r' % octets[:200])
    event = json.loads(m.group(6))
    if event['event']['kind'] == 'alert':
        need(m.group(5).decode() == event['spanaudit']['status'], 'it is named by what happened')
    return int(m.group(1)) % 8, event


def heard(sock, seconds=0.5):
    """Datagrams until there are none."""
    sock.settimeout(PATIENCE)
    v = []
    with contextlib.suppress(socket.timeout):
        while True:
            v.append(sock.recv(65536))
            sock.settimeout(seconds)
    return v


def logged(folder):
    """Findings reach log servers of every kind, and one that was away hears of the next ones."""
    path = os.path.join(folder, 'log')
    for kind in 'unix', 'udp':
        s = socket.socket(socket.AF_UNIX if kind == 'unix' else socket.AF_INET, socket.SOCK_DGRAM)
        with s:
            s.bind(path if kind == 'unix' else ('127.0.0.1', 0))
            to = 'unix:' + path if kind == 'unix' else 'udp:127.0.0.1:%d' % s.getsockname()[1]
            if kind == 'unix':
                os.chmod(path, 0o666)
            with Live(folder, '-i', 'a1', '-S', site('lab'), '--syslog', to) as live:
                play('lab')
                live.until_read(1166)
                result = live.end()
            got = [message(x) for x in heard(s)]
        told = {e['event']['id'] for _, e in got if e['event']['kind'] == 'alert'}
        need(told == {f['id'] for f in result['findings']}, '%s: %d of %d' % (kind, len(told), len(result['findings'])))
        high = [p for p, e in got if e['spanaudit'].get('severity') == 'high']
        need(all(p == 3 for p in high), 'high is an error: %s' % high)
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(('127.0.0.1', 0))
        server.listen()
        server.settimeout(PATIENCE)
        with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--syslog',
                  'tcp:127.0.0.1:%d' % server.getsockname()[1]) as live:
            first = server.accept()[0]
            play('lab')
            need(b'"alert"' in first.recv(65536), 'an event')
            first.close()  # it restarts
            do('ip', 'link', 'set', 'a1', 'down')
            live.until_said("interface 'a1' went down")
            do('ip', 'link', 'set', 'a1', 'up')
            second = server.accept()[0]
            live.end()
            text = b''
            with second:
                second.settimeout(PATIENCE)
                while True:
                    more = second.recv(65536)
                    text += more
                    if not more:
                        break
        v = []
        while text:
            n, text = text.split(b' ', 1)
            v.append(message(text[:int(n)]))
            text = text[int(n):]
        need(any(e.get('message', '').endswith('is up again') for _, e in v), 'the next ones came: %s' % v)
    refused(folder, 2, 'is no receiver', '-i', 'a1', '--syslog', 'logs.example.net')
    refused(folder, 3, 'refused', '-i', 'a1', '--syslog', 'tcp:127.0.0.1:1', '--control', 'none')


def command(folder):
    """A command hears of what is found, without rights; one that hangs holds up nothing."""
    out, who = os.path.join(folder, 'told'), os.path.join(folder, 'who')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--exec-on-finding',
              'grep -E "^(Uid|CapEff|NoNewPrivs)" /proc/self/status > %s; cat >> %s' % (who, out)) as live:
        play('lab')
        until('it was told', lambda: os.path.exists(out) and os.path.getsize(out) > 0)
        result = live.end()
    with open(out) as f:
        told = {e['event']['id'] for e in map(json.loads, f)}
    need(told == {f['id'] for f in result['findings']}, 'each finding is told: %s' % told)
    with open(who) as f:
        rights = dict(x.split(':\t') for x in f.read().splitlines())
    need('0' not in rights['Uid'].split() and int(rights['CapEff'], 16) == 0 and rights['NoNewPrivs'] == '1',
         'without rights: %s' % rights)
    pid = os.path.join(folder, 'pid')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--exec-on-finding',
              'test -e %s && exit; echo $$ > %s; exec sleep 1000' % (pid, pid)) as live:
        play('lab')
        until('it hangs', lambda: os.path.exists(pid) and os.path.getsize(pid) > 0)
        play('lab')
        live.until_read(2 * 1166)
        until('judging goes on', lambda: (live.status()['judged'] or {}).get('packets') == 2 * 1166)
        with open(pid) as f:
            os.kill(int(f.read()), signal.SIGKILL)
        live.end()


def written(folder):
    """Packets go into files beside, which come to the same result; of a ring the newest stay."""
    path = os.path.join(folder, 'all.pcapng')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-w', path) as live:
        play('lab')
        live.until_read(1166)
        result = live.end()
    same(result, audit(folder, '-S', site('lab'), path))
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-w', path, '-b', 'packets:100') as live:
        play('lab')
        live.until_read(1166)
        result = live.end()
    os.unlink(path)
    files = sorted(x for x in os.listdir(folder) if x.startswith('all_'))
    need(len(files) == 12 and re.match(r'all_00001_\d{14}\.pcapng\Z', files[0]), 'files: %s' % files)
    file = audit(folder, '-S', site('lab'), *(os.path.join(folder, x) for x in files))
    need(ids(file) == ids(result) and file['coverage']['packets'] == 1166, 'the same findings')
    for x in files:
        os.unlink(os.path.join(folder, x))
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-w', path, '-b', 'filesize:50', '-b', 'files:3') as live:
        play('lab')
        live.until_read(1166)
        live.end()
    files = sorted(x for x in os.listdir(folder) if x.startswith('all_'))
    need(len(files) == 3 and not any('_00001_' in x for x in files), 'the newest three: %s' % files)
    need(all(os.path.getsize(os.path.join(folder, x)) < 62000 for x in files), 'their size')
    refused(folder, 2, 'no file was named', '-i', 'a1', '-b', 'files:3')
    refused(folder, 2, 'is not understood', '-i', 'a1', '-w', path, '-b', 'size:3')
    closed = os.path.join(folder, 'closed')
    os.mkdir(closed, 0o700)
    refused(folder, 3, 'cannot be written', '-i', 'a1', '--user', USER, '--control', 'none',
            '-q', '-w', os.path.join(closed, 'x.pcapng'))


def evidence(folder):
    """Each finding that has packets has them in a file."""
    where = os.path.join(folder, 'evidence')
    os.mkdir(where)
    os.chmod(where, 0o777)
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s', '--evidence', where) as live:
        play('lab')
        live.until_read(1166)
        result = live.end()
    shown = {f['id']: f for f in result['findings'] if f['evidence']}
    need(shown and {x[:-7] for x in os.listdir(where)} >= set(shown), '%s of %s' % (os.listdir(where), sorted(shown)))
    for ident, f in shown.items():
        file = audit(folder, '-S', site('lab'), os.path.join(where, ident + '.pcapng'))
        need(0 < file['coverage']['packets'] < 1166, 'some packets: %s' % ident)
        if f['kind'].startswith('unexpected'):
            need(f['kind'] in {g['kind'] for g in file['findings']}, 'the finding is in them: %s' % f['kind'])


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


def gone(folder):
    """What was told and is found no more has gone."""
    conf = os.path.join(folder, 'site.yaml')
    events = os.path.join(folder, 'events')
    with open(site('lab')) as f:
        good = f.read()
    put(conf, good)
    with Live(folder, '-i', 'a1', '-S', conf, '--every', '1s', '--events', events) as live:
        play('lab')
        until('findings are told', lambda: os.path.getsize(events) > 0)
        with open(events) as f:
            first = {e['event']['id'] for e in map(json.loads, f)}
        put(conf, 'spanaudit: site/1\nname: nothing\nhosts: []\n')
        live.ask('reload')
        until('they are gone', lambda: '"status":"gone"' in open(events).read().replace(' ', ''))
        live.end()
    with open(events) as f:
        status = {}
        for e in map(json.loads, f):
            if e['event']['kind'] == 'alert':
                status.setdefault(e['event']['id'], []).append(e['spanaudit']['status'])
    went = [i for i in first if status[i][-1] == 'gone']
    need(went and all(s == ['new', 'gone'] for s in (status[i] for i in went)), 'told once each: %s' % status)


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


def talk(path, *lines, wait=True):
    """The bare protocol: an answer for each line, as (word, bytes)."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(PATIENCE)
    s.connect(path)
    with contextlib.suppress(BrokenPipeError):  # one of too many
        s.sendall(b''.join(lines))
    if not wait:
        return s
    with s, s.makefile('rb') as f:
        answers = []
        for line in lines:
            word, n = f.readline().split()
            answers.append((word, f.read(int(n))))
        return answers


def control(folder):
    """A run is asked, and whoever does that cannot hurt it."""
    with Live(folder, '-i', 'a1', '-S', site('lab'), '--every', '1s') as live:
        at = os.stat(live.control)
        need(stat.S_ISSOCK(at.st_mode) and at.st_mode & 0o777 == 0o660, 'mode %o' % at.st_mode)
        need(at.st_uid == int(subprocess.check_output(['id', '-u', USER])), 'its owner')
        need('no result yet' in live.ask('result', code=3), 'nothing is judged yet')
        play('lab')
        until('it was judged', lambda: (live.status()['judged'] or {}).get('packets') == 1166)
        s = live.status()
        need(s['schema'] == 'spanaudit-status/1' and s['pid'] == live.proc.pid, 'who answers')
        need(s['state'] == 'running' and s['packets'] == 1166, 'what it is at')
        need(s['interfaces'][0]['name'] == 'a1' and s['interfaces'][0]['up'], 'interfaces')
        need(s['lost'] == {'kernel': 0, 'card': 0, 'mirror': s['lost']['mirror'], 'shed': 0} and
             s['lost']['mirror']['seen_bytes'] > 0, 'four figures of loss: %s' % s['lost'])
        need(0 < s['memory']['used'] < s['memory']['limit'] == 4 << 30, 'memory')
        need(s['site'] == 'lab', 'its site: %s' % s['site'])
        need(len(s['policy']['digest']) == 64 and s['policy']['site'] == site('lab'), 'policy')
        need('1166 packets read' in live.ask('status') and 'policy ' in live.ask('status'), 'in lines')
        result = json.loads(live.ask('result'))
        need(sum(s['judged']['findings'].values()) == len(result['findings']), 'findings are counted')
        need([w for w, _ in talk(live.control, b'status\n', b'nonsense\n', b'result\r\n', b'\n')] ==
             [b'ok', b'error', b'ok', b'error'], 'several requests on one connection')
        need('unknown' in live.ask('nonsense', code=2), 'an unknown word')
        refused(folder, 3, 'in use', '-i', 'a1', '--user', USER, '--control', live.control)
        # Of those that follow, none has a name to be dropped by: endless lines, octets that are
        # none of text, answers that nobody reads, connections that say nothing.
        need(b'too long' in talk(live.control, b'x' * 256)[0][1], 'an endless line')
        need(talk(live.control, b'\0\xff\x1b[31m\n')[0][0] == b'error', 'no text')
        stuck = [talk(live.control, b'result\n' * 30, wait=False) for _ in range(8)]
        silent = [talk(live.control, b'stat', wait=False) for _ in range(40)]
        play('lab')
        live.until_read(2 * 1166)
        for s in stuck + silent:
            s.close()
        until('there is room again', lambda: live.status()['packets'] == 2 * 1166)
        need('stopping' in live.ask('stop'), 'it says so')
        again = live.ended()
        need(not os.path.exists(live.control), 'the socket is gone')
    need(without_inputs(again)['findings'], 'the run judged')
    need({f['id'] for f in again['findings']} == {f['id'] for f in result['findings']}, 'as before')
    # What a killed run leaves is in nobody's way.
    with Live(folder, '-i', 'a1') as live:
        live.proc.kill()
        live.proc.wait()
        need(os.path.exists(live.control), 'a socket that nobody listens on')
        need('no live run' in live.ask('status', code=3), 'nobody answers')
    with Live(folder, '-i', 'a1') as live:
        live.status()
    with Live(folder, '-i', 'a1', '--control', 'none') as live:
        need('answers at' not in live.said(), 'none was wanted')
        live.end()


def refused(folder, code, text, *args, before=()):
    r = subprocess.run([*before, TOOL, 'live', *args], env=ENV, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    need(r.returncode == code and text in r.stderr and not r.stdout and '\n  ' in r.stderr,
         '%s: %d %s' % (args, r.returncode, r.stderr))


def refusals(folder):
    """What cannot be captured on is explained, with the documented code."""
    refused(folder, 3, 'no such interface', '-i', 'nosuch0')
    do('ip', 'link', 'set', 'b1', 'down')
    refused(folder, 3, 'is down', '-i', 'b1')
    do('ip', 'link', 'set', 'b1', 'up')
    refused(folder, 2, 'filter', '-i', 'a1', '-f', 'no such word')
    refused(folder, 2, 'twice', '-i', 'a1', '-i', 'a1')
    refused(folder, 2, 'no user', '-i', 'a1', '--user', 'nosuchuser')
    refused(folder, 2, 'no interface')
    refused(folder, 2, '-a', '-i', 'a1', '-a', 'files:3')
    refused(folder, 3, 'cannot write', '-i', 'a1', '-o', '/nosuch/report.json')
    plain = ['setpriv', '--reuid', USER, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all']
    copy = shutil.copy(TOOL, os.path.join(folder, 'tool'))  # the build folder may be closed to it
    os.chmod(copy, 0o755)
    os.chmod(folder, 0o755)
    r = subprocess.run([*plain, copy, 'live', '-i', 'a1'], env=ENV, stderr=subprocess.PIPE, text=True)
    need(r.returncode == 3 and 'permission denied' in r.stderr, 'without rights: ' + r.stderr)


def service(folder):
    """What systemd is told."""
    path = os.path.join(folder, 'notify')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        os.chmod(path, 0o666)
        s.settimeout(PATIENCE)
        env = {'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': '4000000'}
        with Live(folder, '-i', 'a1', env=env) as live:
            need(s.recv(1000).startswith(b'READY=1\n'), 'READY first')
            need(b'WATCHDOG=1\n' in s.recv(1000), 'then signs of life')
            live.end()
            said = b''
            while b'STOPPING=1' not in said:
                said = s.recv(1000)


def as_a_service(folder):
    """With CAP_NET_RAW alone, as a unit gives it to a user, and without it afterwards."""
    copy = shutil.copy(TOOL, os.path.join(folder, 'tool'))  # the build folder may be closed to it
    os.chmod(copy, 0o755)
    args = ['setpriv', '--reuid', USER, '--clear-groups', '--inh-caps=-all,+net_raw',
            '--ambient-caps=-all,+net_raw', '--bounding-set=-all,+net_raw', copy, 'live', '-q', '-i', 'a1',
            '--role', 'sql=10.44.2.20', '-a', 'duration:3', '-o', os.path.join(folder, 'r.json')]
    packs = os.path.join(folder, 'rules')
    shutil.copytree(os.path.join(ROOT, 'rules'), packs)
    proc = subprocess.Popen(args + ['--control', 'none', '--rules-dir', packs], env=ENV, stderr=subprocess.PIPE, text=True)
    status = {}
    until('it gave rights up', lambda: status.update(status_of(proc)) or status['Seccomp'] == '2' or
          proc.poll() is not None)
    play('lab')
    said = proc.communicate(timeout=PATIENCE)[1]
    need(proc.returncode in (0, 1, 4), 'exit code %d: %s' % (proc.returncode, said))
    for cap in 'CapInh', 'CapPrm', 'CapEff', 'CapAmb':
        need(int(status[cap], 16) == 0, '%s: %s' % (cap, status[cap]))
    need(status['NoNewPrivs'] == '1', 'no_new_privs')
    with open(os.path.join(folder, 'r.json')) as f:
        need(json.load(f)['coverage']['packets'] == 1166, 'all was read')


TESTS = [as_file, two_interfaces, loss, document, doctor, term_under_load, down_and_up, rights_gone, events, written, evidence, resized, clock, logged, command, reload, gone, store, killed, window, limits, control, refusals,
         service, as_a_service]


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


def main(script=os.path.abspath(__file__)):
    """Of others that use this one, too: then `script` is theirs."""
    if os.environ.get(INSIDE):
        return inside(sys.argv[1:])
    why = lacking()
    if why:
        print('skipped: ' + why)
        return SKIP
    return subprocess.run(['unshare', '--net', sys.executable, script, *sys.argv[1:]],
                          env=dict(os.environ, **{INSIDE: '1'})).returncode


if __name__ == '__main__':
    sys.exit(main())
