// SPDX-License-Identifier: BSD-2-Clause
/* What first bytes say of hosts: each sign, what is no sign, and both cut at every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "recognise/recognise.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define IIS_401                                                      \
	"HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/8.5\r\n" \
	"WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n\r\n"
#define LISTENER_401                                                     \
	"HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-HTTPAPI/2.0\r\n" \
	"WWW-Authenticate: Negotiate\r\n\r\n"
#define GET(target)             "GET " target " HTTP/1.1\r\nHost: crm01\r\n\r\n"
#define GET_WITH(target, field) "GET " target " HTTP/1.1\r\nHost: crm01\r\n" field "\r\n\r\n"

/* GSS with SPNEGO: mechanisms MS-KRB5, KRB5, NEGOEX, NTLM, as Windows has them; then NEGOEX and
 * NTLM alone; Kerberos without SPNEGO. */
#define SPNEGO_KERBEROS                                                                \
	"YIIGcQYGKwYBBQUCoIIGZTCCBmGgMDAuBgkqhkiC9xIBAgIGCSqGSIb3EgECAgYKKwYBBAGCNwIC" \
	"HgYKKwYBBAGCNwICCg=="
#define SPNEGO_NTLM  "YIGeBgYrBgEFBQKggZMwgZCgGjAYBgorBgEEAYI3AgIeBgorBgEEAYI3AgIKonIEcE5FR09FWFRT"
#define GSS_KERBEROS "YIIFPwYJKoZIhvcSAQICAQBuggUuMIIFKqADAgEFoQMCAQ6iBwMF"
#define NTLM_1       "TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAGAbEdAAAADw=="

enum { TCP = PROTO_TCP, UDP = PROTO_UDP };

