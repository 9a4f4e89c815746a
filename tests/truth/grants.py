#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Dynamic RPC in the public captures, against what tshark's dissectors show of it.

Grants: every endpoint in an answer of the endpoint mapper, the object resolver or an activation that
tshark decodes is learned, from the same packet and as often, and nothing else is learned in any
capture of the collection.

Conversations: of those to a dynamic port whose bind or grant tshark shows, at least SHARE are
explained. The table says by what; each that is not is listed with the reason and a packet. So is
what the report calls unexplained where tshark shows nothing either.
"""

import collections
import concurrent.futures
import ipaddress
import os
import shutil
import subprocess
import sys

import common
import tshark

SHOW_GRANTS = os.environ.get('SHOW_GRANTS', 'show_grants')
SHARE = 0.90
# Not dynamic: the mapper itself, and what carries named pipes.
FIXED = {135, 139, 445, 593}
PIPES = {139, 445}

NAME_MAX = 63
WAYS = ('epm', 'epm-lookup', 'oxid', 'activation', 'bind', 'unexplained')

FIELDS = (
    'frame.number', '_ws.col.Protocol', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst',
    'tcp.srcport', 'tcp.dstport', 'udp.srcport', 'dcerpc.pkt_type', 'dcerpc.opnum',
    'dcerpc.cn_bind_to_uuid', 'epm.opnum', 'epm.tower.num_floors', 'epm.tower.proto_id', 'epm.uuid',
    'epm.proto.tcp_port', 'epm.proto.udp_port', 'epm.proto.http_port', 'epm.proto.named_pipe',
    'epm.proto.ip', 'dcom.dualstringarray.tower_id', 'dcom.dualstringarray.network_addr',
)
FILTER = ('(epm && dcerpc.pkt_type == 2) || dcom.dualstringarray.network_addr'
          ' || dcerpc.pkt_type == 11 || dcerpc.pkt_type == 14')
# What a left side's protocol identifier means: our word, and where tshark has its right side.
TRANSPORTS = {0x07: ('tcp', 'epm.proto.tcp_port'), 0x08: ('udp', 'epm.proto.udp_port'),
              0x1f: ('http', 'epm.proto.http_port'), 0x0f: ('pipe', 'epm.proto.named_pipe'),
              0x10: ('pipe', 'epm.proto.named_pipe')}

Grant = collections.namedtuple('Grant', 'server client how proto port uuid name')

# What is learned and tshark cannot show, because it needs a bind to name an interface: of packet 2
# of this capture the bind was not captured. Its bytes hold both string bindings in clear.
BEYOND = {
    'pcap-attack/Lateral_Movement_LM_dcom_mmc20.application_dcerpc.pcapng': {
        Grant('172.16.66.36', '172.16.66.1', 'activation', 'tcp', 60283, '-', host)
        for host in ('01566s-win16-ir', '172.16.66.36')},
}


def harmless(name):
    """A name as we keep it: printable ASCII, cut to fit."""
    return ''.join(c if ' ' <= c <= '~' else '?' for c in name)[:NAME_MAX]


def norm(text):
    return str(ipaddress.ip_address(text))


class Seen:
    """What one of the programs saw in a capture."""

    def __init__(self):
        self.grants = collections.defaultdict(list)  # Grant: packets (ours: only the first)
        self.times = collections.Counter()           # Grant: answers
        self.binds = collections.defaultdict(dict)   # (client, server, port): {uuid: packet}
        self.convs, self.rows = {}, {}
        self.assumed = set()


# ---- tshark ----

def towers(values):
    """(uuid, protocol, port, name) of each tower in a frame: floors take their right sides in turn."""
    queues = {f: list(v) for f, v in values.items()}

    def take(field):
        return queues[field].pop(0) if queues[field] else None

    for n in [int(x) for x in values['epm.tower.num_floors']]:
        uuids, proto, port, name, local = [], 'none', 0, '-', False
        for i in range(n):
            floor = take('epm.tower.proto_id')
            if floor is None:
                break
            floor = int(floor, 16)
            if floor == 0x0d:
                uuids.append(take('epm.uuid'))
            elif floor == 0x0c and i == 2:
                local = True
            elif floor in TRANSPORTS and i > 2:
                word, field = TRANSPORTS[floor]
                right = take(field)
                if proto == 'none' and word == 'pipe':
                    proto, name = 'none' if local else 'pipe', right or '-'
                elif proto == 'none' and right and int(right):
                    proto, port = word, int(right)
        yield uuids[0] if uuids else '-', proto, port, name


def bindings(values):
    """(protocol, port, host) of each string binding of TCP."""
    for tower, address in zip(values['dcom.dualstringarray.tower_id'],
                              values['dcom.dualstringarray.network_addr']):
        if int(tower, 16) != 7:
            continue
        host, bracket, rest = address.rpartition('[')
        if bracket and rest.endswith(']') and rest[:-1].isdigit():
            yield 'tcp', int(rest[:-1]), host
        else:
            yield 'none', 0, address


DCOM = {'IOXIDResolver': 'oxid', 'ISystemActivator': 'activation', 'REMACT': 'activation'}


DISSECT = tshark.fields(('-Y', FILTER), FIELDS)


def theirs_of(path):
    seen = Seen()
    for line in DISSECT.run(path).decode(errors='replace').splitlines():
        v = {f: x.split('|') if x else [] for f, x in zip(FIELDS, line.split('\t'))}
        frame = int(v['frame.number'][0])
        sources, targets = v['ip.src'] + v['ipv6.src'], v['ip.dst'] + v['ipv6.dst']
        if not sources:
            continue
        src, dst = norm(sources[-1]), norm(targets[-1])
        if v['dcerpc.cn_bind_to_uuid'] and v['tcp.dstport']:
            known = seen.binds[src, dst, int(v['tcp.dstport'][-1])]
            for uuid in v['dcerpc.cn_bind_to_uuid']:
                known.setdefault(uuid, frame)
        found = []
        for uuid, proto, port, name in towers(v):
            how = 'epm' if v['epm.opnum'][-1] == '3' else 'epm-lookup'
            found.append(Grant(src, dst, how, proto, port, uuid, harmless(name)))
        # Its column is named after the last interface of the frame.
        how = DCOM.get(v['_ws.col.Protocol'][0] if v['_ws.col.Protocol'] else '')
        if how and '2' in v['dcerpc.pkt_type']:
            # ServerAlive2 has addresses alone; what the others say without a port is no endpoint.
            alive = how == 'oxid' and v['dcerpc.opnum'][-1:] == ['5']
            for proto, port, host in bindings(v):
                if alive == (proto == 'none'):
                    found.append(Grant(src, dst, how, proto, port, '-', harmless(host)))
        for g in found:
            seen.grants[g].append(frame)
            seen.times[g] += 1
    return seen


# ---- the tables that come with the captures ----

def table(folder, name):
    """The grants in the ground truth of a capture, None without one."""
    path = os.path.join(folder, 'truth', name.replace('/', '__') + '.tsv')
    if not os.path.exists(path):
        return None
    seen, section = Seen(), None
    with open(path, errors='replace') as f:
        for line in f:
            c = line.rstrip('\n').split('\t')
            if line.startswith('# section'):
                section = line.split()[2]
            elif line.startswith('#'):
                continue
            elif section == 'epm_responses' and c[4] != '(no tower)':
                ends = [(w, x) for w, x in zip(('tcp', 'udp', 'http', 'pipe'), c[5:9]) if x != '-']
                word, end = ends[0] if ends else ('none', '0')
                pipe = word == 'pipe'
                seen.grants[Grant(
                    norm(c[1]), norm(c[2]), 'epm' if c[3] == 'map' else 'epm-lookup', word,
                    0 if pipe else int(end), c[4], end if pipe else '-')].append(int(c[0]))
            elif section == 'dcom_bindings' and c[3] in DCOM:
                v = {'dcom.dualstringarray.tower_id': c[4].split(','),
                     'dcom.dualstringarray.network_addr': c[5].split(',')}
                for proto, port, host in bindings(v):
                    if port:
                        seen.grants[Grant(norm(c[1]), norm(c[2]), DCOM[c[3]], proto, port, '-',
                                          host)].append(int(c[0]))
    return seen


# ---- ours ----

def ours(paths):
    """{path: Seen}"""
    seen, now = {}, None
    env = common.environment()
    p = subprocess.run([SHOW_GRANTS, *paths], capture_output=True, env=env, timeout=600)
    if p.returncode or common.sanitizer(p.stderr):
        raise RuntimeError('show_grants: exit code %d: %s' % (
            p.returncode, p.stderr.decode(errors='replace')[:2000]))
    for line in p.stdout.decode(errors='replace').splitlines():
        c = line.split('\t')
        if line.startswith('# '):
            now = seen[line[2:]] = Seen()
        elif c[0] == 'G':
            _, server, client, how, proto, port, uuid, _, alias, name, packet, n, assumed = c
            if how in ('oxid', 'activation'):
                uuid = '-'
                if name == '-':
                    name = alias
            g = Grant(norm(server), norm(client), how, proto, int(port), uuid, name)
            now.grants[g].append(int(packet))
            now.times[g] += int(n)
            if assumed == '1':
                now.assumed.add(g)
        elif c[0] == 'C':
            _, client, server, port, packets, state, first, bind, notes, ifaces = c
            now.convs[norm(client), norm(server), int(port)] = {
                'packets': int(packets), 'state': state, 'first': int(first), 'bind': int(bind),
                'notes': notes, 'ifaces': [] if ifaces == '-' else ifaces.split(',')}
        elif c[0] == 'R':
            _, client, server, port, how, by, used, tie, why = c
            now.rows[norm(client), norm(server), int(port)] = (how, int(by), int(used), tie, why)
    return seen


# ---- comparison ----

class Compare:
    def __init__(self):
        self.problems, self.unexplained = [], []
        self.rows = collections.defaultdict(collections.Counter)
        self.grants = self.answers = self.captures = self.tables = self.told = 0
        self.binds = self.both = self.reported = 0
        self.nobody = []  # neither of the programs explains it

    def compare_grants(self, name, theirs, mine):
        self.captures += bool(theirs.grants)
        beyond = BEYOND.get(name, set())
        if not beyond <= mine.assumed:
            self.problems.append('%s: not learned by their form: %s' % (
                name, sorted(beyond - mine.assumed)))
        for g in sorted((set(theirs.grants) | set(mine.grants)) - beyond):
            if g not in mine.grants:
                self.problems.append('%s: packet %d: not learned: %s' % (
                    name, theirs.grants[g][0], tuple(g)))
            elif g not in theirs.grants:
                self.problems.append('%s: packet %d: invented: %s%s' % (
                    name, mine.grants[g][0], tuple(g), ' (assumed)' if g in mine.assumed else ''))
            elif mine.grants[g][0] != theirs.grants[g][0]:
                self.problems.append('%s: packet %d, not %d: %s' % (
                    name, mine.grants[g][0], theirs.grants[g][0], tuple(g)))
            elif mine.times[g] != theirs.times[g]:
                self.problems.append('%s: %d answers, not %d: %s' % (
                    name, mine.times[g], theirs.times[g], tuple(g)))
            else:
                self.grants += 1
                self.answers += mine.times[g]

    def compare_table(self, name, known, mine):
        self.tables += 1
        for g in sorted(known.grants):
            if not g.port and g.proto != 'pipe':
                continue
            self.told += len(known.grants[g])
            if g not in mine.grants or mine.grants[g][0] != known.grants[g][0]:
                self.problems.append('%s: packet %d of the ground truth: not learned: %s' % (
                    name, known.grants[g][0], tuple(g)))

    def compare_convs(self, name, theirs, mine):
        granted = {(g.server, g.port): f[0] for g, f in sorted(theirs.grants.items())
                   if g.proto in ('tcp', 'http')}
        learned = {}
        for g in sorted(mine.grants, key=lambda g: WAYS.index(g.how)):
            if g.proto in ('tcp', 'http'):
                learned.setdefault((g.server, g.port), g.how)
        for key, conv in sorted(mine.convs.items()):
            client, server, port = key
            bound = theirs.binds.get(key, {})
            if bound:
                self.compare_bind(name, key, bound, conv)
            where = '%s: %s -> %s port %d (packet %d): ' % (name, client, server, port,
                                                            conv['first'])
            row = mine.rows.get(key)
            if port in FIXED or not (bound or (server, port) in granted):
                if row and row[0] == '-':
                    self.nobody.append(where + row[4])
                continue
            how = learned.get((server, port), 'bind' if conv['ifaces'] else 'unexplained')
            self.rows[name][how] += 1
            self.both += how not in ('bind', 'unexplained') and bool(conv['ifaces'])
            if how == 'unexplained':
                self.unexplained.append(where + self.why(conv, bound))
            elif row and row[0] == '-':
                self.problems.append(where + 'explained, but not in the report: ' + row[4])
            self.reported += bool(row)

    def compare_bind(self, name, key, bound, conv):
        """Interfaces, and the packet with the first bind, of a connection of its own."""
        if key[2] in PIPES:
            return
        self.binds += 1
        extra = set(conv['ifaces']) - set(bound)
        if extra:
            self.problems.append('%s: %s: interfaces that tshark does not show: %s' % (
                name, key, sorted(extra)))
        if conv['bind'] != min(bound.values()):
            self.problems.append('%s: %s: bound in packet %d, for tshark in %d' % (
                name, key, conv['bind'], min(bound.values())))

    @staticmethod
    def why(conv, bound):
        if bound and conv['bind']:
            return 'the server refused what was bound in packet %d' % conv['bind']
        if bound:
            return 'tshark shows a bind in packet %d' % min(bound.values())
        return 'granted, and no bind' + (', bytes are missing' if 'l' in conv['notes'] else '')


def report(c):
    print('%-68s %s' % ('conversations to dynamic ports, explained by', '  '.join(WAYS)))
    total = collections.Counter()
    for name, n in sorted(c.rows.items()):
        total.update(n)
        print('%-68.68s %s' % (name, '  '.join('%*d' % (len(w), n[w]) for w in WAYS)))
    print('%-68s %s' % ('all', '  '.join('%*d' % (len(w), total[w]) for w in WAYS)))
    print('%d of those that were granted also name their interface in a bind' % c.both)
    for line in c.unexplained:
        print('unexplained: ' + line)
    for line in c.nobody:
        print('unexplained, and tshark shows neither: ' + line)
    whole = sum(total.values())
    share = 1 - total['unexplained'] / whole if whole else 0
    print('explained: %.1f %% of %d; %d are rows of the report' % (100 * share, whole, c.reported))
    if share < SHARE:
        c.problems.append('less than %.0f %% are explained' % (100 * SHARE))


def main():
    folder = common.captures()
    names = [r['path'] for r in common.manifest(folder)]
    protocols = {r['path']: r['protocols seen'].split(',') for r in common.manifest(folder)}
    seen = ours([os.path.join(folder, n) for n in names])
    mine = {n: seen[os.path.join(folder, n)] for n in names}
    c = Compare()
    for name in names:
        known = table(folder, name)
        if known is not None:
            c.compare_table(name, known, mine[name])
    print('%d tables of ground truth: %d endpoints in answers' % (c.tables, c.told))
    if shutil.which('tshark'):
        rpc = [n for n in names if 'dcerpc' in protocols[n] or mine[n].grants]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            theirs = pool.map(lambda n: theirs_of(os.path.join(folder, n)), rpc)
            for name, their in zip(rpc, theirs):
                c.compare_grants(name, their, mine[name])
                c.compare_convs(name, their, mine[name])
        print('%d captures, %d with answers that tshark shows: %d grants in %d answers, and %d '
              'conversations with a bind, are the same' % (
                  len(names), c.captures, c.grants, c.answers, c.binds))
        report(c)
    else:
        print('tshark is not installed: compared with the tables alone')
    for p in c.problems:
        print('PROBLEM: ' + p)
    return 1 if c.problems else 0


if __name__ == '__main__':
    sys.exit(main())
