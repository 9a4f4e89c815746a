# SPDX-License-Identifier: BSD-2-Clause
"""First messages of the protocols of a deployment, built from their specifications.

A function returns the bytes of one message (of a TCP stream, or one datagram). Names, realms and
instances are parameters, everything else is fixed, so the same call gives the same bytes.
"""

import base64
import hashlib
import struct
import uuid

# ASN.1 BER (X.690) ----------------------------------------------------------------------------


def ber(tag, *parts, long_form=False):
    """long_form: lengths in four bytes, as Windows writes them (84 00 00 00 nn)."""
    body = b''.join(parts)
    n = len(body)
    if long_form:
        length = b'\x84' + struct.pack('>I', n)
    elif n < 0x80:
        length = bytes([n])
    else:
        raw = n.to_bytes((n.bit_length() + 7) // 8, 'big')
        length = bytes([0x80 | len(raw)]) + raw
    return bytes([tag]) + length + body


def integer(value, tag=2):
    return ber(tag, value.to_bytes(value.bit_length() // 8 + 1, 'big', signed=True))


def octets(value, tag=4):
    return ber(tag, value.encode() if isinstance(value, str) else value)


# DNS and its relatives (RFC 1035 4, RFC 2782, RFC 6762, RFC 4795) -----------------------------

A_, SOA, PTR, TXT, AAAA, SRV = 1, 6, 12, 16, 28, 33


def labels(name):
    return b''.join(bytes([len(x)]) + x.encode() for x in name.split('.') if x) + b'\0'


def dns_query(name, kind=A_, ident=0x1a2b, flags=0x0100, klass=1):
    return struct.pack('>6H', ident, flags, 1, 0, 0, 0) + labels(name) \
        + struct.pack('>HH', kind, klass)


def dns_answer(query, data=b'\x0a\x14\x01\x0b', rcode=0, ttl=3600):
    """Answers a query made by dns_query; data is the RDATA, empty for none."""
    ident, flags = struct.unpack('>HH', query[:4])
    kind = struct.unpack('>H', query[-4:-2])[0]
    head = struct.pack('>6H', ident, 0x8580 | rcode, 1, 1 if data else 0, 0, 0)
    body = struct.pack('>HHHIH', 0xc00c, kind, 1, ttl, len(data)) + data if data else b''
    return head + query[12:] + body


def srv_rdata(target, port, priority=0, weight=100):
    return struct.pack('>HHH', priority, weight, port) + labels(target)


def over_tcp(message):
    """The two length bytes of RFC 1035 4.2.2."""
    return struct.pack('>H', len(message)) + message


def mdns_query(name='_http._tcp.local'):
    return dns_query(name, PTR, ident=0, flags=0)


def llmnr_query(name='wpad', ident=0x55aa):
    return dns_query(name, A_, ident=ident, flags=0)


# NetBIOS (RFC 1001 14, RFC 1002 4) ------------------------------------------------------------

def netbios_name(name, suffix):
    raw = name.upper().encode().ljust(15, b' ')[:15] + bytes([suffix])
    return b'\x20' + b''.join(bytes([0x41 + (c >> 4), 0x41 + (c & 15)]) for c in raw) + b'\0'


def nbns_query(name, suffix=0x20, ident=0x8001, broadcast=True):
    return struct.pack('>6H', ident, 0x0110 if broadcast else 0x0100, 1, 0, 0, 0) \
        + netbios_name(name, suffix) + struct.pack('>HH', 0x20, 1)


def nbns_answer(name, address, suffix=0x20, ident=0x8001):
    return struct.pack('>6H', ident, 0x8500, 0, 1, 0, 0) + netbios_name(name, suffix) \
        + struct.pack('>HHIHH', 0x20, 1, 300000, 6, 0) + address


def nbdgm(source, source_name, destination_name='CORP', group=True):
    """A browser announcement in a mailslot: SMB transaction inside NBDGM."""
    slot = b'\\MAILSLOT\\BROWSE\0'
    data = bytes([1, 0]) + struct.pack('<I', 720000) + source_name.upper().encode().ljust(16, b'\0') \
        + bytes([10, 0]) + struct.pack('<IHH', 0x00009003, 0x010f, 0xaa55) + b'\0'
    smb = b'\xffSMB\x25' + b'\0' * 27
    words = struct.pack('<HHHHBBHIHHHHHBB', 0, len(data), 0, 0, 0, 0, 0, 1000, 0, 0, 0,
                        len(data), 86, 3, 0) + struct.pack('<HHH', 1, 0, 2)
    trans = smb + bytes([17]) + words + struct.pack('<H', len(slot) + len(data)) + slot + data
    body = netbios_name(source_name, 0x20) + netbios_name(destination_name, 0x1d) + trans
    return struct.pack('>BBH4sHHH', 0x11, 0x0a, 0x8123, source, 138, len(body), 0) + body


def nbss_request(called='*SMBSERVER', calling='CRM01'):
    body = netbios_name(called, 0x20) + netbios_name(calling, 0)
    return struct.pack('>BBH', 0x81, 0, len(body)) + body


def nbss_positive():
    return bytes.fromhex('82000000')


# SMB ([MS-CIFS] 2.2.4.52, [MS-SMB2] 2.2.3) ----------------------------------------------------

def _nbss(message):
    return struct.pack('>I', len(message)) + message


def _smb2_header(command, response, message_id=0):
    return b'\xfeSMB' + struct.pack('<HHIHHIIQIIQ16s', 64, 0, 0, command, 1 if not response else 31,
                                    1 if response else 0, 0, message_id, 0xfeff, 0, 0, b'\0' * 16)


def smb2_negotiate():
    dialects = (0x0202, 0x0210, 0x0300)
    guid = hashlib.md5(b'client').digest()
    return _nbss(_smb2_header(0, False) + struct.pack('<HHHHI', 36, len(dialects), 1, 0, 0x7f)
                 + guid + b'\0' * 8 + struct.pack('<%dH' % len(dialects), *dialects))


def smb2_negotiate_answer():
    guid = hashlib.md5(b'server').digest()
    return _nbss(_smb2_header(0, True) + struct.pack('<HHHH', 65, 1, 0x0300, 0) + guid
                 + struct.pack('<IIIIQQHHI', 0x7f, 8388608, 8388608, 8388608,
                               133590000000000000, 0, 128, 0, 0))


def smb1_negotiate():
    dialects = b''.join(b'\x02' + d + b'\0' for d in (b'NT LM 0.12', b'SMB 2.002', b'SMB 2.???'))
    return _nbss(b'\xffSMB\x72' + struct.pack('<IBHH8sHHHHH', 0, 0x18, 0xc853, 0, b'\0' * 8, 0, 0,
                                              0xfeff, 0, 0)
                 + bytes([0]) + struct.pack('<H', len(dialects)) + dialects)


def smb1_negotiate_answer():
    """NT LM 0.12 without extended security: the server really speaks SMB1."""
    words = struct.pack('<HBHHIIIIQhB', 0, 3, 50, 1, 16644, 65536, 0, 0x0000f3fd,
                        133590000000000000, 0, 8)
    data = b'\x11\x22\x33\x44\x55\x66\x77\x88' + 'CORP\0'.encode('utf-16le')
    return _nbss(b'\xffSMB\x72' + struct.pack('<IBHH8sHHHHH', 0, 0x98, 0xc853, 0, b'\0' * 8, 0, 0,
                                              0xfeff, 0, 0)
                 + bytes([17]) + words + struct.pack('<H', len(data)) + data)


# LDAP (RFC 4511) and CLDAP ([MS-ADTS] 6.3.3) --------------------------------------------------

def ldap_bind(user='', password='', ident=1):
    """Simple bind; both empty: anonymous."""
    return ber(0x30, integer(ident), ber(0x60, integer(3), octets(user), octets(password, 0x80)))


def ldap_sasl_bind(ident=1):
    token = b'NTLMSSP\0' + struct.pack('<II', 1, 0xe2088297) + b'\0' * 24
    return ber(0x30, integer(ident), ber(0x60, integer(3), octets(''),
                                         ber(0xa3, octets('GSS-SPNEGO'), octets(token))))


def ldap_bind_answer(ident=1, code=0):
    return ber(0x30, integer(ident), ber(0x61, integer(code, 0x0a), octets(''), octets('')))


def ldap_search(ident=2, base='', attribute='objectClass'):
    """As Windows sends it, with lengths in four bytes."""
    def w(tag, *p):
        return ber(tag, *p, long_form=True)
    return w(0x30, integer(ident), w(0x63, octets(base), integer(0, 0x0a), integer(0, 0x0a),
                                     integer(0), integer(120), ber(1, b'\0'),
                                     octets('objectClass', 0x87), w(0x30, octets(attribute))))


def ldap_search_answer(ident=2, attribute='objectClass', value='top'):
    return ber(0x30, integer(ident),
               ber(0x64, octets(''), ber(0x30, ber(0x30, octets(attribute),
                                                   ber(0x31, octets(value)))))) \
        + ber(0x30, integer(ident), ber(0x65, integer(0, 0x0a), octets(''), octets('')))


def ldap_starttls(ident=1):
    return ber(0x30, integer(ident), ber(0x77, octets('1.3.6.1.4.1.1466.20037', 0x80)))


def ldap_starttls_answer(ident=1):
    return ber(0x30, integer(ident), ber(0x78, integer(0, 0x0a), octets(''), octets('')))


def cldap_ping(domain='corp.example.', host='CRM01', ident=1):
    def equal(name, value):
        return ber(0xa3, octets(name), octets(value))
    return ber(0x30, integer(ident), ber(0x63, octets(''), integer(0, 0x0a), integer(0, 0x0a),
                                         integer(0), integer(0), ber(1, b'\0'),
                                         ber(0xa0, equal('DnsDomain', domain), equal('Host', host),
                                             equal('NtVer', b'\x16\0\0\x20')),
                                         ber(0x30, octets('Netlogon'))))


def cldap_answer(domain='corp.example', dc='dc01', ident=1):
    """NETLOGON_SAM_LOGON_RESPONSE_EX ([MS-ADTS] 6.3.1.9), names uncompressed."""
    names = (domain, domain, '%s.%s' % (dc, domain), 'CORP', dc.upper(), '', 'HQ', 'HQ')
    value = struct.pack('<HHI', 23, 0, 0x0000f3fd) + uuid.UUID(int=0x51).bytes_le \
        + b''.join(labels(n) for n in names) + struct.pack('<IHH', 5, 0xffff, 0xffff)
    return ber(0x30, integer(ident),
               ber(0x64, octets(''), ber(0x30, ber(0x30, octets('Netlogon'),
                                                   ber(0x31, octets(value)))))) \
        + ber(0x30, integer(ident), ber(0x65, integer(0, 0x0a), octets(''), octets('')))


# Kerberos (RFC 4120 5) ------------------------------------------------------------------------

REALM = 'CORP.EXAMPLE'


def _principal(kind, *parts):
    return ber(0x30, ber(0xa0, integer(kind)),
               ber(0xa1, ber(0x30, *[octets(p, 0x1b) for p in parts])))


def _kdc_body(service, client=None):
    parts = [ber(0xa0, ber(3, b'\0\x40\x81\0\x10'))]
    if client:
        parts.append(ber(0xa1, _principal(1, client)))
    parts += [ber(0xa2, octets(REALM, 0x1b)), ber(0xa3, _principal(2, *service.split('/', 1))),
              ber(0xa5, octets('20370913024805Z', 0x18)), ber(0xa7, integer(0x1a2b3c4d)),
              ber(0xa8, ber(0x30, integer(18), integer(17), integer(23)))]
    return ber(0x30, *parts)


def krb_as_req(client='CRMWEB01$', service='krbtgt/' + REALM):
    return ber(0x6a, ber(0x30, ber(0xa1, integer(5)), ber(0xa2, integer(10)),
                         ber(0xa4, _kdc_body(service, client))))


def _encrypted(kvno=None, n=64):
    cipher = hashlib.sha256(b'cipher').digest() * (n // 32)
    parts = [ber(0xa0, integer(18))]
    if kvno:
        parts.append(ber(0xa1, integer(kvno)))
    return ber(0x30, *parts, ber(0xa2, octets(cipher)))


def _ticket(service):
    return ber(0x61, ber(0x30, ber(0xa0, integer(5)), ber(0xa1, octets(REALM, 0x1b)),
                         ber(0xa2, _principal(2, *service.split('/', 1))),
                         ber(0xa3, _encrypted(2, 128))))


def krb_tgs_req(service='HTTP/crm.corp.example'):
    ap = ber(0x6e, ber(0x30, ber(0xa0, integer(5)), ber(0xa1, integer(14)),
                       ber(0xa2, ber(3, b'\0' * 5)), ber(0xa3, _ticket('krbtgt/' + REALM)),
                       ber(0xa4, _encrypted())))
    pa = ber(0x30, ber(0xa1, integer(1)), ber(0xa2, octets(ap)))
    return ber(0x6c, ber(0x30, ber(0xa1, integer(5)), ber(0xa2, integer(12)),
                         ber(0xa3, ber(0x30, pa)), ber(0xa4, _kdc_body(service))))


def krb_rep(service='krbtgt/' + REALM, client='CRMWEB01$', tgs=False):
    return ber(0x6d if tgs else 0x6b,
               ber(0x30, ber(0xa0, integer(5)), ber(0xa1, integer(13 if tgs else 11)),
                   ber(0xa3, octets(REALM, 0x1b)), ber(0xa4, _principal(1, client)),
                   ber(0xa5, _ticket(service)), ber(0xa6, _encrypted(2, 128))))


def krb_error(code=25, service='krbtgt/' + REALM):
    """25: pre-authentication required, the normal answer to a first AS-REQ."""
    return ber(0x7e, ber(0x30, ber(0xa0, integer(5)), ber(0xa1, integer(30)),
                         ber(0xa4, octets('20240501080000Z', 0x18)), ber(0xa5, integer(131072)),
                         ber(0xa6, integer(code)), ber(0xa9, octets(REALM, 0x1b)),
                         ber(0xaa, _principal(2, *service.split('/', 1)))))


def krb_over_tcp(message):
    """RFC 4120 7.2.2."""
    return struct.pack('>I', len(message)) + message


def kpasswd(message=b''):
    """RFC 3244 2: version ff80, AP-REQ and KRB-PRIV."""
    ap = ber(0x6e, ber(0x30, ber(0xa0, integer(5)), ber(0xa1, integer(14)),
                       ber(0xa2, ber(3, b'\0' * 5)), ber(0xa3, _ticket('kadmin/changepw')),
                       ber(0xa4, _encrypted())))
    priv = ber(0x75, ber(0x30, ber(0xa0, integer(5)), ber(0xa1, integer(21)),
                         ber(0xa3, _encrypted())))
    return struct.pack('>HHH', 6 + len(ap) + len(priv), 0xff80, len(ap)) + ap + priv


# NTP (RFC 5905 7.3) ---------------------------------------------------------------------------

def ntp(mode=3, version=4, leap=0, stratum=None, signed=False):
    """signed: 68 bytes with the key identifier of [MS-SNTP] 2.2.1."""
    stratum = (0 if mode in (1, 3) else 3) if stratum is None else stratum
    stamp = struct.pack('>II', 3923539200, 0x40000000)
    body = struct.pack('>BBbb', leap << 6 | version << 3 | mode, stratum, 6, -20) \
        + struct.pack('>II', 0x0000041a, 0x00000b3c) \
        + (b'\0' * 4 if mode in (1, 3) else b'\x0a\x14\x03\x0a')
    stamps = b'\0' * 24 + stamp if mode in (1, 3) else stamp * 4
    return body + stamps + (struct.pack('<I', 1108) + b'\0' * 16 if signed else b'')


def ntp_control():
    """RFC 9327 2: mode 6, read status."""
    return struct.pack('>BBHHHHH', 0x16, 1, 1, 0, 0, 0, 0)


# TLS (RFC 8446 4.1, RFC 5246 7.4) -------------------------------------------------------------

def _record(kind, body, version=0x0303):
    return struct.pack('>BHH', kind, version, len(body)) + body


def _handshake(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, 'big') + body


def _extension(kind, body):
    return struct.pack('>HH', kind, len(body)) + body


def tls_client_hello(name=None, alpn=()):
    extensions = b''
    if name:
        host = name.encode()
        entry = struct.pack('>BH', 0, len(host)) + host
        extensions += _extension(0, struct.pack('>H', len(entry)) + entry)
    extensions += _extension(10, struct.pack('>HHHH', 6, 29, 23, 24))
    extensions += _extension(11, b'\x01\0')
    extensions += _extension(13, struct.pack('>HHHH', 6, 0x0804, 0x0401, 0x0403))
    if alpn:
        names = b''.join(bytes([len(a)]) + a.encode() for a in alpn)
        extensions += _extension(16, struct.pack('>H', len(names)) + names)
    random = hashlib.sha256(b'client hello').digest()
    ciphers = struct.pack('>6H', 0xc02f, 0xc030, 0xc027, 0xc028, 0x009c, 0x002f)
    body = struct.pack('>H', 0x0303) + random + b'\0' + struct.pack('>H', len(ciphers)) + ciphers \
        + b'\x01\0' + struct.pack('>H', len(extensions)) + extensions
    return _record(22, _handshake(1, body), 0x0301)


def tls_server_hello(alpn=None):
    extensions = _extension(0xff01, b'\0')
    if alpn:
        name = bytes([len(alpn)]) + alpn.encode()
        extensions += _extension(16, struct.pack('>H', len(name)) + name)
    random = hashlib.sha256(b'server hello').digest()
    session = hashlib.sha256(b'session').digest()
    body = struct.pack('>H', 0x0303) + random + bytes([len(session)]) + session \
        + struct.pack('>HB', 0xc02f, 0) + struct.pack('>H', len(extensions)) + extensions
    return _record(22, _handshake(2, body))


def tls_data(n=96):
    """Application data; the bytes mean nothing."""
    return _record(23, (hashlib.sha256(b'tls').digest() * (n // 32 + 1))[:n])


def tls_session(name=None, alpn=()):
    """What a sensor sees of a resumed session: hellos, then noise."""
    finished = _record(20, b'\x01') + _record(22, hashlib.sha256(b'finished').digest() + b'\0' * 8)
    return [('c', tls_client_hello(name, alpn)),
            ('s', tls_server_hello(alpn[0] if alpn else None) + finished),
            ('c', finished + tls_data(160)), ('s', tls_data(320))]


# HTTP (RFC 9112) ------------------------------------------------------------------------------

def http_get(host='crm', path='/main.aspx', agent='Mozilla/5.0', method='GET', body=b''):
    head = '%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n' % (method, path, host, agent)
    if body:
        head += 'Content-Length: %d\r\n' % len(body)
    return head.encode() + b'\r\n' + body


def http_answer(status='200 OK', body=b'<html></html>', server='Microsoft-IIS/8.5'):
    return ('HTTP/1.1 %s\r\nServer: %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n'
            % (status, server, len(body))).encode() + body


def http(host='crm', path='/main.aspx', **kw):
    return [('c', http_get(host, path, **kw)), ('s', http_answer())]


def ntlm_message(kind):
    """A message of NTLMSSP ([MS-NLMP] 2.2.1) as far as its type."""
    return base64.b64encode(b'NTLMSSP\0' + struct.pack('<I', kind) + bytes(28)).decode()


def http_login(scheme='NTLM', status='200 OK', server='Microsoft-IIS/8.5', **kw):
    """A request at a site with integrated login (RFC 4559 5): 401 and the schemes, with NTLM 401 and
    a challenge, then the answer."""
    request = http_get(**kw)
    ticket = base64.b64encode(bytes.fromhex('6082053f06092a864886f71201020201006e82') + bytes(1200))

    def asked(token=None):
        field = ('Authorization: %s %s\r\n' % (scheme, token)).encode() if token else b''
        return 'c', request.replace(b'\r\n\r\n', b'\r\n' + field + b'\r\n', 1)

    def refused(*challenges):
        head, body = http_answer('401 Unauthorized', b'<html>401</html>', server).split(b'\r\n\r\n')
        fields = ''.join('WWW-Authenticate: %s\r\n' % c for c in challenges).encode()
        return 's', head + b'\r\n' + fields + b'\r\n' + body

    if scheme != 'NTLM':
        return [asked(), refused('Negotiate', 'NTLM'), asked(ticket.decode()),
                ('s', http_answer(status, server=server))]
    return [asked(), refused('Negotiate', 'NTLM'), asked(ntlm_message(1)),
            refused('NTLM ' + ntlm_message(2)), asked(ntlm_message(3)),
            ('s', http_answer(status, server=server))]


# TDS ([MS-TDS] 2.2.3.1, 2.2.6.5) --------------------------------------------------------------

def _tds(kind, body):
    return struct.pack('>BBHHBB', kind, 1, 8 + len(body), 0, 1, 0) + body


def _prelogin(options):
    table, data = b'', b''
    at = 5 * len(options) + 1
    for token, value in options:
        table += struct.pack('>BHH', token, at + len(data), len(value))
        data += value
    return table + b'\xff' + data


def tds_prelogin(instance='MSSQLServer', encryption=0):
    return _tds(0x12, _prelogin([(0, bytes.fromhex('0b000c380000')), (1, bytes([encryption])),
                                 (2, instance.encode() + b'\0'), (3, struct.pack('<I', 6700)),
                                 (4, b'\x01')]))


def tds_prelogin_answer(encryption=1, major=13):
    return _tds(0x04, _prelogin([(0, bytes([major, 0]) + struct.pack('>HH', 5026, 0)),
                                 (1, bytes([encryption])), (2, b'\0'), (3, b''), (4, b'\0')]))


def tds(instance='MSSQLServer'):
    """PRELOGIN, the TLS handshake inside it, then TLS records."""
    return [('c', tds_prelogin(instance)), ('s', tds_prelogin_answer()),
            ('c', _tds(0x12, tls_client_hello('sql01.corp.example'))),
            ('s', _tds(0x12, tls_server_hello())), ('c', tls_data(280)), ('s', tls_data(420))]


# SQL Server Browser ([MC-SQLR] 2.2) -----------------------------------------------------------

def ssrp_ask(instance=None, broadcast=False):
    if instance is None:
        return b'\x02' if broadcast else b'\x03'
    return b'\x04' + instance.encode() + b'\0'


def ssrp_answer(server='SQL01', instance='CRM', port=49733):
    text = 'ServerName;%s;InstanceName;%s;IsClustered;No;Version;13.0.5026.0;tcp;%d;;' % (
        server, instance, port)
    return b'\x05' + struct.pack('<H', len(text)) + text.encode()


# SMTP (RFC 5321), POP3 (RFC 1939), SSH (RFC 4253 4.2), RDP ([MS-RDPBCGR] 2.2.1) ---------------

def smtp():
    return [('s', b'220 mail.corp.example ESMTP ready\r\n'), ('c', b'EHLO crmrouter01\r\n'),
            ('s', b'250-mail.corp.example\r\n250-SIZE 35882577\r\n250 STARTTLS\r\n'),
            ('c', b'QUIT\r\n'), ('s', b'221 2.0.0 closing\r\n')]


def pop3():
    return [('s', b'+OK POP3 ready\r\n'), ('c', b'CAPA\r\n'), ('s', b'+OK\r\nUSER\r\nUIDL\r\n.\r\n'),
            ('c', b'QUIT\r\n'), ('s', b'+OK bye\r\n')]


def ftp():
    return [('s', b'220 FTP server ready\r\n'), ('c', b'USER backup\r\n'),
            ('s', b'331 password required\r\n')]


def ssh(client='OpenSSH_9.2p1', server='OpenSSH_for_Windows_8.1'):
    kex = b'curve25519-sha256,ecdh-sha2-nistp256'
    lists = [kex, b'ssh-ed25519', b'aes256-ctr', b'aes256-ctr', b'hmac-sha2-256', b'hmac-sha2-256',
             b'none', b'none', b'', b'']
    body = b'\x14' + hashlib.md5(b'kex').digest() \
        + b''.join(struct.pack('>I', len(x)) + x for x in lists) + b'\0' * 5
    pad = 8 - (5 + len(body)) % 8
    pad += 8 if pad < 4 else 0
    packet = struct.pack('>IB', 1 + len(body) + pad, pad) + body + b'\0' * pad
    return [('c', b'SSH-2.0-' + client.encode() + b'\r\n'),
            ('s', b'SSH-2.0-' + server.encode() + b'\r\n'), ('c', packet), ('s', packet)]


def rdp(cookie='admin'):
    text = b'Cookie: mstshash=' + cookie.encode() + b'\r\n'
    x224 = b'\xe0\0\0\0\0\0' + text + struct.pack('<BBHI', 1, 0, 8, 3)
    ask = struct.pack('>BBHB', 3, 0, 5 + len(x224), len(x224)) + x224
    x224 = b'\xd0\0\0\x12\x34\0' + struct.pack('<BBHI', 2, 9, 8, 2)
    answer = struct.pack('>BBHB', 3, 0, 5 + len(x224), len(x224)) + x224
    return [('c', ask), ('s', answer)]


# DCE/RPC (C706 12.6, [MS-RPCE] 2.2.2, C706 appendix I and L) ----------------------------------

EPM = ('e1af8308-5d1f-11c9-91a4-08002b14a0fa', 3, 0)
NETLOGON = ('12345678-1234-abcd-ef00-01234567cffb', 1, 0)
DRSUAPI = ('e3514235-4b06-11d1-ab04-00c04fc2dcd2', 4, 0)
LSARPC = ('12345778-1234-abcd-ef00-0123456789ab', 0, 0)
SAMR = ('12345778-1234-abcd-ef00-0123456789ac', 1, 0)
SVCCTL = ('367abb81-9844-35f1-ad32-98f038001003', 2, 0)
IOBJECT_EXPORTER = ('99fcfec4-5260-101b-bbcb-00aa0021347a', 0, 0)
ISYSTEM_ACTIVATOR = ('000001a0-0000-0000-c000-000000000046', 0, 0)
IACTIVATION = ('4d9f4ab8-7d1c-11cf-861e-0020af6e7c57', 0, 0)
IREMUNKNOWN2 = ('00000143-0000-0000-c000-000000000046', 0, 0)
SPOOLSS = ('12345678-1234-abcd-ef00-0123456789ab', 1, 0)
IXNREMOTE = ('906b0ce0-c70b-1067-b317-00dd010662da', 1, 0)
NDR = ('8a885d04-1ceb-11c9-9fe8-08002b104860', 2, 0)


def _syntax(s):
    return uuid.UUID(s[0]).bytes_le + struct.pack('<HH', s[1], s[2])


def _pdu(kind, body, call=1, flags=3, auth=b''):
    return struct.pack('<BBBB4sHHI', 5, 0, kind, flags, b'\x10\0\0\0', 16 + len(body) + len(auth),
                       max(0, len(auth) - 8), call) + body + auth


def rpc_bind(interface=EPM, call=1, privacy=False, level=6):
    """privacy: NTLM at level 6, which hides stubs but never the interface; or at another level."""
    body = struct.pack('<HHIB3xHBx', 5840, 5840, 0, 1, 0, 1) + _syntax(interface) + _syntax(NDR)
    auth = b''
    if privacy:
        auth = struct.pack('<BBBBI', 10, level, 0, 0, 79231) + b'NTLMSSP\0' \
            + struct.pack('<II', 1, 0xe2088297) + b'\0' * 16
    return _pdu(11, body, call, auth=auth)


def rpc_bind_ack(port=135, call=1, result=0):
    where = b'%d\0' % port
    body = struct.pack('<HHIH', 5840, 5840, 0x1234, len(where)) + where
    body = body.ljust((len(body) + 3) // 4 * 4, b'\0')
    body += struct.pack('<B3xHH', 1, result, 0 if result == 0 else 1) \
        + (_syntax(NDR) if result == 0 else b'\0' * 20)
    return _pdu(12, body, call)


def rpc_bind_nak(call=1):
    return _pdu(13, struct.pack('<HBBB', 0, 1, 5, 0), call)


def _seal(sealed):
    """The trailer of a PDU whose stub is encrypted (NTLM, level 6)."""
    return struct.pack('<BBBBI', 10, 6, 0, 0, 79231) + struct.pack('<IQI', 1, 0x51ea1, 0) \
        if sealed else b''


def rpc_request(opnum, stub, call=2, sealed=False):
    return _pdu(0, struct.pack('<IHH', len(stub), 0, opnum) + stub, call, auth=_seal(sealed))


def rpc_response(stub, call=2, sealed=False):
    return _pdu(2, struct.pack('<IHBB', len(stub), 0, 0, 0) + stub, call, auth=_seal(sealed))


def rpc_fault(status=5, call=2):
    return _pdu(3, struct.pack('<IHBBII', 32, 0, 0, 0, status, 0), call)


def tower(interface, port=0, address=b'\0\0\0\0'):
    def floor(left, right):
        return struct.pack('<H', len(left)) + left + struct.pack('<H', len(right)) + right

    def ident(s):
        return b'\x0d' + uuid.UUID(s[0]).bytes_le + struct.pack('<H', s[1])
    return struct.pack('<H', 5) + floor(ident(interface), struct.pack('<H', interface[2])) \
        + floor(ident(NDR), struct.pack('<H', NDR[2])) + floor(b'\x0b', b'\0\0') \
        + floor(b'\x07', struct.pack('>H', port)) + floor(b'\x09', address)


def _pad4(data):
    return data.ljust((len(data) + 3) // 4 * 4, b'\0')


def ept_map(interface, call=2):
    t = tower(interface)
    stub = _pad4(struct.pack('<I16sIII', 1, b'\0' * 16, 2, len(t), len(t)) + t) \
        + b'\0' * 20 + struct.pack('<I', 4)
    return rpc_request(3, stub, call)


def ept_map_answer(interface, port, address, call=2):
    t = tower(interface, port, address)
    stub = b'\0' * 20 + struct.pack('<IIIIIII', 1, 4, 0, 1, 3, len(t), len(t)) + t
    return rpc_response(_pad4(stub) + struct.pack('<I', 0), call)


def ept_map_none(call=2):
    """Status 16c9a0d6: no such interface is registered."""
    return rpc_response(b'\0' * 20 + struct.pack('<IIIII', 0, 4, 0, 0, 0x16c9a0d6), call)


def epm(interface, port, address):
    """A whole exchange with the endpoint mapper: interface lives on TCP port."""
    return [('c', rpc_bind(EPM)), ('s', rpc_bind_ack(135)), ('c', ept_map(interface)),
            ('s', ept_map_answer(interface, port, address))]


def _dual_strings(bindings):
    """DUALSTRINGARRAY ([MS-DCOM] 2.2.19): texts like `host[port]` over TCP, no security."""
    strings = b''.join(struct.pack('<H', 7) + b.encode('utf-16-le') + b'\0\0' for b in bindings)
    units = strings + b'\0\0' + b'\0\0'
    return struct.pack('<IHH', len(units) // 2, len(units) // 2, len(strings) // 2 + 1) + units


def _exporter(bindings):
    """Bindings behind a pointer, IPID, authentication hint, COMVERSION 5.7."""
    return _pad4(struct.pack('<I', 0x20000) + _dual_strings(bindings)) \
        + b'\1' * 16 + struct.pack('<IHH', 5, 5, 7)


def oxid(bindings):
    """ResolveOxid2 ([MS-DCOM] 3.1.2.5.1.5) and its answer."""
    ask = struct.pack('<QHHIH', 0x1122334455667788, 1, 0, 1, 7)
    return [('c', rpc_bind(IOBJECT_EXPORTER)), ('s', rpc_bind_ack(135)),
            ('c', rpc_request(4, ask)),
            ('s', rpc_response(_exporter(bindings) + struct.pack('<I', 0)))]


def activation(bindings, privacy=False):
    """RemoteActivation ([MS-DCOM] 3.1.2.5.2.3.1) of one interface, and its answer."""
    ask = struct.pack('<HHIIQQ', 5, 7, 1, 0, 0, 0) + b'\2' * 16
    answer = struct.pack('<IIQ', 0, 0, 0x1122334455667788) + _exporter(bindings) \
        + struct.pack('<IIIII', 0, 1, 0, 1, 0)
    return [('c', rpc_bind(IACTIVATION)), ('s', rpc_bind_ack(135)),
            ('c', rpc_request(0, ask, sealed=privacy)),
            ('s', rpc_response(answer, sealed=privacy))]


def activation_denied(level):
    """RemoteCreateInstance ([MS-DCOM] 3.1.2.5.2.3.3) by a bind of this level, and a fault 5."""
    return [('c', rpc_bind(ISYSTEM_ACTIVATOR, privacy=True, level=level)),
            ('s', rpc_bind_ack(135)), ('c', rpc_request(4, b'\3' * 120)), ('s', rpc_fault(5))]


def epm_bind_only():
    """Long enough to be recognised, without a grant."""
    return [('c', rpc_bind(EPM)), ('s', rpc_bind_ack(135))]


def rpc(interface, port, privacy=True):
    """The start of a connection to a dynamic port."""
    data = hashlib.sha256(b'sealed').digest() * 2 if privacy else b'\0' * 64
    return [('c', rpc_bind(interface, privacy=privacy)), ('s', rpc_bind_ack(port)),
            ('c', rpc_request(0, data[:48], sealed=privacy)),
            ('s', rpc_response(data, sealed=privacy))]


# .NET message framing ([MC-NMF] 2.2.3) and [MS-NNS] 2.2 ---------------------------------------

def nmf_preamble(via, upgrade='application/negotiate'):
    out = b'\0\x01\0' + b'\x01\x02' + b'\x02' + bytes([len(via)]) + via.encode() + b'\x03\x08'
    return out + (b'\x09' + bytes([len(upgrade)]) + upgrade.encode() if upgrade else b'\x0c')


def nmf(via='net.tcp://crmsbx01:808/CrmSandboxHost'):
    token = b'NTLMSSP\0' + struct.pack('<II', 1, 0xe2088297) + b'\0' * 24
    return [('c', nmf_preamble(via)), ('s', b'\x0a'),
            ('c', b'\x16\x01\0' + struct.pack('>H', len(token)) + token),
            ('s', b'\x16\x01\0' + struct.pack('>H', len(token)) + token)]


def nmf_fault(via):
    reason = 'http://schemas.microsoft.com/ws/2006/05/framing/faults/EndpointNotFound'
    return [('c', nmf_preamble(via, None)), ('s', b'\x08' + bytes([len(reason)]) + reason.encode())]


# IKE (RFC 7296 3.1) --------------------------------------------------------------------------

def ike_init(answer=False):
    """IKE_SA_INIT with a nonce, enough to be recognised."""
    nonce = hashlib.sha256(b'nonce').digest()
    payload = struct.pack('>BBH', 0, 0, 4 + len(nonce)) + nonce
    return b'\x11' * 8 + (b'\x22' * 8 if answer else b'\0' * 8) \
        + struct.pack('>BBBBII', 40, 0x20, 34, 0x20 if answer else 0x08, 0, 28 + len(payload)) \
        + payload


# DHCP (RFC 2131 2), SSDP, WS-Discovery, syslog ------------------------------------------------

def dhcp_discover(mac):
    return struct.pack('>BBBBIHH16s16s64s128s', 1, 1, 6, 0, 0x3903f326, 0, 0x8000, b'\0' * 16,
                       mac.ljust(16, b'\0'), b'', b'') + bytes.fromhex('63825363') \
        + bytes([53, 1, 1]) + bytes([55, 4, 1, 3, 6, 15]) + b'\xff' + b'\0' * 50


def dhcp_inform(mac, address):
    return struct.pack('>BBBBIHH4s12s16s64s128s', 1, 1, 6, 0, 0x3903f327, 0, 0, address, b'',
                       mac.ljust(16, b'\0'), b'', b'') + bytes.fromhex('63825363') \
        + bytes([53, 1, 8]) + bytes([55, 4, 1, 3, 6, 15]) + b'\xff' + b'\0' * 50


def ssdp_search():
    return b'M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nMan: "ssdp:discover"\r\n' \
        b'MX: 3\r\nST: ssdp:all\r\n\r\n'


def ws_discovery():
    return b'<?xml version="1.0"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/' \
        b'soap-envelope"><soap:Header/><soap:Body/></soap:Envelope>'


def syslog():
    return b'<134>1 2024-05-01T08:00:00Z crmweb01 iis - - - worker started'


def noise(n=64):
    """Payload that is nothing known."""
    out = b''
    i = 0
    while len(out) < n:
        out += hashlib.sha256(b'noise%d' % i).digest()
        i += 1
    return b'\xee' + out[:n - 1]
