// SPDX-License-Identifier: BSD-2-Clause
/* Each hint: a picture that gives it, and the nearest one that does not. */
#include "base/cpu.h"
#include "judge_lab.h"
#include "recognise/rpc_iface.h"

#define EST   STATE_ESTABLISHED
#define NO    STATE_NO_ANSWER
#define RSSRS "10.20.5.50"
#define SBX   "10.20.1.13"
#define ROUTE "10.20.1.14"
#define ADFS  "10.20.6.60"
#define BOTH1 "10.20.6.61"
#define MAIL1 "10.20.4.41"
#define DEPLO "10.20.1.15"
#define ADMIN "10.20.9.50"

static const char site[] =
	"deployment: {topology: split, auth: claims, mail: [router, server-side-sync]}\n" SITE_HOSTS
	"  - {name: internet, role: ignore, cidr: 10.99.0.0/16, why: x}\n";

static const char more_hosts[] =
	"deployment: {topology: split, auth: claims, mail: [router, server-side-sync]}\n"
	"hosts:\n"
	"  - {name: crm01, role: crm-web, addr: [10.20.1.11, \"2001:db8:20:1::11\"]}\n"
	"  - {name: crm02, role: [crm-async, crm-email], addr: 10.20.1.12}\n"
	"  - {name: sbx01, role: crm-sandbox, addr: " SBX "}\n"
	"  - {name: router01, role: crm-router, addr: " ROUTE "}\n"
	"  - {name: sql01, role: sql, addr: 10.20.2.20}\n"
	"  - {name: ssrs01, role: ssrs, addr: " RSSRS "}\n"
	"  - {name: dc01, role: gc, addr: [10.20.3.30, \"2001:db8:20:3::30\"]}\n"
	"  - {name: dc02, role: gc, addr: 10.20.3.31}\n"
	"  - {name: exch01, role: exchange, addr: 10.20.4.40}\n"
	"  - {name: pop01, role: mail, addr: " MAIL1 "}\n"
	"  - {name: adfs01, role: adfs, addr: " ADFS "}\n"
	"  - {name: both01, role: [adfs, crm-web], addr: " BOTH1 "}\n"
	"  - {name: lb01, role: nlb, addr: 10.20.1.100}\n"
	"  - {name: dep01, role: crm-deploy, addr: " DEPLO "}\n"
	"  - {name: adm01, role: admin, addr: " ADMIN "}\n"
	"networks:\n"
	"  - {name: users, role: crm-client, cidr: 10.30.0.0/16}\n";

/* The hint of this code on any finding; NULL. */
static const struct hint *given(const struct lab *l, const char *code, const struct finding **ret_f)
{
	for (size_t i = 0; i < l->r->n_findings; i++)
		for (const struct hint *h = l->r->findings[i].hints; h; h = h->next)
			if (!strcmp(h->row->code, code)) {
				if (ret_f)
					*ret_f = &l->r->findings[i];
				return h;
			}
	return NULL;
}

struct talk {
	const char *client, *server;
	uint8_t proto;
	uint16_t port;
	const char *app;
	enum flow_state state;
};

