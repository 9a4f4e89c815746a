# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.dns(0, s.web)
sealed = [(C, p.rpc_bind(p.EPM, privacy=True)), (S, p.rpc_bind_ack(135)),
          (C, p.rpc_request(3, p.noise(96), sealed=True)), (S, p.rpc_response(p.noise(112), sealed=True))]
s.session(900, s.web, s.dc1, 135, sealed)
s.session(902, s.web, s.dc1, 49688, [(C, p.noise(120)), (S, p.noise(200))])
s.session(960, s.web, s.dc1, 49667, p.rpc(p.NETLOGON, 49667))
s.write('capture.pcap')
