# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import digest
from wire import ACK, FIN, PSH, SYN

s = Crm()


def loss(t, version):
    sport = s.web.port()
    c, d = digest('c', version), digest('s', version)
    now = t

    def client(flags, seq, ack=0, data=b'', after=0.0004, mss=None):
        nonlocal now
        now += after
        s.segment(now, s.web, s.sql, sport, 1433, c + seq, d + ack if flags & ACK else 0, flags, data,
                  version=version, mss=mss)

    def server(flags, seq, ack, data=b'', after=0.0004, mss=None):
        nonlocal now
        now += after
        s.segment(now, s.sql, s.web, 1433, sport, d + seq, c + ack, flags, data, version=version,
                  mss=mss)

    client(SYN, 0, mss=1460)
    client(SYN, 0, mss=1460, after=1)
    server(SYN | ACK, 0, 1, mss=1460)
    client(ACK, 1, 1)
    ask, answer = p.tds_prelogin(), p.tds_prelogin_answer()
    a, b = 1 + len(ask), 1 + len(answer)
    client(PSH | ACK, 1, 1, ask)
    server(PSH | ACK, 1, a, answer)
    client(ACK, a, b)
    # Five segments; the second is lost behind the sensor.
    for i in range(5):
        server(ACK, b + i * 1000, a, bytes([i]) * 1000, after=0.0001)
    client(ACK, a, b + 1000, after=0.0002)
    for i in range(3):
        client(ACK, a, b + 1000, after=0.0001)
    server(ACK, b + 1000, a, bytes([1]) * 1000, after=0.002)
    client(ACK, a, b + 5000)
    for i in range(2):  # keep-alives: RFC 9293 3.8.4
        client(ACK, a - 1, b + 5000, ask[-1:], after=1)
        server(ACK, b + 5000, a)
    client(FIN | ACK, a, b + 5000)
    server(FIN | ACK, b + 5000, a + 1)
    client(ACK, a + 1, b + 5001)


for version in (4, 6):
    loss(10 * version, version)
    q = p.dns_query('crm.corp.example')
    s.ask(10 * version + 5, s.web, s.dc1, 53, q, p.dns_answer(q), times=(0, 0.003), version=version)
s.write('capture.pcap')
