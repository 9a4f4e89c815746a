# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

a = Crm()
a.session(10, a.pc1, a.pc2, 135, p.epm(p.SVCCTL, 49664, a.pc2.v4.packed))
sealed = [(C, p.rpc_bind(p.EPM, privacy=True)), (S, p.rpc_bind_ack(135)),
          (C, p.rpc_request(3, p.noise(96), sealed=True)), (S, p.rpc_response(p.noise(112), sealed=True))]
a.session(20, a.pc1, a.pc3, 135, sealed)
a.write('asks.pcap')
b = Crm()
b.session(10.5, b.pc1, b.pc2, 49664, p.rpc(p.SVCCTL, 49664))
b.session(20.5, b.pc1, b.pc3, 49670, p.rpc(p.SAMR, 49670))
b.session(30, b.pc1, b.pc3, 3000, p.rpc(p.SAMR, 3000))
b.write('uses.pcap')
