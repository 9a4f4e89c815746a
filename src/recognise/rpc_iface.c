// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of interfaces. UUIDs as the specification named in the row prints them; efsrpc has two
 * (MS-EFSR 1.9), for its own pipe and for lsarpc's.
 */
#include "recognise/rpc_iface.h"

#include <string.h>
#include <strings.h>

#include "base/cpu.h"

#define B(v, shift) (uint8_t)((uint64_t)(v) >> (shift))
#define U(d1, d2, d3, d4, node)                                                                   \
	{                                                                                         \
		B(d1, 24), B(d1, 16), B(d1, 8), B(d1, 0), B(d2, 8), B(d2, 0), B(d3, 8), B(d3, 0), \
			B(d4, 8), B(d4, 0), B(node, 40), B(node, 32), B(node, 24), B(node, 16),   \
			B(node, 8), B(node, 0)                                                    \
	}

/* A table: */
/* clang-format off */
static const struct rpc_iface_row rows[] = {
	{U(0xe1af8308, 0x5d1f, 0x11c9, 0x91a4, 0x08002b14a0fa), 3, 0, 3, 0, "epmapper",
	 "endpoint mapper", "C706/MS-RPCE"},
	{U(0xafa8bd80, 0x7d8a, 0x11c9, 0xbef4, 0x08002b102989), 1, 0, 1, 0, "mgmt",
	 "remote management of RPC, on every endpoint", "C706/MS-RPCE"},
	{U(0x99fcfec4, 0x5260, 0x101b, 0xbbcb, 0x00aa0021347a), 0, 0, 0, 0, "IObjectExporter",
	 "DCOM object resolver", "MS-DCOM"},
	{U(0x000001a0, 0x0000, 0x0000, 0xc000, 0x000000000046), 0, 0, 0, 0, "ISystemActivator",
	 "DCOM activation", "MS-DCOM"},
	{U(0x4d9f4ab8, 0x7d1c, 0x11cf, 0x861e, 0x0020af6e7c57), 0, 0, 0, 0, "IActivation",
	 "DCOM activation, old form", "MS-DCOM"},
	{U(0x00000131, 0x0000, 0x0000, 0xc000, 0x000000000046), 0, 0, 0, 0, "IRemUnknown",
	 "DCOM object references", "MS-DCOM"},
	{U(0x00000143, 0x0000, 0x0000, 0xc000, 0x000000000046), 0, 0, 0, 0, "IRemUnknown2",
	 "DCOM object references", "MS-DCOM"},
	{U(0x00000000, 0x0000, 0x0000, 0xc000, 0x000000000046), 0, 0, 0, 0, "IUnknown", "DCOM",
	 "MS-DCOM"},
	{U(0x00020400, 0x0000, 0x0000, 0xc000, 0x000000000046), 0, 0, 0, 0, "IDispatch",
	 "OLE automation", "MS-OAUT"},
	{U(0xe3514235, 0x4b06, 0x11d1, 0xab04, 0x00c04fc2dcd2), 4, 0, 4, 0, "drsuapi",
	 "directory replication and name cracking", "MS-DRSR"},
	{U(0x7c44d7d4, 0x31d5, 0x424c, 0xbd5e, 0x2b3e1f323d22), 1, 0, 1, 0, "dsaop",
	 "directory service administration", "MS-DRSR"},
	{U(0x12345678, 0x1234, 0xabcd, 0xef00, 0x01234567cffb), 1, 0, 1, 0, "netlogon",
	 "secure channel of domain members", "MS-NRPC"},
	{U(0x12345778, 0x1234, 0xabcd, 0xef00, 0x0123456789ac), 1, 0, 1, 0, "samr",
	 "accounts and groups", "MS-SAMR"},
	{U(0x12345778, 0x1234, 0xabcd, 0xef00, 0x0123456789ab), 0, 0, 0, 0, "lsarpc",
	 "security policy, names and SIDs", "MS-LSAD, MS-LSAT"},
	{U(0x3919286a, 0xb10c, 0x11d0, 0x9ba8, 0x00c04fd92ef5), 0, 0, 0, 0, "dssetup",
	 "role of a machine in its domain", "MS-DSSP"},
	{U(0xecec0d70, 0xa603, 0x11d0, 0x96b1, 0x00a0c91ece30), 1, 0, 2, 0, "ad-backup",
	 "directory backup", ""},
	{U(0x16e0cf3a, 0xa604, 0x11d0, 0x96b1, 0x00a0c91ece30), 1, 0, 2, 0, "ad-restore",
	 "directory restore", ""},
	{U(0xb9785960, 0x524f, 0x11df, 0x8b6d, 0x83dcded72085), 1, 0, 1, 0, "gkdi",
	 "group keys of managed service accounts", "MS-GKDI"},
	{U(0x3dde7c30, 0x165d, 0x11d1, 0xab8f, 0x00805f14db40), 1, 0, 1, 0, "backupkey",
	 "domain backup keys of DPAPI", "MS-BKRP"},
	{U(0xafc07e2e, 0x311c, 0x4435, 0x808c, 0xc483ffeec7c9), 1, 0, 1, 0, "lsacap",
	 "central access policies", "MS-CAPR"},
	{U(0xbba9cb76, 0xeb0c, 0x462c, 0xaa1b, 0x5d8c34415701), 1, 0, 1, 0, "claims",
	 "claims of Active Directory", "MS-ADTS"},
	{U(0x0b1c2170, 0x5732, 0x4e0e, 0x8cd3, 0xd9b16f3b84d7), 0, 0, 0, 0, "authzr",
	 "remote authorisation", "MS-RAA"},
	{U(0xf5cc59b4, 0x4264, 0x101a, 0x8c59, 0x08002b2f8426), 1, 1, 1, 1, "frsrpc",
	 "file replication of SYSVOL (FRS)", "MS-FRS1"},
	{U(0xd049b186, 0x814f, 0x11d1, 0x9a3c, 0x00c04fc9b232), 1, 1, 1, 1, "frsapi",
	 "administration of FRS", "MS-FRS1"},
	{U(0x897e2e5f, 0x93f3, 0x4376, 0x9c9c, 0xfd2277495c27), 1, 0, 1, 0, "FrsTransport",
	 "file replication of SYSVOL (DFSR)", "MS-FRS2"},
	{U(0x4fc742e0, 0x4a10, 0x11cf, 0x8273, 0x00aa004ae673), 3, 0, 3, 0, "netdfs",
	 "DFS namespaces", "MS-DFSNM"},
	{U(0x50abc2a4, 0x574d, 0x40b3, 0x9d66, 0xee4fd5fba076), 5, 0, 5, 0, "DnsServer",
	 "administration of DNS", "MS-DNSP"},
	{U(0x6bffd098, 0xa112, 0x3610, 0x9833, 0x46c3f874532d), 1, 0, 1, 0, "dhcpsrv",
	 "administration of DHCP", "MS-DHCPM"},
	{U(0x5b821720, 0xf63b, 0x11d0, 0xaad2, 0x00c04fc324db), 1, 0, 1, 0, "dhcpsrv2",
	 "administration of DHCP", "MS-DHCPM"},
	{U(0x45f52c28, 0x7f9f, 0x101a, 0xb52b, 0x08002b2efabe), 1, 0, 1, 0, "winsif",
	 "administration of WINS", "MS-RAIW"},
	{U(0x811109bf, 0xa4e1, 0x11d1, 0xab54, 0x00a0c91e9b45), 1, 0, 1, 0, "winsi2",
	 "administration of WINS", "MS-RAIW"},
	{U(0x8fb6d884, 0x2388, 0x11d0, 0x8c35, 0x00c04fda2795), 4, 1, 4, 1, "W32Time",
	 "remote query of the time service", "MS-W32T"},
	{U(0x367abb81, 0x9844, 0x35f1, 0xad32, 0x98f038001003), 2, 0, 2, 0, "svcctl",
	 "service control", "MS-SCMR"},
	{U(0x338cd001, 0x2244, 0x31f1, 0xaaaa, 0x900038001003), 1, 0, 1, 0, "winreg",
	 "remote registry", "MS-RRP"},
	{U(0x4b324fc8, 0x1670, 0x01d3, 0x1278, 0x5a47bf6ee188), 3, 0, 3, 0, "srvsvc",
	 "shares and sessions", "MS-SRVS"},
	{U(0x6bffd098, 0xa112, 0x3610, 0x9833, 0x46c3f87e345a), 1, 0, 1, 0, "wkssvc",
	 "workstation information", "MS-WKST"},
	{U(0x6bffd098, 0xa112, 0x3610, 0x9833, 0x012892020162), 0, 0, 0, 0, "browser",
	 "computer browser", "MS-BRWSA"},
	{U(0x1ff70682, 0x0a51, 0x30e8, 0x076d, 0x740be8cee98b), 1, 0, 1, 0, "atsvc",
	 "task scheduler (AT)", "MS-TSCH"},
	{U(0x378e52b0, 0xc0a9, 0x11cf, 0x822d, 0x00aa0051e40f), 1, 0, 1, 0, "sasec",
	 "task scheduler, accounts", "MS-TSCH"},
	{U(0x86d35949, 0x83c9, 0x4044, 0xb424, 0xdb363231fd0c), 1, 0, 1, 0, "ITaskSchedulerService",
	 "task scheduler", "MS-TSCH"},
	{U(0x82273fdc, 0xe32a, 0x18c3, 0x3f78, 0x827929dc23ea), 0, 0, 0, 0, "eventlog", "event log",
	 "MS-EVEN"},
	{U(0xf6beaff7, 0x1e19, 0x4fbb, 0x9f8f, 0xb89e2018337c), 1, 0, 1, 0, "IEventService",
	 "event log, 6.0", "MS-EVEN6"},
	{U(0x12345678, 0x1234, 0xabcd, 0xef00, 0x0123456789ab), 1, 0, 1, 0, "spoolss",
	 "print spooler", "MS-RPRN"},
	{U(0x76f03f96, 0xcdfd, 0x44fc, 0xa22c, 0x64950a001209), 1, 0, 1, 0, "IRemoteWinspool",
	 "print spooler", "MS-PAR"},
	{U(0xae33069b, 0xa2a8, 0x46ee, 0xa235, 0xddfd339be281), 1, 0, 1, 0, "IRPCAsyncNotify",
	 "print notifications", "MS-PAN"},
	{U(0x0b6edbfa, 0x4a24, 0x4fc6, 0x8a23, 0x942b1eca65d1), 1, 0, 1, 0, "IRPCRemoteObject",
	 "print notifications", "MS-PAN"},
	{U(0x894de0c0, 0x0d55, 0x11d3, 0xa322, 0x00c04fa321a1), 1, 0, 1, 0, "InitShutdown",
	 "remote shutdown", "MS-RSP"},
	{U(0xd95afe70, 0xa6d5, 0x4259, 0x822e, 0x2c84da1ddb0d), 1, 0, 1, 0, "WindowsShutdown",
	 "remote shutdown", "MS-RSP"},
	{U(0x8d9f4e40, 0xa03d, 0x11ce, 0x8f69, 0x08003e30051b), 1, 0, 1, 0, "ntsvcs",
	 "plug and play", ""},
	{U(0x5ca4a760, 0xebb1, 0x11cf, 0x8611, 0x00a0245420ed), 1, 0, 1, 0, "winstation",
	 "terminal services, old form", "MS-TSTS"},
	{U(0x484809d6, 0x4239, 0x471b, 0xb5bc, 0x61df8c23ac48), 1, 0, 1, 0, "TermSrvSession",
	 "terminal services sessions", "MS-TSTS"},
	{U(0xbde95fdf, 0xeee0, 0x45de, 0x9e12, 0xe5a61cd0d4fe), 1, 0, 1, 0, "RCMPublic",
	 "terminal services listeners", "MS-TSTS"},
	{U(0x6b5bdd1e, 0x528c, 0x422c, 0xaf8c, 0xa4079be4fe48), 1, 0, 1, 0, "RemoteFW",
	 "remote firewall administration", "MS-FASP"},
	{U(0xc681d488, 0xd850, 0x11d0, 0x8c52, 0x00c04fd90f7e), 1, 0, 1, 0, "efsrpc",
	 "encrypted files", "MS-EFSR"},
	{U(0xdf1941c5, 0xfe89, 0x4e79, 0xbf10, 0x463657acf44d), 1, 0, 1, 0, "efsrpc2",
	 "encrypted files", "MS-EFSR"},
	{U(0xa8e0653c, 0x2744, 0x4389, 0xa61d, 0x7373df8b2292), 1, 0, 1, 0, "FileServerVssAgent",
	 "shadow copies of remote shares", "MS-FSRVP"},
	{U(0x91ae6020, 0x9e3c, 0x11cf, 0x8d7c, 0x00aa00c091be), 0, 0, 0, 0, "ICertPassage",
	 "certificate enrolment", "MS-ICPR"},
	{U(0xd99e6e70, 0xfc88, 0x11d0, 0xb498, 0x00a0c90312f3), 0, 0, 0, 0, "ICertRequestD",
	 "certificate enrolment", "MS-WCCE"},
	{U(0x5422fd3a, 0xd4b8, 0x4cef, 0xa12e, 0xe87d4ca22e90), 0, 0, 0, 0, "ICertRequestD2",
	 "certificate enrolment", "MS-WCCE"},
	{U(0xd99e6e71, 0xfc88, 0x11d0, 0xb498, 0x00a0c90312f3), 0, 0, 0, 0, "ICertAdminD",
	 "administration of a certificate authority", "MS-CSRA"},
	{U(0x906b0ce0, 0xc70b, 0x1067, 0xb317, 0x00dd010662da), 1, 0, 1, 0, "IXnRemote",
	 "distributed transactions (MSDTC)", "MS-CMPO"},
	{U(0xf309ad18, 0xd86a, 0x11d0, 0xa075, 0x00c04fb68820), 0, 0, 0, 0, "IWbemLevel1Login",
	 "WMI logon", "MS-WMI"},
	{U(0xd4781cd6, 0xe5d3, 0x44df, 0xad94, 0x930efe48a887), 0, 0, 0, 0, "IWbemLoginClientID",
	 "WMI logon", "MS-WMI"},
	{U(0x9556dc99, 0x828c, 0x11cf, 0xa37e, 0x00aa003240c7), 0, 0, 0, 0, "IWbemServices", "WMI",
	 "MS-WMI"},
	{U(0x027947e1, 0xd731, 0x11ce, 0xa357, 0x000000000001), 0, 0, 0, 0, "IEnumWbemClassObject",
	 "WMI", "MS-WMI"},
	{U(0x1c1c45ee, 0x4395, 0x11d2, 0xb60b, 0x00104b703efd), 0, 0, 0, 0, "IWbemFetchSmartEnum",
	 "WMI", "MS-WMI"},
	{U(0x423ec01e, 0x2e35, 0x11d2, 0xb604, 0x00104b703efd), 0, 0, 0, 0, "IWbemWCOSmartEnum",
	 "WMI", "MS-WMI"},
	{U(0x44aca675, 0xe8fc, 0x11d0, 0xa07c, 0x00c04fb68820), 0, 0, 0, 0, "IWbemCallResult",
	 "WMI", "MS-WMI"},
	{U(0xf1e9c5b2, 0xf59b, 0x11d2, 0xb362, 0x00105a1f8177), 0, 0, 0, 0, "IWbemRemoteRefresher",
	 "WMI performance data", "MS-WMI"},
	{U(0xf5cc5a18, 0x4264, 0x101a, 0x8c59, 0x08002b2f8426), 56, 0, 56, 0, "nspi",
	 "address book", "MS-NSPI / MS-OXNSPI"},
	{U(0x1544f5e0, 0x613c, 0x11d1, 0x93df, 0x00c04fd7bd09), 1, 0, 1, 0, "rfri",
	 "Exchange directory referral", "MS-OXABREF"},
	{U(0xa4f1db00, 0xca47, 0x1067, 0xb31f, 0x00dd010662da), 0, 81, 0, 81, "emsmdb",
	 "Outlook to an Exchange mailbox", "MS-OXCRPC"},
	{U(0x5261574a, 0x4572, 0x206e, 0xb268, 0x6b199213b4e4), 0, 1, 0, 1, "asyncemsmdb",
	 "Exchange notifications", "MS-OXCRPC"},
	{U(0xb97db8b2, 0x4c63, 0x11cf, 0xbff6, 0x08002be23f2f), 2, 0, 3, 0, "clusapi",
	 "failover cluster", "MS-CMRP"},
	{U(0xccd8c074, 0xd0e5, 0x4a40, 0x92b4, 0xd074faa6ba28), 1, 1, 1, 1, "witness",
	 "SMB witness", "MS-SWN"},
	{U(0xda5a86c5, 0x12c2, 0x4943, 0xab30, 0x7f74a813d853), 1, 0, 1, 0, "PerflibV2",
	 "performance counters", "MS-PCQ"},
	{U(0x300f3532, 0x38cc, 0x11d0, 0xa3f0, 0x0020af6b0add), 1, 0, 1, 2, "trkwks",
	 "link tracking", "MS-DLTW"},
	{U(0x4da1c422, 0x943d, 0x11d1, 0xacae, 0x00c04fc2aa3f), 1, 0, 1, 0, "trksvr",
	 "link tracking server", "MS-DLTM"},
	{U(0x2f5f6520, 0xca46, 0x1067, 0xb319, 0x00dd010662da), 1, 0, 1, 0, "tapsrv", "telephony",
	 "MS-TRP"},
	{U(0x76d12b80, 0x3467, 0x11d3, 0x91ff, 0x0090272f9ea3), 1, 0, 1, 0, "qmcomm2",
	 "message queuing", "MS-MQMP"},
	{U(0xfdb3a030, 0x065f, 0x11d1, 0xbb9b, 0x00a024ea5525), 1, 0, 1, 0, "qmcomm",
	 "message queuing", "MS-MQMP"},
	{U(0x82ad4280, 0x036b, 0x11cf, 0x972c, 0x00aa006887b0), 2, 0, 2, 0, "inetinfo",
	 "administration of IIS", "MS-IRP"},
	{U(0x70b51430, 0xb6ca, 0x11d0, 0xb9b9, 0x00a0c922e750), 0, 0, 0, 0, "IMSAdminBaseW",
	 "IIS metabase", "MS-IMSA"},
	{U(0x44e265dd, 0x7daf, 0x42cd, 0x8560, 0x3cdb6e7a2729), 1, 3, 1, 3, "TsProxyRpc",
	 "Remote Desktop gateway", "MS-TSGU"},
	{U(0x22e5386d, 0x8b12, 0x4bf0, 0xb0ec, 0x6a1ea419e366), 1, 0, 1, 0, "lrec",
	 "remote event tracing", "MS-LREC"},
};
/* clang-format on */