static void test_conversations(void **state)
{
	/* The first talk gives the hint, or not; the second is what stands around it. */
	static const struct {
		const char *code;
		bool given;
		struct talk talk[2];
	} rows[] = {
		{"RPC-EPM-BLOCKED", true, {{"10.20.1.11", DC01, TCP, 135, NULL, NO}}},
		{"RPC-EPM-BLOCKED", false, {{"10.20.1.11", DC01, TCP, 389, NULL, NO}}},
		{"RPC-EPM-BLOCKED", false, {{"10.20.1.11", DC01, TCP, 135, "dcerpc", EST}}},
		{"SSRS-HTTP", true, {{CRM01, RSSRS, TCP, 80, NULL, NO}}},
		{"SSRS-HTTP", false, {{CRM01, RSSRS, TCP, 80, "http", EST}}},
		{"SBX-808-BLOCKED", true, {{CRM02, SBX, TCP, 808, NULL, NO}}},
		{"SBX-808-BLOCKED", false, {{CRM02, SBX, TCP, 808, "mc-nmf", EST}}},
		{"SBX-CUSTOM", true, {{CRM02, SBX, TCP, 1808, "mc-nmf", EST}}},
		{"SBX-CUSTOM", false, {{CRM02, SBX, TCP, 1808, "http", EST}}},
		{"ORG-CREATE-445",
		 true,
		 {{CRM01, SQL01, TCP, 445, NULL, NO}, {CRM01, SQL01, TCP, 1433, "tds", EST}}},
		{"ORG-CREATE-445",
		 false,
		 {{CRM01, SQL01, TCP, 445, NULL, NO}, {CRM01, SQL01, TCP, 1433, NULL, NO}}},
		{"ROUTER-MAIL", true, {{ROUTE, MAIL1, TCP, 110, NULL, NO}}},
		{"ROUTER-MAIL", true, {{ROUTE, CRM01, TCP, 443, NULL, NO}}},
		{"ROUTER-MAIL", false, {{ROUTE, MAIL1, TCP, 110, "pop3", EST}}},
		{"DEPLOY-WS", true, {{ADMIN, DEPLO, TCP, 443, NULL, STATE_REFUSED}}},
		{"DEPLOY-WS", true, {{ADMIN, DEPLO, TCP, 5555, NULL, NO}}},
		{"DEPLOY-WS", false, {{ADMIN, DEPLO, TCP, 3389, NULL, NO}}},
		{"DEPLOY-WS", false, {{ADMIN, DEPLO, TCP, 443, "tls", EST}}},
		{"DEPLOY-WS", false, {{CRM02, DEPLO, TCP, 443, NULL, NO}}},
		{"SSS-EXCH", true, {{CRM02, EXCH, TCP, 443, NULL, NO}}},
		{"SSS-EXCH", false, {{CRM02, EXCH, TCP, 443, "tls", EST}}},
		{"ADFS-META", true, {{CRM01, ADFS, TCP, 443, NULL, NO}}},
		{"ADFS-META", false, {{CRM01, ADFS, TCP, 443, "tls", EST}}},
		{"ADFS-444", true, {{USER, BOTH1, TCP, 444, "tls", EST}}},
		{"ADFS-444", false, {{USER, ADFS, TCP, 444, "tls", EST}}},
		{"STEALTH",
		 true,
		 {{CRM01, SQL01, TCP, 1433, NULL, NO}, {CRM02, SQL01, TCP, 1433, "tds", EST}}},
		{"STEALTH", false, {{CRM01, SQL01, TCP, 1433, NULL, NO}}},
		{"STEALTH",
		 false,
		 {{CRM01, SQL01, TCP, 1433, NULL, STATE_REFUSED},
		  {CRM02, SQL01, TCP, 1433, "tds", EST}}},
		{"SQL-NAMED", true, {{CRM01, SQL01, UDP, 1434, "ssrp", NO}}},
		{"SQL-NAMED", false, {{CRM01, SQL01, UDP, 1434, "ssrp", EST}}},
		{"SQL-NAMED",
		 true,
		 {{CRM01, SQL01, TCP, 1433, NULL, NO}, {CRM01, SQL01, UDP, 1434, "ssrp", NO}}},
		{"KRB-UDP-FRAG", true, {{CRM01, DC01, UDP, 88, "kerberos", NO}}},
		{"KRB-UDP-FRAG", false, {{CRM01, DC01, TCP, 88, NULL, NO}}},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab l = lab_open(more_hosts);
		const struct hint *h;

		for (size_t k = 0; k < 2 && rows[i].talk[k].client; k++) {
			const struct talk *t = &rows[i].talk[k];

			lab_conv(&l, t->client, t->server, t->proto, t->port, t->app, t->state);
		}
		/* All hosts are in view. */
		lab_conv(&l, USER, CRM01, TCP, 443, "tls", EST);
		lab_judge(&l);
		h = given(&l, rows[i].code, NULL);
		if ((h != NULL) != rows[i].given) {
			lab_dump(&l);
			fail_msg("row %zu: %s", i, rows[i].code);
		}
		if (h) {
			assert_non_null(h->because);
			assert_true(strlen(h->row->says) > 20);
		}
		lab_close(&l);
	}
}

