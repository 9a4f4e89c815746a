# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm, DOMAIN
from talk import C, S

s = Crm()
other = s.host('10.20.2.22')
s.healthy(0, skip=('fetch', 'reports'))


def refused(t, a, code, service):
    s.ask(t, a, s.dc1, 88, p.krb_tgs_req(service), p.krb_error(code, service))


# A named instance on another server: it started anew, and a client stays with its old port.
s.ask(60, s.web, other, 1434, p.ssrp_ask('CRM'), p.ssrp_answer(server='SQL02', port=49733))
s.tds(61, s.web, other, 49733)
s.ask(120, s.web, other, 1434, p.ssrp_ask('CRM'), p.ssrp_answer(server='SQL02', port=50112))
s.tds(121, s.web, other, 50112)
s.refused(130, s.app, other, 49733)
# One whose name nobody can look up.
for t in (140, 170):
    s.ask(t, s.app, s.sql, 1434, p.ssrp_ask('BI'), times=(0, 1, 2))
# PRELOGIN goes through, and then every connection is reset; another one lasts.
for t in (150, 155, 160):
    s.session(t, s.ssrs, other, 1433, [(C, p.tds_prelogin()), (S, p.tds_prelogin_answer())],
              end='rst-server')
# A double hop. Renewals that are refused, and those of users, are none.
refused(180, s.ssrs, 13, 'MSSQLSvc/sql01.%s:1433' % DOMAIN)
refused(185, s.ssrs, 13, 'krbtgt/' + p.REALM)
refused(186, s.pc1, 13, 'MSSQLSvc/sql01.%s:1433' % DOMAIN)
# Reports: the server is not reached, nor does it reach the web server.
s.no_answer(190, s.web, s.ssrs, 80)
s.refused(195, s.ssrs, s.web, 808)
s.healthy(220, skip=('fetch', 'reports'))
s.write('capture.pcap')
