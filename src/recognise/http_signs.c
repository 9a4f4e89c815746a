// SPDX-License-Identifier: BSD-2-Clause
/*
 * Paths, and what makes them worth something.
 *
 * Organization, discovery and deployment service, forms and reports by URL: "Microsoft Dynamics CRM
 * SDK", "Discover the URL for your organization", "Introduction to the deployment web service",
 * "Open forms, views, dialogs and reports with a URL"; the Web API from version 8 on: "Compose HTTP
 * requests and handle errors". Report servers: "Configure report server URLs". AD FS: "AD FS
 * metadata endpoints". WS-Management: MS-WSMV 2.2. Exchange: MS-OXWSDSCVRY, MS-OXCMAPIHTTP 2.2,
 * MS-RPCH 2.1.1.
 *
 * In front of CRM's paths may stand the organisation, and the number of a cache in braces. Words
 * that anybody may use for a folder (/Reports, /_static, /WebResources, main.aspx) count only with
 * what follows them in CRM.
 *
 * A server that wants a login answers 401 for any path before it looks for it, and one that moves
 * everybody to HTTPS redirects any path, so 401, 403 and 3xx prove no path, but for these:
 *
 *   - 304: there is something that was not changed.
 *   - 3xx to a passive sign-in of WS-Federation: CRM with claims sends everybody there. To a path
 *     of AD FS, when one was asked for: its sign-in goes on from one page to the next.
 *   - 401 of the kernel's listener that is not IIS: services register the paths that they serve
 *     (HttpAddUrl), and what nobody registered is 404. Report servers, AD FS from 2012 R2 on, and
 *     WS-Management are such services.
 *
 * A path of CRM's that IIS answered by 401 is SIGN_CRM_ASKED.
 */
#include "recognise/http_signs.h"

#include <string.h>

#include "base/cpu.h"

enum { /* segments that may stand in front of a path */
       LEAD_NONE,
       LEAD_ORG = 2, /* organisation, cache number */
};

enum {
	CRM_ANY = SIGN_CRM_PAGE | SIGN_CRM_SERVICE | SIGN_CRM_DISCOVERY | SIGN_CRM_DEPLOYMENT,
	BY_LISTENER = SIGN_REPORTS | SIGN_ADFS | SIGN_FEDERATION | SIGN_WSMAN,
	BASE64_MAX = 160, /* digits that are looked at: the mechanisms come first */
};