static void test_time_symmetric(void **state)
{
	(void)state;
	for (int mode = 1; mode <= 3; mode += 2) {
		struct lab l = lab_open(site);
		struct conv *c = lab_conv(&l, CRM01, DC01, UDP, 123, "ntp", NO);

		c->app[0].notes |= mode == 1 ? APP_NOTE_NTP_SYMMETRIC : 0;
		lab_judge(&l);
		assert_true((given(&l, "TIME-SYM", NULL) != NULL) == (mode == 1));
		lab_close(&l);
	}
}

static void test_msdtc(void **state)
{
	static const char *const names[] = {"IXnRemote", "lsarpc"};
	const struct rpc_iface_row *row;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lab l = lab_open(site);
		struct conv *c;
		const struct hint *h;

		row = rpc_iface_by_name(names[i]);
		assert_non_null(row);
		lab_conv(&l, CRM01, SQL01, TCP, 135, NULL, NO);
		c = lab_conv(&l, SQL01, CRM01, TCP, 49700, "dcerpc", EST);
		memcpy(conv_more(c)->iface[0].uuid, row->uuid, sizeof row->uuid);
		c->more->n_iface = 1;
		lab_judge(&l);
		h = given(&l, "MSDTC", NULL);
		if ((h == NULL) != (i == 1))
			lab_dump(&l);
		assert_true((h == NULL) == (i == 1));
		if (h) /* the direction that is missing */
			assert_true(has_text(h->because, "the way back, crm01 to sql01"));
		lab_close(&l);
	}
}

static struct sighting *sight(struct sighting *s, enum sighting_kind kind, const char *about,
			      const char *by, uint16_t code, const char *text, const char *name)
{
	*s = (struct sighting){.kind = kind,
			       .about = A(about),
			       .by = A(by),
			       .code = code,
			       .first = {T(3600), 0, 77},
			       .last_ns = T(3700),
			       .n = 3};
	strcpy(s->text, text);
	strcpy(s->name, name);
	return s;
}

