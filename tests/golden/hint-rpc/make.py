# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S


def unknown(interface):
    """The mapper is asked, and knows no such interface."""
    return [(C, p.rpc_bind(p.EPM)), (S, p.rpc_bind_ack(135)), (C, p.ept_map(interface)),
            (S, p.ept_map_none())]


s = Crm()
stranger = s.host('10.77.0.9')
s.healthy(0)

# A service that is not there, asked for by two hosts.
s.session(60, s.web, s.sql, 135, unknown(p.SVCCTL))
s.session(70, s.admin, s.sql, 135, unknown(p.SVCCTL))
s.session(75, s.admin, s.sql, 135, unknown(p.SVCCTL))
# One that is found all the same, and is there later; and what a stranger asks for.
s.session(62, s.app, s.dc2, 135, unknown(p.LSARPC))
s.rpc(100, s.app, s.dc2, p.LSARPC, 49701)
s.session(63, stranger, s.dc2, 135, unknown(p.SAMR))

# Activation that is refused for its level, for the account, and by a client that then goes on.
s.session(80, s.admin, s.web, 135, p.activation_denied(2))
s.session(81, s.admin, s.web, 135, p.activation_denied(2))
s.session(82, s.app, s.web, 135, p.activation_denied(5))
s.session(83, s.sbx, s.web, 135, p.activation_denied(4))
s.session(84, s.sbx, s.web, 135, p.activation(['10.20.1.11[49710]']))
s.session(84.1, s.sbx, s.web, 49710, p.rpc(p.IREMUNKNOWN2, 49710))

# The mapper of one controller is not reached; MSDTC is spoken one way.
s.no_answer(90, s.web, s.dc2, 135)
s.session(95, s.sql, s.app, 135, p.epm(p.IXNREMOTE, 49720, s.app.v4.packed))
s.session(95.1, s.sql, s.app, 49720, p.rpc(p.IXNREMOTE, 49720))
s.no_answer(96, s.app, s.sql, 135)
s.healthy(120)
s.write('capture.pcap')
