// SPDX-License-Identifier: BSD-2-Clause
/* Domain controllers and global catalogue servers. */
#include "infer/sign.h"
#include "recognise/recognise.h"

/* Flags of a ping's answer, MS-ADTS 6.3.1.2. */
enum { DS_GC_FLAG = 0x04, DS_ANY_FLAG = 0xffff };

/* clang-format off */
static const struct sign rows[] = {
	{ROLE_DC, 'A', .all = {{CLUE_ANSWERS, .app = {"kerberos"}, .one = "Kerberos request"}}},
	{ROLE_DC, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"cldap"}, .one = "search for a domain controller (CLDAP)",
		  .many = "searches for a domain controller (CLDAP)"}}},
	{ROLE_DC, 'A',
	 .all = {{CLUE_PING, .signs = DS_ANY_FLAG, .one = "answered a domain controller ping"}}},
	{ROLE_DC, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"ntp"}, .signs = SIGN_NTP_SIGNED,
		  .one = "request for signed time"}}},
	{ROLE_DC, 'A', .all = {{CLUE_BOUND, .text = "drsuapi"}}},
	{ROLE_DC, 'A', .all = {{CLUE_BOUND, .text = "netlogon"}}},
	{ROLE_DC, 'A', .all = {{CLUE_GRANTS, .text = "drsuapi"}}},
	{ROLE_DC, 'A', .all = {{CLUE_SRV, .text = "_ldap._tcp.dc._msdcs.*"}}},
	{ROLE_DC, 'A', .all = {{CLUE_SRV, .text = "_kerberos._tcp.dc._msdcs.*"}}},
	{ROLE_DC, 'A', .all = {{CLUE_SRV, .text = "_ldap._tcp.*._sites.dc._msdcs.*"}}},
	{ROLE_DC, 'A', .all = {{CLUE_SRV, .text = "_kerberos._tcp.*._sites.dc._msdcs.*"}}},
	{ROLE_DC, 'A', .all = {{CLUE_SRV, .text = "_ldap._tcp.pdc._msdcs.*"}}},
	{ROLE_DC, 'B',
	 .all = {{CLUE_ANSWERS, .port = {88}, .one = "connection"},
		 {CLUE_ANSWERS, .port = {389}, .one = "connection"},
		 {CLUE_ANSWERS, .port = {445}, .one = "connection"},
		 {CLUE_ANSWERS, .port = {135}, .one = "connection"}}},
	{ROLE_DC, 'B',
	 .all = {{CLUE_ANSWERS, .app = {"kpasswd"}, .one = "change of a Kerberos password",
		  .many = "changes of Kerberos passwords"}}},
	/* A member's mapper may know NETLOGON too, but on a pipe. */
	{ROLE_DC, 'B', .all = {{CLUE_GRANTS, .text = "netlogon"}}},
	{ROLE_DC, 'C',
	 .all = {{CLUE_ANSWERS, .app = {"ldap"}, .port = {389}, .peers = 2,
		  .one = "LDAP connection"}}},
	{ROLE_DC, 'C', .all = {{CLUE_TICKET, .text = "ldap"}}},
	{ROLE_DC, 'C', .all = {{CLUE_NETBIOS, .port = {0x1c}}}},
	{ROLE_DC, 'C', .all = {{CLUE_NETBIOS, .port = {0x1b}}}},

	{ROLE_GC, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"ldap"}, .port = {3268},
		  .one = "search of the global catalogue",
		  .many = "searches of the global catalogue"}}},
	{ROLE_GC, 'A',
	 .all = {{CLUE_PING, .signs = DS_GC_FLAG,
		  .one = "answered a domain controller ping as a global catalogue server"}}},
	{ROLE_GC, 'A', .all = {{CLUE_SRV, .text = "_gc._tcp.*"}}},
	{ROLE_GC, 'A', .all = {{CLUE_SRV, .text = "_ldap._tcp.gc._msdcs.*"}}},
	{ROLE_GC, 'A', .all = {{CLUE_SRV, .text = "_ldap._tcp.*._sites.gc._msdcs.*"}}},
	{ROLE_GC, 'B',
	 .all = {{CLUE_ANSWERS, .app = {"tls"}, .port = {3269}, .peers = 2,
		  .one = "TLS connection"}}},
	{ROLE_GC, 'C', .all = {{CLUE_TICKET, .text = "gc"}}},
};
SIGN_FAMILY(directory, rows);