static void test_sightings(void **state)
{
	static const struct {
		const char *code;
		bool given;
		enum sighting_kind kind;
		uint16_t code_seen, port;
		const char *text, *says;
		struct talk talk;
	} rows[] = {
		{"KRB-SPN-MISSING", true, SIGHT_KRB_ERROR, 7, 0, "HTTP/crm.corp.example",
		 "no service HTTP/crm.corp.example (Kerberos error 7), 3 times, asked by 1 host"},
		{"KRB-SPN-MISSING", true, SIGHT_KRB_ERROR, 7, 0, "MSSQLSvc/sql01.corp:1433", NULL},
		{"KRB-SPN-MISSING", false, SIGHT_KRB_ERROR, 7, 0, "cifs/files.corp", NULL},
		{"KRB-SPN-MISSING", false, SIGHT_KRB_ERROR, 6, 0, "HTTP/crm.corp", NULL},
		{"KRB-SPN-WRONG", true, SIGHT_KRB_ERROR, 41, 0, "HTTP/crm.corp", NULL},
		{"KRB-SPN-WRONG", false, SIGHT_KRB_ERROR, 7, 0, "HTTP/crm.corp", NULL},
		{"KRB-SKEW", true, SIGHT_KRB_ERROR, 37, 0, "krbtgt/CORP", NULL},
		{"KRB-SKEW", false, SIGHT_KRB_ERROR, 24, 0, "krbtgt/CORP", NULL},
		{"KRB-ETYPE", true, SIGHT_KRB_ERROR, 14, 0, "krbtgt/CORP", NULL},
		{"KRB-ETYPE", false, SIGHT_KRB_ERROR, 18, 0, "krbtgt/CORP", NULL},
		{"KRB-UDP-FRAG", true, SIGHT_KRB_ERROR, 52, 0, "krbtgt/CORP", NULL},
		{"SQL-DELEG", true, SIGHT_KRB_ERROR, 13, 0, "MSSQLSvc/sql01.corp:1433",
		 "(Kerberos error 13, option not allowed) 3 times, to 1 host"},
		{"SQL-DELEG", false, SIGHT_KRB_ERROR, 13, 0, "krbtgt/CORP", NULL},
		{"SQL-DELEG", false, SIGHT_KRB_ERROR, 7, 0, "MSSQLSvc/sql01.corp:1433", NULL},
		/* It came back over TCP, as it should. */
		{"KRB-UDP-FRAG",
		 false,
		 SIGHT_KRB_ERROR,
		 52,
		 0,
		 "krbtgt/CORP",
		 NULL,
		 {CRM01, DC01, TCP, 88, "kerberos", EST}},
		/* Neither when it asked another domain controller. */
		{"KRB-UDP-FRAG",
		 false,
		 SIGHT_KRB_ERROR,
		 52,
		 0,
		 "krbtgt/CORP",
		 NULL,
		 {CRM01, DC02, TCP, 88, "kerberos", EST}},
		/* It came back over TCP in vain: with that finding. */
		{"KRB-UDP-FRAG",
		 true,
		 SIGHT_KRB_ERROR,
		 52,
		 0,
		 "krbtgt/CORP",
		 NULL,
		 {CRM01, DC01, TCP, 88, NULL, NO}},
		{"DNS-DC-LOCATOR", true, SIGHT_DNS_ERROR, 3, 33, "_ldap._tcp.dc._msdcs.corp", NULL},
		{"DNS-DC-LOCATOR", false, SIGHT_DNS_ERROR, 3, 1, "_ldap._tcp.dc._msdcs.corp", NULL},
		{"DNS-DC-LOCATOR", false, SIGHT_DNS_ERROR, 3, 33, "_sip._tcp.corp", NULL},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab l = lab_open(site);
		struct sighting s;
		const struct finding *f = NULL;
		const struct hint *h;

		sight(&s, rows[i].kind, CRM01, DC01, rows[i].code_seen, rows[i].text, "");
		s.port = rows[i].port;
		l.in.sightings = &s;
		l.in.n_sightings = 1;
		lab_conv(&l, CRM01, DC01, UDP, 53, "dns", EST);
		if (rows[i].talk.client)
			lab_conv(&l, rows[i].talk.client, rows[i].talk.server, rows[i].talk.proto,
				 rows[i].talk.port, rows[i].talk.app, rows[i].talk.state);
		lab_judge(&l);
		h = given(&l, rows[i].code, &f);
		if ((h != NULL) != rows[i].given) {
			lab_dump(&l);
			fail_msg("row %zu: %s", i, rows[i].code);
		}
		if (h && !h->because) { /* alone: no weight */
			assert_int_equal(f->kind, KIND_ADVICE);
			assert_int_equal(f->severity, SEV_INFO);
			assert_int_equal(f->n_ev, 1);
			assert_int_equal(f->ev[0].number, 77);
		}
		if (rows[i].says && !has_text(f->why, rows[i].says))
			fail_msg("row %zu: %s", i, f->why);
		lab_close(&l);
	}
}

/* A name that the router is told and cannot resolve. */
static void test_router_names(void **state)
{
	static const struct {
		bool given;
		const char *from, *asked, *known, *reached;
		uint16_t type;
	} rows[] = {
		{true, ROUTE, "crm01.inside", "sql01.corp", CRM01, 1},
		{true, ROUTE, "CRM01.inside", "sql01.corp", VIP, 28},
		{true, ROUTE, "lb01.inside", "sql01.corp", CRM01, 1},
		/* a list of domains; a name that is not CRM's; no router; CRM out of reach; a
		 * service */
		{false, ROUTE, "crm01.inside", "crm01.corp", CRM01, 1},
		{false, ROUTE, "wpad.inside", "sql01.corp", CRM01, 1},
		{false, ROUTE, "sql01.inside", "dc01.corp", CRM01, 1},
		{false, CRM02, "crm01.inside", "sql01.corp", CRM01, 1},
		{false, ROUTE, "crm01.inside", "sql01.corp", MAIL1, 1},
		{false, ROUTE, "crm01.inside", "sql01.corp", CRM01, 33},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab l = lab_open(more_hosts);
		struct sighting s[2];

		sight(&s[0], SIGHT_DNS_ADDRESS, SQL01, DC01, 0, "", rows[i].known);
		sight(&s[1], SIGHT_DNS_ERROR, rows[i].from, DC01, 3, rows[i].asked, "");
		s[1].port = rows[i].type;
		l.in.sightings = s;
		l.in.n_sightings = 2;
		lab_conv(&l, ROUTE, DC01, UDP, 53, "dns", EST);
		lab_conv(&l, CRM02, DC01, UDP, 53, "dns", EST);
		lab_conv(&l, rows[i].from, rows[i].reached, TCP, 443, "tls", EST);
		lab_judge(&l);
		if ((given(&l, "ROUTER-CRM", NULL) != NULL) != rows[i].given)
			fail_msg("row %zu", i);
		lab_close(&l);
	}
}