size_t rpc_iface_count(void)
{
	return N_ELEMENTS(rows);
}

const struct rpc_iface_row *rpc_iface_at(size_t i)
{
	return i < N_ELEMENTS(rows) ? &rows[i] : NULL;
}

const struct rpc_iface_row *rpc_iface_find(const uint8_t uuid[16])
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (!memcmp(rows[i].uuid, uuid, sizeof rows[i].uuid))
			return &rows[i];
	return NULL;
}

const struct rpc_iface_row *rpc_iface_by_name(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (!strcasecmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static bool dash_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

const char *rpc_uuid_format(const uint8_t uuid[16], char buf[RPC_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t nibble = 0;

	for (size_t i = 0; i < RPC_UUID_TEXT - 1; i++) {
		if (dash_at(i)) {
			buf[i] = '-';
			continue;
		}
		buf[i] = digits[uuid[nibble / 2] >> (nibble % 2 ? 0 : 4) & 15];
		nibble++;
	}
	buf[RPC_UUID_TEXT - 1] = '\0';
	return buf;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool rpc_uuid_parse(const char *text, uint8_t ret_uuid[16])
{
	uint8_t u[16] = {0};
	size_t nibble = 0;

	for (size_t i = 0; i < RPC_UUID_TEXT - 1; i++) {
		if (dash_at(i)) {
			if (text[i] != '-')
				return false;
			continue;
		}

		int d = digit(text[i]); /* also the end of a short text */

		if (d < 0)
			return false;
		u[nibble / 2] = (uint8_t)(u[nibble / 2] << 4 | d);
		nibble++;
	}
	if (text[RPC_UUID_TEXT - 1] != '\0')
		return false;
	memcpy(ret_uuid, u, sizeof u);
	return true;
}
