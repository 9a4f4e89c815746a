# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

PAGE = '/CRM/main.aspx?etn=account&pagetype=entitylist'
SERVICE = '/CRM/XRMServices/2011/Organization.svc/web'

s = Crm()
intranet, reports = s.host('10.20.8.80'), s.host('10.20.8.81')
s.tds(10, s.web)
# CRM: who asks is told to log in, and then has a page.
s.session(20, s.pc1, s.web, 80, p.http_login(path=PAGE))
s.session(30, s.pc2, s.web, 80, p.http_login('Negotiate', path=PAGE))
# A program that sends all it has each time, which is more than is kept of first bytes.
s.session(40, s.rtr, s.web, 80, p.http_login(path=SERVICE, method='POST', body=b'<s:Envelope/>' * 300))
# Somebody's site, where a bookmark is wrong; it wants a login before it says so.
for t, pc in ((50, s.pc1), (60, s.pc2)):
    s.session(t, pc, intranet, 80, p.http_login(host='intranet', path=PAGE,
                                                status='404 Not Found'))
# A user without the right to log in.
s.session(70, s.pc3, reports, 80, p.http_login(host='reports', path=PAGE,
                                               status='401 Unauthorized'))
s.write('capture.pcap')