/* The port of an instance, before and after its server started anew. */
static void test_sql_moved(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct lab l = lab_open(site);
		struct grant g[2];
		const struct hint *h;

		for (int k = 0; k < 2; k++) {
			g[k] = (struct grant){.server = A(SQL01), .client = A(CRM01), .n = 1};
			g[k].g.how = GRANT_SQL_BROWSER;
			g[k].g.proto = GRANTED_TCP;
			g[k].g.port = k ? 50112 : 49733;
			g[k].first.ts_ns = g[k].last_ns = T(k == (i == 1) ? 100 : 5000);
			strcpy(g[k].g.name, k && i == 2 ? "BI" : "CRM");
		}
		l.in.grants = g;
		l.in.n_grants = 2;
		lab_conv(&l, CRM01, SQL01, TCP, 49733, i == 3 ? "tds" : NULL,
			 i == 3 ? EST : STATE_REFUSED);
		lab_judge(&l);
		h = given(&l, "SQL-DYNPORT", NULL);
		assert_int_equal(h != NULL, i == 0);
		if (h)
			assert_string_equal(h->because, "SQL Browser of sql01 gave 49733 for the "
							"instance CRM, and later 50112");
		lab_close(&l);
	}
}

/* What the mapper handed out to a backup server, or to another host. */
static void test_backup(void **state)
{
	static const char *const roles[] = {"backup", "crm-web"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct rpc_iface_row *row = rpc_iface_by_name("svcctl");
		char hosts[512];
		struct lab l;
		struct grant g = {
			.server = A(SQL01), .client = A(ADMIN), .first = {T(3500), 0, 5}, .n = 1};

		snprintf(hosts, sizeof hosts,
			 "rules: [dynamics-365, crm-2011, windows-tolerated]\n"
			 "hosts:\n"
			 "  - {name: sql01, role: sql, addr: 10.20.2.20}\n"
			 "  - {name: dpm01, role: %s, addr: " ADMIN "}\n",
			 roles[i]);
		l = lab_open(hosts);
		g.last_ns = g.first.ts_ns;
		g.g.how = GRANT_EPM;
		g.g.proto = GRANTED_TCP;
		g.g.port = 49805;
		g.g.has_iface = true;
		memcpy(g.g.uuid, row->uuid, sizeof g.g.uuid);
		g.g.major = row->major;
		l.in.grants = &g;
		l.in.n_grants = 1;
		lab_conv(&l, ADMIN, SQL01, TCP, 135, "dcerpc-epm", EST);
		lab_conv(&l, ADMIN, SQL01, TCP, 49805, NULL, NO);
		lab_judge(&l);
		assert_non_null(lab_find(&l, KIND_RPC_BLOCKED, 49805));
		assert_int_equal(given(&l, "VSS-DPM", NULL) != NULL, i == 0);
		lab_close(&l);
	}
}