/* A table: */
/* clang-format off */
static const struct {
	const char *label, *client, *server;
	uint32_t signs;
} rows[] = {
	/* Paths, with the organisation and without, in any case */
	{"organization service", GET("/CRM/XRMServices/2011/Organization.svc"), OK, SIGN_CRM_SERVICE},
	{"its form for the web", GET("/xrmservices/2011/organization.svc/web?SdkClientVersion=8.2"), OK,
	 SIGN_CRM_SERVICE},
	{"OData", GET("/Org/XRMServices/2011/OrganizationData.svc/AccountSet"), OK, SIGN_CRM_SERVICE},
	{"two slashes", GET("/Org//XRMServices/2011/Organization.svc"), OK, SIGN_CRM_SERVICE},
	{"Web API", GET("/Org/api/data/v8.2/accounts?$top=1"), OK, SIGN_CRM_SERVICE},
	{"somebody's API", GET("/api/data/v1/things"), OK, 0},
	{"somebody's API of version 81", GET("/api/data/v81/things"), OK, 0},
	{"CRM 4", GET("/MSCrmServices/2007/CrmService.asmx"), OK, SIGN_CRM_SERVICE},
	{"discovery", GET("/XRMServices/2011/Discovery.svc?wsdl"), OK, SIGN_CRM_DISCOVERY},
	{"discovery of CRM 4", GET("/MSCRMServices/2007/AD/CrmDiscoveryService.asmx"), OK,
	 SIGN_CRM_DISCOVERY},
	{"deployment", GET("/XRMDeployment/2011/Deployment.svc"), OK, SIGN_CRM_DEPLOYMENT},
	{"a form", GET("/CRM/main.aspx?etc=1&pagetype=entityrecord"), OK, SIGN_CRM_PAGE},
	{"anybody's main page", GET("/main.aspx"), OK, 0},
	{"a script", GET("/CRM/_static/_common/scripts/stage.js"), OK, SIGN_CRM_PAGE},
	{"anybody's static files", GET("/_static/basic.css"), OK, 0},
	{"a web resource", GET("/CRM/%7B635123456789012345%7D/WebResources/new_/a.js"), OK,
	 SIGN_CRM_PAGE},
	{"anybody's web resource", GET("/app/webresources/a.js"), OK, 0},
	{"too deep", GET("/a/b/c/XRMServices/2011/Organization.svc"), OK, 0},
	{"another word", GET("/XRMServices/2011/Organization.svcx"), OK, 0},
	{"in the query", GET("/?u=/XRMServices/2011/Organization.svc"), OK, 0},
	{"of a proxy", GET("http://crm01/XRMServices/2011/Organization.svc"), OK, 0},
	{"report server", GET("/ReportServer"), OK, SIGN_REPORTS},
	{"report server of an instance", GET("/ReportServer_CRM?/Folder"), OK, SIGN_REPORTS},
	{"report manager", GET("/Reports/Pages/Folder.aspx"), OK, SIGN_REPORTS},
	{"anybody's reports", GET("/reports/2011"), OK, 0},
	{"report server, another word", GET("/ReportServers"), OK, 0},
	{"AD FS", GET("/adfs/ls/?wa=wsignin1.0"), OK, SIGN_ADFS},
	{"AD FS, trust", GET("/adfs/services/trust/mex"), OK, SIGN_ADFS},
	{"federation metadata", GET("/FederationMetadata/2007-06/FederationMetadata.xml"), OK,
	 SIGN_FEDERATION},
	{"EWS", GET("/EWS/Exchange.asmx"), OK, SIGN_EXCHANGE},
	{"Autodiscover", GET("/autodiscover/autodiscover.xml"), OK, SIGN_EXCHANGE},
	{"MAPI", GET("/mapi/emsmdb/?MailboxId=1"), OK, SIGN_EXCHANGE},
	{"RPC proxy", "RPC_IN_DATA /rpc/rpcproxy.dll?ex01:6001 HTTP/1.1\r\nHost: a\r\n\r\n", OK,
	 SIGN_EXCHANGE},
	{"RD gateway", "RPC_IN_DATA /rpc/rpcproxy.dll?rdg:3388 HTTP/1.1\r\nHost: a\r\n\r\n", OK, 0},
	{"WS-Management", "POST /wsman?PSVersion=5 HTTP/1.1\r\nHost: a\r\n\r\n", OK, SIGN_WSMAN},

	/* Answers */
	{"no answer", GET("/XRMServices/2011/Discovery.svc"), "", 0},
	{"not changed", GET("/CRM/_static/_common/a.js"), "HTTP/1.1 304 Not Modified\r\n\r\n",
	 SIGN_CRM_PAGE},
	{"not there", GET("/XRMServices/2011/Discovery.svc"), "HTTP/1.1 404 Not Found\r\n\r\n", 0},
	{"forbidden", GET("/XRMServices/2011/Discovery.svc"), "HTTP/1.1 403 Forbidden\r\n\r\n", 0},
	{"error", GET("/XRMServices/2011/Discovery.svc"), "HTTP/1.1 500 Error\r\n\r\n", 0},
	{"busy", GET("/XRMServices/2011/Discovery.svc"), "HTTP/1.1 503 Service Unavailable\r\n\r\n",
	 SIGN_UNAVAILABLE},
	{"moved to HTTPS", GET("/XRMServices/2011/Discovery.svc"),
	 "HTTP/1.1 301 Moved\r\nLocation: https://crm01/XRMServices/2011/Discovery.svc\r\n\r\n", 0},
	{"sent to sign in", GET("/CRM/main.aspx?etc=1"),
	 "HTTP/1.1 302 Found\r\nLocation: https://sts.corp.example/adfs/ls/?wa=wsignin1.0&w=a\r\n\r\n",
	 SIGN_CRM_PAGE},
	{"sent to sign in, without a path of CRM's", GET("/Orders"),
	 "HTTP/1.1 302 Found\r\nLocation: https://sts.corp.example/adfs/ls/?wa=wsignin1.0&w=a\r\n\r\n", 0},
	{"AD FS goes on", GET("/adfs/ls/"),
	 "HTTP/1.1 302 Found\r\nLocation: https://sts/adfs/ls/auth/integrated/\r\n\r\n", SIGN_ADFS},
	{"AD FS moved to HTTPS elsewhere", GET("/adfs/ls/"),
	 "HTTP/1.1 302 Found\r\nLocation: https://sts/\r\n\r\n", 0},
	{"a location that goes with no 3xx", GET("/CRM/main.aspx?etc=1"),
	 "HTTP/1.1 500 Oh\r\nLocation: https://sts/adfs/ls/?wa=wsignin1.0\r\n\r\n", 0},
	{"first 100", "POST /XRMServices/2011/Organization.svc HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
	 "HTTP/1.1 100 Continue\r\n\r\n" OK, SIGN_CRM_SERVICE},
	{"100 and no more", "POST /XRMServices/2011/Organization.svc HTTP/1.1\r\nHost: a\r\n\r\n",
	 "HTTP/1.1 100 Continue\r\n\r\n", 0},
	{"100 and an error", "POST /XRMServices/2011/Organization.svc HTTP/1.1\r\nHost: a\r\n\r\n",
	 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\n\r\n", 0},
	{"IIS wants a login", GET("/XRMServices/2011/Discovery.svc"), IIS_401, SIGN_CRM_ASKED},
	{"IIS wants a login for anything", GET("/Orders"), IIS_401, 0},
	{"IIS wants a login for reports", GET("/ReportServer"), IIS_401, 0},
	{"a listener wants a login", GET("/ReportServer"), LISTENER_401, SIGN_REPORTS},
	{"a listener wants a login for CRM", GET("/XRMServices/2011/Discovery.svc"), LISTENER_401, 0},
	{"WS-Management wants a login", "POST /wsman HTTP/1.1\r\nHost: a\r\n\r\n", LISTENER_401,
	 SIGN_WSMAN},
	{"Exchange wants a login", GET("/"),
	 "HTTP/1.1 401 Unauthorized\r\nX-FEServer: EX01\r\nWWW-Authenticate: NTLM\r\n\r\n",
	 SIGN_EXCHANGE},

	/* Clients */
	{"a browser", GET_WITH("/", "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit"),
	 OK, SIGN_BROWSER},
	{"Internet Explorer", GET_WITH("/", "USER-AGENT:Mozilla/4.0 (compatible; MSIE 8.0; Windows NT)"),
	 OK, SIGN_BROWSER},
	{"a robot", GET_WITH("/", "User-Agent: Mozilla/5.0 (compatible; Scanbot/2.1)"), OK, 0},
	{".NET", GET_WITH("/", "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client "
	 "Protocol 4.0.30319.42000)"), OK, 0},
	{"PowerShell", GET_WITH("/", "User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) "
	 "WindowsPowerShell/5.1"), OK, 0},
	{"a program", GET_WITH("/", "User-Agent: curl/7.88.1"), OK, 0},
	{"Outlook", GET_WITH("/", "User-Agent: Microsoft Office/14.0 (Windows NT 6.1; Microsoft Outlook "
	 "14.0.7113; Pro)"), OK, SIGN_OUTLOOK},
	{"Outlook's browser", GET_WITH("/", "User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT "
	 "6.1; Microsoft Outlook 14.0.7113; ms-office; MSOffice 14)"), OK, SIGN_OUTLOOK},

	/* Logins */
	{"Kerberos", GET_WITH("/", "Authorization: Negotiate " SPNEGO_KERBEROS), OK, SIGN_KERBEROS},
	{"Kerberos alone", GET_WITH("/", "Authorization: Negotiate " GSS_KERBEROS), OK, SIGN_KERBEROS},
	{"Kerberos by name", GET_WITH("/", "authorization: kerberos " GSS_KERBEROS), OK, SIGN_KERBEROS},
	{"NTLM in SPNEGO", GET_WITH("/", "Authorization: Negotiate " SPNEGO_NTLM), OK, SIGN_NTLM},
	{"NTLM in Negotiate", GET_WITH("/", "Authorization: Negotiate " NTLM_1), OK, SIGN_NTLM},
	{"NTLM", GET_WITH("/", "Authorization: NTLM " NTLM_1), OK, SIGN_NTLM},
	{"a password", GET_WITH("/", "Authorization: Basic YW5uYTpzZWNyZXQ="), OK, 0},
	{"NTLM goes on", GET_WITH("/", "Authorization: NTLM " NTLM_1),
	 "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM TlRMTVNTUAACAAAA\r\n\r\n", SIGN_NTLM},
	{"Kerberos refused", GET_WITH("/", "Authorization: Negotiate " SPNEGO_KERBEROS), IIS_401,
	 SIGN_KERBEROS | SIGN_LOGIN_REFUSED},
	{"NTLM refused", GET_WITH("/", "Authorization: NTLM " NTLM_1), IIS_401,
	 SIGN_NTLM | SIGN_LOGIN_REFUSED},
	{"a password refused", GET_WITH("/", "Authorization: Basic YW5uYTpzZWNyZXQ="), IIS_401, 0},
	{"refused before it was offered", GET("/"), IIS_401, 0},

	/* Mail */
	{"Exchange", "EHLO crm01\r\n", "220 ex01.corp.example Microsoft ESMTP MAIL Service ready at Mon\r\n",
	 SIGN_EXCHANGE},
	{"SMTP of IIS", "EHLO crm01\r\n",
	 "220 crm01 Microsoft ESMTP MAIL Service, Version: 8.5.9600.16384 ready at Mon\r\n", 0},
};

/* A header behind its first octet */
#define NTP_48 "0011e9" ZEROS_16 ZEROS_16 "000000000000000000000000"
#define ZEROS_16 "00000000000000000000000000000000"
#define SOME_16 "0102030405060708090a0b0c0d0e0f10"
#define NMF(via, len) "000100010202" len via "0308" "0c"
#define HOST_VIA "6e65742e7463703a2f2f7362782f43726d53616e64626f78486f7374"
#define CALL_VIA "6e65742e7463703a2f2f63726d2f43726d53616e64626f7853646b4c697374656e65722d77337770"
#define OTHER_VIA "6e65742e7463703a2f2f63726d2f53616e64626f78"
static const struct {
	const char *label, *client, *server; /* hex */
	uint8_t proto;
	uint32_t signs;
} binary[] = {
	{"signed time", "db" NTP_48 "f4010000" ZEROS_16, "dc" NTP_48 "f4010000" SOME_16, UDP,
	 SIGN_NTP_SIGNED},
	{"signed time, longer", "db" NTP_48 "f401000000010002" ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16,
	 "dc" NTP_48 "f401000000010002" SOME_16 SOME_16 SOME_16 SOME_16, UDP, SIGN_NTP_SIGNED},
	{"a client in disguise", "d9" NTP_48 "f4010000" ZEROS_16, "da" NTP_48 "f4010000" SOME_16, UDP,
	 SIGN_NTP_SIGNED},
	{"signature asked for, none given", "db" NTP_48 "f4010000" ZEROS_16, "dc" NTP_48, UDP, 0},
	{"signature of zeros", "db" NTP_48 "f4010000" ZEROS_16, "dc" NTP_48 "f4010000" ZEROS_16, UDP, 0},
	{"both sign: keys of RFC 5905", "db" NTP_48 "00000001" SOME_16, "dc" NTP_48 "00000001" SOME_16,
	 UDP, 0},
	{"time", "db" NTP_48, "dc" NTP_48, UDP, 0},
	{"sandbox", NMF(HOST_VIA, "1c"), "0b", TCP, SIGN_SANDBOX},
	{"sandbox, to be upgraded", NMF(HOST_VIA, "1c"), "0a", TCP, SIGN_SANDBOX},
	{"sandbox calls back", NMF(CALL_VIA, "28"), "0b", TCP, SIGN_SANDBOX_CALLS},
	{"another service", NMF(OTHER_VIA, "15"), "0b", TCP, 0},
	{"sandbox that is not there", NMF(HOST_VIA, "1c"), "0847" /* a fault */
	 "687474703a2f2f736368656d61732e6d6963726f736f66742e636f6d2f77732f323030362f30352f6672616d696e67"
	 "2f6661756c74732f456e64706f696e744e6f74466f756e64", TCP, 0},
	{"sandbox that says nothing", NMF(HOST_VIA, "1c"), "", TCP, 0},
};
/* clang-format on */

static uint32_t signs_of(const uint8_t *c, size_t n_c, const uint8_t *s, size_t n_s, uint8_t proto,
			 bool swap, bool mid)
{
	struct payload side[2] = {{.p = n_c ? c : NULL, .n = n_c, .whole_start = !mid},
				  {.p = n_s ? s : NULL, .n = n_s, .whole_start = !mid}};
	struct recognition r;

	if (swap) {
		struct payload t = side[0];

		side[0] = side[1];
		side[1] = t;
	}
	recognise(side, proto, true, &r);
	return r.signs;
}

/* Whole, the other way round, and each side cut at every length: less may be known then, but
 * nothing else. Without their start, sides may belong to different messages. */
static void check(const char *label, const uint8_t *c, size_t n_c, const uint8_t *s, size_t n_s,
		  uint8_t proto, uint32_t want)
{
	static const uint32_t alone = SIGN_BROWSER | SIGN_OUTLOOK | SIGN_NTLM | SIGN_KERBEROS |
				      SIGN_UNAVAILABLE | SIGN_EXCHANGE;

	for (int swap = 0; swap < 2; swap++) {
		uint32_t got = signs_of(c, n_c, s, n_s, proto, swap, false);

		if (got != want)
			fail_msg("%s: signs %x, not %x", label, got, want);
	}
	if (signs_of(c, n_c, s, n_s, proto, false, true) & ~alone)
		fail_msg("%s: a sign of two messages in mid-stream", label);
	for (size_t k = 0; k < n_c + n_s; k++) {
		size_t a = k < n_c ? k : n_c, b = k < n_c ? n_s : k - n_c;
		uint8_t *p = malloc(a ? a : 1), *q = malloc(b ? b : 1);

		assert_true(p && q);
		memcpy(p, c, a);
		memcpy(q, s, b);

		uint32_t got = signs_of(p, a, q, b, proto, k & 1, false);

		if (got & ~want)
			fail_msg("%s: signs %x of %zu and %zu bytes", label, got, a, b);
		free(p);
		free(q);
	}
}

static void text(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check(rows[i].label, (const uint8_t *)rows[i].client, strlen(rows[i].client),
		      (const uint8_t *)rows[i].server, strlen(rows[i].server), TCP, rows[i].signs);
}

static size_t unhex(const char *hex, uint8_t *ret)
{
	size_t n = 0;

	for (; *hex; hex += 2) {
		char two[3] = {hex[0], hex[1], 0};

		ret[n++] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

static void bytes(void **state)
{
	uint8_t c[256], s[256];

	for (size_t i = 0; i < N_ELEMENTS(binary); i++) {
		size_t n_c = unhex(binary[i].client, c), n_s = unhex(binary[i].server, s);

		check(binary[i].label, c, n_c, s, n_s, binary[i].proto, binary[i].signs);
	}
}

static void names(void **state)
{
	for (unsigned i = 0; i < SIGN_N; i++) {
		assert_true(*app_sign_name(i));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(app_sign_name(i), app_sign_name(k));
	}
	assert_string_equal(app_sign_name(SIGN_N), "");
	assert_string_equal(app_sign_name(15), "login-refused");
	assert_int_equal(SIGN_CRM_ASKED, 1 << (SIGN_N - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(bytes),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
