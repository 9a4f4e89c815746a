# SPDX-License-Identifier: BSD-2-Clause
"""Conversations between hosts, as a sensor in the middle would see them.

    s = Scene('2024-05-01T08:00:00Z')
    web, sql = s.host('10.20.1.11'), s.host('10.20.2.20')
    s.session(10, web, sql, 1433, [(C, proto.tds_prelogin()), (S, proto.tds_prelogin_answer())])
    s.refused(20, web, sql, 22)
    s.write('capture.pcap')

Times are seconds since the start of the scene. Client ports, sequence numbers and IP ids come from
counters and hashes of the addresses, so a scene always gives the same bytes.
"""

import datetime
import hashlib
import os

import wire
from wire import ACK, FIN, PSH, RST, SYN

C, S = 'c', 's'

# How long a step takes, in seconds.
STEP = 0.0004
# Retransmission times of a SYN that nobody answers, since the first (3 s, doubled: the classic
# Windows stack gives up after 21 s).
SYN_TIMES = (0, 3, 9)


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp())


def digest(*words):
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:4], 'big')


class Host:
    """One interface with an address of each family at most."""

    def __init__(self, v4=None, v6=None, mac=None, ttl=128):
        self.v4 = wire.addr(v4) if v4 else None
        self.v6 = wire.addr(v6) if v6 else None
        self.mac = bytes.fromhex(mac.replace(':', '')) if mac else \
            b'\x02\x50' + hashlib.sha256((v4 or v6).encode()).digest()[:4]
        self.ttl = ttl
        self.next_port = 49700 + digest('port', v4 or v6) % 400
        self.next_ident = digest('ident', v4 or v6) % 0x8000

    def at(self, version):
        a = self.v4 if version == 4 else self.v6
        assert a is not None, 'the host has no IPv%d address' % version
        return a

    def port(self):
        self.next_port += 1
        return self.next_port

    def ident(self):
        self.next_ident += 1
        return self.next_ident