/* What servers say no to of RPC. */
static void test_rpc_refusals(void **state)
{
	static const char svcctl[] = "367abb81-9844-35f1-ad32-98f038001003";
	enum { NOTHING, SPOKEN, GRANTED_LATER, GRANTED_BEFORE, STRANGERS };
	static const struct {
		const char *code;
		bool given;
		enum sighting_kind kind;
		uint16_t status, level;
		int beside;
	} rows[] = {
		{"RPC-NOT-REG", true, SIGHT_RPC_UNREGISTERED, 2, 0, NOTHING},
		{"RPC-NOT-REG", false, SIGHT_RPC_UNREGISTERED, 2, 0, SPOKEN},
		{"RPC-NOT-REG", false, SIGHT_RPC_UNREGISTERED, 2, 0, GRANTED_LATER},
		{"RPC-NOT-REG", true, SIGHT_RPC_UNREGISTERED, 2, 0, GRANTED_BEFORE},
		{"RPC-NOT-REG", false, SIGHT_RPC_UNREGISTERED, 2, 0, STRANGERS},
		{"DCOM-HARDEN", true, SIGHT_DCOM_DENIED, 5, 0, NOTHING},
		{"DCOM-HARDEN", true, SIGHT_DCOM_DENIED, 5, 4, NOTHING},
		{"DCOM-HARDEN", false, SIGHT_DCOM_DENIED, 5, 5, NOTHING},
		{"DCOM-HARDEN", false, SIGHT_DCOM_DENIED, 5, 6, NOTHING},
		{"DCOM-HARDEN", false, SIGHT_DCOM_DENIED, 1783, 2, NOTHING},
		{"DCOM-HARDEN", false, SIGHT_DCOM_DENIED, 5, 2, GRANTED_LATER},
		{"DCOM-HARDEN", true, SIGHT_DCOM_DENIED, 5, 2, GRANTED_BEFORE},
		{"DCOM-HARDEN", false, SIGHT_DCOM_DENIED, 5, 2, STRANGERS},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab l = lab_open(site);
		const bool strange = rows[i].beside == STRANGERS;
		const char *from = strange ? "10.77.0.1" : CRM01, *to = DC01;
		const bool dcom = rows[i].kind == SIGHT_DCOM_DENIED;
		struct sighting s;
		struct grant g = {.server = A(to), .client = A(from), .n = 1};
		struct conv *c;
		const struct finding *f = NULL;

		sight(&s, rows[i].kind, from, to, rows[i].status, dcom ? "" : svcctl, "");
		s.port = rows[i].level;
		l.in.sightings = &s;
		l.in.n_sightings = 1;
		g.g.how = dcom ? GRANT_ACTIVATION : GRANT_EPM;
		g.g.proto = GRANTED_TCP;
		g.g.port = 49700;
		g.g.has_iface = !dcom && rpc_uuid_parse(svcctl, g.g.uuid);
		g.first.ts_ns = g.last_ns =
			rows[i].beside == GRANTED_LATER ? s.last_ns + 1 : s.last_ns - 1;
		l.in.grants = &g;
		l.in.n_grants = rows[i].beside == GRANTED_LATER || rows[i].beside == GRANTED_BEFORE;
		lab_conv(&l, from, to, TCP, 135, "dcerpc-epm", EST);
		c = lab_conv(&l, from, to, TCP, 445, "smb2", EST);
		if (rows[i].beside == SPOKEN && rpc_uuid_parse(svcctl, conv_more(c)->iface[0].uuid))
			c->more->n_iface = 1;
		lab_judge(&l);
		if ((given(&l, rows[i].code, &f) != NULL) != rows[i].given) {
			lab_dump(&l);
			fail_msg("row %zu: %s", i, rows[i].code);
		}
		if (f && !dcom)
			assert_true(has_text(f->why, "svcctl (service control) is not registered: "
						     "asked for 3 times, by 1 host, at the "
						     "endpoint mapper of dc01"));
		if (f && dcom && rows[i].level == 4)
			assert_true(has_text(f->why, "with level 4 (packet) was denied"));
		lab_close(&l);
	}
}

/* The same refusal, of a name that the load balancer has. */
static void test_nlb_name(void **state)
{
	(void)state;
	for (int nlb = 0; nlb < 2; nlb++) {
		struct lab l = lab_open(site);
		struct sighting s[2];

		sight(&s[0], SIGHT_DNS_ADDRESS, nlb ? VIP : CRM01, DC01, 0, "", "crm.corp");
		sight(&s[1], SIGHT_KRB_ERROR, CRM02, DC01, 7, "HTTP/crm.corp", "crm.corp");
		l.in.sightings = s;
		l.in.n_sightings = 2;
		lab_conv(&l, CRM01, DC01, UDP, 53, "dns", EST);
		lab_judge(&l);
		assert_true((given(&l, "NLB-KERBEROS", NULL) != NULL) == (nlb != 0));
		assert_true((given(&l, "KRB-SPN-MISSING", NULL) != NULL) == !nlb);
		lab_close(&l);
	}
}

