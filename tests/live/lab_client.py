#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a member of the lab's domain does by DCE/RPC and by hand. Run by lab.py, inside a namespace.

    lab_client.py map HOST INTERFACE [OPTION...]      ept_map: the ports that the mapper names
    lab_client.py lookup HOST MOST [OPTION...]        ept_lookup: the first endpoints it has
    lab_client.py call HOST INTERFACE[@PORT] [OPTION...]  bind and one harmless call; without a port
                                                      the library asks the mapper first
    lab_client.py dial HOST PORT [say HEX] [hear N]   a TCP connection, nothing more
    lab_client.py finddc ADDRESS                      CLDAP, as members look for a server

Prints one JSON object and exits with 0 when it got as far as an answer, of whatever kind; anything
else is an exception. OPTIONs are those of Samba's bindings: sign seal connect ndr64 bigendian krb5.
Needs python3-samba, but for `dial`.
"""

import errno
import json
import os
import socket
import sys

USER, PASSWORD, DOMAIN = 'Administrator', 'Example-4711', 'CORP'
PATIENCE = 6  # seconds: the first SYN, and its repetitions after 1 and 3 seconds

UUIDS = {
    'epmapper': ('e1af8308-5d1f-11c9-91a4-08002b14a0fa', 3),
    'lsarpc': ('12345778-1234-abcd-ef00-0123456789ab', 0),
    'samr': ('12345778-1234-abcd-ef00-0123456789ac', 1),
    'netlogon': ('12345678-1234-abcd-ef00-01234567cffb', 1),
    'drsuapi': ('e3514235-4b06-11d1-ab04-00c04fc2dcd2', 4),
    'dnsserver': ('50abc2a4-574d-40b3-9d66-ee4fd5fba076', 5),
    'backupkey': ('3dde7c30-165d-11d1-ab8f-00805f14db40', 1),
    'mgmt': ('afa8bd80-7d8a-11c9-bef4-08002b102989', 1),
    'unixinfo': ('9c54e310-a955-4885-bd31-78787147dfa6', 0),
    'nowhere': ('6f0cb1d4-41f2-4c6e-9a1e-0d3c5f8a2b70', 1),  # made up: nobody serves it
}




def settings():
    from samba import credentials, param
    lp = param.LoadParm()
    lp.load('/etc/samba/smb.conf')
    who = credentials.Credentials()
    who.guess(lp)
    who.set_username(USER)
    who.set_password(PASSWORD)
    who.set_domain(DOMAIN)
    who.set_kerberos_state(credentials.DONT_USE_KERBEROS)
    return lp, who


def binding(host, port, options):
    words = ([str(port)] if port else []) + list(options)
    return 'ncacn_ip_tcp:%s[%s]' % (host, ','.join(words))


def mapper(host, options):
    from samba.dcerpc import epmapper
    lp, _ = settings()
    return epmapper.epmapper(binding(host, 135, options), lp)


def asked_tower(name):
    """The tower of a question: interface, NDR, connection-oriented, any TCP port, any address."""
    from samba.dcerpc import epmapper, misc
    from samba.ndr import ndr_pack
    uuid, version = UUIDS[name]

    def floor(protocol, lhs_data, rhs):
        f = epmapper.epm_floor()
        lhs = epmapper.epm_lhs()
        lhs.protocol = protocol
        lhs.lhs_data = lhs_data
        f.lhs = lhs
        f.rhs = rhs
        return f

    def syntax(text, major):
        s = misc.ndr_syntax_id()
        s.uuid = misc.GUID(text)
        s.if_version = major
        packed = ndr_pack(s)[:18]  # the identifier and the major version
        r = epmapper.epm_rhs_uuid()
        r.unknown = b'\0\0'
        return floor(epmapper.EPM_PROTOCOL_UUID, packed, r)

    ncacn = epmapper.epm_rhs_ncacn()
    ncacn.minor_version = 0
    tcp = epmapper.epm_rhs_tcp()
    tcp.port = 0
    ip = epmapper.epm_rhs_ip()
    ip.ipaddr = '0.0.0.0'
    tower = epmapper.epm_tower()
    floors = [
        syntax(uuid, version), syntax('8a885d04-1ceb-11c9-9fe8-08002b104860', 2),
        floor(epmapper.EPM_PROTOCOL_NCACN, b'', ncacn), floor(epmapper.EPM_PROTOCOL_TCP, b'', tcp),
        floor(epmapper.EPM_PROTOCOL_IP, b'', ip)]
    tower.num_floors, tower.floors = len(floors), floors
    whole = epmapper.epm_twr_t()
    whole.tower = tower
    return whole


def ports_of(twr):
    """TCP ports in a tower."""
    from samba.dcerpc import epmapper
    return [f.rhs.port for f in twr.tower.floors if f.lhs.protocol == epmapper.EPM_PROTOCOL_TCP]


def ask_map(host, name, *options):
    from samba.dcerpc import misc
    m = mapper(host, options)
    _, towers, status = m.epm_Map(misc.GUID(), asked_tower(name), misc.policy_handle(), 4)
    ports = sorted({p for t in towers if t.twr for p in ports_of(t.twr)})
    return {'ports': ports, 'status': status}


def ask_lookup(host, most, *options):
    from samba.dcerpc import misc
    m = mapper(host, options)
    _, entries, _ = m.epm_Lookup(0, None, None, 0, misc.policy_handle(), int(most))
    found = {}
    for e in entries:
        uuid = str(misc.GUID(e.tower.tower.floors[0].lhs.lhs_data[:16]))
        for p in ports_of(e.tower):
            found.setdefault(uuid, set()).add(p)
    return {'entries': len(entries), 'ports': {u: sorted(p) for u, p in sorted(found.items())}}


def call(host, target, *options):
    from samba import NTSTATUSError
    from samba.dcerpc import dnsserver, drsuapi, lsa, mgmt, misc, netlogon, samr, security, unixinfo
    name, _, port = target.partition('@')
    stubs = {'lsarpc': lsa.lsarpc, 'samr': samr.samr, 'netlogon': netlogon.netlogon,
             'drsuapi': drsuapi.drsuapi, 'dnsserver': dnsserver.dnsserver,
             'mgmt': mgmt.mgmt, 'unixinfo': unixinfo.unixinfo}
    every = security.SEC_FLAG_MAXIMUM_ALLOWED
    one_call = {
        'lsarpc': lambda c: c.OpenPolicy2('\\', lsa.ObjectAttribute(), every),
        'samr': lambda c: c.Connect2(None, every),
        'netlogon': lambda c: c.netr_DsRGetDCNameEx2(None, None, 0, None, None, None, 0),
        'drsuapi': lambda c: c.DsBind(misc.GUID('e24d201a-4fd6-11d1-a3da-0000f875ae0d'), None),
        'dnsserver': lambda c: c.DnssrvQuery2(dnsserver.DNS_CLIENT_VERSION_LONGHORN, 0, None, None,
                                              'ServerInfo'),
        'mgmt': lambda c: c.is_server_listening(),
        'unixinfo': lambda c: c.GetPWUid([0])}
    lp, who = settings()
    try:
        c = stubs[name](binding(host, port, options), lp, who)
    except NTSTATUSError as e:
        return {'bound': False, 'status': e.args[0]}
    try:
        one_call[name](c)
    except NTSTATUSError as e:  # an answer too: the server may not like the question
        return {'bound': True, 'status': e.args[0]}
    return {'bound': True, 'status': 0}


def dial(host, port, *rest):
    words = dict(zip(rest[::2], rest[1::2]))
    try:
        with socket.create_connection((host, int(port)), PATIENCE) as s:
            source = s.getsockname()[1]
            if 'say' in words:
                s.sendall(bytes.fromhex(words['say']))
            got = s.recv(int(words['hear'])) if 'hear' in words else b''
            return {'outcome': 'open', 'source': source, 'heard': got.hex()}
    except TimeoutError:
        return {'outcome': 'timeout'}
    except ConnectionRefusedError:
        return {'outcome': 'refused'}
    except OSError as e:
        return {'outcome': errno.errorcode.get(e.errno, str(e))}


def finddc(address):
    from samba.dcerpc import nbt
    from samba.net import Net
    lp, who = settings()
    r = Net(creds=who, lp=lp).finddc(address=address, flags=nbt.NBT_SERVER_LDAP | nbt.NBT_SERVER_DS)
    return {'dc': r.pdc_dns_name, 'forest': r.forest}


def main():
    verb, words = sys.argv[1], sys.argv[2:]
    verbs = {'map': ask_map, 'lookup': ask_lookup, 'call': call, 'dial': dial, 'finddc': finddc}
    print(json.dumps(verbs[verb](*words), sort_keys=True))
    sys.stdout.flush()
    os._exit(0)  # without the library's own farewells to servers


if __name__ == '__main__':
    main()