class Scene:
    def __init__(self, start='2024-05-01T08:00:00Z', vlan=None):
        self.start = seconds(start) * 10**9
        self.vlans = () if vlan is None else (vlan,) if isinstance(vlan, int) else tuple(vlan)
        self.packets = []  # (ns, order, IP packet, source MAC, destination MAC)

    def host(self, v4=None, v6=None, **kw):
        if v4 and ':' in v4:
            v4, v6 = None, v4
        return Host(v4, v6, **kw)

    # One packet ------------------------------------------------------------------------------

    def put(self, t, packet, src_mac, dst_mac):
        self.packets.append((self.start + round(t * 1e9), len(self.packets), packet, src_mac,
                             dst_mac))

    def _ip(self, t, a, b, version, proto, body, ttl=None, dst=None, dst_mac=None):
        packet = wire.ip(a.at(version), dst or b.at(version), proto, body,
                         ttl=a.ttl if ttl is None else ttl, ident=a.ident())
        self.put(t, packet, a.mac, dst_mac or b.mac)
        return packet

    def segment(self, t, a, b, sport, dport, seq, ack, flags, payload=b'', version=4, ttl=None,
                mac=None, mss=None):
        """One TCP segment from host a to host b. ttl and mac: as if another device sent it."""
        src, dst = a.at(version), b.at(version)
        body = wire.tcp(src, dst, sport, dport, seq, ack, flags, payload, mss=mss)
        packet = wire.ip(src, dst, wire.TCP, body, ttl=a.ttl if ttl is None else ttl,
                         ident=a.ident())
        self.put(t, packet, mac or a.mac, b.mac)
        return packet

    def datagram(self, t, a, b, sport, dport, payload, version=4, dst=None, ttl=None):
        """One UDP datagram. dst: a group address instead of b's; b may then be None."""
        src = a.at(version)
        to = wire.addr(dst) if dst else b.at(version)
        body = wire.udp(src, to, sport, dport, payload)
        packet = wire.ip(src, to, wire.UDP, body, ttl=a.ttl if ttl is None else ttl,
                         ident=a.ident())
        self.put(t, packet, a.mac, group_mac(to) if dst else b.mac)
        return packet

    def icmp(self, t, router, to, quoted, kind=None, code=None, version=4):
        """An error about `quoted` from `router` (a host or the server itself) to host `to`."""
        src, dst = router.at(version), to.at(version)
        if version == 4:
            kind, code = (3, 13) if kind is None else (kind, code)
            body = wire.icmp_error(kind, code, quoted[:28])
            proto = wire.ICMP
        else:
            kind, code = (1, 1) if kind is None else (kind, code)
            body = wire.icmp6_error(src, dst, kind, code, quoted[:48])
            proto = wire.ICMP6
        self.put(t, wire.ip(src, dst, proto, body, ttl=router.ttl, ident=router.ident()),
                 router.mac, to.mac)

    # TCP ---------------------------------------------------------------------------------------

    def session(self, t, a, b, port, lines=(), version=4, sport=None, end='fin', start='syn',
                gap=STEP, see='both', mss=1460, pause=0.0):
        """A TCP connection from a to b:port that carries `lines` of (C or S, bytes).

        end    'fin', 'rst' (the client resets after its data), 'rst-server', 'open'
        start  'syn', 'mid' (the capture began later), 'half' (SYN-ACK seen, never completed)
        see    'both', 'client' or 'server': whose packets the sensor sees
        """
        sport = sport or a.port()
        isn_c, isn_s = digest('c', str(a.at(version)), sport, port), \
            digest('s', str(b.at(version)), sport, port)
        now = [t]
        seq = {C: isn_c, S: isn_s}

        def send(who, flags, payload=b'', **kw):
            x, y = (a, b) if who == C else (b, a)
            ports = (sport, port) if who == C else (port, sport)
            other = S if who == C else C
            ack = seq[other] if flags & ACK else 0
            if see == 'both' or (see == 'client') == (who == C):
                self.segment(now[0], x, y, *ports, seq[who], ack, flags, payload, version=version,
                             **kw)
            seq[who] = (seq[who] + len(payload) + (1 if flags & (SYN | FIN) else 0)) & 0xffffffff
            now[0] += gap

        if start == 'mid':
            seq[C] += 5001
            seq[S] += 7001
        else:
            send(C, SYN, mss=1460)
            send(S, SYN | ACK, mss=1460)
            if start == 'half':
                return now[0]
            send(C, ACK)
        for who, data in lines:
            now[0] += pause
            for at in range(0, len(data), mss):
                last = at + mss >= len(data)
                send(who, ACK | (PSH if last else 0), data[at:at + mss])
            send(S if who == C else C, ACK)
        if end == 'fin':
            send(C, FIN | ACK)
            send(S, FIN | ACK)
            send(C, ACK)
        elif end == 'rst':
            send(C, RST | ACK)
        elif end == 'rst-server':
            send(S, RST | ACK)
        return now[0]

    def no_answer(self, t, a, b, port, version=4, times=SYN_TIMES, sport=None):
        """SYNs into the void."""
        sport = sport or a.port()
        isn = digest('c', str(a.at(version)), sport, port)
        for dt in times:
            self.segment(t + dt, a, b, sport, port, isn, 0, SYN, version=version, mss=1460)

    def refused(self, t, a, b, port, version=4, by=None, ttl=None, times=(0, 0.5, 1.0),
                sport=None):
        """RST to every SYN. by: the device that really sends it (its TTL and MAC show)."""
        sport = sport or a.port()
        isn = digest('c', str(a.at(version)), sport, port)
        for dt in times:
            self.segment(t + dt, a, b, sport, port, isn, 0, SYN, version=version, mss=1460)
            self.segment(t + dt + STEP, b, a, port, sport, 0, isn + 1, RST | ACK,
                         version=version, ttl=by.ttl if by else ttl, mac=by.mac if by else None)

    def rejected(self, t, a, b, port, router, kind=None, code=None, version=4, times=(0, 3),
                 sport=None):
        """ICMP instead of an answer."""
        sport = sport or a.port()
        isn = digest('c', str(a.at(version)), sport, port)
        for dt in times:
            p = self.segment(t + dt, a, b, sport, port, isn, 0, SYN, version=version, mss=1460)
            self.icmp(t + dt + STEP, router, a, p, kind, code, version=version)

    # UDP ---------------------------------------------------------------------------------------

    def ask(self, t, a, b, port, question, answer=None, version=4, sport=None, times=(0,),
            answer_from=None):
        """A request and its answer; without an answer, a request at each of `times`."""
        sport = sport or a.port()
        for dt in times:
            self.datagram(t + dt, a, b, sport, port, question, version=version)
        if answer is not None:
            self.datagram(t + times[-1] + STEP, answer_from or b, a, port, sport, answer,
                          version=version)
        return sport

    def ask_rejected(self, t, a, b, port, question, router, kind=3, code=3, version=4,
                     sport=None):
        sport = sport or a.port()
        p = self.datagram(t, a, b, sport, port, question, version=version)
        self.icmp(t + STEP, router, a, p, kind, code, version=version)

    def shout(self, t, a, group, port, data, sport=None, version=4):
        """A datagram to a broadcast or multicast address."""
        self.datagram(t, a, None, sport or port, port, data, version=version, dst=group)

    # Files -------------------------------------------------------------------------------------

    def frames(self, link=wire.LINK_ETHERNET):
        """(time in ns, frame) in the order of time."""
        for ts, _, packet, src, dst in sorted(self.packets, key=lambda p: p[:2]):
            if link == wire.LINK_ETHERNET:
                yield ts, wire.ethernet(packet, src, dst, self.vlans)
            elif link == wire.LINK_SLL:
                yield ts, wire.sll(packet, src)
            elif link == wire.LINK_SLL2:
                yield ts, wire.sll2(packet, src)
            elif link == wire.LINK_NULL:
                yield ts, wire.null(packet)
            else:
                yield ts, packet

    def pcap(self, link=wire.LINK_ETHERNET, **kw):
        return wire.pcap(self.frames(link), linktype=link, **kw)

    def pcapng(self, link=wire.LINK_ETHERNET, **kw):
        return wire.pcapng(self.frames(link), linktype=link, **kw)

    def write(self, path, **kw):
        """Writes a file; the suffix decides the format."""
        data = self.pcapng(**kw) if path.endswith('.pcapng') else self.pcap(**kw)
        with open(path + '.new', 'wb') as f:
            f.write(data)
        os.replace(path + '.new', path)


def group_mac(a):
    """RFC 1112 6.4, RFC 2464 7."""
    if a.version == 6:
        return b'\x33\x33' + a.packed[12:]
    if a.is_multicast:
        return b'\x01\x00\x5e' + bytes([a.packed[1] & 0x7f]) + a.packed[2:]
    return b'\xff' * 6
