# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
router = s.fw.mac.hex(':')


def through(v4, v6=None):
    return s.host(v4, v6, mac=router)


dc, sql = through('10.20.3.10'), through('10.20.2.20', 'fd20:2::20')
web, web2 = through('10.20.1.11', 'fd20:1::11'), through('10.20.1.21')


def lookup(t, name, kind, data):
    q = p.dns_query(name, kind, ident=0x100 + t)
    s.ask(t, web, dc, 53, q, p.dns_answer(q, data))


lookup(1, 'sql01.corp.example', p.A_, sql.v4.packed)
lookup(2, 'sql01.corp.example', p.AAAA, sql.v6.packed)
lookup(3, 'crm.corp.example', p.A_, web.v4.packed)
lookup(4, 'crm.corp.example', p.A_, web2.v4.packed)
lookup(5, 'crm.corp.example', p.AAAA, web.v6.packed)
s.tds(10, web, sql)
s.tds(20, web, sql, version=6)
s.browse(30, through('10.30.4.17', 'fd30:4::17'), web, version=6)
s.browse(40, through('10.30.4.18'), web2)
s.browse(41, through('10.30.4.18'), web)
s.write('capture.pcap')
