#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares `spanaudit flows --json` with tshark's view of the same captures.

Direction, packets and bytes for each (client, server, transport, server port). Where tshark saw a
SYN or SYN-ACK, every figure must be the same. Where it took the sender of the first packet (all of
UDP, and TCP without a start), spanaudit may know better: then the figures of the pair of hosts must
be the same and the turned conversations are listed.

Everything else that differs must stand in EXPLAINED with its reason.
"""

import collections
import ipaddress
import os
import sys

import common
import packets

# capture: [(reason, number of pairs of hosts whose figures differ for it)]
EXPLAINED = {
    'arkime/arkime_synthetic.pcap': [
        # Geneve and VXLAN-GPE where the answer comes from port 6081 and 4790: only the destination
        # port says that there is a tunnel (RFC 8926 3.3), so what goes back to port 12345 and
        # 40000 is plain UDP for spanaudit. tshark opens it because of the packet before.
        ('answers from a tunnel port', 4),
    ],
}

# tshark's word: ours. What is not here is not a protocol that spanaudit claims to know.
WORDS = {
    'http': {'http', 'http2'}, 'tls': {'tls', 'tls-tds8', 'rdp'}, 'tds': {'tds'},
    'nbss:smb2': {'smb2', 'nbss'}, 'nbss:smb': {'smb1', 'smb2', 'nbss'},
    'nbss': {'nbss', 'smb1', 'smb2'}, 'nbns': {'nbns'}, 'nbdgm': {'nbdgm'}, 'ldap': {'ldap'},
    'cldap': {'cldap', 'ldap'}, 'kerberos': {'kerberos'}, 'kpasswd': {'kpasswd'}, 'ntp': {'ntp'},
    'dns': {'dns'}, 'smtp': {'smtp'}, 'pop': {'pop3'}, 'tpkt': {'rdp'}, 'ssh': {'ssh'},
    'mdns': {'mdns', 'dns'}, 'llmnr': {'llmnr', 'dns'}, 'ssdp': {'ssdp'}, 'dhcp': {'dhcp'},
    'dcerpc': {'dcerpc', 'dcerpc-epm', 'dcerpc-oxid', 'dcerpc-activation', 'dcerpc-cl'},
    'isakmp': {'ike'}, 'snmp': {'snmp'}, 'syslog': {'syslog'}, 'ftp': {'ftp'}, 'imap': {'imap'},
    'mc-nmf': {'mc-nmf'},
}
# Conversations where tshark's word is its guess and ours is right:
# (capture, transport, port, tshark's word, our word): why
RIGHT = {
    ('arkime/arkime_synthetic.pcap', 'tcp', 389, '-', 'ldap'):
        'one simple bind request, in a stream without a start',
    ('arkime/arkime_synthetic.pcap', 'tcp', 443, '-', 'http'):
        'the preface of HTTP/2 in the clear; tshark expects TLS on 443',
    ('elcabezzonn/rdp-then-wmiexec.pcap', 'tcp', 8089, '-', 'tls'):
        'TLS records in the middle of a stream, on a port that tshark does not know',
    ('iti-ics/ModbusTCP_mb2.pcap', 'tcp', 49188, 'socks', 'dcerpc'):
        'DCE/RPC requests; the client port happens to be 1080',
    ('arkime/arkime_synthetic.pcap', 'tcp', 3389, 'cotp', 'rdp'):
        'an X.224 connection request with a cookie of RDP',
    ('arkime/arkime_synthetic.pcap', 'udp', 161, '-', 'snmp'):
        'SNMP after a datagram of another kind',
    ('elcabezzonn/aug19.pcap.gz', 'udp', 3702, '-', 'ws-discovery'): 'tshark 4.0 has no such word',
    ('markofu/xscan_capture.pcap', 'udp', 32789, '-', 'snmp'): 'an SNMP request to another port',
    ('markofu/xscan_capture.pcap', 'tcp', 53, '-+dns', 'tls'): 'a scanner says ClientHello to 53',
    ('markofu/xscan_capture.pcap', 'tcp', 53, '-+dns', 'http'): 'a scanner says GET to 53',
    ('markofu/xscan_capture.pcap', 'tcp', 139, '-+nbss+nbss:smb', 'http'): 'GET to 139',
    ('markofu/xscan_capture.pcap', 'tcp', 445, '-+nbss+nbss:smb', 'http'): 'GET to 445',
    ('zeek/dce-rpc_mapi.pcap', 'tcp', 1032, 'c1222', 'dcerpc'):
        'requests and responses in the middle of a stream',
}


def truth(path):
    """Rows of the flows section."""
    rows, inside = [], False
    with open(path) as f:
        for line in f:
            if line.startswith('# section'):
                inside = line.split()[2] == 'flows'
            elif inside and not line.startswith('#'):
                c = line.rstrip('\n').split('\t')
                rows.append({'client': c[1], 'server': c[2], 'transport': c[3], 'port': int(c[4]),
                             'protocol': c[5], 'packets': int(c[6]), 'bytes': int(c[7]),
                             'how': c[9]})
    return rows


def capture_of(path):
    with open(path) as f:
        return f.readline().split()[2]


def norm(text):
    return str(ipaddress.ip_address(text))


def pair(a, b, transport):
    return tuple(sorted((norm(a), norm(b)))) + (transport,)


def ours(capture):
    code, out, err = common.run_capture('flows', capture, '--json')
    if code != 0 or common.sanitizer(err):
        raise RuntimeError('exit code %d: %s' % (code, err.decode(errors='replace')[:400]))
    return common.load(out)


class Compare:
    def __init__(self):
        self.exact = self.turned = self.packets = self.copies = 0
        self.problems = []
        self.turned_rows = []
        self.wrong, self.missed, self.recognised = [], collections.Counter(), 0
        self.right = collections.Counter()

    def capture(self, name, rows, flows, copies):
        keys = collections.defaultdict(lambda: [0, 0, set(), set()])
        pairs = collections.defaultdict(lambda: [0, 0])
        for r in rows:
            k = (norm(r['client']), norm(r['server']), r['transport'], r['port'])
            for target in (keys[k], pairs[pair(k[0], k[1], k[2])]):
                target[0] += r['packets']
                target[1] += r['bytes']
            keys[k][2].add(r['how'])
            keys[k][3].add(r['protocol'])
        mine, my_pairs, apps = {}, collections.defaultdict(lambda: [0, 0]), {}
        for f in flows:
            k = (norm(f['client']['address']), norm(f['server']['address']), f['transport'],
                 f['server_port'])
            figures = [sum(f['packets']), sum(f['bytes'])]
            mine[k] = figures
            apps[k] = f['app']
            p = my_pairs[pair(k[0], k[1], k[2])]
            p[0] += figures[0]
            p[1] += figures[1]

        for p in copies:
            name_of = {6: 'tcp', 17: 'udp'}.get(p.proto)
            src, dst = norm(p.src), norm(p.dst)
            for k in ((src, dst, name_of, p.dport), (dst, src, name_of, p.sport)):
                if k in mine:
                    for target in (mine[k], my_pairs[pair(src, dst, name_of)]):
                        target[0] += 1
                        target[1] += p.length
                    self.copies += 1
                    break

        # The sums of a pair of hosts do not depend on direction.
        bad_pairs = {p for p in set(pairs) | set(my_pairs)
                     if pairs.get(p, [0, 0]) != my_pairs.get(p, [0, 0])}
        allowed = sum(n for _, n in EXPLAINED.get(name, []))
        if len(bad_pairs) != allowed:
            for p in sorted(bad_pairs)[:20]:
                self.problems.append('%s: %s: tshark %s, spanaudit %s' % (
                    name, p, pairs.get(p), my_pairs.get(p)))
            self.problems.append('%s: %d pairs differ, %d explained' % (name, len(bad_pairs),
                                                                        allowed))
        # Flows of a pair whose start tshark did not see, and which spanaudit counts with those of
        # the same two hosts whose start was seen.
        loose = collections.defaultdict(lambda: [0, 0])
        for k, (n, size, how, _) in keys.items():
            if k not in mine and how == {'first'}:
                p = loose[pair(k[0], k[1], k[2])]
                p[0] += n
                p[1] += size
        for k, (n, size, how, protocols) in sorted(keys.items()):
            self.packets += n
            more = loose.get(pair(k[0], k[1], k[2]), [0, 0])
            if k in mine and mine[k] in ([n, size], [n + more[0], size + more[1]]):
                self.exact += 1
                self.protocol(name, k, protocols, apps[k])
            elif pair(k[0], k[1], k[2]) in bad_pairs:
                pass
            elif how & {'syn', 'synack'} and len(how) == 1:
                self.problems.append('%s: %s -> %s %s/%d by %s: tshark %s, spanaudit %s' % (
                    name, *k, '+'.join(sorted(how)), [n, size], mine.get(k)))
            else:
                self.turned += 1
                self.turned_rows.append((name, k))

    def protocol(self, name, k, protocols, app):
        known = set().union(*(WORDS.get(p, set()) for p in protocols))
        said = {a['name'] for a in app if a['sure']}
        if not known and not said:
            return
        if said <= known:
            if said:
                self.recognised += 1
            else:
                for p in protocols:
                    if p in WORDS:
                        self.missed[name, k[2], k[3], p] += 1
            return
        for a in said - known:
            word = '+'.join(sorted(protocols))
            if (name, k[2], k[3], word, a) in RIGHT:
                self.right[name, k[2], k[3], word, a] += 1
            else:
                self.wrong.append('%s: %s -> %s %s/%d: tshark %s, spanaudit %s' % (
                    name, *k, word, a))


def main():
    folder = common.captures()
    verbose = '-v' in sys.argv[1:]
    c = Compare()
    files = sorted(f for f in os.listdir(os.path.join(folder, 'truth')) if '__' in f)
    # tshark counts what a mirror shows twice as two packets.
    names = [capture_of(os.path.join(folder, 'truth', f)) for f in files]
    copies = packets.read(folder, names, '--copies')
    for f in files:
        path = os.path.join(folder, 'truth', f)
        name = capture_of(path)
        try:
            flows = ours(os.path.join(folder, name))
        except (RuntimeError, ValueError) as e:
            c.problems.append('%s: %s' % (name, e))
            continue
        c.capture(name, truth(path), flows, copies[name].packets())
    print('%d captures, %d packets (%d of them copies): %d conversations as tshark has them, %d '
          'turned because tshark saw no start' % (len(files), c.packets, c.copies, c.exact,
                                                  c.turned))
    if verbose:
        for name, k in c.turned_rows:
            print('  turned: %s: %s -> %s %s/%d' % (name, *k))
    print('%d recognised, %d misses' % (c.recognised, sum(c.missed.values())))
    for (name, transport, port, word), n in sorted(c.missed.items()):
        print('  not recognised: %s: %s/%d %s: %d' % (name, transport, port, word, n))
    for key, why in RIGHT.items():
        if key not in c.right:
            c.problems.append('RIGHT has %s, which did not come' % (key,))
    for line in c.problems + c.wrong:
        print(line)
    if c.wrong:
        print('%d wrong protocols' % len(c.wrong))
    return 1 if c.problems or c.wrong else 0


if __name__ == '__main__':
    sys.exit(main())