static const struct path {
	const char *text; /* lower case; '#' is a number; '$' at the end: nothing more, or '/' */
	uint8_t lead;
	uint32_t sign;
	const char *const *query; /* one of these must be in it; NULL: of no interest */
} paths[] = {
#define QUERY(...) ((const char *const[]){__VA_ARGS__, NULL})
	{"/xrmservices/2011/organization.svc$", LEAD_ORG, SIGN_CRM_SERVICE, NULL},
	{"/xrmservices/2011/organizationdata.svc$", LEAD_ORG, SIGN_CRM_SERVICE, NULL},
	{"/mscrmservices/2007/crmservice.asmx$", LEAD_ORG, SIGN_CRM_SERVICE, NULL},
	{"/mscrmservices/2007/metadataservice.asmx$", LEAD_ORG, SIGN_CRM_SERVICE, NULL},
	{"/api/data/v8.#$", LEAD_ORG, SIGN_CRM_SERVICE, NULL},
	{"/api/data/v9.#$", LEAD_ORG, SIGN_CRM_SERVICE, NULL},
	{"/xrmservices/2011/discovery.svc$", LEAD_ORG, SIGN_CRM_DISCOVERY, NULL},
	{"/mscrmservices/2007/ad/crmdiscoveryservice.asmx$", LEAD_ORG, SIGN_CRM_DISCOVERY, NULL},
	{"/mscrmservices/2007/spla/crmdiscoveryservice.asmx$", LEAD_ORG, SIGN_CRM_DISCOVERY, NULL},
	{"/api/discovery/v8.#$", LEAD_ORG, SIGN_CRM_DISCOVERY, NULL},
	{"/api/discovery/v9.#$", LEAD_ORG, SIGN_CRM_DISCOVERY, NULL},
	{"/xrmdeployment/2011/deployment.svc$", LEAD_NONE, SIGN_CRM_DEPLOYMENT, NULL},
	{"/main.aspx$", LEAD_ORG, SIGN_CRM_PAGE,
	 QUERY("etn=", "etc=", "pagetype=", "appid=", "appname=", "extraqs=")},
	{"/userdefined/edit.aspx$", LEAD_ORG, SIGN_CRM_PAGE, NULL},
	{"/crmreports/viewer/viewer.aspx$", LEAD_ORG, SIGN_CRM_PAGE, NULL},
	{"/appwebservices/appgridwebservice.ashx$", LEAD_ORG, SIGN_CRM_PAGE, NULL},
	{"/_static/_common/", LEAD_ORG, SIGN_CRM_PAGE, NULL},
	{"/_static/_controls/", LEAD_ORG, SIGN_CRM_PAGE, NULL},
	{"/%7b#%7d/webresources/", LEAD_ORG, SIGN_CRM_PAGE, NULL},
	{"/{#}/webresources/", LEAD_ORG, SIGN_CRM_PAGE, NULL},
	{"/reportserver$", LEAD_NONE, SIGN_REPORTS, NULL},
	{"/reportserver_", LEAD_NONE, SIGN_REPORTS, NULL}, /* of an instance */
	{"/reports/pages/", LEAD_NONE, SIGN_REPORTS, NULL},
	{"/adfs/ls$", LEAD_NONE, SIGN_ADFS, NULL},
	{"/adfs/services/trust$", LEAD_NONE, SIGN_ADFS, NULL},
	{"/adfs/oauth2/", LEAD_NONE, SIGN_ADFS, NULL},
	{"/adfs/portal/", LEAD_NONE, SIGN_ADFS, NULL},
	{"/adfs/probe$", LEAD_NONE, SIGN_ADFS, NULL},
	{"/federationmetadata/2007-06/federationmetadata.xml$", LEAD_NONE, SIGN_FEDERATION, NULL},
	{"/ews/exchange.asmx$", LEAD_NONE, SIGN_EXCHANGE, NULL},
	{"/autodiscover/autodiscover.", LEAD_NONE, SIGN_EXCHANGE, NULL},
	{"/mapi/emsmdb$", LEAD_NONE, SIGN_EXCHANGE, NULL},
	{"/mapi/nspi$", LEAD_NONE, SIGN_EXCHANGE, NULL},
	/* A Remote Desktop gateway has the same path, for another port (MS-TSGU 2.1). */
	{"/rpc/rpcproxy.dll$", LEAD_NONE, SIGN_EXCHANGE, QUERY(":6001", ":6002", ":6004")},
	{"/wsman$", LEAD_NONE, SIGN_WSMAN, NULL},
#undef QUERY
};

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool fits(struct rd r, const char *text)
{
	for (; *text; text++) {
		if (*text == '$')
			return !rd_left(&r) || *r.p == '/';
		if (*text == '#') {
			if (!rd_left(&r) || *r.p < '0' || *r.p > '9')
				return false;
			while (rd_left(&r) && *r.p >= '0' && *r.p <= '9')
				rd_skip(&r, 1);
			continue;
		}
		if (!rd_left(&r) || lower(rd_u8(&r)) != (uint8_t)*text)
			return false;
		while (*text == '/' && rd_left(&r) && *r.p == '/')
			rd_skip(&r, 1); /* clients that join names write two */
	}
	return true;
}

/* From a slash to the next one; false when there is none. */
static bool next_segment(struct rd *r)
{
	while (rd_left(r) && *r->p == '/')
		rd_skip(r, 1);
	while (rd_left(r) && *r->p != '/')
		rd_skip(r, 1);
	return rd_left(r) > 0;
}

