# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import tunnel
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())

t = tunnel.Path('192.0.2.1', '192.0.2.2')
options = bytes.fromhex('0108010200000000') + bytes.fromhex('01080202') + b'\x11' * 8
files.save('capture.pcap', wire.pcap([(ts, t.geneve(frame, 42, options if i % 2 else b''))
                                      for i, (ts, frame) in enumerate(s.frames())]))
