# SPDX-License-Identifier: BSD-2-Clause
import hashlib
import struct

import proto as p
from crm import Crm
from talk import C, S


def sealed(n=160):
    """A message behind the transform header ([MS-SMB2] 2.2.41)."""
    body = (hashlib.sha256(b'sealed smb').digest() * (n // 32))[:n]
    head = b'\xfdSMB' + b'\x11' * 16 + b'\x22' * 16 + struct.pack('<IHHQ', n, 0, 1, 0x77)
    return struct.pack('>I', len(head) + n) + head + body


s = Crm()
for t in (0, 300):
    s.session(t, s.web, s.dc1, 445, [(C, p.smb2_negotiate()), (S, p.smb2_negotiate_answer()),
                                     (C, sealed()), (S, sealed(192)), (C, sealed())])
    s.session(t + 1, s.pc1, s.mail, 443, p.tls_session('mail.corp.example', ('http/1.1',)))
s.dns(700, s.web)
s.write('capture.pcap')
