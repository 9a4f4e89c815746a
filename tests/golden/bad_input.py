#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What users meet when an input, an option or a site file is wrong: message and exit code of each.

    bad_input.py            compare with bad_input.expected, where each case is a block
    bad_input.py --update   write that file; read the difference before you commit it

Every block must have a message of its own. Unreadable files are tried without root's rights.
"""

import bz2
import difflib
import gzip
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import proto as p  # noqa: E402
import run  # noqa: E402
import wire  # noqa: E402
from crm import Crm  # noqa: E402

SITE = b'''spanaudit: site/1
hosts:
  - {name: crmweb01, role: crm-web, addr: 10.20.1.11}
  - {name: sql01, role: sql, addr: 10.20.2.20}
'''


def good():
    s = Crm()
    s.tds(1, s.web)
    s.session(2, s.web, s.sql, 22, p.ssh())
    return s


def captures():
    """(title, file name, bytes)"""
    s = good()
    whole = s.pcap()
    ng = s.pcapng()
    yield 'an empty file', 'empty.pcap', b''
    yield 'no packets', 'zero.pcap', wire.pcap([])
    yield 'no packets, pcapng', 'zero.pcapng', wire.pcapng([])
    yield 'a wrong magic number', 'magic.pcap', b'\xd4\xc3\xb2\xa9' + whole[4:]
    yield 'cut off in the last packet', 'cut.pcap', whole[:-7]
    yield 'cut off in the last block, pcapng', 'cut.pcapng', ng[:-7]
    yield 'cut off in a packet header', 'cuthead.pcap', whole[:24 + 9]
    yield 'cut off in the file header', 'header.pcap', whole[:11]
    yield 'a record of a length that makes no sense', 'damaged.pcap', \
        whole[:24] + struct.pack('<IIII', 1714550400, 0, 0x7fffffff, 0x7fffffff) + b'x' * 200
    yield 'a text file', 'notes.txt', b'# notes\nthe capture is on the other disk\n'
    yield 'text as a capture', 'text.pcap', b'10.20.1.11 > 10.20.2.20: Flags [S]\n' * 20
    yield 'a site file as a capture', 'site.yaml.pcap', SITE
    yield 'an event trace', 'trace.etl', struct.pack('<II', 0x10000, 0x68) + b'\0' * 512
    yield 'a compressed capture', 'capture.pcap.gz', gzip.compress(whole, mtime=0)
    packed = gzip.compress(whole, mtime=0)
    yield 'two compressed captures, joined', 'joined.pcap.gz', packed + gzip.compress(b'', mtime=0)
    yield 'a compressed capture that is cut off', 'cut.pcap.gz', packed[:-len(packed) // 3]
    yield 'a compressed capture, almost nothing of it', 'begun.pcap.gz', packed[:12]
    yield 'a compressed capture with a wrong check sum', 'check.pcap.gz', \
        packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    yield 'something behind a compressed capture', 'behind.pcap.gz', packed + b'the end'
    yield 'compressed twice', 'twice.pcap.gz', gzip.compress(packed, mtime=0)
    yield 'a compressed text file', 'notes.txt.gz', gzip.compress(b'# notes\n' * 20, mtime=0)
    yield 'a bzip2 capture', 'capture.pcap.bz2', bz2.compress(whole)
    yield 'a damaged zstandard capture', 'capture.pcap.zst', b'\x28\xb5\x2f\xfd\x08' + b'\0' * 64
    yield 'a zstandard window too large', 'long.pcap.zst', b'\x28\xb5\x2f\xfd\0\xa8' + b'\0' * 64
    yield 'a zip archive', 'capture.zip', b'PK\x03\x04' + b'\0' * 64
    yield 'an unknown link type', 'bluetooth.pcap', wire.pcap([(10**18, b'\0' * 40)] * 3, 201)
    yield 'a result document as a capture', 'result.json', b'{"schema": "spanaudit-result/1"}\n'
    yield 'a NetScaler trace', 'nstrace.cap', b'\1\x32\0\0Netscaler V35 Performance Data\0\0'
    yield 'a Network Monitor capture', 'netmon.cap', b'GMBU\0\2\1\0' + b'\0' * 64
    yield 'a cabinet', 'report.cab', b'MSCF' + b'\0' * 64
    yield 'snoop', 'capture.snoop', b'snoop\0\0\0\0\0\0\2\0\0\0\4' + b'\0' * 40


SITES = [
    ('a tab for indenting', b'spanaudit: site/1\nhosts:\n\t- {name: a}\n'),
    ('a bracket that stays open', b'spanaudit: site/1\nhosts:\n  - {name: a, addr: [10.0.0.1}\n'),
    ('an unquoted IPv6 address', b'spanaudit: site/1\nhosts:\n  - {name: a, role: sql, addr: [10.0.0.1, ::1]}\n'),
    ('an unknown key', SITE + b'adress: 10.0.0.1\n'),
    ('an unknown key of a host', b'spanaudit: site/1\nhosts:\n  - {name: a, role: sql, adress: 10.0.0.1}\n'),
    ('a key twice', SITE + b'name: a\nname: b\n'),
    ('an unknown role', b'spanaudit: site/1\nhosts:\n  - {name: a, role: crm-wep, addr: 10.0.0.1}\n'),
    ('a bad address', b'spanaudit: site/1\nhosts:\n  - {name: a, role: sql, addr: 10.0.0.256}\n'),
    ('a bad network', b'spanaudit: site/1\nnetworks:\n  - {name: a, role: crm-client, cidr: 10.0.0.0/33}\n'),
    ('a network with host bits', b'spanaudit: site/1\nnetworks:\n  - {name: a, role: crm-client, cidr: 10.0.0.5/24}\n'),
    ('an address of two hosts', SITE + b'  - {name: sql02, role: sql, addr: 10.20.2.20}\n'),
    ('a name of two hosts', SITE + b'  - {name: sql01, role: sql, addr: 10.20.2.21}\n'),
    ('a bad port', SITE + b'ports: {sql: 70000}\n'),
    ('a port with a leading zero', SITE + b'ports: {sql: 01433}\n'),
    ('a port range the wrong way round', SITE + b'deployment: {rpc: 50200-50000}\n'),
    ('a word for a switch', SITE + b'deployment: {auth: kerberos}\n'),
    ('an anchor', b'spanaudit: site/1\nhosts: &h\n  - {name: a, role: sql, addr: 10.0.0.1}\n'),
    ('a tag', b'spanaudit: site/1\nname: !!str x\n'),
    ('two documents', SITE + b'---\nname: b\n'),
    ('a map where a list belongs', b'spanaudit: site/1\nhosts: {name: a}\n'),
    ('a missing header', b'hosts:\n  - {name: a, role: sql, addr: 10.0.0.1}\n'),
    ('another kind of file', b'spanaudit: rules/1\nname: x\n'),
    ('a newer version', b'spanaudit: site/9\nname: x\n'),
    ('a missing key', b'spanaudit: site/1\nhosts:\n  - {role: sql, addr: 10.0.0.1}\n'),
    ('a bad duration', SITE + b'limits: {judge-after: soon}\n'),
    ('a bad time', SITE + b'deployment: {setup: [{from: yesterday, to: "2024-05-02T00:00:00Z"}]}\n'),
    ('a rule pack that does not exist', SITE + b'rules: [crm-2010]\n'),
    ('not UTF-8', b'spanaudit: site/1\nname: caf\xe9\n'),
    ('UTF-16', 'spanaudit: site/1\n'.encode('utf-16')),
    ('a capture as the site file', wire.pcap([(10**18, b'\0' * 60)])),
    ('nothing in it', b''),
    ('several errors at once', b'spanaudit: site/1\nnmae: x\nhosts:\n  - {name: a, role: sqll, addr: 10.0.0.300}\n  - {name: b, role: dc}\n'),
]

WAIVER = b'''spanaudit: waivers/1
waivers:
  - id: W-1
    finding: {kind: scan}
    reason: x
    owner: me
    expires: 2024-09-30T23:59:59Z
'''
WAIVERS = [
    ('nozone.yaml', WAIVER.replace(b'59Z', b'59')),
    ('noowner.yaml', WAIVER.replace(b'    owner: me\n', b'')),
    ('twice.yaml', WAIVER + WAIVER[WAIVER.index(b'  - id'):]),
    ('flow.yaml', b'spanaudit: waivers/1\nwaivers: []\n'),
]

USAGE = [
    ('no file', ['audit']),
    ('an unknown option', ['audit', '--sight', 'site.yaml', 'good.pcap']),
    ('an unknown command', ['audti', 'good.pcap']),
    ('an unknown format', ['audit', '--format', 'yaml', 'good.pcap']),
    ('an unknown severity', ['audit', '--fail-on', 'bad', 'good.pcap']),
    ('a filter that is no filter', ['audit', '-f', 'tcp prot 1433', 'good.pcap']),
    ('a filter that leaves no packet', ['audit', '-f', 'host 10.20.1', 'good.pcap']),
    ('a role that does not exist', ['audit', '--role', 'sqll=10.20.2.20', 'good.pcap']),
    ('a role without address', ['audit', '--role', 'sql', 'good.pcap']),
    ('a role with a bad address', ['audit', '--role', 'sql=10.20.2', 'good.pcap']),
    ('waivers that are not there', ['audit', '-W', 'no-waivers.yaml', 'good.pcap']),
    ('waivers without an offset', ['audit', '-W', 'nozone.yaml', 'good.pcap']),
    ('waivers without an owner', ['waiver', 'list', '-W', 'noowner.yaml']),
    ('a site file as waivers', ['waiver', 'list', '-W', 'site.yaml']),
    ('waivers as a site file', ['audit', '--site', 'nozone.yaml', 'good.pcap']),
    ('two waivers of one id', ['waiver', 'list', '-W', 'twice.yaml']),
    ('waivers of no file', ['waiver', 'list']),
    ('waivers, and nothing to do', ['waiver']),
    ('waivers, and an unknown word', ['waiver', 'remove']),
    ('a waiver for no finding', ['waiver', 'add']),
    ('a waiver without a reason', ['waiver', 'add', 'F-0123456789ab', '--owner', 'me', '--expires',
                                   '2024-09-30T23:59:59Z']),
    ('a waiver for a beginning of an id', ['waiver', 'add', 'F-0123', '--owner', 'me', '--reason', 'x',
                                           '--expires', '2024-09-30T23:59:59Z']),
    ('a waiver that ends on a day', ['waiver', 'add', 'F-0123456789ab', '--owner', 'me', '--reason', 'x',
                                     '--expires', '2024-09-30']),
    ('a waiver for a list in brackets', ['waiver', 'add', 'F-0123456789ab', '--owner', 'me', '--reason',
                                         'x', '--expires', '2024-09-30T23:59:59Z', '-W', 'flow.yaml']),
    ('a moment that is none', ['audit', '--now', 'tomorrow', 'good.pcap']),
    ('a site file that is not there', ['audit', '--site', 'nowhere.yaml', 'good.pcap']),
    ('a rule pack that is not there', ['audit', '--rules', 'crm-2010', 'good.pcap']),
    ('a capture that is not there', ['audit', 'nowhere.pcap']),
    ('a folder as a capture', ['audit', 'folder']),
    ('one good and one missing', ['audit', 'good.pcap', 'missing.pcap']),
    ('standard input twice', ['audit', '-', '-']),
    ('standard input that is empty', ['audit', '-']),
    ('an output folder that is not there', ['audit', '-o', 'nowhere/report.json', 'good.pcap']),
    ('an output name without a format', ['audit', '-o', 'report.xyz', 'good.pcap']),
    ('a filter of flows that is no filter', ['flows', 'role=', 'good.pcap']),
    ('an explanation of nothing', ['explain', 'F-000000000000', '--site', 'site.yaml', 'good.pcap']),
]


def lines(data, limit=40):
    """stdout of a report is its first lines only: the golden cases hold whole ones."""
    text = data.decode(errors='replace').splitlines()
    return text[:limit] + (['... and so on'] if len(text) > limit else [])


def block(title, args, cwd, stdout=6, prefix=()):
    p_ = subprocess.run([*prefix, run.TOOL, *args], cwd=cwd, stdin=subprocess.DEVNULL,
                        capture_output=True, env=run.environment(), timeout=60)
    if b'Sanitizer' in p_.stderr or b'runtime error:' in p_.stderr or p_.returncode not in range(5):
        sys.exit('%s: exit code %d: %s' % (title, p_.returncode, p_.stderr.decode()))
    # Where packs are looked for depends on the build.
    p_.stderr = re.sub(rb'in \S+/rules(, \S+/rules)*;', b'in DIRECTORIES;', p_.stderr)
    out = ['== ' + title, '$ spanaudit ' + ' '.join(args), 'exit %d' % p_.returncode]
    out += ['2> ' + x if x else '2>' for x in lines(p_.stderr)]
    told = [x for x in p_.stdout.decode(errors='replace').splitlines()[stdout:]
            if re.search(r'cut off|damaged|unknown-link-type|NOT READ', x)]
    out += ['1> ' + x if x else '1>' for x in lines(p_.stdout, stdout) + told]
    return out, p_.stderr.decode(errors='replace')


def everything(tmp):
    def write(name, data):
        with open(os.path.join(tmp, name), 'wb') as f:
            f.write(data)
    write('good.pcap', good().pcap())
    write('site.yaml', SITE)
    for name, data in WAIVERS:
        write(name, data)
    os.mkdir(os.path.join(tmp, 'folder'))
    seen = {}

    def note(b, words, title):
        if words and words in seen:
            sys.exit('%s and %s have the same message: %s' % (title, seen[words], words))
        seen[words] = title
        return b + ['']
    for title, name, data in captures():
        write(name, data)
        b, err = block(title, ['audit', '--site', 'site.yaml', name], tmp)
        yield note(b, err, title)
    for title, data in SITES:
        write('bad.yaml', data)
        b, err = block(title, ['audit', '--site', 'bad.yaml', 'good.pcap'], tmp)
        yield note(b, err, title)
    seen.clear()  # the same mistake may be made in a file and on the command line
    for title, args in USAGE:
        b, err = block(title, args, tmp)
        yield note(b, err, title)
    prefix = []
    if os.geteuid() == 0:
        prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
        if not shutil.which('setpriv'):
            return
        os.chmod(tmp, 0o755)
    for name in ('good.pcap', 'site.yaml'):
        os.chmod(os.path.join(tmp, name), 0)
    b, err = block('a capture that may not be read', ['audit', 'good.pcap'], tmp, prefix=prefix)
    yield note(b, err, 'unreadable')
    b, err = block('a site file that may not be read', ['audit', '--site', 'site.yaml', 'zero.pcap'],
                   tmp, prefix=prefix)
    yield note(b, err, 'unreadable')


def main():
    path = os.path.join(HERE, 'bad_input.expected')
    with tempfile.TemporaryDirectory() as tmp:
        got = [line + '\n' for b in everything(tmp) for line in b]
    if sys.argv[1:] == ['--update']:
        with open(path, 'w') as f:
            f.writelines(got)
        return 0
    with open(path) as f:
        want = f.readlines()
    if want == got:
        return 0
    sys.stdout.writelines(difflib.unified_diff(want, got, 'bad_input.expected', 'what came out'))
    return 1


if __name__ == '__main__':
    sys.exit(main())