static bool asks(struct rd query, const char *const *words)
{
	if (!words)
		return true;
	for (; *words; words++)
		if (scan_has(query, *words))
			return true;
	return false;
}

/* Up to the first of two octets. */
static struct rd until(struct rd *r, char a, char b)
{
	size_t n = 0;

	while (n < rd_left(r) && r->p[n] != (uint8_t)a && r->p[n] != (uint8_t)b)
		n++;
	return rd_sub(r, n);
}

uint32_t http_target(struct rd target)
{
	struct rd path = until(&target, '?', '#');
	uint32_t signs = 0;

	for (unsigned lead = 0; rd_left(&path) && *path.p == '/'; lead++) {
		for (size_t i = 0; i < N_ELEMENTS(paths); i++)
			if (lead <= paths[i].lead && fits(path, paths[i].text) &&
			    asks(target, paths[i].query))
				signs |= paths[i].sign;
		if (lead == LEAD_ORG || !next_segment(&path))
			break;
	}
	return signs;
}

/* Fields, RFC 9110 5.5 */

static bool field_is(struct rd *line, const char *name)
{
	if (scan_text(line, name, true) != VERDICT_SURE)
		return false;
	while (rd_left(line) && (*line->p == ' ' || *line->p == '\t'))
		rd_skip(line, 1);
	return true;
}

/* "Mozilla/" is how all browsers begin, and everybody who wants to be taken for one. */
static uint32_t agent_of(struct rd v)
{
	static const char *const others[] = {"MS Web Services Client Protocol", /* .NET */
					     "PowerShell", "Microsoft WinRM", "MS FrontPage", NULL};
	struct rd t = v;

	if (scan_has(v, "Microsoft Outlook") || scan_has(v, "MSOffice"))
		return SIGN_OUTLOOK;
	if (scan_text(&t, "Mozilla/", false) != VERDICT_SURE)
		return 0;
	if (asks(v, others))
		return 0;
	/* Robots and scanners call themselves compatible; of the browsers only Internet Explorer.
	 */
	if (scan_has(v, "(compatible;") && !scan_has(v, "(compatible; MSIE "))
		return 0;
	return SIGN_BROWSER;
}