/* A wrong clock stands with the NTP that does not work, not beside it. */
static void test_skew_with_ntp(void **state)
{
	struct lab l = lab_open(site);
	struct sighting s;
	const struct finding *f = NULL;

	(void)state;
	sight(&s, SIGHT_KRB_ERROR, CRM01, DC01, 37, "krbtgt/CORP", "");
	l.in.sightings = &s;
	l.in.n_sightings = 1;
	lab_conv(&l, CRM01, DC01, UDP, 123, "ntp", NO);
	lab_judge(&l);
	assert_non_null(given(&l, "KRB-SKEW", &f));
	assert_int_equal(f->kind, KIND_MISSING);
	assert_int_equal(f->port, 123);
	for (size_t i = 0; i < l.r->n_findings; i++)
		assert_false(l.r->findings[i].kind == KIND_ADVICE && l.r->findings[i].hints);
	lab_close(&l);
}

static void test_shut_at_once(void **state)
{
	static const struct {
		const char *code;
		uint16_t port;
		const char *app;
		uint64_t flows, accept, data, answer;
	} rows[] = {
		{"RST-ACCEPT", 443, NULL, 3, 3, 0, 0},  {NULL, 443, NULL, 3, 2, 0, 0},
		{NULL, 443, NULL, 1, 1, 0, 0},          {"SQL-TLS", 1433, "tds", 3, 0, 3, 90},
		{NULL, 1433, "tds", 3, 0, 3, 90000},    {NULL, 1433, "tds", 3, 0, 2, 90},
		{"SQL-TLS", 1433, "tds", 4, 1, 3, 100},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab l = lab_open(site);
		bool sql = rows[i].port == 1433;
		struct conv *c = lab_conv(&l, sql ? CRM01 : USER, sql ? SQL01 : CRM01, TCP,
					  rows[i].port, rows[i].app, EST);

		c->flows = c->by_state[STATE_ESTABLISHED] = (uint32_t)rows[i].flows;
		c->app[0].flows = c->app[0].by_state[STATE_ESTABLISHED] = (uint32_t)rows[i].flows;
		c->more->rst_after_accept = rows[i].accept;
		c->more->rst_after_data = rows[i].data;
		c->payload[1] = rows[i].answer;
		lab_judge(&l);
		for (int k = 0; k < 2; k++) {
			const char *code = k ? "SQL-TLS" : "RST-ACCEPT";
			bool want = rows[i].code && !strcmp(rows[i].code, code);

			if ((given(&l, code, NULL) != NULL) != want)
				fail_msg("row %zu: %s", i, code);
		}
		lab_close(&l);
	}
}

static void test_signs(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct lab l = lab_open(more_hosts);
		struct conv *c = lab_conv(&l, USER, CRM01, TCP, 80, "http", EST);

		c->app[0].signs = i == 0   ? SIGN_NTLM | SIGN_LOGIN_REFUSED
				  : i == 1 ? SIGN_NTLM
				  : i == 2 ? SIGN_NTLM | SIGN_KERBEROS | SIGN_LOGIN_REFUSED
					   : 0;
		c = lab_conv(&l, CRM02, SBX, TCP, 808, "mc-nmf", EST);
		c->app[0].notes |= i == 3 ? APP_NOTE_ERROR : 0;
		lab_judge(&l);
		assert_true((given(&l, "KRB-NTLM", NULL) != NULL) == (i == 0));
		assert_true((given(&l, "SBX-808-PORTSHARE", NULL) != NULL) == (i == 3));
		lab_close(&l);
	}
}

