# SPDX-License-Identifier: BSD-2-Clause
"""What Wireshark's dissectors make of every frame of a capture.

sharkd is tshark without its command line: the same dissectors, which read one file after the other
in one process. Starting tshark anew for each of a thousand small files would take minutes.
"""

import json
import os
import shutil
import subprocess
import tempfile

FIELDS = (
    'frame.number', 'frame.len', 'frame.cap_len', 'frame.time_epoch', 'frame.protocols',
    'ip.src', 'ip.dst', 'ip.proto', 'ip.frag_offset', 'ip.flags.mf',
    'ipv6.src', 'ipv6.dst', 'ipv6.nxt',
    'ipv6.hopopts.nxt', 'ipv6.dstopts.nxt', 'ipv6.routing.nxt', 'ipv6.fraghdr.nxt',
    'ipv6.fraghdr.offset', 'ah.next_header',
    'tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport',
    '_ws.malformed', '_ws.expert.message',
)
# One frame, one packet: nothing may be put together out of several.
PREFERENCES = (
    ('ip.defragment', 'FALSE'),
    ('ipv6.defragment', 'FALSE'),
    ('wlan.defragment', 'FALSE'),
    ('tcp.desegment_tcp_streams', 'FALSE'),
)
# After these it is started anew.
FILES_MAX, FRAMES_MAX = 50, 20000


class Gone(Exception):
    """The process ended in the middle of a file."""


class Sharkd:
    """One process. Dies with a file that crashes it; the next file starts another."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix='truth-')
        # Without colours: they are display filters on each frame.
        os.mkdir(os.path.join(self.home, 'wireshark'))
        open(os.path.join(self.home, 'wireshark', 'colorfilters'), 'w').close()
        self.process = None
        self.n = self.files = 0

    def start(self):
        self.files = 0
        env = {'PATH': os.environ.get('PATH', '/usr/bin'), 'HOME': self.home, 'LC_ALL': 'C.UTF-8',
               'XDG_CONFIG_HOME': self.home, 'TZ': 'UTC'}
        self.process = subprocess.Popen(['sharkd', '-'], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
        for name, value in PREFERENCES:
            self.say('setconf', name=name, value=value)
            if self.answers()[self.n].get('result', {}).get('status') != 'OK':
                raise Gone('sharkd refuses ' + name)

    def say(self, method, **params):
        self.n += 1
        self.process.stdin.write(json.dumps({'jsonrpc': '2.0', 'id': self.n, 'method': method,
                                             'params': params}).encode() + b'\n')
        self.process.stdin.flush()

    def answers(self):
        """All until that to what was said last, {id: answer}. sharkd has none to some requests, like
        that for a file which is cut."""
        answers = {}
        while self.n not in answers:
            line = self.process.stdout.readline()
            if not line:
                self.stop()
                raise Gone('sharkd ended')
            # Text out of packets may hold what JSON does not allow unescaped.
            answer = json.loads(line.decode(errors='replace'), strict=False)
            answers[answer['id']] = answer
        return answers

    def frames(self, path):
        """Rows of FIELDS, each a list of the field's values; [] where the file cannot be opened."""
        if self.process is None:
            self.start()
        self.say('load', file=path)
        self.say('frames', **{'column%d' % i: f + ':0' for i, f in enumerate(FIELDS)})
        answers = self.answers()
        if 'error' in answers.get(self.n - 1, {}):
            return []  # the second answer is about the file before
        rows = [[c.split(',') if c else [] for c in row['c']] for row in answers[self.n]['result']]
        self.files += 1
        # It keeps every file that it has read.
        if self.files == FILES_MAX or len(rows) > FRAMES_MAX:
            self.stop()
        return rows

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
            self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


# Headers between IPv6 and its transport, and the field with the next protocol.
EXTENSIONS = {'ipv6.hopopts': 'ipv6.hopopts.nxt', 'ipv6.dstopts': 'ipv6.dstopts.nxt',
              'ipv6.routing': 'ipv6.routing.nxt', 'ipv6.fraghdr': 'ipv6.fraghdr.nxt',
              'ah': 'ah.next_header'}
