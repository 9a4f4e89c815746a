# SPDX-License-Identifier: BSD-2-Clause
import base64

import proto as p
from crm import Crm, DOMAIN
from talk import C, S

s = Crm()
vip = s.host('10.20.1.100')
s.healthy(0)

# The name of the load balancer, and one of a server.
s.ask(60, s.web, s.dc1, 53, p.dns_query('crm.' + DOMAIN),
      p.dns_answer(p.dns_query('crm.' + DOMAIN), vip.v4.packed))
s.ask(61, s.web, s.dc1, 53, p.dns_query('sql01.' + DOMAIN),
      p.dns_answer(p.dns_query('sql01.' + DOMAIN), s.sql.v4.packed))
s.ask(62, s.app, s.dc1, 53, p.dns_query('_ldap._tcp.dc._msdcs.old.example', p.SRV),
      p.dns_answer(p.dns_query('_ldap._tcp.dc._msdcs.old.example', p.SRV), b'', rcode=3))


def refused(t, a, code, service, tcp=False, ask=p.krb_tgs_req):
    """A ticket is asked for and refused."""
    q, e = ask(service=service), p.krb_error(code, service)
    if tcp:
        s.session(t, a, s.dc1, 88, [(C, p.krb_over_tcp(q)), (S, p.krb_over_tcp(e))])
    else:
        s.ask(t, a, s.dc1, 88, q, e)


# Over UDP as over TCP. What asks for proof first is none, nor is a service that is not of CRM.
refused(70, s.app, 25, 'krbtgt/' + p.REALM, ask=p.krb_as_req)
refused(71, s.app, 7, 'MSSQLSvc/sql01.%s:1433' % DOMAIN)
refused(72, s.web, 7, 'MSSQLSvc/sql01.%s:1433' % DOMAIN, tcp=True)
refused(73, s.app, 7, 'cifs/files.' + DOMAIN)
refused(74, s.pc1, 7, 'HTTP/crm.' + DOMAIN)
refused(75, s.app, 41, 'HTTP/crmweb01.' + DOMAIN, tcp=True)
refused(76, s.sbx, 37, 'krbtgt/' + p.REALM, ask=p.krb_as_req)
refused(77, s.ssrs, 14, 'MSSQLSvc/sql01.' + DOMAIN)
# Too big for a datagram: one goes on over TCP, one does not.
refused(80, s.rtr, 52, 'HTTP/crmweb01.' + DOMAIN)
s.kerberos(80.1, s.rtr)
refused(81, s.pc3, 52, 'ldap/dc01.' + DOMAIN)

# NTLM alone, refused; and one that goes on as NTLM does, with a challenge.
token = base64.b64encode(b'NTLMSSP\0\1\0\0\0\7\x82\x08\xa2' + b'\0' * 24).decode()


def login(t, a, b, answer):
    get = p.http_get('crmweb01', '/main.aspx')[:-2] + b'Authorization: NTLM %s\r\n\r\n' % (
        token.encode())
    s.session(t, a, b, 80, [(C, get), (S, answer)])


login(90, s.pc1, s.web, p.http_answer('401 Unauthorized'))
login(91, s.pc2, s.web, p.http_answer('401 Unauthorized').replace(
    b'Server', b'WWW-Authenticate: NTLM %s\r\nServer' % token.encode()))
for t in (100, 101, 103):
    s.datagram(t, s.sql, s.dc2, 123, 123, p.ntp(1))
s.healthy(120)
s.write('capture.pcap')