/* What was tried, in figures. */
static void test_attempts(void **state)
{
	struct lab l = lab_open(site);
	struct conv *c = lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, STATE_REFUSED);
	const struct finding *f;

	(void)state;
	c->fail->n = 4;
	c->fail->tries = 10;
	c->fail->refusal->who = REFUSER_OTHER;
	c->fail->refusal->by = A(SQL01);
	c->fail->refusal->ttl = c->server_ttl = 128;
	c->fail->refusal->signs = REFUSAL_MAC | REFUSAL_SEQUENCE;
	c->fail->refusal->mac[5] = 1;
	c->fail->refusal->server_mac[5] = 2;
	c->more->rst_after_accept = 2;
	f = lab_judge(&l) ? lab_find(&l, KIND_MISSING, 1433) : NULL;
	assert_non_null(f);
	assert_string_equal(f->attempts.outcome, "refused");
	assert_string_equal(f->attempts.by, "device");
	assert_int_equal(f->attempts.attempts, 4);
	assert_int_equal(f->attempts.retries, 6);
	assert_int_equal(f->attempts.first_ns, T(3600));
	assert_int_equal(f->attempts.last_ns, T(3660));
	assert_int_equal(f->attempts.signs, REFUSAL_MAC | REFUSAL_SEQUENCE);
	assert_int_equal(f->attempts.reset_at_once, 2);
	if (!has_text(f->why,
		      "sent from the network card 00:00:00:00:00:01, where the server's own "
		      "come from 00:00:00:00:00:02; its sequence number is not 0") ||
	    !has_text(f->why, "2 connections were accepted and reset at once by the server's end, "
			      "before a byte was sent."))
		fail_msg("%s", f->why);
	lab_close(&l);

	l = lab_open("hosts:\n"
		     "  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
		     "  - {name: sql01, role: sql, addr: 10.20.2.20}\n");
	lab_conv(&l, CRM01, SQL01, TCP, 445, "smb2", EST);
	f = lab_judge(&l) ? lab_find(&l, KIND_MISSING, 1433) : NULL;
	assert_non_null(f);
	assert_string_equal(f->attempts.outcome, "never-tried");
	assert_int_equal(f->attempts.attempts, 0);
	assert_null(f->attempts.by);
	lab_close(&l);
}

/* The same two hosts by the other version of IP. */
static void test_versions(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct lab l = lab_open(site);
		const struct finding *f;

		lab_conv(&l, i == 1 ? "2001:db8:20:1::11" : "10.20.1.11",
			 i == 1   ? "2001:db8:20:3::30"
			 : i == 2 ? "10.20.3.31"
				  : "10.20.3.30",
			 TCP, 389, "ldap", EST);
		lab_conv(&l, i == 1 ? "10.20.1.11" : "2001:db8:20:1::11",
			 i == 1 ? "10.20.3.30" : "2001:db8:20:3::30", TCP, 389, NULL, NO);
		f = lab_judge(&l) ? lab_find(&l, KIND_BLOCKED, 389) : NULL;
		if (!f && i != 2) {
			lab_dump(&l);
			fail_msg("%d: no finding", i);
		}
		if (f)
			assert_int_equal(has_text(f->why, i == 1 ? "Over IPv6 it works"
								 : "Over IPv4 it works"),
					 i != 2);
		lab_close(&l);
	}
}

static void test_table(void **state)
{
	const struct hint_row *row;

	(void)state;
	for (size_t i = 0; (row = hint_at(i)); i++) {
		assert_true(*row->code && *row->when && row->when[strlen(row->when) - 1] != '.');
		assert_true(row->says[strlen(row->says) - 1] == '.');
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(hint_at(k)->code, row->code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversations), cmocka_unit_test(test_time_symmetric),
		cmocka_unit_test(test_msdtc),         cmocka_unit_test(test_sightings),
		cmocka_unit_test(test_router_names),  cmocka_unit_test(test_sql_moved),
		cmocka_unit_test(test_backup),        cmocka_unit_test(test_rpc_refusals),
		cmocka_unit_test(test_nlb_name),      cmocka_unit_test(test_skew_with_ntp),
		cmocka_unit_test(test_shut_at_once),  cmocka_unit_test(test_signs),
		cmocka_unit_test(test_attempts),      cmocka_unit_test(test_versions),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
