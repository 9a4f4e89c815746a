# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

s = Crm()


def shattered(cut, order):
    # The last packet in fragments, 10 microseconds apart.
    ts, n, packet, src, dst = s.packets.pop()
    parts = list(cut(packet))
    assert len(parts) == len(order), len(parts)
    for i, k in enumerate(order):
        s.packets.append((ts + i * 10_000, n + i, parts[k], src, dst))


def four(size):
    return lambda packet: wire.fragments(packet[:6] + b'\0\0' + packet[8:], size)


def answer(q):
    # As many addresses as make it long.
    one = p.dns_answer(q)
    return one[:6] + (90).to_bytes(2, 'big') + b'\0' * 4 + q[12:] + one[len(q):] * 90


# What looks like a request of Kerberos until its second fragment writes over the first.
s.datagram(5, s.web, s.dc1, 50400, 88, p.krb_as_req())
ts, n, packet, src, dst = s.packets.pop()
first = next(wire.fragments(packet[:6] + b'\0\0' + packet[8:], 64))
second = wire.ip(s.web.v4, s.dc1.v4, wire.UDP, packet[36:], ident=int.from_bytes(packet[4:6], 'big'),
                 flags_offset=2)
s.packets += [(ts, n, first, src, dst), (ts + 10_000, n + 1, second, src, dst)]

# Kerberos, the second fragment first.
sport = s.web.port()
s.datagram(10, s.web, s.dc1, sport, 88, p.ber(0x6c, p.krb_tgs_req()[4:] + p.ber(0xa5, p.noise(2000))))
shattered(four(1480), (1, 0))
s.datagram(10.1, s.dc1, s.web, 88, sport, p.krb_rep(tgs=True))

# A long answer of DNS, the other way round.
q = p.dns_query('web.corp.example')
s.datagram(20, s.web, s.dc1, 50100, 53, q)
s.datagram(20.1, s.dc1, s.web, 53, 50100, answer(q))
shattered(four(512), (2, 1, 0))

# The same over IPv6.
s.datagram(30, s.web, s.dc1, 50200, 53, q, version=6)
s.datagram(30.1, s.dc1, s.web, 53, 50200, answer(q), version=6)
shattered(lambda packet: wire.fragments6(packet, 1232, 0x1234), (1, 0))

# A question in very small pieces.
s.datagram(40, s.app, s.dc1, 50300, 53, p.dns_query('a.example'))
shattered(four(8), (1, 4, 0, 2, 3))
s.datagram(40.1, s.dc1, s.app, 53, 50300, p.dns_answer(p.dns_query('a.example')))
s.write('capture.pcap')