static int digit_of(uint8_t c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? memchr(digits, c, sizeof digits - 1) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 4648 4, as far as it goes. */
static size_t base64(struct rd r, uint8_t ret[BASE64_MAX])
{
	uint32_t bits = 0;
	size_t n = 0;
	int d;

	for (unsigned i = 0; i < BASE64_MAX && rd_left(&r) && (d = digit_of(rd_u8(&r))) >= 0; i++) {
		bits = bits << 6 | (uint32_t)d;
		if (i % 4)
			ret[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return n;
}

/* Which mechanism a token begins: NTLMSSP (MS-NLMP 2.2.1), or one of GSS (RFC 2743 3.1), alone or
 * the first of SPNEGO's list that is either (RFC 4178 4.2.1, MS-SPNG 1.9). */
static uint32_t token_of(struct rd value)
{
	static const uint8_t ntlmssp[] = "NTLMSSP";
	static const struct {
		uint8_t oid[12], n;
		uint32_t sign;
	} mechs[] = {
		{{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02},
		 11,
		 SIGN_KERBEROS}, /* 1.2.840.113554.1.2.2, RFC 4121 4.1 */
		{{0x06, 0x09, 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02},
		 11,
		 SIGN_KERBEROS}, /* 1.2.840.48018.1.2.2, MS-KILE 1.9 */
		{{0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a},
		 12,
		 SIGN_NTLM}, /* 1.3.6.1.4.1.311.2.2.10 */
	};
	uint8_t b[BASE64_MAX];
	size_t n = base64(value, b);

	if (n >= sizeof ntlmssp && !memcmp(b, ntlmssp, sizeof ntlmssp))
		return SIGN_NTLM;
	if (!n || b[0] != 0x60)
		return 0;
	for (size_t at = 2; at < n; at++)
		for (size_t i = 0; i < N_ELEMENTS(mechs); i++)
			if (n - at >= mechs[i].n && !memcmp(&b[at], mechs[i].oid, mechs[i].n))
				return mechs[i].sign;
	return 0;
}

static uint32_t login_of(struct rd v)
{
	static const char *const schemes[] = {"Negotiate ", "NTLM ", "Kerberos ", NULL};
	size_t i;

	return scan_one_of(&v, schemes, true, &i) == VERDICT_SURE ? token_of(v) : 0;
}

void http_request_field(struct rd line, bool whole, struct facts *ret)
{
	if (whole && field_is(&line, "user-agent:"))
		ret->signs |= agent_of(line);
	else if (field_is(&line, "authorization:"))
		ret->signs |= login_of(line); /* a ticket may be larger than what is kept */
}

/* A challenge with something behind its scheme, which no list of schemes has. */
static bool has_token(struct rd v)
{
	static const char *const schemes[] = {"Negotiate ", "NTLM ", "Kerberos ", NULL};
	size_t i;

	return scan_one_of(&v, schemes, true, &i) == VERDICT_SURE && rd_left(&v) &&
	       digit_of(*v.p) >= 0;
}

static bool path_of_adfs(struct rd location)
{
	static const char *const schemes[] = {"https://", "http://", NULL};
	size_t i;

	if (scan_one_of(&location, schemes, true, &i) == VERDICT_SURE)
		until(&location, '/', '?');
	return fits(location, "/adfs/");
}

void http_answer_field(struct rd line, struct facts *ret)
{
	if (field_is(&line, "server:")) {
		if (scan_has(line, "Microsoft-HTTPAPI/"))
			ret->answer |= HTTP_LISTENER;
	} else if (field_is(&line, "www-authenticate:")) {
		if (has_token(line))
			ret->answer |= HTTP_GOES_ON;
	} else if (field_is(&line, "location:")) {
		if (scan_has(line, "wa=wsignin1.0")) /* WS-Federation 1.2 13.1.2 */
			ret->answer |= HTTP_TO_SIGN_IN;
		if (path_of_adfs(line))
			ret->answer |= HTTP_TO_ADFS;
	} else if (field_is(&line, "x-feserver:")) {
		ret->signs |= SIGN_EXCHANGE; /* its front end names itself, also with 401 */
	}
}

void http_answer_is(uint32_t status, bool whole, struct facts *ret)
{
	if (status / 100 == 2 || status == 304)
		ret->answer |= HTTP_GIVEN;
	if (status / 100 != 3)
		ret->answer &= (uint16_t) ~(HTTP_TO_SIGN_IN | HTTP_TO_ADFS);
	if (status == 401)
		ret->answer |= HTTP_LOGIN;
	if (!whole)
		ret->answer |= HTTP_CUT;
	if (status == 503)
		ret->signs |= SIGN_UNAVAILABLE;
}

uint32_t http_together(const struct facts *client, const struct facts *server)
{
	uint32_t asked = client->asked, signs = 0;
	uint16_t a = server->answer;

	if (a & HTTP_GIVEN)
		signs |= asked;
	if (a & HTTP_TO_SIGN_IN)
		signs |= asked & CRM_ANY;
	if (a & HTTP_TO_ADFS)
		signs |= asked & SIGN_ADFS;
	if (!(a & HTTP_LOGIN) || a & HTTP_CUT)
		return signs;
	if (a & HTTP_LISTENER)
		signs |= asked & BY_LISTENER;
	else if (asked & CRM_ANY)
		signs |= SIGN_CRM_ASKED;
	if (client->signs & (SIGN_NTLM | SIGN_KERBEROS) && !(a & HTTP_GOES_ON))
		signs |= SIGN_LOGIN_REFUSED;
	return signs;
}