IP_FIELDS = {'ip': ('ip.src', 'ip.dst', 'ip.proto'), 'ipv6': ('ipv6.src', 'ipv6.dst', 'ipv6.nxt')}
PORT_FIELDS = {'tcp': ('tcp.srcport', 'tcp.dstport'), 'udp': ('udp.srcport', 'udp.dstport'),
               'udplite': ('udp.srcport', 'udp.dstport')}


def protocol_numbers():
    """{name: number}: sharkd shows a protocol's name where it knows one. Names of several: None."""
    numbers = {}
    p = subprocess.run(['tshark', '-G', 'values'], capture_output=True, text=True, check=True)
    for line in p.stdout.split('\n'):
        c = line.split('\t')
        if c[:2] == ['V', 'ip.proto']:
            numbers[c[3]] = None if c[3] in numbers else int(c[2])
    return numbers


class Dissected:
    """A frame: its innermost IP packet by the order of frame.protocols."""

    def __init__(self, row, numbers):
        self.numbers = numbers
        f = dict(zip(FIELDS, row))
        self.number = int(f['frame.number'][0])
        self.length, self.captured = int(f['frame.len'][0]), int(f['frame.cap_len'][0])
        # What "seconds.fraction" may mean: the fraction has more than nine digits, or the whole a
        # sign, where the file's fraction is more than a second and Wireshark's 32 bits are over.
        seconds, _, rest = (f['frame.time_epoch'] or ['0.0'])[0].lstrip('-').partition('.')
        s, ns = int(seconds) * 10**9, int((rest + '0' * 9)[:max(9, len(rest))])
        self.times = (s + ns, s - ns, -s - ns, ns - s)
        self.time = -s - ns if f['frame.time_epoch'][:1] and f['frame.time_epoch'][0][0] == '-' \
            else s + ns
        self.protocols = ''.join(f['frame.protocols']).split(':')
        self.fragment = 'ipv6.fraghdr' in self.protocols \
            or bool(set(f['ip.flags.mf']) - {'0', 'False', 'Not set'})
        self.malformed = bool(f['_ws.malformed'])
        self.bogus = 'Bogus' in ','.join(f['_ws.expert.message'])
        self.ip = self.src = self.dst = self.proto = self.ports = None
        self.n_ip = 0
        self.broken = False  # an IP or transport header whose fields are not all there
        self.later = False   # a fragment that is not the first
        self.above = []      # what follows the innermost IP header
        self._walk(f)

    def _walk(self, f):
        used = dict.fromkeys(FIELDS, 0)

        def take(field):
            i = used[field]
            used[field] += 1
            return f[field][i] if i < len(f[field]) else None

        for i, p in enumerate(self.protocols):
            if p in IP_FIELDS:
                values = [take(field) for field in IP_FIELDS[p]]
                offset = take('ip.frag_offset') if p == 'ip' else None
                if None in values:
                    self.broken = True
                    break
                self.ip, (self.src, self.dst), self.proto = p, values[:2], self._proto(values[2])
                self.ports, self.n_ip = None, self.n_ip + 1
                self.later = offset is not None and number(offset) != 0
                self.above = self.protocols[i + 1:]
            elif p in EXTENSIONS and self.ip:
                value = take(EXTENSIONS[p])
                offset = take('ipv6.fraghdr.offset') if p == 'ipv6.fraghdr' else None
                if value is None:
                    self.broken = True
                    break
                self.proto = self._proto(value)
                if offset is not None and number(offset) != 0:
                    self.later = True
            elif p in PORT_FIELDS:
                ports = [take(field) for field in PORT_FIELDS[p]]
                if self.ip and self.ports is None:
                    if None in ports:
                        self.broken = True
                        break
                    self.ports = [int(x) for x in ports]
            elif p in ('icmp', 'icmpv6'):
                break  # what follows is quoted

    def _proto(self, name):
        """None where the name stands for several numbers, or is cut off: a column's width ends."""
        if name in self.numbers:
            return self.numbers[name]
        return int(name) if name.isdigit() else None


def number(text):
    return int(text, 0)
